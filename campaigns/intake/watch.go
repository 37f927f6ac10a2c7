package intake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Watch is a folder into which lists are dropped.
//
//	folder/leads.csv --settled--> folder/done/leads.csv      + leads.rejected.csv
//	                         \--> folder/failed/leads.csv    + leads.error.txt
//
// A file is taken when it has been the same, in size and time, for a while, or
// at once when leads.csv.done stands beside it. Names that begin with a dot or
// end in .part, .tmp, .crdownload or .filepart are of files on their way and
// wait until they are renamed.
type Watch struct {
	Folder string
	Every  time.Duration    // how often it is looked at; 0 = 2 s
	Settle time.Duration    // how long a file has to stay the same; 0 = 5 s
	Now    func() time.Time // for names of files that are there already; nil = time.Now

	// Import imports one file: it opens the load, writes rejected rows to the
	// report and returns what became of it.
	Import func(ctx context.Context, f *os.File, report *os.File) (Result, error)
	// Tell hears of every file that was taken; nil = nobody.
	Tell func(name string, r Result, err error)

	looks map[string]look
}

// look is what a file was like when it was last seen to change.
type look struct {
	size  int64
	time  time.Time
	since time.Time
}

const (
	defaultEvery  = 2 * time.Second
	defaultSettle = 5 * time.Second
)

// Run watches until the context ends. The error says that the folder itself
// cannot be used; a file that cannot be imported goes to failed/.
func (w *Watch) Run(ctx context.Context) error {
	if w.Every <= 0 {
		w.Every = defaultEvery
	}
	if w.Settle <= 0 {
		w.Settle = defaultSettle
	}
	w.looks = map[string]look{}
	for _, folder := range []string{"", "done", "failed"} {
		if err := os.MkdirAll(filepath.Join(w.Folder, folder), 0o750); err != nil {
			return fmt.Errorf("watch %s: %w", w.Folder, err)
		}
	}
	tick := time.NewTicker(w.Every)
	defer tick.Stop()
	for {
		if err := w.scan(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// scan takes every file that is complete, one after the other.
func (w *Watch) scan(ctx context.Context) error {
	entries, err := os.ReadDir(w.Folder)
	if err != nil {
		return fmt.Errorf("watch %s: %w", w.Folder, err)
	}
	there := make(map[string]bool, len(entries))
	for _, e := range entries {
		there[e.Name()] = true
	}
	for name := range w.looks {
		if !there[name] {
			delete(w.looks, name)
		}
	}
	for _, e := range entries {
		if ctx.Err() != nil {
			return nil
		}
		if !e.Type().IsRegular() || onItsWay(e.Name()) || strings.HasSuffix(e.Name(), ".done") {
			continue
		}
		if w.complete(e, there[e.Name()+".done"]) {
			if err := w.take(ctx, e.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

func onItsWay(name string) bool {
	for _, suffix := range []string{".part", ".tmp", ".crdownload", ".filepart", "~"} {
		if strings.HasSuffix(strings.ToLower(name), suffix) {
			return true
		}
	}
	return strings.HasPrefix(name, ".")
}

// complete tells whether a file may be read: it says so itself, or nobody has
// written to it for a while.
func (w *Watch) complete(e fs.DirEntry, marked bool) bool {
	info, err := e.Info()
	if err != nil {
		return false // gone meanwhile
	}
	if marked {
		return true
	}
	was, known := w.looks[e.Name()]
	if !known || was.size != info.Size() || !was.time.Equal(info.ModTime()) {
		w.looks[e.Name()] = look{info.Size(), info.ModTime(), time.Now()}
		return false
	}
	return time.Since(was.since) >= w.Settle
}

// take imports a file and puts it away. An import that was cancelled leaves the
// file where it is: it is taken again at the next start, and what was stored
// of it counts as duplicates then.
func (w *Watch) take(ctx context.Context, name string) error {
	path := filepath.Join(w.Folder, name)
	report, err := os.CreateTemp(w.Folder, ".report-*")
	if err != nil {
		return fmt.Errorf("watch %s: %w", w.Folder, err)
	}
	defer func() { _ = os.Remove(report.Name()) }()
	r, failure := w.read(ctx, path, report)
	if err := report.Close(); failure == nil {
		failure = err
	}
	if failure != nil && errors.Is(failure, context.Canceled) {
		return nil
	}
	delete(w.looks, name)
	moved := w.putAway(name, report.Name(), r, failure)
	_ = os.Remove(path + ".done")
	if w.Tell != nil {
		w.Tell(name, r, errors.Join(failure, moved))
	}
	return moved
}

func (w *Watch) read(ctx context.Context, path string, report *os.File) (Result, error) {
	f, err := os.Open(path)
	if err != nil {
		return Result{}, err
	}
	defer func() { _ = f.Close() }()
	return w.Import(ctx, f, report)
}

// putAway moves a file to done/ or failed/, with the report of its rejected
// rows or the reason beside it.
func (w *Watch) putAway(name, report string, r Result, failure error) error {
	folder := filepath.Join(w.Folder, "done")
	if failure != nil {
		folder = filepath.Join(w.Folder, "failed")
	}
	to := w.free(folder, name)
	if err := os.Rename(filepath.Join(w.Folder, name), to); err != nil {
		return fmt.Errorf("put %s away: %w", name, err)
	}
	base := strings.TrimSuffix(to, filepath.Ext(to))
	if len(r.Codes) > 0 {
		if err := os.Rename(report, base+".rejected.csv"); err != nil {
			return fmt.Errorf("put the report of %s away: %w", name, err)
		}
	}
	if failure != nil {
		if err := os.WriteFile(base+".error.txt", []byte(failure.Error()+"\n"), 0o640); err != nil {
			return fmt.Errorf("write why %s failed: %w", name, err)
		}
	}
	return nil
}

// free is a name in a folder that no file has.
func (w *Watch) free(folder, name string) string {
	to := filepath.Join(folder, name)
	if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
		return to
	}
	now := time.Now
	if w.Now != nil {
		now = w.Now
	}
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext) + "-" + now().UTC().Format("20060102T150405")
	for n := 1; ; n++ {
		to = filepath.Join(folder, stem+ext)
		if n > 1 {
			to = filepath.Join(folder, fmt.Sprintf("%s-%d%s", stem, n, ext))
		}
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			return to
		}
	}
}
