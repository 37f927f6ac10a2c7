package exports

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/blobs"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/sqlite"
	"github.com/forecall/forecall/storage/storagetest"
)

// shop is the works over a real store, whose calls are the test's.
type shop struct {
	*testing.T
	*records.DB
	works   *Works
	exports *campaigns.Exports
	user    campaigns.User
	mu      sync.Mutex
	ctx     context.Context // of the last reading
	calls   func(yield func(campaigns.Call, error) bool)
	total   int64
}

func newShop(t *testing.T) *shop {
	t.Helper()
	db, err := records.Open(t.Context(), records.Settings{Engine: sqlite.At(empty.Path(t))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &shop{T: t, DB: db, user: campaigns.User{ID: 7, Login: "cora", Role: campaigns.Compliance}}
	s.works, err = New(Settings{Store: s, Folder: filepath.Join(t.TempDir(), "exports"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s.exports = campaigns.NewExports(db, s.works)
	return s
}

// SelectCalls are the test's own.
func (s *shop) SelectCalls(ctx context.Context, _ campaigns.CallSearch) (iter.Seq2[campaigns.Call, error], int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ctx = ctx
	return s.calls, s.total, nil
}

func (s *shop) have(total int64, calls func(yield func(campaigns.Call, error) bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls, s.total = calls, total
}

// over is closed when what is read now is not wanted any more.
func (s *shop) over() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ctx.Done()
}

// run lets the works work until the test ends, or stop is called.
func (s *shop) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { s.works.Run(ctx) })
	stop = func() { cancel(); wg.Wait() }
	s.Cleanup(stop)
	return stop
}

func (s *shop) ask(format campaigns.ExportFormat) campaigns.Export {
	s.Helper()
	e, err := s.exports.Ask(s.Context(), s.user, campaigns.Export{Format: format, Reason: "audit"})
	if err != nil {
		s.Fatal(err)
	}
	return e
}

// until waits for an export to be in a state.
func (s *shop) until(id int64, what string, ok func(campaigns.Export) bool) campaigns.Export {
	s.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		e, err := s.exports.One(s.Context(), s.user, id)
		if err != nil {
			s.Fatal(err)
		}
		if ok(e) {
			return e
		}
		if time.Now().After(deadline) {
			s.Fatalf("export %d is not %s: %+v", id, what, e)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func some(n int) func(yield func(campaigns.Call, error) bool) {
	return func(yield func(campaigns.Call, error) bool) {
		for i := range n {
			if !yield(campaigns.Call{Attempt: campaigns.Attempt{Seq: int64(i + 1), Number: "+34600111222"}}, nil) {
				return
			}
		}
	}
}

func (s *shop) files() (names []string) {
	s.Helper()
	entries, err := os.ReadDir(s.works.Folder)
	if err != nil {
		s.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			s.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
	}
	return names
}

func TestAnExportIsWrittenSummedAndFetched(t *testing.T) {
	s := newShop(t)
	s.have(1000, some(1000))
	s.run()
	e := s.until(s.ask(campaigns.FormatJSONLines).ID, "done", campaigns.Export.Over)
	_, file, err := s.exports.Fetch(t.Context(), s.user, e.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	sum := sha256.Sum256(data)
	if err != nil || e.State != campaigns.ExportDone || e.Rows != 1000 || strings.Count(string(data), "\n") != 1000 || hex.EncodeToString(sum[:]) != e.SHA256 || int64(len(data)) != e.Octets {
		t.Errorf("%+v, %d octets, %v", e, len(data), err)
	}
	if names := s.files(); !slices.Equal(names, []string{"1.jsonl"}) {
		t.Errorf("files %q", names)
	}
	stranger := campaigns.User{ID: 8, Login: "mia", Role: campaigns.Manager}
	if _, _, err := s.exports.Fetch(t.Context(), stranger, e.ID); err == nil {
		t.Error("another manager fetches it")
	}
	if all, err := s.exports.List(t.Context(), stranger); err != nil || len(all) != 0 {
		t.Errorf("another manager sees %d, %v", len(all), err)
	}
	if _, err := s.exports.Ask(t.Context(), campaigns.User{Login: "sue", Role: campaigns.Supervisor}, e); !errors.Is(err, campaigns.ErrForbidden) {
		t.Errorf("a supervisor exports calls: %v", err)
	}
}

func TestAnExportIsCancelledWhileItIsWrittenAndWhileItWaits(t *testing.T) {
	s := newShop(t)
	begun := make(chan struct{})
	s.have(1<<40, func(yield func(campaigns.Call, error) bool) {
		over := s.over()
		for n := 0; yield(campaigns.Call{Attempt: campaigns.Attempt{Number: "+34600111222"}}, nil); n++ {
			if n == 0 {
				close(begun)
			}
			wait := time.Duration(0)
			if n > 1000 { // enough to see that it goes on
				wait = time.Millisecond
			}
			select {
			case <-over:
				yield(campaigns.Call{}, context.Canceled)
				return
			case <-time.After(wait):
			}
		}
	})
	first, second := s.ask(campaigns.FormatCSV), s.ask(campaigns.FormatParquet)
	s.run()
	<-begun
	if now := s.until(first.ID, "at work", func(e campaigns.Export) bool { return e.State == campaigns.ExportRunning && e.Rows > 0 }); now.Total != 1<<40 || now.Left(time.Now()) <= 0 || now.Rate(time.Now()) <= 0 {
		t.Errorf("progress %+v", now)
	}
	if _, err := s.exports.Cancel(t.Context(), s.user, second.ID); err != nil {
		t.Fatal(err)
	}
	s.have(0, some(0))
	if _, err := s.exports.Cancel(t.Context(), s.user, first.ID); err != nil {
		t.Fatal(err)
	}
	last := s.until(s.ask(campaigns.FormatCSV).ID, "done", campaigns.Export.Over)
	for _, id := range []int64{first.ID, second.ID} {
		if e := s.until(id, "cancelled", campaigns.Export.Over); e.State != campaigns.ExportCancelled {
			t.Errorf("%+v", e)
		}
	}
	if names := s.files(); last.State != campaigns.ExportDone || !slices.Equal(names, []string{"3.csv"}) {
		t.Errorf("%s; files %q", last.State, names)
	}
	if _, err := s.exports.Cancel(t.Context(), s.user, first.ID); err == nil {
		t.Error("what is over is cancelled")
	}
}

func TestAnExportThatCannotBeReadToTheEndHasFailedAndLeavesNoFile(t *testing.T) {
	s := newShop(t)
	s.have(5, func(yield func(campaigns.Call, error) bool) {
		_ = yield(campaigns.Call{}, nil) && yield(campaigns.Call{}, errors.New("the disk is gone"))
	})
	s.run()
	for _, f := range []campaigns.ExportFormat{campaigns.FormatCSV, campaigns.FormatJSONLines, campaigns.FormatParquet} {
		e := s.until(s.ask(f).ID, "over", campaigns.Export.Over)
		if e.State != campaigns.ExportFailed || e.Error == "" || strings.Contains(e.Error, "disk is gone") {
			t.Errorf("%s: %+v", f, e)
		}
	}
	if names := s.files(); len(names) > 0 {
		t.Errorf("files %q", names)
	}
}

func TestAnEndOfTheProcessFailsTheExportAtWorkAndKeepsThoseThatWait(t *testing.T) {
	s := newShop(t)
	begun := make(chan struct{})
	s.have(10, func(yield func(campaigns.Call, error) bool) {
		close(begun)
		<-s.over()
		yield(campaigns.Call{}, context.Canceled)
	})
	first, second := s.ask(campaigns.FormatCSV), s.ask(campaigns.FormatCSV)
	stop := s.run()
	<-begun
	stop()
	if e, err := s.Export(t.Context(), first.ID); err != nil || e.State != campaigns.ExportRunning {
		t.Fatalf("after the end: %+v, %v", e, err)
	}
	if err := os.WriteFile(filepath.Join(s.works.Folder, "1.csv.part"), []byte("half"), 0o600); err != nil { // as a kill leaves it
		t.Fatal(err)
	}
	s.have(2, some(2))
	s.run()
	if e := s.until(second.ID, "over", campaigns.Export.Over); e.State != campaigns.ExportDone {
		t.Errorf("what waited: %+v", e)
	}
	e := s.until(first.ID, "over", campaigns.Export.Over)
	if e.State != campaigns.ExportFailed || !strings.Contains(e.Error, "ask for the file again") {
		t.Errorf("what was at work: %+v", e)
	}
	if names := s.files(); !slices.Equal(names, []string{"2.csv"}) {
		t.Errorf("files %q", names)
	}
	again, err := s.exports.Again(t.Context(), s.user, first.ID)
	if err != nil || s.until(again.ID, "over", campaigns.Export.Over).State != campaigns.ExportDone {
		t.Errorf("again: %+v, %v", again, err)
	}
}

func TestAFileIsDeletedWhenItsTimeIsOver(t *testing.T) {
	s := newShop(t)
	s.have(2, some(2))
	stop := s.run()
	e := s.until(s.ask(campaigns.FormatCSV).ID, "over", campaigns.Export.Over)
	stop()
	if e.Expires.Sub(e.Ended) != campaigns.ExportKept {
		t.Errorf("it is kept for %s", e.Expires.Sub(e.Ended))
	}
	store := late{s, e.Expires}
	s.works.Store = store
	if err := s.works.work(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e := s.until(e.ID, "expired", campaigns.Export.Over); e.State != campaigns.ExportExpired || len(s.files()) > 0 {
		t.Errorf("%+v, files %q", e, s.files())
	}
	if _, _, err := s.exports.Fetch(t.Context(), s.user, e.ID); err == nil {
		t.Error("it is fetched")
	}
}

// late is a store that is asked at a later time.
type late struct {
	*shop
	at time.Time
}

func (l late) OpenExports(ctx context.Context, _ time.Time) (open, expired []campaigns.Export, err error) {
	return l.shop.OpenExports(ctx, l.at)
}

func TestASignedExportIsOfWhatCanProveItself(t *testing.T) {
	s := newShop(t)
	s.works.Seal = func(_ context.Context, w io.Writer, e campaigns.Export, progress func(int64)) (int64, error) {
		progress(3)
		_, err := io.WriteString(w, "sealed "+e.Search.Words())
		return 3, err
	}
	s.have(3, some(3))
	s.run()
	e := s.until(s.ask(campaigns.FormatSignedZip).ID, "over", campaigns.Export.Over)
	if e.State != campaigns.ExportDone || e.Rows != 3 || !slices.Equal(s.files(), []string{"1.zip"}) {
		t.Errorf("%+v", e)
	}
	for _, search := range []campaigns.CallSearch{{Agent: 1}, {Digits: "1234"}, {Outcomes: []campaigns.Outcome{campaigns.Busy}}} {
		if _, err := s.exports.Ask(t.Context(), s.user, campaigns.Export{Format: campaigns.FormatSignedZip, Reason: "x", Search: search}); err == nil {
			t.Errorf("%s is sealed", search.Words())
		}
	}
	boss := campaigns.User{ID: 9, Login: "mia", Role: campaigns.Manager}
	if _, err := s.exports.Ask(t.Context(), boss, campaigns.Export{Format: campaigns.FormatSignedZip, Reason: "x"}); !errors.Is(err, campaigns.ErrForbidden) {
		t.Errorf("a manager signs: %v", err)
	}
}

// empty is what every store of these tests begins as.
var empty = storagetest.Empty{Make: func(path string) error {
	db, err := records.Open(context.Background(), records.Settings{Engine: sqlite.At(path)})
	if err != nil {
		return err
	}
	return db.Close()
}}

func TestAFileIsKeptWhereEveryNodeFindsIt(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	kept, err := blobs.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s.works.Files = kept
	s.have(10, some(10))
	s.run()
	e := s.until(s.ask(campaigns.FormatJSONLines).ID, "over", campaigns.Export.Over)
	if here := s.files(); e.State != campaigns.ExportDone || len(here) != 0 {
		t.Errorf("%s, and here are %v", e.State, here)
	}
	f, err := s.works.Open(e)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err = errors.Join(err, f.Close()); err != nil || n != e.Octets || hex.EncodeToString(sum.Sum(nil)) != e.SHA256 {
		t.Errorf("%d octets, %v", n, err)
	}
}
