package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/intake"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// uploadPages are the way of a list into the house.
func (p *Pages) uploadPages() []page {
	imports := need(campaigns.ImportLists)
	return []page{
		{"GET", "/campaigns/{id}/upload", imports, p.uploads},
		{"POST", "/campaigns/{id}/upload", imports, p.takeUpload},
		{"GET", "/campaigns/{id}/upload/{upload}", imports, p.upload},
		{"POST", "/campaigns/{id}/upload/{upload}", imports, p.workUpload},
		{"GET", "/campaigns/{id}/upload/{upload}/state", imports, p.uploadState},
		{"POST", "/campaigns/{id}/imports/{import}/undo", imports, p.undoImport},
	}
}

// listStreams tells whether a request brings a list, of any size.
func (p *Pages) listStreams(r *http.Request) bool {
	rest, ok := strings.CutPrefix(r.URL.Path, "/campaigns/")
	id, last, found := strings.Cut(rest, "/")
	_, err := strconv.ParseUint(id, 10, 63)
	return ok && found && err == nil && last == "upload" && r.Method == http.MethodPost
}

// uploadsView is where an upload begins, with those that wait and the imports
// that were made.
type uploadsView struct {
	within
	Waiting []api.Progress
	Past    []pastImport
	Undone  *api.Undone
}

// pastImport is an import with what can be done about it.
type pastImport struct {
	api.Import
	List     string
	Reported bool
}

func (p *Pages) uploads(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in, err := p.in(r, u, "lists", "Upload a list")
	if err != nil {
		return err
	}
	v := uploadsView{within: in}
	if v.Waiting, err = p.Uploads.Waiting(u, v.Campaign.ID); err != nil {
		return err
	}
	v.Waiting = slices.DeleteFunc(v.Waiting, func(w api.Progress) bool { return w.Import != nil && w.Import.State != "running" })
	past, err := p.Uploads.Past(r.Context(), u, v.Campaign.ID)
	if err != nil {
		return err
	}
	lists, err := p.Lists.Lists(r.Context(), u, v.Campaign.ID)
	if err != nil {
		return err
	}
	for _, one := range past {
		row := pastImport{Import: one, Reported: p.Uploads.Reported(one.ID) && one.Counts.Refused+one.Counts.Duplicates > 0}
		if i := slices.IndexFunc(lists, func(l campaigns.List) bool { return l.ID == one.List }); i >= 0 {
			row.List = lists[i].Name
		}
		v.Past = append(v.Past, row)
	}
	if q := r.URL.Query(); q.Has("removed") {
		v.Undone = &api.Undone{}
		v.Undone.Removed, _ = strconv.ParseInt(q.Get("removed"), 10, 64) // only shown
		v.Undone.Kept, _ = strconv.ParseInt(q.Get("kept"), 10, 64)
	}
	return p.render(w, http.StatusOK, "uploads.html", v)
}

// takeUpload takes the file, of any size, and leads to it.
func (p *Pages) takeUpload(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	c, err := p.Book.Campaign(r.Context(), u, pathNumber(r, "id"))
	if err != nil {
		return err
	}
	up, err := p.Uploads.Receive(w, r, u, c.ID)
	if err != nil {
		return err
	}
	http.Redirect(w, r, fmt.Sprintf("/campaigns/%d/upload/%s", c.ID, up.ID), http.StatusSeeOther)
	return nil
}

// undoImport takes an import back.
func (p *Pages) undoImport(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	id := pathNumber(r, "id")
	done, err := p.Uploads.Undo(r.Context(), u, id, pathNumber(r, "import"))
	if err != nil {
		return err
	}
	http.Redirect(w, r, fmt.Sprintf("/campaigns/%d/upload?removed=%d&kept=%d", id, done.Removed, done.Kept), http.StatusSeeOther)
	return nil
}

// uploadView is one file: how it is read, what a check found, how far its
// import is. Step is what there is to do now.
type uploadView struct {
	within
	Upload api.Progress
	Look   api.Look
	Lists  []campaigns.List
	Step   string // read, checking, checked, importing, done
}

func (p *Pages) upload(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v, err := p.uploadView(r, u)
	if err != nil {
		return err
	}
	return p.showUpload(w, r, u, v, http.StatusOK)
}

func (p *Pages) uploadView(r *http.Request, u campaigns.User) (uploadView, error) {
	in, err := p.in(r, u, "lists", "Upload a list")
	if err != nil {
		return uploadView{}, err
	}
	v := uploadView{within: in}
	v.Upload, err = p.Uploads.State(u, in.Campaign.ID, r.PathValue("upload"))
	return v, err
}

func (p *Pages) showUpload(w http.ResponseWriter, r *http.Request, u campaigns.User, v uploadView, status int) error {
	var err error
	v.Step = stepOf(v.Upload, r.URL.Query().Has("read") || v.Wrong != "")
	if v.Lists, err = p.Lists.Lists(r.Context(), u, v.Campaign.ID); err != nil {
		return err
	}
	if v.Step == "read" {
		if v.Look, err = p.Uploads.Look(u, v.Campaign.ID, v.Upload.ID); err != nil {
			f := edge.FaultOf(r.Context(), p.Log, err)
			if f.Status >= http.StatusInternalServerError {
				return err
			}
			v.Wrong = f.Detail
		}
	}
	return p.render(w, status, "upload.html", v)
}

func stepOf(u api.Progress, read bool) string {
	switch {
	case u.Import != nil && u.Import.State == "running":
		return "importing"
	case u.Import != nil:
		return "done"
	case u.Check != nil && u.Check.State == "running":
		return "checking"
	case u.Check != nil && !read:
		return "checked"
	}
	return "read"
}

// uploadState answers how far an upload is, for the page that is open.
func (p *Pages) uploadState(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	s, err := p.Uploads.State(u, pathNumber(r, "id"), r.PathValue("upload"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(map[string]any{"step": stepOf(s, false), "check": s.Check, "import": s.Import})
}

// workUpload does what a button of the page asks for.
func (p *Pages) workUpload(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v, err := p.uploadView(r, u)
	if err != nil {
		return err
	}
	id, up := v.Campaign.ID, v.Upload.ID
	here, f := fmt.Sprintf("/campaigns/%d/upload/%s", id, up), p.form(r)
	switch r.PostFormValue("do") {
	case "read":
		here += "?read"
		err = p.Uploads.Read(u, id, up, reading(f, v.Upload.Reading))
	case "check":
		if err = p.Uploads.Read(u, id, up, reading(f, v.Upload.Reading)); err == nil {
			err = p.Uploads.Check(r.Context(), u, id, up)
		}
	case "import":
		err = p.beginImport(r, u, f, v)
	case "cancel":
		err = p.Uploads.Cancel(r.Context(), u, id, up)
	case "drop":
		here = fmt.Sprintf("/campaigns/%d/upload", id)
		err = p.Uploads.Drop(u, id, up)
	}
	if err != nil {
		fault := edge.FaultOf(r.Context(), p.Log, err)
		if fault.Status >= http.StatusInternalServerError {
			return err
		}
		v.Wrong = fault.Detail
		return p.showUpload(w, r, u, v, fault.Status)
	}
	http.Redirect(w, r, here, http.StatusSeeOther)
	return nil
}

// beginImport stores what was checked. Another policy for duplicates needs no
// other check: it judges nobody, it says what is done with those who are known.
func (p *Pages) beginImport(r *http.Request, u campaigns.User, f *form, v uploadView) error {
	how := v.Upload.Reading
	how.List = f.text("list")
	if how.List == "" {
		return edge.NewFault(http.StatusUnprocessableEntity, "list_name", f.say.T("Give the list a name, or choose one that is there."))
	}
	if d := campaigns.Duplicates(f.text("duplicates")); d.Known() {
		how.Duplicates = d
	}
	if err := p.Uploads.Read(u, v.Campaign.ID, v.Upload.ID, how); err != nil {
		return err
	}
	return p.Uploads.Import(r.Context(), u, v.Campaign.ID, v.Upload.ID)
}

// reading is how the form says that the file is to be read. Columns are meant by
// their numbers, so that no header can name another; without a word about them
// they are found out again, as after another delimiter.
func reading(f *form, was api.Reading) api.Reading {
	was.Sheet, was.Charset = f.text("sheet"), f.text("charset")
	was.Header, was.Region = intake.Header(f.text("header")), strings.ToUpper(f.text("region"))
	was.Delimiter = 0
	switch d := f.text("delimiter"); {
	case d == "tab":
		was.Delimiter = '\t'
	case len(d) == 1:
		was.Delimiter = d[0]
	}
	was.Columns = nil
	if f.on("again") {
		return was
	}
	for i, target := range f.all("target") {
		name, label, _ := strings.Cut(target, ":")
		if name == "field" {
			label = ""
		}
		if name != "" {
			was.Columns = append(was.Columns, intake.Assignment{Target: intake.Target(name), Label: label, Column: strconv.Itoa(i + 1), Number: i + 1})
		}
	}
	return was
}
