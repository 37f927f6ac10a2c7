package node

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
)

// spellBook is a store of spells in memory.
type spellBook struct {
	kept map[spellKey]campaigns.Spell
	seen time.Time
	full atomic.Bool // the disk
}

func (b *spellBook) SaveSpells(_ context.Context, spells []campaigns.Spell, at time.Time) error {
	if b.full.Load() {
		return errors.New("the disk is full")
	}
	for _, s := range spells {
		b.kept[keyOf(s)] = s
	}
	b.seen = at
	return nil
}

// of lists an agent's spells by time.
func (b *spellBook) of(agent int64) []campaigns.Spell {
	var out []campaigns.Spell
	for _, s := range b.kept {
		if s.Agent == agent {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b campaigns.Spell) int { return a.From.Compare(b.From) })
	return out
}

// clerkAtWork runs a clerk in a bubble and lets the test tell it notices.
func clerkAtWork(t *testing.T, test func(t *testing.T, tell func(dialer.Notice), book *spellBook, floor *dialer.Snapshot)) {
	synctest.Test(t, func(t *testing.T) {
		book, floor := &spellBook{kept: map[spellKey]campaigns.Spell{}}, &dialer.Snapshot{}
		notices, done := make(chan dialer.Notice), make(chan struct{})
		clerk := newSpellClerk(book, func() dialer.Snapshot { return *floor }, slog.New(slog.DiscardHandler))
		go func() { defer close(done); clerk.run(t.Context(), notices) }()
		test(t, func(n dialer.Notice) { notices <- n }, book, floor)
		close(notices)
		<-done
	})
}

// settle lets d pass and the clerk write what it then has to write.
func settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func agentIs(s dialer.State, reason string) dialer.Notice {
	a := dialer.AgentState{AgentInfo: dialer.AgentInfo{ID: 7}, State: s, Since: time.Now(), Reason: reason, Campaign: 3}
	if s == dialer.StateTalking || s == dialer.StateWrapUp {
		a.Call = &dialer.CurrentCall{Attempt: "a1", Campaign: 4}
	}
	return dialer.Notice{Kind: dialer.NoticeAgent, At: time.Now(), Agent: &a}
}

func TestAShiftIsWrittenAsSpellsThatFollowEachOther(t *testing.T) {
	clerkAtWork(t, func(t *testing.T, tell func(dialer.Notice), book *spellBook, _ *dialer.Snapshot) {
		for _, s := range []dialer.State{dialer.StatePaused, dialer.StateReady, dialer.StateTalking, dialer.StateWrapUp, dialer.StateOffline} {
			tell(agentIs(s, ""))
			settle(10 * time.Second)
		}
		spells := book.of(7)
		if len(spells) != 4 {
			t.Fatalf("%d spells: %+v", len(spells), spells)
		}
		for i, s := range spells {
			if s.To.Sub(s.From) != 10*time.Second {
				t.Errorf("%s took %s", s.State, s.To.Sub(s.From))
			}
			if i > 0 && !s.From.Equal(spells[i-1].To) {
				t.Errorf("%s does not follow", s.State)
			}
		}
		if s := spells[2]; s.Attempt != "a1" || s.Campaign != 4 {
			t.Errorf("talking: %+v", s)
		}
	})
}

func TestASpellThatIsToldAgainIsOneWithItsReason(t *testing.T) {
	clerkAtWork(t, func(t *testing.T, tell func(dialer.Notice), book *spellBook, _ *dialer.Snapshot) {
		n := agentIs(dialer.StatePaused, "")
		tell(n)
		again := *n.Agent
		again.Reason = "lunch"
		tell(dialer.Notice{Kind: dialer.NoticeAgent, At: time.Now(), Agent: &again})
		settle(time.Second)
		if s := book.of(7); len(s) != 1 || s[0].Reason != "lunch" || !s[0].To.IsZero() {
			t.Errorf("spells %+v", s)
		}
	})
}

func TestMissedNoticesAreReadFromTheFloor(t *testing.T) {
	clerkAtWork(t, func(t *testing.T, tell func(dialer.Notice), book *spellBook, floor *dialer.Snapshot) {
		tell(agentIs(dialer.StateReady, ""))
		other := *agentIs(dialer.StateTalking, "").Agent
		other.ID = 8
		settle(time.Minute)
		floor.Agents = []dialer.AgentState{other} // 7 has left, and nobody was told
		tell(dialer.Notice{Kind: dialer.NoticeResync, At: time.Now()})
		settle(time.Second)
		if s := book.of(7); len(s) != 1 || s[0].To.Sub(s[0].From) != time.Minute {
			t.Errorf("who left: %+v", s)
		}
		if s := book.of(8); len(s) != 1 || s[0].State != campaigns.AgentTalking || !s[0].To.IsZero() {
			t.Errorf("who came: %+v", s)
		}
	})
}

func TestWhatTheStoreRefusesIsWrittenLater(t *testing.T) {
	clerkAtWork(t, func(t *testing.T, tell func(dialer.Notice), book *spellBook, _ *dialer.Snapshot) {
		book.full.Store(true)
		tell(agentIs(dialer.StateReady, ""))
		settle(time.Minute)
		tell(agentIs(dialer.StatePaused, "lunch"))
		book.full.Store(false)
		settle(time.Minute)
		if s := book.of(7); len(s) != 2 || s[0].To.IsZero() {
			t.Errorf("spells %+v", s)
		}
		if late := time.Since(book.seen); late > spellsAlive {
			t.Errorf("no sign of life for %s", late)
		}
	})
}

func TestALongSpellIsCutAndNothingOfItIsLost(t *testing.T) {
	clerkAtWork(t, func(t *testing.T, tell func(dialer.Notice), book *spellBook, floor *dialer.Snapshot) {
		n := agentIs(dialer.StatePaused, "forgot to sign out")
		tell(n)
		settle(60 * time.Hour)
		tell(dialer.Notice{Kind: dialer.NoticeAgent, At: time.Now(), Agent: n.Agent}) // told again, with its old begin
		settle(time.Second)
		tell(agentIs(dialer.StateOffline, ""))
		settle(time.Second)
		total := time.Duration(0)
		for _, s := range book.of(7) {
			total += s.To.Sub(s.From)
			if took := s.To.Sub(s.From); took > campaigns.LongestSpell+spellsAlive {
				t.Errorf("a spell of %s", took)
			}
		}
		if total != 60*time.Hour+time.Second {
			t.Errorf("in all %s", total)
		}
	})
}

func TestTheEndOfTheHouseEndsEverySpell(t *testing.T) {
	var book *spellBook
	clerkAtWork(t, func(_ *testing.T, tell func(dialer.Notice), b *spellBook, _ *dialer.Snapshot) {
		book = b
		tell(agentIs(dialer.StateReady, ""))
		settle(5 * time.Second)
	})
	if s := book.of(7); len(s) != 1 || s[0].To.Sub(s[0].From) != 5*time.Second {
		t.Errorf("spells %+v", s)
	}
}
