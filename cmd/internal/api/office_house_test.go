package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/records"
)

// testOffice is the services of the office over a real store, with a folder of
// prompts whose files are called sound when they begin as a WAV file does, and
// trunks that always answer.
func testOffice(t *testing.T, db *records.DB, plan campaigns.PlanTeller, bell campaigns.Bell) Office {
	return Office{
		Performance: campaigns.NewPerformance(db, db, db, db), Care: campaigns.NewListCare(db, db), Webhooks: campaigns.NewWebhooks(db),
		Scoring: campaigns.NewScoring(db, db, db), Roster: campaigns.NewRoster(db, db, db, plan), Messages: campaigns.NewMessages(db, db, bell),
		Prompts: campaigns.NewPrompts(db, soundFolder{t.TempDir()}, db), CallerIDs: campaigns.NewCallerIDs(db, db, db), Rights: campaigns.NewCallerRights(db, campaigns.NewTrunks(oneTrunk{db}, db)), House: campaigns.NewHouse(db, db),
		Trunks: campaigns.NewTrunks(oneTrunk{db}, db), Nodes: campaigns.NewNodes(db, db, nil),
	}
}

type soundFolder struct{ path string }

func (f soundFolder) List() (map[string]int64, error) {
	entries, err := os.ReadDir(f.path)
	out := map[string]int64{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		out[e.Name()] = info.Size()
	}
	return out, err
}

func (f soundFolder) Save(file string, data []byte) error {
	return os.WriteFile(filepath.Join(f.path, file), data, 0o600)
}

func (f soundFolder) Open(file string) (io.ReadSeekCloser, error) {
	r, err := os.Open(filepath.Join(f.path, file))
	if err != nil {
		return nil, campaigns.ErrNotFound
	}
	return r, nil
}

func (f soundFolder) Delete(file string) error {
	if os.Remove(filepath.Join(f.path, file)) != nil {
		return campaigns.ErrNotFound
	}
	return nil
}

func (f soundFolder) Length(data []byte) (time.Duration, error) {
	if !bytes.HasPrefix(data, []byte("RIFF")) {
		return 0, errors.New("it does not begin as a WAV file")
	}
	return time.Duration(len(data)) * time.Millisecond, nil
}

// oneTrunk answers every call, and sees to it that the call was written down
// before.
type oneTrunk struct{ db *records.DB }

func (oneTrunk) TrunkStates() []campaigns.TrunkState {
	return []campaigns.TrunkState{{Name: "main", Up: true, MaxLines: 30, Codes: map[int]int64{200: 1}}}
}

func (o oneTrunk) TestCall(ctx context.Context, c *campaigns.TestCall, begin func() error) error {
	if err := begin(); err != nil {
		return err
	}
	written, err := o.db.TestCalls(ctx, 1)
	if err != nil || len(written) != 1 || written[0].ID != c.ID {
		c.Outcome = "the call was not written down before"
		return nil
	}
	c.OK, c.Code, c.Outcome = true, 200, "It was answered."
	c.Steps = append(c.Steps, campaigns.TestStep{Step: "answered", After: 1500 * time.Microsecond, Code: 200})
	return nil
}

// sold has an agent talk with a person and sell them something.
func (h *house) sold(u campaigns.User, c campaigns.Campaign, l campaigns.List, number string) string {
	h.Helper()
	p := h.contact(c, l, "Ana", number)
	a := h.talk(u, c, p)
	h.hangUp(u, a)
	_, err := h.db.Dispose(h.Context(), campaigns.Disposition{Attempt: a.ID, Key: a.ID, Agent: u.ID, Code: "sale", At: time.Now(),
		Sale: &campaigns.Sale{Currency: "EUR", Lines: []campaigns.OrderLine{{Product: "p", Quantity: 1, UnitPrice: 1250}}}})
	h.must(err)
	h.must(h.floor.state(u.ID, campaigns.AgentReady, ""))
	return a.ID
}

// plan is what the floor was told last of an agent's breaks.
func (f *fakeFloor) plan(agent int64) []campaigns.Break {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.plans[agent]
}
