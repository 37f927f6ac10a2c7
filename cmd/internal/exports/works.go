package exports

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/report"
	"github.com/forecall/forecall/cmd/internal/columnar"
	"github.com/forecall/forecall/storage/blobs"
)

// Store is where exports and calls stand.
type Store interface {
	SelectCalls(ctx context.Context, s campaigns.CallSearch) (iter.Seq2[campaigns.Call, error], int64, error)
	SaveExport(ctx context.Context, e campaigns.Export) error
	OpenExports(ctx context.Context, now time.Time) (open, expired []campaigns.Export, err error)
}

// Sealer writes a signed export of the chain for the calls of a search; progress
// is told how many records are written, which are more than the calls.
type Sealer func(ctx context.Context, w io.Writer, e campaigns.Export, progress func(records int64)) (records int64, err error)

// Settings is what the works need.
type Settings struct {
	Store    Store
	Folder   string      // in which they are written; made when it is not there
	Files    blobs.Store // where they are kept; nil = in Folder
	Campaign func(id int64) (campaigns.Campaign, bool)
	Loosened func(ctx context.Context) ([]campaigns.Loosening, error) // what of the rules; nil = nothing ever
	Seal     Sealer                                                   // nil = no signed exports
	Log      *slog.Logger
}

// Works writes exports until its Run ends.
type Works struct {
	Settings
	wake chan struct{}

	mu      sync.Mutex // guards the fields below
	current int64      // export at work; 0 = none
	cancel  context.CancelFunc
	rows    *atomic.Int64
	total   *atomic.Int64
}

// How often progress is written down, and files are looked after.
const (
	saveEvery = 5 * time.Second
	tendEvery = time.Minute
	// openWithin bounds how long a server of files may take to find one.
	openWithin = 30 * time.Second
)

// New makes the works and their folder.
func New(s Settings) (*Works, error) {
	if err := os.MkdirAll(s.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("folder of exports: %w", err)
	}
	if s.Files == nil {
		files, err := blobs.NewFolder(s.Folder)
		if err != nil {
			return nil, fmt.Errorf("folder of exports: %w", err)
		}
		s.Files = files
	}
	return &Works{Settings: s, wake: make(chan struct{}, 1)}, nil
}

// Wake says that there is something queued.
func (w *Works) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Fields are the columns that a file can have.
func (w *Works) Fields() []string { return report.Columns() }

// Formats are what can be written.
func (w *Works) Formats() []campaigns.ExportFormat {
	return slices.DeleteFunc(campaigns.ExportFormats(), func(f campaigns.ExportFormat) bool {
		return f == campaigns.FormatSignedZip && w.Seal == nil
	})
}

// Cancel ends the export when it is at work.
func (w *Works) Cancel(id int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.current == id {
		w.cancel()
	}
}

// Progress is an export with the rows that were written a moment ago.
func (w *Works) Progress(e campaigns.Export) campaigns.Export {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.current == e.ID && e.State == campaigns.ExportRunning {
		e.Rows, e.Total = w.rows.Load(), w.total.Load()
	}
	return e
}

// Open opens the file of an export that is done.
func (w *Works) Open(e campaigns.Export) (io.ReadSeekCloser, error) {
	ctx, cancel := context.WithTimeout(context.Background(), openWithin)
	defer cancel()
	return w.Files.Open(ctx, name(e))
}

// name is that of the file of an export.
func name(e campaigns.Export) string { return strconv.FormatInt(e.ID, 10) + e.Ending() }

// Run writes what is queued until ctx is done. What an earlier process left at
// work has failed: its part is deleted.
func (w *Works) Run(ctx context.Context) {
	if err := w.sweep(ctx); err != nil && ctx.Err() == nil {
		w.Log.Error("exports that an earlier process left", "error", err)
	}
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	for {
		if err := w.work(ctx); err != nil && ctx.Err() == nil {
			w.Log.Error("exports", "error", err)
		}
		select {
		case <-w.wake:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// sweep ends what the last process began, and deletes what has no row.
func (w *Works) sweep(ctx context.Context) error {
	open, _, err := w.Store.OpenExports(ctx, time.Now())
	if err != nil {
		return err
	}
	parts, err := filepath.Glob(filepath.Join(w.Folder, "*.part"))
	if err != nil {
		return err
	}
	var errs []error
	for _, part := range parts {
		errs = append(errs, os.Remove(part))
	}
	for _, e := range open {
		if e.State == campaigns.ExportRunning {
			e.State, e.Ended, e.Error = campaigns.ExportFailed, time.Now().UTC(), "forecall was stopped meanwhile; ask for the file again."
			errs = append(errs, w.Store.SaveExport(ctx, e))
		}
	}
	return errors.Join(errs...)
}

// work deletes what has expired and writes what is queued.
func (w *Works) work(ctx context.Context) error {
	for {
		open, expired, err := w.Store.OpenExports(ctx, time.Now())
		if err != nil {
			return err
		}
		for _, e := range expired {
			if err := w.Files.Delete(ctx, name(e)); err != nil {
				return fmt.Errorf("delete an expired export: %w", err)
			}
			e.State = campaigns.ExportExpired
			if err := w.Store.SaveExport(ctx, e); err != nil {
				return err
			}
		}
		queued := slices.IndexFunc(open, func(e campaigns.Export) bool { return e.State == campaigns.ExportQueued })
		if queued < 0 || ctx.Err() != nil {
			return nil
		}
		if err := w.one(ctx, open[queued]); err != nil {
			return err
		}
	}
}

// one writes one export from beginning to end. Only an error that concerns the
// store is returned: others are the export's own, and stand in its row.
func (w *Works) one(ctx context.Context, e campaigns.Export) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var rows, total atomic.Int64
	w.begin(e.ID, cancel, &rows, &total)
	defer w.end()
	e.State, e.Began = campaigns.ExportRunning, time.Now().UTC()
	if err := w.Store.SaveExport(ctx, e); errors.Is(err, campaigns.ErrFinished) {
		return nil // cancelled meanwhile
	} else if err != nil {
		return err
	}
	saved := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { w.report(ctx, saved, e, &rows, &total) })
	sum, octets, err := w.write(ctx, e, &rows, &total)
	close(saved)
	wg.Wait()
	e.Rows, e.Total, e.Ended = rows.Load(), total.Load(), time.Now().UTC()
	switch {
	case err == nil:
		e.State, e.SHA256, e.Octets, e.Expires = campaigns.ExportDone, sum, octets, e.Ended.Add(campaigns.ExportKept)
	case ctx.Err() != nil: // cancelled, whose row says so, or the process stops, whose successor does
		return nil
	case errors.Is(err, campaigns.ErrIndexing):
		e.State, e.Error = campaigns.ExportFailed, "What calls are searched by is still being made; ask for the file again in some minutes."
	default:
		w.Log.ErrorContext(ctx, "export failed", "export", e.ID, "rows", e.Rows, "error", err)
		e.State, e.Error = campaigns.ExportFailed, "The file could not be written; the log of forecall says why."
	}
	if err := w.Store.SaveExport(ctx, e); !errors.Is(err, campaigns.ErrFinished) {
		return err
	}
	return w.Files.Delete(context.WithoutCancel(ctx), name(e)) // cancelled at the last moment
}

func (w *Works) begin(id int64, cancel context.CancelFunc, rows, total *atomic.Int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.current, w.cancel, w.rows, w.total = id, cancel, rows, total
}

func (w *Works) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.current = 0
}

// report writes progress down until the file is done.
func (w *Works) report(ctx context.Context, done <-chan struct{}, e campaigns.Export, rows, total *atomic.Int64) {
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		e.Rows, e.Total = rows.Load(), total.Load()
		if err := w.Store.SaveExport(ctx, e); err != nil && ctx.Err() == nil && !errors.Is(err, campaigns.ErrFinished) {
			w.Log.Warn("progress of an export", "export", e.ID, "error", err)
		}
	}
}

// write makes the file: as a part at first, and in its place when all of it is on
// disk.
func (w *Works) write(ctx context.Context, e campaigns.Export, rows, total *atomic.Int64) (sum string, octets int64, err error) {
	part := filepath.Join(w.Folder, name(e)+".part")
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return "", 0, err
	}
	out := &summed{to: f, sum: sha256.New()}
	err = w.fill(ctx, out, e, rows, total)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = w.Files.Take(ctx, name(e), part)
	}
	if err != nil {
		return "", 0, errors.Join(err, remove(part))
	}
	return hex.EncodeToString(out.sum.Sum(nil)), out.octets, nil
}

// remove deletes a file if it is there.
func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// fill writes the calls in the format that was asked for.
func (w *Works) fill(ctx context.Context, to io.Writer, e campaigns.Export, rows, total *atomic.Int64) error {
	if e.Format == campaigns.FormatSignedZip { // of records, whose number is not known before
		n, err := w.Seal(ctx, to, e, rows.Store)
		rows.Store(n)
		return err
	}
	calls, n, err := w.Store.SelectCalls(ctx, e.Search)
	if err != nil {
		return err
	}
	total.Store(n)
	counted := func(yield func(campaigns.Call, error) bool) {
		for c, err := range calls {
			if !yield(c, err) {
				return
			}
			if err == nil {
				rows.Add(1)
			}
		}
	}
	o := report.Options{Fields: e.Fields, Campaign: w.Campaign, Mark: e.Format == campaigns.FormatCSV}
	if w.Loosened != nil {
		if o.Loosened, err = w.Loosened(ctx); err != nil {
			return err
		}
	}
	write := map[campaigns.ExportFormat]func(io.Writer, iter.Seq2[campaigns.Call, error], report.Options) (int64, error){
		campaigns.FormatCSV: report.WriteCSV, campaigns.FormatJSONLines: report.WriteJSONLines, campaigns.FormatParquet: columnar.WriteParquet,
	}[e.Format]
	if write == nil {
		return fmt.Errorf("format %q", e.Format)
	}
	_, err = write(to, counted, o)
	return err
}

// summed counts and sums what passes.
type summed struct {
	to     io.Writer
	sum    hash.Hash
	octets int64
}

func (s *summed) Write(b []byte) (int, error) {
	n, err := s.to.Write(b)
	s.sum.Write(b[:n])
	s.octets += int64(n)
	return n, err
}
