package records

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/forecall/forecall/storage/sqlite"
)

func TestWritableWritesAndWaitsForTheDisk(t *testing.T) {
	db, err := Open(t.Context(), Settings{Engine: sqlite.At(filepath.Join(t.TempDir(), "forecall.db"))})
	must(t, err)
	must(t, db.Writable(t.Context()))
	var before, after int64
	must(t, db.read.QueryRow(`SELECT at FROM pulse`).Scan(&before))
	must(t, db.Writable(t.Context()))
	must(t, db.read.QueryRow(`SELECT at FROM pulse`).Scan(&after))
	if after <= before {
		t.Errorf("written at %d, then at %d", before, after)
	}
	must(t, db.Close())
	if err := db.Writable(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestWritableDoesNotWaitForADiskThatIsStuck(t *testing.T) {
	db := openTest(t)
	release := held(t, db)
	inside, gate := make(chan struct{}), make(chan struct{})
	answer := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		err := db.do(t.Context(), func(*tx) error {
			close(inside)
			<-gate // stands for an fsync that does not return
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	queued(t, db.w.urgent, 1)
	wg.Go(func() { answer <- db.Writable(ctx) })
	queued(t, db.w.urgent, 2)
	release()
	<-inside // the writer has taken both
	cancel()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(gate)
	wg.Wait()
	must(t, db.Writable(t.Context()))
}

func TestWritableSaysThatAWriteFailed(t *testing.T) {
	db := openTest(t)
	must(t, db.do(t.Context(), func(x *tx) error {
		_, err := x.exec(`CREATE TRIGGER full BEFORE INSERT ON pulse BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
		return err
	}))
	if err := db.Writable(t.Context()); err == nil {
		t.Error("a write that failed was reported as made")
	}
}
