package dialer

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/pacing"
	"github.com/forecall/forecall/pacing/tape"
)

// This file is the life of a campaign that runs: what is read before its loop,
// what is written beside it, and what is put back after it.

func (e *Engine) newStage(next applied) *stage {
	c := next.campaign
	settings := e.settings.Hopper
	settings.Log, settings.Memory = e.log, e.store
	hopper := campaigns.NewHopper(e.store, c, settings)
	adopted := e.pending[c.ID]
	delete(e.pending, c.ID)
	l := &Loop{
		adopted: adopted,
		id:      c.ID, settings: e.settings, engine: e, trunk: e.trunk, contacts: hopper, supply: hopper.State,
		show: e.show, hub: e.hub, log: e.log.With("campaign", c.ID), mail: newMailbox(),
		campaign: c, messages: next.messages, read: next, crews: e.crews.list(), warning: next.warning, policy: policyOf(c, next.messages),
		agents: make(map[int64]*agent), calls: make(map[pacing.CallID]*call), rows: make(map[string]*call), loads: make(map[*crew]load), stores: make(map[*crew]*storeWatch), orphans: make(map[pacing.CallID]int64), parked: make(map[int64][]campaigns.Contact),
		totals: e.totals[c.ID].opened(), rate: perMinute{speed: e.settings.Speed},
		why: Why{Cause: CauseStarting, Text: "the campaign is starting"},
	}
	return &stage{loop: l, hopper: hopper, priority: c.Priority}
}

// opened returns totals that can be counted on.
func (t Totals) opened() Totals {
	t = t.clone()
	if t.Outcomes == nil {
		t.Outcomes = make(map[campaigns.Outcome]int)
	}
	if t.Refused == nil {
		t.Refused = make(map[rules.ID]int)
	}
	return t
}

// runLoop is the goroutine of a campaign.
func (e *Engine) runLoop(soft, hard, write context.Context, s *stage) {
	l := s.loop
	if e.restore(soft, l) {
		e.dialUntilDone(soft, hard, write, s)
	} else {
		l.shut(time.Now())
	}
	c := l.campaign
	if e.settings.Owns != nil {
		if hard.Err() != nil {
			e.tell(func() { e.loopEnded(s, c, l.totals) }) // its calls are the next brain's
			return
		}
		if err := e.settings.Owns.ReleaseCampaign(write, l.id, l.fence); err != nil {
			l.log.Error("the campaign was not given back", "error", err)
		}
	}
	if c.Status == campaigns.Draining {
		if err := e.store.SetStatus(write, c.ID, campaigns.Stopped, "engine"); err != nil {
			l.log.Error("drained campaign could not be set to stopped", "error", err)
		} else {
			c.Status = campaigns.Stopped
		}
	}
	e.tell(func() { e.loopEnded(s, c, l.totals) })
}

// dialUntilDone runs the hopper, the keeper of estimates and the loop, and
// ends them in the order in which they need each other.
func (e *Engine) dialUntilDone(soft, hard, write context.Context, s *stage) {
	l := s.loop
	saves, tapes := make(chan pacing.Estimates, 1), make(chan minute, tapeBacklog)
	asks := make(chan struct{}, 1)
	l.saves, l.tapes, l.budgetAsks = saves, tapes, asks
	feed, stopFeed := context.WithCancel(context.WithoutCancel(hard))
	defer stopFeed()
	var beside sync.WaitGroup
	beside.Go(func() { s.hopper.Run(feed) })
	beside.Go(func() { e.keepEstimates(write, l.id, saves) })
	beside.Go(func() { e.keepTapes(write, l, tapes) })
	beside.Go(func() { e.keepAccount(write, l, asks) })
	l.Run(soft, hard)
	stopFeed()
	saves <- l.floor.Estimates(time.Now())
	close(saves)
	if last := l.takeTape(time.Now()); last.tape != nil {
		tapes <- last
	}
	close(tapes)
	close(asks)
	beside.Wait()
}

// restore reads the account of the legal period and what pacing has learned.
// It tries until the store answers; false when soft was done before.
func (e *Engine) restore(soft context.Context, l *Loop) bool {
	for pause := storeFirstPause; ; pause = min(2*pause, storeLastPause) {
		err := e.restoreOnce(soft, l)
		if err == nil {
			return true
		}
		l.log.Error("campaign cannot start", "error", err, "again_in", pause)
		l.why = Why{Cause: CauseStoreFailing, Text: "the account of the legal period cannot be read: " + err.Error()}
		l.show.putCampaign(l.view(time.Now(), true))
		rest(soft, pause)
		if soft.Err() != nil {
			return false
		}
	}
}

func (e *Engine) restoreOnce(ctx context.Context, l *Loop) (err error) {
	if e.settings.Owns != nil {
		if l.fence, err = e.settings.Owns.TakeCampaign(ctx, l.id); err != nil {
			return err
		}
	}
	now := time.Now()
	standings, err := e.store.Standings(ctx, l.id, now)
	if err != nil {
		return err
	}
	account := newAccount(l.campaign, standings, now)
	kept, err := e.store.Estimates(ctx, l.id)
	if err != nil {
		return err
	}
	var learned pacing.Estimates
	if len(kept) > 0 {
		if err := json.Unmarshal(kept, &learned); err != nil {
			l.log.Warn("what pacing had learned cannot be read; it starts anew", "error", err)
			learned = pacing.Estimates{}
		}
	}
	l.account = account
	l.clock = clock{start: now, speed: e.settings.Speed}
	l.floor = tape.NewRecorder(l.clock.virtual(now), l.policy, learned.Decayed(now), account.ledger(time.Time{}), e.settings.KeepTapes < 0)
	return nil
}

// keepEstimates writes what pacing has learned whenever the loop offers it.
func (e *Engine) keepEstimates(ctx context.Context, campaign int64, saves <-chan pacing.Estimates) {
	for learned := range saves {
		text, err := json.Marshal(learned)
		if err == nil {
			err = e.store.SaveEstimates(ctx, campaign, text)
		}
		if err != nil {
			e.log.Error("what pacing has learned was not kept", "campaign", campaign, "error", err)
		}
	}
}
