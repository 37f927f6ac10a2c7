package campaigns

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// ExportFormat is what a file of calls is written as.
type ExportFormat string

// The formats.
const (
	FormatCSV       ExportFormat = "csv"
	FormatJSONLines ExportFormat = "json_lines"
	FormatParquet   ExportFormat = "parquet"
	FormatSignedZip ExportFormat = "signed_zip" // the chain's own: verifies by itself
)

// ExportFormats lists them all.
func ExportFormats() []ExportFormat {
	return []ExportFormat{FormatCSV, FormatJSONLines, FormatParquet, FormatSignedZip}
}

// ExportState is how far an export is.
type ExportState string

// The states. An export that was at work when the process ended has failed, and
// can be asked for again.
//
//	queued -> running -> done -> expired
//	   |         |-> failed
//	   +---------+-> cancelled
const (
	ExportQueued    ExportState = "queued"
	ExportRunning   ExportState = "running"
	ExportDone      ExportState = "done"
	ExportFailed    ExportState = "failed"
	ExportCancelled ExportState = "cancelled"
	ExportExpired   ExportState = "expired" // its file was deleted
)

// ExportKept is how long the file of an export can be fetched.
const ExportKept = 7 * 24 * time.Hour

// Export is a file of calls that somebody asked for.
type Export struct {
	ID      int64        `json:"id"`
	User    int64        `json:"-"`
	By      string       `json:"by"` // login
	At      time.Time    `json:"at"`
	Format  ExportFormat `json:"format"`
	Search  CallSearch   `json:"search"`
	Fields  []string     `json:"fields"` // columns; none = all
	Reason  string       `json:"reason"`
	State   ExportState  `json:"state"`
	Began   time.Time    `json:"began_at,omitzero"`
	Ended   time.Time    `json:"ended_at,omitzero"`
	Expires time.Time    `json:"expires_at,omitzero"`
	Rows    int64        `json:"rows"`  // written so far
	Total   int64        `json:"total"` // to be written
	Octets  int64        `json:"octets"`
	SHA256  string       `json:"sha256,omitempty"` // of the file, in hexadecimal
	Error   string       `json:"error,omitempty"`  // a sentence for people
}

// Over tells whether nothing will become of the export any more by itself.
func (e Export) Over() bool { return e.State != ExportQueued && e.State != ExportRunning }

// Rate is how many calls a second were written.
func (e Export) Rate(now time.Time) float64 {
	end := e.Ended
	if end.IsZero() {
		end = now
	}
	if took := end.Sub(e.Began).Seconds(); !e.Began.IsZero() && took > 0 {
		return float64(e.Rows) / took
	}
	return 0
}

// Left is how long it will take at the rate so far, at most what a Duration
// holds; 0 = not known, or over.
func (e Export) Left(now time.Time) time.Duration {
	rate := e.Rate(now)
	if e.State != ExportRunning || rate <= 0 {
		return 0
	}
	left := float64(e.Total-e.Rows) / rate * float64(time.Second)
	if left >= math.MaxInt64 { // the first few rows of very many
		return math.MaxInt64
	}
	return time.Duration(left)
}

// Ending is how the name of the file ends.
func (e Export) Ending() string {
	switch e.Format {
	case FormatJSONLines:
		return ".jsonl"
	case FormatParquet:
		return ".parquet"
	case FormatSignedZip:
		return ".zip"
	}
	return ".csv"
}

// ExportStore remembers exports.
type ExportStore interface {
	AddExport(ctx context.Context, e Export) (Export, error)
	SaveExport(ctx context.Context, e Export) error
	Export(ctx context.Context, id int64) (Export, error)
	Exports(ctx context.Context, user int64, limit int) ([]Export, error)
	AddAudit(ctx context.Context, e AuditEntry) error
}

// ExportWorks writes the files.
type ExportWorks interface {
	Wake()           // there is something queued
	Cancel(id int64) // stop writing it, if that is going on
	Open(e Export) (io.ReadSeekCloser, error)
	Progress(e Export) Export // with the rows that were written a moment ago
	Fields() []string         // that the log has
	Formats() []ExportFormat  // that can be written
}

// Exports is files of calls, for those who may take calls away.
type Exports struct {
	store ExportStore
	works ExportWorks
}

// NewExports returns the service.
func NewExports(store ExportStore, works ExportWorks) *Exports { return &Exports{store, works} }

// exportsShown is how many exports a list has.
const exportsShown = 100

// mostReason is how long what an export is for may be, in octets.
const mostReason = 300

// Formats lists what files can be written as.
func (x *Exports) Formats() []ExportFormat { return x.works.Formats() }

// Ask queues an export of the calls of a search. Who asked, for what and why
// stands in the audit before anything is read.
func (x *Exports) Ask(ctx context.Context, by User, e Export) (Export, error) {
	if err := by.Allow(ExportCalls); err != nil {
		return Export{}, err
	}
	if e.Format == FormatSignedZip {
		if err := by.Allow(ExportEvidence); err != nil {
			return Export{}, err
		}
	}
	if err := x.check(&e); err != nil {
		return Export{}, err
	}
	e.ID, e.User, e.By, e.At, e.State = 0, by.ID, by.Login, time.Now().UTC(), ExportQueued
	e.Began, e.Ended, e.Expires, e.Rows, e.Total, e.Octets, e.SHA256, e.Error = time.Time{}, time.Time{}, time.Time{}, 0, 0, 0, "", ""
	made, err := x.store.AddExport(ctx, e)
	if err != nil {
		return Export{}, fmt.Errorf("queue an export: %w", err)
	}
	x.works.Wake()
	return made, nil
}

func (x *Exports) check(e *Export) error {
	e.Reason = strings.TrimSpace(e.Reason)
	switch {
	case !slices.Contains(x.works.Formats(), e.Format):
		return problem(KindInvalid, "format_unknown", "%q is not a format that calls are exported in.", e.Format)
	case e.Reason == "" || len(e.Reason) > mostReason:
		return problem(KindInvalid, "reason_missing", "Say in at most %d characters what the export is for: it stands in the audit.", mostReason)
	}
	if e.Format == FormatSignedZip && !e.Search.sealable() {
		return problem(KindInvalid, "search_not_sealable", "A signed export is chosen by campaign, time and one number in full: its records prove one another. Take the other filters away, or choose another format.")
	}
	for _, f := range e.Fields {
		if !slices.Contains(x.works.Fields(), f) {
			return problem(KindInvalid, "field_unknown", "%q is not a field of a call.", f)
		}
	}
	return e.Search.Check()
}

// sealable tells whether a signed export can be of the calls of the search.
func (s CallSearch) sealable() bool {
	return s.Digits == "" && s.List == 0 && s.Agent == 0 && s.CallerID == "" && len(s.Outcomes) == 0 && s.Disposition == "" && s.Code == 0
}

// List returns the newest exports: one's own, and everybody's for those who
// answer for the ledger.
func (x *Exports) List(ctx context.Context, by User) ([]Export, error) {
	if err := by.Allow(ExportCalls); err != nil {
		return nil, err
	}
	user := by.ID
	if by.Allow(SeeLedger) == nil {
		user = 0
	}
	all, err := x.store.Exports(ctx, user, exportsShown)
	for i, e := range all {
		all[i] = x.works.Progress(e)
	}
	return all, err
}

// One returns an export that the user may see.
func (x *Exports) One(ctx context.Context, by User, id int64) (Export, error) {
	if err := by.Allow(ExportCalls); err != nil {
		return Export{}, err
	}
	e, err := x.store.Export(ctx, id)
	if err == nil && e.User != by.ID && by.Allow(SeeLedger) != nil {
		err = ErrNotFound
	}
	if errors.Is(err, ErrNotFound) {
		return Export{}, problem(KindNotFound, "export_not_found", "There is no such export.")
	}
	if err != nil {
		return Export{}, fmt.Errorf("export %d: %w", id, err)
	}
	return x.works.Progress(e), nil
}

// Cancel stops an export; what was written of it is deleted.
func (x *Exports) Cancel(ctx context.Context, by User, id int64) (Export, error) {
	e, err := x.One(ctx, by, id)
	if err != nil {
		return Export{}, err
	}
	if e.Over() {
		return Export{}, problem(KindConflict, "export_over", "The export is over already.")
	}
	e.State, e.Ended = ExportCancelled, time.Now().UTC()
	err = x.store.SaveExport(ctx, e)
	if errors.Is(err, ErrFinished) {
		return Export{}, problem(KindConflict, "export_over", "The export is over already.")
	}
	if err != nil {
		return Export{}, fmt.Errorf("cancel export %d: %w", id, err)
	}
	x.works.Cancel(id)
	return e, nil
}

// Again asks for the same once more, as after an end of the process.
func (x *Exports) Again(ctx context.Context, by User, id int64) (Export, error) {
	e, err := x.One(ctx, by, id)
	if err != nil {
		return Export{}, err
	}
	return x.Ask(ctx, by, e)
}

// Fetch opens the file of an export that is done. That it was taken away is
// written down first, with its sum, so that a file met later can be told.
func (x *Exports) Fetch(ctx context.Context, by User, id int64) (Export, io.ReadSeekCloser, error) {
	e, err := x.One(ctx, by, id)
	if err != nil {
		return Export{}, nil, err
	}
	if e.State != ExportDone {
		return Export{}, nil, problem(KindConflict, "export_not_done", "The file is not there: the export is %s.", e.State)
	}
	file, err := x.works.Open(e)
	if err != nil {
		return Export{}, nil, fmt.Errorf("open export %d: %w", id, err)
	}
	err = x.store.AddAudit(ctx, AuditEntry{
		Kind: "export.fetched", By: by.Login, Subject: fmt.Sprintf("export %d", id), Detail: fmt.Sprintf("%s of %d calls, SHA-256 %s", e.Format, e.Rows, e.SHA256),
	})
	if err != nil {
		return Export{}, nil, errors.Join(fmt.Errorf("write the fetching of an export down: %w", err), file.Close())
	}
	return e, file, nil
}
