package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/intake"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// Import is one upload of a list.
type Import struct {
	ID         string               `json:"id"`
	Campaign   int64                `json:"campaign_id"`
	List       int64                `json:"list_id"`
	Source     string               `json:"source"`
	By         string               `json:"by"`
	State      string               `json:"state" enum:"running,done,failed,undone"`
	DryRun     bool                 `json:"dry_run"`
	Duplicates campaigns.Duplicates `json:"duplicates"`
	BeganAt    time.Time            `json:"began_at"`
	EndedAt    time.Time            `json:"ended_at,omitzero"`
	UndoneAt   time.Time            `json:"undone_at,omitzero"`
	Counts     campaigns.LoadCounts `json:"counts"`
	Error      string               `json:"error,omitempty"`

	Bytes     int64    `json:"bytes,omitempty" doc:"Read so far."`
	Size      int64    `json:"size,omitempty" doc:"Of the file, when known."`
	PerSecond float64  `json:"rows_per_second,omitempty"`
	Left      Duration `json:"time_left,omitempty"`

	Rules     campaigns.Bars     `json:"rules,omitzero" doc:"Contacts that no hour lets be called now, by the rule that forbids it."`
	Codes     map[string]int64   `json:"codes,omitempty" doc:"Rejections by code."`
	Blank     int64              `json:"blank,omitempty"`
	PhonesOut int64              `json:"phones_left_out,omitempty"`
	Noted     int64              `json:"noted,omitempty" doc:"Cells of contacts that were taken which could not be used, as a postcode of no country."`
	Charset   string             `json:"charset,omitempty"`
	Delimiter string             `json:"delimiter,omitempty"`
	Columns   []intake.Column    `json:"columns,omitempty"`
	First     []intake.Rejection `json:"first,omitempty" doc:"The first rejections."`

	Samples map[string][]intake.Rejection `json:"samples,omitempty" doc:"The first rejections of each code."`
}

func importOf(j *importJob) Import {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := Import{
		ID: j.id, Campaign: j.options.Campaign, List: j.options.List, Source: j.options.Source, By: j.options.By,
		State: "running", DryRun: j.options.DryRun, Duplicates: j.options.Duplicates, BeganAt: j.began, Counts: j.progress.Counts,
		Bytes: j.progress.Bytes, Size: j.progress.Size, PerSecond: j.progress.Rate, Left: Duration(j.progress.Left.Round(time.Second)),
	}
	if j.err != nil {
		out.State, out.Error = "failed", "The import did not come to its end."
		var fault *edge.Fault
		if errors.As(j.err, &fault) {
			out.Error = fault.Detail
		}
	}
	if r := j.result; r.Elapsed > 0 {
		if j.err == nil {
			out.State = "done"
		}
		out.EndedAt, out.Counts, out.PerSecond = j.began.Add(r.Elapsed), r.Counts, r.Rate()
		out.Rules = r.Bars
		out.Codes, out.Blank, out.PhonesOut, out.Noted, out.Charset = r.Codes, r.Blank, r.PhonesOut, r.Noted, r.Charset.Name
		out.Delimiter, out.Columns, out.First, out.Samples = r.Delimiter, r.Columns, r.First, r.Samples
	}
	return out
}

func importOfLoad(l campaigns.Load) Import {
	out := Import{
		ID: strconv.FormatInt(l.ID, 10), Campaign: l.Campaign, List: l.List, Source: l.Source, By: l.By, State: "done",
		Duplicates: l.Policy, BeganAt: l.BeganAt.UTC(), EndedAt: l.EndedAt.UTC(), UndoneAt: l.UndoneAt.UTC(), Counts: l.Counts,
	}
	switch {
	case !l.UndoneAt.IsZero():
		out.State = "undone"
	case l.EndedAt.IsZero():
		out.State = "failed" // it is not among those that run
	case l.Cut != "":
		out.State, out.Error = "failed", l.Interrupted()
	}
	return out
}

type importInput struct {
	exchange
	Campaign   int64    `query:"campaign" required:"true" minimum:"1"`
	List       string   `query:"list" required:"true" minLength:"1" maxLength:"64" doc:"Name; a list that does not exist is created."`
	Source     string   `query:"source" maxLength:"200" doc:"Where the rows come from; a multipart file's name when absent."`
	Region     string   `query:"region" pattern:"^[A-Z]{2}$" doc:"Country of numbers without a country code, ISO 3166-1."`
	Columns    []string `query:"column,explode" maxItems:"200" doc:"target=column, as phone=Telefon, phone:mobile=Handy, name=2, field:product=Produkt, ignore=Notes."`
	Duplicates string   `query:"duplicates" enum:"skip,allow,update" default:"skip"`
	Charset    string   `query:"charset" maxLength:"40" doc:"Found out when absent."`
	Delimiter  string   `query:"delimiter" maxLength:"3" doc:"One character, or tab; found out when absent."`
	Header     string   `query:"header" enum:"yes,no" doc:"Found out when absent."`
	DryRun     bool     `query:"dry_run" doc:"Judge every row and store nothing."`
}

type importOutput struct{ Body Import }

// csvBody describes the body, which huma must not read.
func csvBody(op *huma.Operation) {
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"text/csv": {Schema: binary}}}
	op.Description += " The body is the list, as text/csv or as the file of a multipart/form-data form, of any length; it is read as it comes. The answer comes at its end."
}

// importList reads a list from the body. The time allowed runs from row to
// row, not from the first to the last.
func (s *Server) importList(ctx context.Context, in *importInput) (*importOutput, error) {
	o, err := in.options()
	if err != nil {
		return nil, err
	}
	u := who(ctx)
	o.By = u.Login
	body, wire, err := in.open(&o)
	if err != nil {
		return nil, err
	}
	if o.List, err = s.listFor(ctx, in); err != nil {
		return nil, err
	}
	working, job, err := s.Imports.prepare(ctx, o)
	if err != nil {
		return nil, errors.Join(err, wire.allowAnswer())
	}
	wire.ctx = working
	err = s.Imports.work(working, job, body)
	if late := wire.allowAnswer(); err == nil {
		err = late
	}
	if err != nil {
		wire.leave()
		return nil, s.interrupted(working, job, err)
	}
	return &importOutput{importOf(job)}, nil
}

// saidWithin bounds how long it takes to find out how far an import came that was
// stopped.
const saidWithin = 2 * time.Second

// interrupted says how far an import came that was stopped, because somebody stopped it
// or this node leads no more; of another it is what ended it.
func (s *Server) interrupted(ctx context.Context, job *importJob, err error) error {
	if !job.stopped {
		return err
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), saidWithin)
	defer stop()
	l, unknown := s.loadOf(ctx, job.name())
	if unknown != nil || l.Cut == "" { // a dry run; or it was taken back already
		return err
	}
	return edge.NewFault(http.StatusServiceUnavailable, "import_interrupted", l.Interrupted())
}

// listFor finds the list by name, and creates it unless nothing is to be stored.
func (s *Server) listFor(ctx context.Context, in *importInput) (int64, error) {
	u := who(ctx)
	id, err := s.Lists.Named(ctx, u, in.Campaign, in.List)
	if err != nil || id != 0 || in.DryRun {
		return id, err
	}
	l, err := s.Lists.Create(ctx, u, campaigns.List{Campaign: in.Campaign, Name: in.List, Active: true})
	return l.ID, err
}

// ImportID is the path of an import (exported for the same reason as ByID).
type ImportID struct {
	ID string `path:"id" pattern:"^[a-z0-9-]{1,40}$"`
}

func (s *Server) importState(ctx context.Context, in *ImportID) (*importOutput, error) {
	if job, ok := s.Imports.find(in.ID); ok {
		return &importOutput{importOf(job)}, nil
	}
	l, err := s.loadOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &importOutput{importOfLoad(l)}, nil
}

// loadOf finds the load of an import that is long done.
func (s *Server) loadOf(ctx context.Context, id string) (campaigns.Load, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return campaigns.Load{}, edge.NewFault(http.StatusNotFound, "import_not_found", "There is no such import.")
	}
	return s.Lists.Load(ctx, who(ctx), n)
}

type importsInput struct {
	Campaign int64 `query:"campaign" required:"true" minimum:"1"`
}

type importsOutput struct {
	Body struct {
		Imports []Import `json:"imports"`
	}
}

// imports lists those that run, those that were checks, and all that stand in
// the store.
func (s *Server) imports(ctx context.Context, in *importsInput) (*importsOutput, error) {
	loads, err := s.Lists.Loads(ctx, who(ctx), in.Campaign)
	if err != nil {
		return nil, err
	}
	out := &importsOutput{}
	out.Body.Imports = []Import{}
	known := map[string]bool{}
	for _, j := range s.Imports.all(in.Campaign) {
		if i := importOf(j); i.State == "running" || i.DryRun {
			out.Body.Imports, known[i.ID] = append(out.Body.Imports, i), true
		}
	}
	for _, l := range loads {
		if i := importOfLoad(l); !known[i.ID] {
			out.Body.Imports = append(out.Body.Imports, i)
		}
	}
	return out, nil
}

// importReport answers the rejected rows as CSV, to be mended and sent again.
func (s *Server) importReport(_ context.Context, in *ImportID) (*huma.StreamResponse, error) {
	f, err := s.Imports.report(in.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		defer f.Close()
		ctx.SetHeader("Content-Type", "text/csv; charset=utf-8")
		ctx.SetHeader("Content-Disposition", `attachment; filename="import-`+in.ID+`-rejected.csv"`)
		if _, err := io.Copy(patientWriterOf(ctx), f); err != nil {
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

// Undone is what an undo did.
type Undone struct {
	Removed int64 `json:"removed" doc:"Contacts that were never dialed and are gone."`
	Kept    int64 `json:"kept" doc:"Contacts that were dialed; they are done with."`
}

type undoneOutput struct{ Body Undone }

// undoImport takes an import back; one that still runs is stopped first.
func (s *Server) undoImport(ctx context.Context, in *ImportID) (*undoneOutput, error) {
	if err := s.Imports.stop(ctx, in.ID); err != nil {
		return nil, err
	}
	l, err := s.loadOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	removed, kept, err := s.Lists.Undo(ctx, who(ctx), l.ID)
	if err != nil {
		return nil, err
	}
	return &undoneOutput{Undone{Removed: removed, Kept: kept}}, nil
}
