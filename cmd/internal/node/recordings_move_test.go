package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer/media"
)

// vault is an S3 server that can be away, or let a PUT wait.
type vault struct {
	config.S3
	away atomic.Bool
	puts atomic.Int64
	hold atomic.Pointer[chan struct{}] // PUTs wait for it
}

func openVault(t *testing.T) *vault {
	t.Helper()
	back, v := s3mem.New(), &vault{}
	if err := back.CreateBucket("calls"); err != nil {
		t.Fatal(err)
	}
	inner := gofakes3.New(back).Server()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v.away.Load() {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if r.Method == http.MethodPut {
			v.puts.Add(1)
			if gate := v.hold.Load(); gate != nil {
				<-*gate
			}
		}
		inner.ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	t.Cleanup(s.Close)
	v.S3 = config.S3{Endpoint: s.URL, Region: "us-east-1", AccessKey: "key", SecretKey: "secret"}
	return v
}

// ledger holds rows of recordings, or is away.
type ledger struct {
	mu   sync.Mutex // guards what follows
	rows map[string]campaigns.Recording
	err  error
}

func (l *ledger) Recording(_ context.Context, attempt string) (campaigns.Recording, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	row, there := l.rows[attempt]
	if l.err == nil && !there {
		return row, campaigns.ErrNotFound
	}
	return row, l.err
}

func (l *ledger) set(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

// moving is a mover of a folder of its own, with recordings that are whole.
func moving(t *testing.T, v *vault, attempts ...string) (*mover, *ledger) {
	t.Helper()
	tapes, err := recordingsAt(config.Config{Data: t.TempDir(), Files: config.Files{Recordings: "s3://calls/tapes"}, S3: v.S3})
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger{rows: map[string]campaigns.Recording{}}
	for _, a := range attempts {
		l.rows[a] = campaigns.Recording{Attempt: a, Path: "2026/11/22/" + a + ".wav"}
		record(t, filepath.Join(tapes.folder, "2026", "11", "22", a+".wav"))
	}
	return &mover{recordings: tapes, rows: l, owed: func() error { return nil }, log: slog.New(slog.DiscardHandler)}, l
}

// record makes a recording of two seconds.
func record(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	began := time.Now().Add(-2 * time.Second)
	rec, err := media.NewRecording(path, began)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rec.Close(began.Add(2 * time.Second)); err != nil {
		t.Fatal(err)
	}
}

func (m *mover) local(attempt string) bool {
	_, err := os.Stat(filepath.Join(m.folder, "2026", "11", "22", attempt+".wav"))
	return err == nil
}

func (m *mover) stored(t *testing.T, attempt string) bool {
	t.Helper()
	f, err := m.away.Open(t.Context(), "2026/11/22/"+attempt+".wav")
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	return f.Close() == nil
}

func TestARecordingIsMovedWhenItsCallIsOverAndHeardFromWhereItIs(t *testing.T) {
	t.Parallel()
	m, l := moving(t, openVault(t), "a", "b")
	part := filepath.Join(m.folder, "2026", "11", "22", "c.wav.part") // of a call that goes on
	record(t, part)
	hear := func() []byte {
		sound, err := m.OpenRecording(l.rows["a"])
		if err != nil {
			t.Fatal(err)
		}
		defer sound.Close()
		all, err := io.ReadAll(sound)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	before := hear()
	if err := m.all(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, a := range []string{"a", "b"} {
		if m.local(a) || !m.stored(t, a) {
			t.Errorf("%s: here %v, there %v", a, m.local(a), m.stored(t, a))
		}
	}
	if after := hear(); len(before) < 4000 || !bytes.Equal(before, after) {
		t.Errorf("%d octets were heard before, %d after", len(before), len(after))
	}
	if person, _, err := m.Waveform(l.rows["a"], 10); err != nil || len(person) != 10 {
		t.Errorf("%v, %v", person, err)
	}
	if _, err := os.Stat(part); err != nil {
		t.Errorf("a call that goes on: %v", err)
	}
	other := recordings{folder: t.TempDir(), away: m.away, moving: new(sync.Mutex)} // another node
	sound, err := other.OpenRecording(l.rows["b"])
	if err != nil {
		t.Fatal(err)
	}
	_ = sound.Close()
	if err := other.Remove(l.rows["b"].Path); err != nil || m.stored(t, "b") {
		t.Errorf("after it was deleted from another node: %v", err)
	}
}

func TestARecordingStaysHereWhileItCannotBeMoved(t *testing.T) {
	t.Parallel()
	v := openVault(t)
	m, l := moving(t, v, "a")
	v.away.Store(true)
	if err := m.all(t.Context()); err == nil || !m.local("a") {
		t.Fatalf("the server is away: %v, here %v", err, m.local("a"))
	}
	v.away.Store(false)
	l.set(func() { l.err = errors.New("the store is away") })
	if err := m.all(t.Context()); err == nil || !m.local("a") {
		t.Fatalf("the store is away: %v, here %v", err, m.local("a"))
	}
	l.set(func() { l.err = nil })
	m.owed = func() error { return errors.New("rows wait") }
	if err := m.all(t.Context()); err != nil || !m.local("a") {
		t.Fatalf("rows wait: %v, here %v", err, m.local("a"))
	}
	m.owed = func() error { return nil }
	record(t, filepath.Join(m.folder, "unknown.wav"))
	if err := m.all(t.Context()); err != nil || m.local("a") || !m.stored(t, "a") {
		t.Fatalf("%v", err)
	}
	if _, err := os.Stat(filepath.Join(m.folder, "unknown.wav")); err != nil {
		t.Errorf("what no row speaks of was touched: %v", err)
	}
}

func TestWhoIsErasedWhileTheirRecordingIsMovedIsErasedThereToo(t *testing.T) {
	t.Parallel()
	for _, here := range []bool{true, false} { // erased by this node, or by another
		t.Run(fmt.Sprint("here ", here), func(t *testing.T) {
			t.Parallel()
			v := openVault(t)
			m, l := moving(t, v, "a")
			gate := make(chan struct{})
			v.hold.Store(&gate)
			moved := make(chan error, 1)
			go func() { moved <- m.all(t.Context()) }()
			eventually(t, "the upload has begun", func() bool { return v.puts.Load() > 0 })
			row := l.rows["a"]
			l.set(func() { l.rows["a"] = campaigns.Recording{Attempt: "a"} }) // the row says that there was one
			removed := make(chan error, 1)
			if here {
				go func() { removed <- m.Remove(row.Path) }()
			} else {
				removed <- recordings{folder: t.TempDir(), away: m.away, moving: new(sync.Mutex)}.Remove(row.Path)
			}
			v.hold.Store(nil)
			close(gate)
			if err := errors.Join(<-moved, <-removed); err != nil {
				t.Fatal(err)
			}
			if m.local("a") || m.stored(t, "a") {
				t.Errorf("here %v, there %v", m.local("a"), m.stored(t, "a"))
			}
		})
	}
}

func TestWhatWasErasedWhileThisNodeWasAwayIsNotMovedButDeleted(t *testing.T) {
	t.Parallel()
	m, l := moving(t, openVault(t), "a")
	l.set(func() { l.rows["a"] = campaigns.Recording{Attempt: "a"} })
	if err := m.all(t.Context()); err != nil || m.local("a") || m.stored(t, "a") {
		t.Errorf("%v, here %v, there %v", err, m.local("a"), m.stored(t, "a"))
	}
}
