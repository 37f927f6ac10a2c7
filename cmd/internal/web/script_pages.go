package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/script"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/api/edge"
	"github.com/forecall/forecall/testdata"
)

// scriptPages are scripts and their editor.
func (p *Pages) scriptPages() []page {
	edit, see := need(campaigns.EditCampaigns), need(campaigns.SeeCampaigns)
	return []page{
		{"GET", "/campaigns/{id}/script", edit, p.scriptEditor},
		{"POST", "/campaigns/{id}/script", edit, p.scriptForm},
		{"GET", "/campaigns/{id}/script/file", see, p.scriptFile},
		{"GET", "/campaigns/{id}/script/versions/{no}", see, p.scriptVersion},
		{"POST", "/campaigns/{id}/script/versions/{no}/restore", edit, p.scriptRestore},
	}
}

// scriptView is the editor: the text, what is wrong with it, and how it reads.
type scriptView struct {
	frame
	Campaign campaigns.Campaign
	Source   string
	Base     string // version that the text was written from
	Saved    bool
	Wrong    string // what else was refused, as a sentence
	Check    api.ScriptCheck
	People   []campaigns.Contact
	Versions []campaigns.ScriptVersion
	Wordings []campaigns.Wording
	In       string // language of the preview
	Contact  int64
}

// pathNumber is a number that an address names.
func pathNumber(r *http.Request, name string) int64 {
	n, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil {
		return 0 // there is no such thing, which whoever is asked will say
	}
	return n
}

// scriptEditor shows the script as it stands, or an example to begin with.
func (p *Pages) scriptEditor(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	src, err := p.Scripts.Source(r.Context(), u, pathNumber(r, "id"))
	if err != nil {
		return err
	}
	v := scriptView{Campaign: src.Campaign, Source: src.Source, Base: src.Version, Saved: r.URL.Query().Has("saved")}
	if r.URL.Query().Has("example") {
		v.Source = testdata.FibreScript
	}
	return p.showScript(w, r, u, v, http.StatusOK)
}

// scriptForm takes the form without script: load a file, look, or save.
func (p *Pages) scriptForm(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	src, err := p.Scripts.Source(r.Context(), u, pathNumber(r, "id"))
	if err != nil {
		return err
	}
	v := scriptView{Campaign: src.Campaign, Base: r.PostFormValue("base"), Source: strings.ReplaceAll(r.PostFormValue("source"), "\r\n", "\n")}
	switch r.PostFormValue("do") {
	case "load":
		if v.Source, err = uploaded(r, v.Source); err != nil {
			v.Wrong = p.lang(r).T("Choose a file of text with at most 200,000 characters.")
		}
	case "save":
		_, err := p.Scripts.Save(r.Context(), u, src.Campaign.ID, v.Source, v.Base)
		var problem *campaigns.Problem
		switch {
		case err == nil:
			http.Redirect(w, r, fmt.Sprintf("/campaigns/%d/script?saved", src.Campaign.ID), http.StatusSeeOther)
			return nil
		case !errors.As(err, &problem):
			return err
		case len(api.ScriptMarks(err)) == 0:
			v.Wrong = problem.Text
		}
		return p.showScript(w, r, u, v, edge.FaultOf(r.Context(), p.Log, err).Status)
	}
	return p.showScript(w, r, u, v, http.StatusOK)
}

// uploaded reads the file of the form; without one the text stays.
func uploaded(r *http.Request, source string) (string, error) {
	file, _, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) {
		return source, nil
	}
	if err != nil {
		return source, fmt.Errorf("read the uploaded script: %w", err)
	}
	defer file.Close()
	const most = 200_000
	data, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil || len(data) > most {
		return source, errors.Join(err, errors.New("the file is too long"))
	}
	text := strings.TrimPrefix(strings.ToValidUTF8(string(data), "\uFFFD"), "\uFEFF")
	return strings.ReplaceAll(text, "\r\n", "\n"), nil
}

// showScript fills in what stands around the text.
func (p *Pages) showScript(w http.ResponseWriter, r *http.Request, u campaigns.User, v scriptView, status int) error {
	v.frame = p.frame(r, "Script")
	v.In = r.FormValue("lang")
	v.Contact, _ = strconv.ParseInt(r.FormValue("contact"), 10, 64) // 0 = the examples
	proof, err := p.Scripts.Proof(r.Context(), u, campaigns.ScriptDraft{Campaign: v.Campaign.ID, Source: v.Source, Language: v.In, Contact: v.Contact})
	if err != nil {
		return err
	}
	v.Check = api.ScriptCheckOf(proof)
	if v.Check.Step != nil {
		v.In = v.Check.Step.Language
	}
	if v.People, err = p.Scripts.Samples(r.Context(), u, v.Campaign.ID); err != nil {
		return err
	}
	if v.Versions, err = p.Scripts.Versions(r.Context(), u, v.Campaign.ID); err != nil {
		return err
	}
	if v.Wordings, err = p.Scripts.Wordings(r.Context(), u, v.Campaign.ID); err != nil {
		return err
	}
	return p.render(w, status, "script.html", v)
}

// Excerpt is the line of the text that a mark is about, for those who cannot
// be led there.
func (v scriptView) Excerpt(line int) string {
	lines := strings.Split(v.Source, "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	text := []rune(strings.TrimSpace(lines[line-1]))
	return string(text[:min(len(text), 80)])
}

// Numbers are the numbers of the lines, one under the other.
func (v scriptView) Numbers() string {
	var b strings.Builder
	for i := range strings.Count(v.Source, "\n") + 1 {
		fmt.Fprintln(&b, i+1)
	}
	return b.String()
}

// Errors counts what forbids to save.
func (v scriptView) Errors() int {
	n := 0
	for _, m := range v.Check.Marks {
		if m.Severity == script.SeverityError {
			n++
		}
	}
	return n
}

// ShortTitle is a title that fits into a box of the drawing.
func (scriptView) ShortTitle(title string) string {
	r := []rune(title)
	if len(r) > 19 {
		return string(r[:18]) + "…"
	}
	return title
}

// DrawingWidth is that of the drawing with its margin.
func (v scriptView) DrawingWidth() int { return v.Check.Drawing.Width + 2*drawingMargin }

// DrawingHeight is that of the drawing with its margin.
func (v scriptView) DrawingHeight() int { return v.Check.Drawing.Height + 2*drawingMargin }

// drawingMargin leaves room for the lines of the outermost boxes.
const drawingMargin = 6

// scriptFile is the script, or one of its versions, to take away.
func (p *Pages) scriptFile(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	src, err := p.Scripts.Source(r.Context(), u, pathNumber(r, "id"))
	if err != nil {
		return err
	}
	text, name := src.Source, fmt.Sprintf("script-%d.yaml", src.Campaign.ID)
	if no := r.URL.Query().Get("version"); no != "" {
		n, _ := strconv.ParseInt(no, 10, 64) // 0 is no version, which is told
		v, err := p.Scripts.Version(r.Context(), u, src.Campaign.ID, n)
		if err != nil {
			return err
		}
		text, name = v.Source, fmt.Sprintf("script-%d-version-%d.yaml", src.Campaign.ID, n)
	}
	w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, _ = io.WriteString(w, text) // the client may be gone
	return nil
}

// scriptVersionView is a version against the one before it and the one of today.
type scriptVersionView struct {
	frame
	Campaign campaigns.Campaign
	Version  campaigns.ScriptVersion
	Against  string // name of the version on the left; empty = there is none
	Today    bool   // against today's script instead of the version before
	Current  bool   // the version is today's
	Hunks    []script.Hunk
}

// scriptVersion shows what a version changed, or how it differs from today's.
func (p *Pages) scriptVersion(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	src, err := p.Scripts.Source(r.Context(), u, pathNumber(r, "id"))
	if err != nil {
		return err
	}
	version, err := p.Scripts.Version(r.Context(), u, src.Campaign.ID, pathNumber(r, "no"))
	if err != nil {
		return err
	}
	v := scriptVersionView{frame: p.frame(r, "Version of a script"), Campaign: src.Campaign, Version: version, Today: r.URL.Query().Has("today"), Current: version.Name() == src.Version}
	before := ""
	if v.Today {
		v.Against, before = src.Version, version.Source
		v.Hunks = script.Hunks(script.Diff(before, src.Source), around)
		return p.render(w, http.StatusOK, "script-version.html", v)
	}
	if version.No > 1 {
		old, err := p.Scripts.Version(r.Context(), u, src.Campaign.ID, version.No-1)
		if err != nil {
			return err
		}
		v.Against, before = old.Name(), old.Source
	}
	v.Hunks = script.Hunks(script.Diff(before, version.Source), around)
	return p.render(w, http.StatusOK, "script-version.html", v)
}

// around is how many lines stand beside a change, to know where one is.
const around = 3

// scriptRestore makes an earlier version today's again, as a new version.
func (p *Pages) scriptRestore(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	id := pathNumber(r, "id")
	version, err := p.Scripts.Version(r.Context(), u, id, pathNumber(r, "no"))
	if err != nil {
		return err
	}
	if _, err := p.Scripts.Save(r.Context(), u, id, version.Source, ""); err != nil {
		return err
	}
	http.Redirect(w, r, fmt.Sprintf("/campaigns/%d/script?saved", id), http.StatusSeeOther)
	return nil
}
