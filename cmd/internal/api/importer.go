package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/intake"
	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// How many imports run at once, and how many finished ones are remembered
// beside what the store knows of them.
const (
	maxImports   = 2
	keptFinished = 100
)

// Importer runs uploads into the store and keeps the report of each.
type Importer struct {
	store   intake.Store
	numbers numbers.Policy
	dir     string // of the reports

	mu   sync.Mutex
	jobs []*importJob // oldest first
}

// NewImporter returns an importer that keeps reports in a folder, which it
// creates.
func NewImporter(store intake.Store, dir string, policy numbers.Policy) (*Importer, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("folder of import reports: %w", err)
	}
	stale, err := filepath.Glob(filepath.Join(dir, "running-*.csv"))
	if err != nil {
		return nil, fmt.Errorf("folder of import reports: %w", err)
	}
	for _, name := range stale { // of imports that a crash ended
		if err := os.Remove(name); err != nil {
			return nil, fmt.Errorf("remove a report that was never finished: %w", err)
		}
	}
	return &Importer{store: store, dir: dir, numbers: policy}, nil
}

// importJob is one upload, running or just done.
type importJob struct {
	cancel context.CancelFunc
	done   chan struct{}

	mu       sync.Mutex
	id       string // of the load, once there is one; of its own for a dry run
	options  intake.Options
	began    time.Time
	stopped  bool // before its end; of work's goroutine
	progress intake.Progress
	result   intake.Result
	err      error
}

// prepare notes a job that work is to do with the context that comes with it.
func (im *Importer) prepare(ctx context.Context, o intake.Options) (context.Context, *importJob, error) {
	ctx, cancel := context.WithCancel(ctx)
	job := &importJob{cancel: cancel, done: make(chan struct{}), options: o, began: time.Now().UTC()}
	if o.DryRun {
		job.id = "check-" + strings.ToLower(rand.Text()[:12])
	}
	if err := im.enter(job); err != nil {
		cancel()
		return nil, nil, err
	}
	return ctx, job, nil
}

// work does a job that was prepared.
func (im *Importer) work(ctx context.Context, job *importJob, body io.Reader) error {
	defer job.cancel()
	defer close(job.done)
	report, err := os.CreateTemp(im.dir, "running-*.csv")
	if err != nil {
		return job.end(intake.Result{}, fmt.Errorf("create the report of an import: %w", err))
	}
	o := job.options
	o.Numbers, o.Report, o.Progress = im.numbers, report, job.tell
	if o.DryRun {
		o.Known, _ = im.store.(intake.Known) // a store that cannot tell leaves it to the import
	}
	o.Foresight, _ = im.store.(campaigns.Foresight) // the same of one that knows no rules
	result, err := intake.Import(ctx, beginning{im.store, job}, body, o)
	job.stopped = ctx.Err() != nil
	err = job.end(result, errors.Join(err, report.Close()))
	return errors.Join(err, im.keepReport(report.Name(), job.name()))
}

// enter notes a job, unless too many run.
func (im *Importer) enter(job *importJob) error {
	im.mu.Lock()
	defer im.mu.Unlock()
	running := 0
	for _, j := range im.jobs {
		if !j.finished() {
			running++
		}
	}
	if running >= maxImports {
		return &campaigns.Problem{Kind: campaigns.KindTooMany, Code: "import_busy", Text: "Two imports run already; try again when one has ended."}
	}
	im.jobs = append(im.jobs, job)
	if len(im.jobs) > keptFinished {
		if i := slices.IndexFunc(im.jobs, (*importJob).finished); i >= 0 {
			im.jobs = slices.Delete(im.jobs, i, i+1)
		}
	}
	return nil
}

// keepReport gives the report the name of its import; one of an import that
// never began is dropped.
func (im *Importer) keepReport(from, id string) error {
	if id == "" {
		return os.Remove(from)
	}
	if err := os.Rename(from, im.path(id)); err != nil {
		return fmt.Errorf("keep the report of import %s: %w", id, err)
	}
	return nil
}

func (im *Importer) path(id string) string { return filepath.Join(im.dir, id+".csv") }

// report opens the report of an import.
func (im *Importer) report(id string) (*os.File, error) {
	f, err := os.Open(im.path(id)) // the route's pattern lets letters, digits and dashes through only
	if errors.Is(err, os.ErrNotExist) {
		return nil, edge.NewFault(404, "report_not_found", "There is no report of that import.")
	}
	return f, err
}

// find returns a job that runs or has just ended.
func (im *Importer) find(id string) (*importJob, bool) {
	im.mu.Lock()
	defer im.mu.Unlock()
	for _, j := range im.jobs {
		if id != "" && j.name() == id {
			return j, true
		}
	}
	return nil, false
}

// all returns the jobs of a campaign.
func (im *Importer) all(campaign int64) []*importJob {
	im.mu.Lock()
	defer im.mu.Unlock()
	var of []*importJob
	for _, j := range im.jobs {
		if j.options.Campaign == campaign && j.name() != "" {
			of = append(of, j)
		}
	}
	return of
}

// stop cancels a job that runs and waits until it has ended.
func (im *Importer) stop(ctx context.Context, id string) error {
	job, ok := im.find(id)
	if !ok {
		return nil
	}
	job.cancel()
	select {
	case <-job.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for import %s to end: %w", id, ctx.Err())
	}
}

func (j *importJob) finished() bool {
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}

func (j *importJob) name() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.id
}

func (j *importJob) tell(p intake.Progress) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.progress = p
}

// end notes how the import ended, and turns a file that cannot be imported
// into a problem that says why.
func (j *importJob) end(r intake.Result, err error) error {
	var file *intake.FileError
	var option *numbers.Refusal
	switch {
	case errors.As(err, &file):
		err = edge.NewFault(422, file.Code, file.Reason)
	case errors.As(err, &option):
		err = edge.NewFault(422, string(option.Code), option.Error())
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.result, j.err = r, err
	return err
}

// beginning learns the id of the load from the store.
type beginning struct {
	intake.Store
	job *importJob
}

// BeginLoad begins the load and gives its id to the job.
func (b beginning) BeginLoad(ctx context.Context, l campaigns.Load) (int64, error) {
	id, err := b.Store.BeginLoad(ctx, l)
	if err == nil {
		b.job.mu.Lock()
		b.job.id = strconv.FormatInt(id, 10)
		b.job.mu.Unlock()
	}
	return id, err
}
