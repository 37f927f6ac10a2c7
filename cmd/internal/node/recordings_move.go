package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// moveEvery is how often the folder is looked through for recordings that are
// whole. What a server of files does not take is tried again with the next.
const moveEvery = 10 * time.Second

// recordingRows is what the ledger knows of recordings.
type recordingRows interface {
	Recording(ctx context.Context, attempt string) (campaigns.Recording, error)
}

// mover moves recordings to where every node can hear them, when their calls are
// over: whole, and with their rows in the store. What was erased or has expired
// meanwhile, on whatever node, is deleted instead.
type mover struct {
	recordings
	rows  recordingRows
	owed  func() error // nil when the store has all rows that this node has written
	log   *slog.Logger
	quiet bool // that it does not work has been said
}

// lastMove bounds the last try before a node ends; what is left then is moved after
// its next start.
const lastMove = time.Minute

// keepMoving moves recordings until end is called, when the last call is over; what
// is whole then is moved by end.
func (n *Node) keepMoving() (end func()) {
	if n.tapes.away == nil {
		return func() {}
	}
	m := &mover{recordings: n.tapes, rows: n.db, owed: n.spool.Waiting, log: n.log}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	n.work.Go(func() { n.warnOfVersions(ctx) })
	n.work.Go(func() {
		defer close(ended)
		m.run(ctx)
	})
	return func() {
		stop()
		<-ended
		last, cancel := context.WithTimeout(context.Background(), lastMove)
		defer cancel()
		m.say(last, m.all(last))
	}
}

// run moves what is whole, again and again.
func (m *mover) run(ctx context.Context) {
	tick := time.NewTicker(moveEvery)
	defer tick.Stop()
	for {
		m.say(ctx, m.all(ctx))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// say tells once that recordings are not moved, and once that they are again.
func (m *mover) say(ctx context.Context, err error) {
	switch {
	case err != nil && ctx.Err() == nil && !m.quiet:
		m.quiet = true
		m.log.Error("recordings are not moved; they wait on this machine's disk, and are tried again", "error", err)
	case err == nil && m.quiet:
		m.quiet = false
		m.log.Info("recordings are moved again")
	}
}

// mostFailures is how many recordings may fail before the others are left for the
// next time: a server that is away fails all of them.
const mostFailures = 3

// all moves what is whole.
func (m *mover) all(ctx context.Context) error {
	if m.owed() != nil {
		return nil // what rows there are is not known
	}
	var failed []error
	err := filepath.WalkDir(m.folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir() || filepath.Ext(path) != ".wav" || strings.HasPrefix(d.Name(), "."):
			return nil
		}
		name, err := filepath.Rel(m.folder, path)
		if err != nil {
			return err
		}
		if err := m.one(ctx, name); err != nil {
			failed = append(failed, err)
		}
		if len(failed) >= mostFailures {
			return fs.SkipAll
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // nothing was recorded yet, or a folder was deleted meanwhile
	}
	return errors.Join(append(failed, err)...)
}

// one moves a recording. Its row is asked before and after: who is erased on
// another node is deleted there from where it was not yet.
func (m *mover) one(ctx context.Context, name string) error {
	m.moving.Lock()
	defer m.moving.Unlock()
	attempt := strings.TrimSuffix(filepath.Base(name), ".wav")
	row, err := m.rows.Recording(ctx, attempt)
	switch {
	case errors.Is(err, campaigns.ErrNotFound):
		return nil // not one of ours, or its row was set aside: a person has to look
	case err != nil:
		return err
	case row.Path == "":
		return m.drop(ctx, name)
	}
	path := filepath.Join(m.folder, name)
	if err := m.send(ctx, path, filepath.ToSlash(name)); err != nil {
		return err
	}
	if row, err = m.rows.Recording(ctx, attempt); err != nil {
		return err // it stays here as well, and is looked at again
	}
	if row.Path == "" {
		return m.drop(ctx, name)
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	m.log.Debug("a recording was moved", "attempt", attempt)
	return nil
}

// send stores a copy.
func (m *mover) send(ctx context.Context, path, name string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := errors.Join(m.away.Put(ctx, name, f), f.Close()); err != nil {
		return fmt.Errorf("move a recording: %w", err)
	}
	return nil
}
