package spool

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

var errGone = errors.New("connection refused")

// memory is a store that can be away, stuck, or against one record.
type memory struct {
	mu       sync.Mutex // guards what follows
	away     error
	stuck    chan struct{} // closed = goes on
	inDoubt  bool          // writes are done and answered with an error
	refuse   map[string]error
	order    []string
	outcomes map[string]campaigns.Attempt
	begun    map[string]bool
	events   []campaigns.CallEvent
	sides    map[string]campaigns.SideLeg
	tapes    map[string]campaigns.Recording
	words    map[string]campaigns.Disposition
	drafts   map[string]campaigns.CallDraft
	walks    map[string]campaigns.CallWalk
	listed   []campaigns.DoNotCallChange
}

func newMemory() *memory {
	return &memory{
		refuse: map[string]error{}, outcomes: map[string]campaigns.Attempt{}, begun: map[string]bool{}, sides: map[string]campaigns.SideLeg{},
		tapes: map[string]campaigns.Recording{}, words: map[string]campaigns.Disposition{}, drafts: map[string]campaigns.CallDraft{}, walks: map[string]campaigns.CallWalk{},
	}
}

// set changes how it behaves.
func (m *memory) set(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

// write does something unless the store is away.
func (m *memory) write(ctx context.Context, name string, do func() error) error {
	m.mu.Lock()
	stuck := m.stuck
	m.mu.Unlock()
	if stuck != nil {
		<-stuck
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case m.away != nil && !m.inDoubt:
		return m.away
	case m.refuse[name] != nil:
		return m.refuse[name]
	}
	err := do()
	if err == nil && name != "" {
		m.order = append(m.order, name)
	}
	if m.inDoubt {
		return errGone
	}
	return err
}

func (m *memory) Writable(ctx context.Context) error {
	m.mu.Lock()
	stuck := m.stuck
	m.mu.Unlock()
	if stuck != nil {
		return context.DeadlineExceeded
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.away
}

func (m *memory) Begin(ctx context.Context, _ campaigns.Campaign, a *campaigns.Attempt) error {
	return m.write(ctx, "begin "+a.ID, func() error { m.begun[a.ID] = true; return nil })
}

func (m *memory) Receive(ctx context.Context, a *campaigns.Attempt, _ campaigns.Phone) (campaigns.Received, error) {
	return campaigns.Received{}, m.write(ctx, "begin "+a.ID, func() error { m.begun[a.ID] = true; return nil })
}

func (m *memory) Finish(ctx context.Context, a campaigns.Attempt) error {
	return m.write(ctx, "finish "+a.ID, func() error {
		if !m.begun[a.ID] {
			return campaigns.ErrUnknownAttempt
		}
		if _, there := m.outcomes[a.ID]; there {
			return campaigns.ErrFinished
		}
		m.outcomes[a.ID] = a
		return nil
	})
}

func (m *memory) Attempt(_ context.Context, id string) (campaigns.Call, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.begun[id] {
		return campaigns.Call{}, campaigns.ErrUnknownAttempt
	}
	c := campaigns.Call{Attempt: campaigns.Attempt{ID: id}}
	if a, there := m.outcomes[id]; there {
		c.Attempt = a
	}
	if d, there := m.words[id]; there {
		c.Disposition = &d
	}
	return c, nil
}

func (m *memory) AddCallEvents(ctx context.Context, events []campaigns.CallEvent) error {
	return m.write(ctx, "events", func() error { m.events = append(m.events, events...); return nil })
}

func (m *memory) CallEvents(_ context.Context, attempt string) (out []campaigns.CallEvent, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.events {
		if e.Attempt == attempt {
			out = append(out, e)
		}
	}
	return out, nil
}

func (m *memory) EndSide(ctx context.Context, s campaigns.SideLeg) error {
	return m.write(ctx, "side "+s.ID, func() error { m.sides[s.ID] = s; return nil })
}

func (m *memory) SaveRecording(ctx context.Context, r campaigns.Recording) error {
	return m.write(ctx, "recording "+r.Attempt, func() error { m.tapes[r.Attempt] = r; return nil })
}

func (m *memory) Dispose(ctx context.Context, d campaigns.Disposition) (created bool, err error) {
	err = m.write(ctx, "dispose "+d.Attempt, func() error {
		if d.Appointment != nil && d.Appointment.Salesperson == 13 {
			return campaigns.ErrSlotTaken
		}
		if before, there := m.words[d.Attempt]; there {
			if before.Key != d.Key {
				return campaigns.ErrDisposed
			}
			return nil
		}
		created = true
		m.words[d.Attempt] = d
		return nil
	})
	return created, err
}

func (m *memory) SaveDraft(ctx context.Context, d campaigns.CallDraft) error {
	return m.write(ctx, "draft "+d.Attempt, func() error {
		if _, there := m.words[d.Attempt]; there {
			return campaigns.ErrDisposed
		}
		m.drafts[d.Attempt] = d
		return nil
	})
}

func (m *memory) Draft(_ context.Context, attempt string) (campaigns.CallDraft, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, there := m.drafts[attempt]
	if !there {
		return d, campaigns.ErrNotFound
	}
	return d, nil
}

func (m *memory) SaveWalk(ctx context.Context, attempt string, w campaigns.CallWalk) error {
	return m.write(ctx, "walk "+attempt, func() error { m.walks[attempt] = w; return nil })
}

func (m *memory) Walk(_ context.Context, attempt string) (campaigns.CallWalk, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w, there := m.walks[attempt]
	if !there {
		return w, campaigns.ErrNotFound
	}
	return w, nil
}

func (m *memory) AddDoNotCall(ctx context.Context, d campaigns.DoNotCall) error {
	return m.write(ctx, "list "+d.Number, func() error {
		m.listed = append(m.listed, campaigns.DoNotCallChange{DoNotCall: d})
		return nil
	})
}

func (m *memory) DoNotCallHistory(context.Context, string) ([]campaigns.DoNotCallChange, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]campaigns.DoNotCallChange(nil), m.listed...), nil
}

// before opens a spool before a store.
func before(t testing.TB, store Store, folder string) *Spool {
	t.Helper()
	p, err := Open(Settings{
		Folder: folder, Store: store, Segment: 64 << 10, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	must(t, err)
	return p
}

// killed leaves the files as a process does that is killed.
func killed(t testing.TB, p *Spool) {
	t.Helper()
	p.work.Wait()
	must(t, p.files.close())
}
