package node

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
)

// How the clerk of spells works: what happened is written after a moment, so
// that many changes cost one transaction, and a sign of life is given as often
// as a crash may cost.
const (
	spellsWait  = 500 * time.Millisecond
	spellsAlive = 15 * time.Second
)

// spellStore keeps how agents spend their time.
type spellStore interface {
	SaveSpells(ctx context.Context, spells []campaigns.Spell, at time.Time) error
}

// spellClerk turns what the engine tells of agents into spells. Its goroutine
// owns it.
type spellClerk struct {
	store spellStore
	floor func() dialer.Snapshot
	log   *slog.Logger

	open    map[int64]campaigns.Spell    // what goes on, by agent
	unsaved map[spellKey]campaigns.Spell // what the store has not got yet
	wait    time.Duration                // before it is written; longer while the store refuses
}

type spellKey struct {
	agent int64
	from  int64 // microseconds, as stores keep it
}

func keyOf(s campaigns.Spell) spellKey { return spellKey{s.Agent, s.From.UnixMicro()} }

func newSpellClerk(store spellStore, floor func() dialer.Snapshot, log *slog.Logger) *spellClerk {
	return &spellClerk{store: store, floor: floor, log: log, wait: spellsWait, open: map[int64]campaigns.Spell{}, unsaved: map[spellKey]campaigns.Spell{}}
}

// run writes down what the notices tell until they end, which they do with the
// engine; what goes on then is ended.
func (c *spellClerk) run(ctx context.Context, notices <-chan dialer.Notice) {
	alive := time.NewTicker(spellsAlive)
	defer alive.Stop()
	var soon <-chan time.Time
	c.read(c.floor(), time.Now())
	for {
		select {
		case n, ok := <-notices:
			if !ok {
				c.end(ctx)
				return
			}
			c.hear(n)
		case <-soon:
			soon = nil
			c.save(ctx, time.Now())
		case <-alive.C:
			c.cut(time.Now())
			if len(c.open) > 0 || len(c.unsaved) > 0 {
				c.save(ctx, time.Now())
			}
		}
		if soon == nil && len(c.unsaved) > 0 {
			soon = time.After(c.wait)
		}
	}
}

// end closes what goes on: the house shuts.
func (c *spellClerk) end(ctx context.Context) {
	now := time.Now()
	for _, id := range slices.Sorted(maps.Keys(c.open)) {
		c.close(id, now)
	}
	c.save(context.WithoutCancel(ctx), now)
}

func (c *spellClerk) hear(n dialer.Notice) {
	switch n.Kind {
	case dialer.NoticeAgent:
		c.see(*n.Agent, n.At)
	case dialer.NoticeResync:
		c.read(c.floor(), n.At)
	}
}

// read takes the floor as it stands, when notices were missed. Agents who are
// not there any more have left.
func (c *spellClerk) read(s dialer.Snapshot, at time.Time) {
	there := map[int64]bool{}
	for _, a := range s.Agents {
		there[a.ID] = true
		c.see(a, at)
	}
	for _, id := range slices.Sorted(maps.Keys(c.open)) {
		if !there[id] {
			c.close(id, at)
		}
	}
}

// see takes an agent's state. The same spell may be told again with its
// reason, its call or its campaign.
func (c *spellClerk) see(a dialer.AgentState, at time.Time) {
	old, has := c.open[a.ID]
	if a.State == dialer.StateOffline {
		if has {
			c.close(a.ID, at)
		}
		return
	}
	next := spellOf(a)
	if has && next.From.Before(old.From) {
		if next.State == old.State {
			next.From = old.From // the rest of a spell that was cut
		} else {
			return // told late
		}
	}
	if has && next == old {
		return
	}
	if has && next.From.After(old.From) {
		c.close(a.ID, next.From)
	}
	c.open[a.ID] = next
	c.unsaved[keyOf(next)] = next
}

func (c *spellClerk) close(agent int64, at time.Time) {
	s := c.open[agent]
	delete(c.open, agent)
	if at = at.UTC().Truncate(time.Microsecond); at.Before(s.From) {
		at = s.From
	}
	s.To = at
	c.unsaved[keyOf(s)] = s
}

// cut ends spells that have lasted long and begins them anew.
func (c *spellClerk) cut(now time.Time) {
	for id, s := range c.open {
		if now.Sub(s.From) < campaigns.LongestSpell {
			continue
		}
		c.close(id, now)
		s.From = now.UTC().Truncate(time.Microsecond)
		c.open[id] = s
		c.unsaved[keyOf(s)] = s
	}
}

// save writes what is unsaved; what the store does not take is kept for the
// next time.
func (c *spellClerk) save(ctx context.Context, now time.Time) {
	spells := slices.Collect(maps.Values(c.unsaved))
	if err := c.store.SaveSpells(ctx, spells, now); err != nil {
		c.log.Warn("times of agents are not written yet", "spells", len(spells), "error", err)
		c.wait = spellsAlive
		return
	}
	clear(c.unsaved)
	c.wait = spellsWait
}

// spellOf is the spell that an agent's state is part of.
func spellOf(a dialer.AgentState) campaigns.Spell {
	s := campaigns.Spell{
		Agent: a.ID, State: campaigns.AgentState(a.State), Reason: a.Reason, Campaign: a.Campaign,
		From: a.Since.UTC().Truncate(time.Microsecond),
	}
	if a.Call != nil {
		s.Campaign, s.Attempt = a.Call.Campaign, a.Call.Attempt
	}
	return s
}

// keepSpells begins to write down how agents spend their time; it ends with
// the engine, whose last notices it writes.
func (n *lead) keepSpells(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	notices := n.engine.Subscribe(ctx)
	n.work.Go(func() { newSpellClerk(n.db, n.engine.Snapshot, n.log).run(ctx, notices) })
}
