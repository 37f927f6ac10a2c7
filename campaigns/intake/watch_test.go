package intake

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// folder is a watched folder in a bubble of time.
type folder struct {
	t    *testing.T
	path string
	stop func()

	mu   sync.Mutex // guards what follows
	m    *memory
	told []string
}

func (d *folder) contacts() []campaigns.Contact {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.m.contacts
}

func (d *folder) begun() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.m.begun
}

func (d *folder) source() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.m.load.Source
}

func (d *folder) heard() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.told)
}

// watching runs f beside a watch inside a bubble.
func watching(t *testing.T, f func(d *folder)) { watchingPrepared(t, func(*folder) {}, f) }

// watchingPrepared does so after something was prepared.
func watchingPrepared(t *testing.T, prepare, f func(d *folder)) {
	path := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		d := &folder{t: t, path: path, m: &memory{}, stop: cancel}
		prepare(d)
		w := &Watch{
			Folder: path,
			Import: func(ctx context.Context, in, report *os.File) (Result, error) {
				d.mu.Lock()
				defer d.mu.Unlock()
				return Import(ctx, d.m, in, Options{DefaultRegion: "ES", Source: filepath.Base(in.Name()), Report: report})
			},
			Tell: func(name string, _ Result, err error) {
				if err != nil {
					name += ": failed"
				}
				d.mu.Lock()
				defer d.mu.Unlock()
				d.told = append(d.told, name)
			},
		}
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		f(d)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
}

func (d *folder) write(name, text string) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.path, name), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// pass lets time go by and the watch come to rest.
func (d *folder) pass(by time.Duration) {
	time.Sleep(by)
	synctest.Wait()
}

func (d *folder) has(name string) bool {
	_, err := os.Stat(filepath.Join(d.path, name))
	return err == nil
}

func (d *folder) text(name string) string {
	d.t.Helper()
	b, err := os.ReadFile(filepath.Join(d.path, name))
	if err != nil {
		d.t.Error(err)
	}
	return string(b)
}

func TestAFileThatHasSettledIsImportedAndPutAway(t *testing.T) {
	watching(t, func(d *folder) {
		d.write("leads.csv", "phone,name\n600111222,Ann\n112,Fire\n")
		d.pass(4 * time.Second)
		if len(d.contacts()) != 0 {
			t.Error("imported before it had settled")
		}
		d.pass(10 * time.Second)
		if len(d.contacts()) != 1 || !d.has("done/leads.csv") || d.has("leads.csv") || d.source() != "leads.csv" {
			t.Errorf("%d contacts, told %v", len(d.contacts()), d.heard())
		}
		if report := d.text("done/leads.rejected.csv"); !strings.Contains(report, "emergency") {
			t.Errorf("report %q", report)
		}
	})
}

func TestAFileThatGrowsIsLeftAlone(t *testing.T) {
	watching(t, func(d *folder) {
		text := "phone\n"
		for range 10 {
			text += "600111222\n"
			d.write("growing.csv", text)
			d.pass(3 * time.Second)
		}
		if d.begun() != 0 {
			t.Error("imported while it grew")
		}
		d.pass(10 * time.Second)
		if d.begun() != 1 || !d.has("done/growing.csv") {
			t.Error("not imported when it stood still")
		}
	})
}

func TestADoneMarkNeedsNoWaitingAndPartsAreNotTouched(t *testing.T) {
	watching(t, func(d *folder) {
		d.write("a.csv", "phone\n600111222\n")
		d.write("a.csv.done", "")
		d.write("b.csv.part", "phone\n600111333\n")
		d.write(".hidden.csv", "phone\n600111333\n")
		d.pass(2 * time.Second)
		if !d.has("done/a.csv") || d.has("a.csv.done") {
			t.Errorf("told %v", d.heard())
		}
		d.pass(time.Minute)
		if !d.has("b.csv.part") || !d.has(".hidden.csv") || len(d.heard()) != 1 {
			t.Errorf("told %v", d.heard())
		}
	})
}

func TestAFileThatCannotBeImportedGoesToFailedWithTheReason(t *testing.T) {
	watching(t, func(d *folder) {
		d.write("bad.csv", "name,email\nAnn,x\n")
		d.write("good.csv", "phone\n600111222\n")
		d.pass(20 * time.Second)
		if !d.has("failed/bad.csv") || !d.has("done/good.csv") {
			t.Errorf("told %v", d.heard())
		}
		if why := d.text("failed/bad.error.txt"); !strings.Contains(why, "no phone column") {
			t.Errorf("reason %q", why)
		}
	})
}

func TestTheSameNameTwiceOverwritesNothing(t *testing.T) {
	watching(t, func(d *folder) {
		for range 3 {
			d.write("leads.csv", "phone\n600111222\n")
			d.pass(20 * time.Second)
		}
		files, err := os.ReadDir(filepath.Join(d.path, "done"))
		if err != nil || len(files) != 5 { // two of them with a report of duplicates
			t.Errorf("%v %v", files, err)
		}
	})
}

func TestACancelledImportLeavesTheFile(t *testing.T) {
	prepare := func(d *folder) {
		d.m.fail = func(int) error { d.stop(); return context.Canceled }
	}
	watchingPrepared(t, prepare, func(d *folder) {
		d.write("leads.csv", "phone\n600111222\n")
		d.pass(20 * time.Second)
		if !d.has("leads.csv") || d.has("failed/leads.csv") {
			t.Errorf("told %v", d.heard())
		}
	})
}

func TestAFolderThatCannotBeUsedIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (&Watch{Folder: file}).Run(t.Context()); err == nil {
		t.Error("a file was watched as a folder")
	}
}
