package dialer

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
	"github.com/forecall/forecall/pacing/tape"
)

// loadHalves adds contacts from two lists in turn: 2, 1, 2, ...
func (h *house) loadHalves(n int) {
	for i := range n {
		id := int64(i + 1)
		h.store.add(campaigns.Contact{
			ID: id, Campaign: 1, List: 1 + id%2, Name: fmt.Sprintf("Person %d", id), State: campaigns.ContactReady,
			Phones: []campaigns.Phone{{Number: fmt.Sprintf("+1555%07d", id), Zones: []string{"America/New_York"}}},
		})
	}
}

// oneListAnswers draws callees of whom those of list 2 answer more often.
func oneListAnswers(seed uint64, second, first float64) func(string) callee {
	some, few := mixed(seed, second, 30*time.Second), mixed(seed+1, first, 30*time.Second)
	return func(number string) callee {
		if (number[len(number)-1]-'0')%2 == 1 { // as the id is
			return some(number)
		}
		return few(number)
	}
}

func TestACampaignThatKnowsOddsTellsThemToPacingAndShowsThem(t *testing.T) {
	longShift(t)
	bubble(t, func(t *testing.T) {
		h := newHouse(t, oneListAnswers(51, 0.5, 0.1))
		h.loadHalves(3000)
		h.run()
		h.wrapUps(func() time.Duration { return 3 * time.Second })
		for id := range int64(8) {
			h.agent(id+1, true, 1)
		}
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Retry, c.KnowOdds = nil, true }))
		time.Sleep(time.Hour)
		mean, calls := h.oddsShown(5 * time.Minute)
		if calls[0] == 0 || calls[1] == 0 {
			t.Fatalf("%v calls of each list: one is passed over for ever", calls)
		}
		if mean[1] <= 1 || mean[0] >= 1 || mean[1] < 1.3*mean[0] {
			t.Errorf("mean odds %.2f of the first list, %.2f of the second", mean[0], mean[1])
		}
		h.underCap(1)
		h.hard()
		h.stop()
		if chosen := h.judgePicks(); chosen < 100 {
			t.Errorf("only %d contacts were called before another who stood first", chosen)
		}
		if len(h.store.odds[1]) == 0 {
			t.Error("what was learned is not kept")
		}
	})
}

// judgePicks holds the calls on the tape against the choices of pacing: those
// who are likeliest to answer come first, and are called as they were chosen. It
// returns how many were called out of turn.
func (h *house) judgePicks() (chosen int) {
	h.t.Helper()
	var look *tape.Look
	placed := 0
	for _, m := range h.store.tapes[1] {
		h.must(tape.Read(m.tape, func(l tape.Line) error {
			switch {
			case l.Look != nil:
				look, placed = l.Look, 0
				if most := min(look.Place, len(look.NextOdds)); len(look.Picks) != most {
					h.t.Fatalf("%d of %d are to be placed, and the picks are %v", look.Place, len(look.NextOdds), look.Picks)
				}
				if !slices.IsSortedFunc(look.Picks, func(a, b int) int { return cmp.Compare(look.NextOdds[b], look.NextOdds[a]) }) {
					h.t.Fatalf("picks %v of %v are not the likeliest first", look.Picks, look.NextOdds)
				}
			case l.Event != nil && l.Event.Kind == pacing.CallPlaced && look != nil && placed < len(look.Picks):
				if i := look.Picks[placed]; l.Event.Odds != look.NextOdds[i] {
					h.t.Fatalf("a call is placed at odds %v; chosen was %d with %v", l.Event.Odds, i, look.NextOdds[i])
				} else if i != placed {
					chosen++
				}
				placed++
			}
			return nil
		}))
	}
	return chosen
}

// oddsShown watches the calls in the air for a while, and returns the mean of
// their odds by list and how many there were.
func (h *house) oddsShown(d time.Duration) (mean, calls [2]float64) {
	h.t.Helper()
	seen := make(map[string]bool)
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Second) {
		for _, c := range h.engine.Snapshot().Calls() {
			if list := c.Contact % 2; !seen[c.Attempt] {
				seen[c.Attempt] = true
				mean[list] += c.Odds
				calls[list]++
			}
		}
	}
	for list := range mean {
		mean[list] /= max(1, calls[list])
	}
	return mean, calls
}

func TestACampaignThatDoesNotUseOddsTellsNoneAndLearnsAllTheSame(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, oneListAnswers(52, 0.5, 0.1))
		h.loadHalves(400)
		h.run()
		h.wrapUps(func() time.Duration { return 3 * time.Second })
		for id := range int64(5) {
			h.agent(id+1, true, 1)
		}
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Retry = nil }))
		h.until(time.Minute, "calls in the air", func() bool { return h.view(1).InAir > 0 })
		for _, c := range h.engine.Snapshot().Calls() {
			if c.Odds != 0 {
				t.Errorf("call %+v", c)
			}
		}
		h.until(3*time.Hour, "all done", func() bool { return h.store.done()+h.store.cancelled() >= 400 })
		h.stop()
		for _, e := range find(h.told(1), pacing.CallPlaced) {
			if e.Odds != 0 {
				t.Fatalf("%+v", e)
			}
		}
		if len(h.store.odds[1]) == 0 {
			t.Error("nothing was learned")
		}
	})
}

// window is a hopper of a few contacts with odds.
type window struct {
	Contacts
	odds   []float64
	closed map[int]bool
	taken  []int
	next   int
}

func (w *window) Odds(_ time.Time, buf []float64) []float64 { return append(buf[:0], w.odds...) }

func (w *window) Pick(_ time.Time, i int) (campaigns.Contact, bool) {
	if w.closed[i] {
		return campaigns.Contact{}, false
	}
	w.taken = append(w.taken, i)
	return campaigns.Contact{ID: int64(i)}, true
}

func (w *window) Next(time.Time) (campaigns.Contact, bool) {
	w.next++
	return campaigns.Contact{ID: int64(1000 + w.next)}, w.next < 3
}

func TestTheContactsThatPacingPicksAreTheOnesThatAreCalled(t *testing.T) {
	for _, tc := range []struct {
		name   string
		picks  []int
		place  int
		closed map[int]bool
		want   []int64
		odds   []float64
	}{
		{"in order", nil, 3, nil, []int64{0, 1, 2}, []float64{0.5, 2, 1.23}},
		{"chosen", []int{1, 3}, 2, nil, []int64{1, 3}, []float64{2, 0.01}},
		{"more than the window holds", nil, 5, nil, []int64{0, 1, 2, 3, 1001}, []float64{0.5, 2, 1.23, 0.01, 0}},
		{"the likeliest first, and more than the window holds", []int{1, 2, 0, 3}, 6, nil, []int64{1, 2, 0, 3, 1001, 1002}, []float64{2, 1.23, 0.5, 0.01, 0, 0}},
		{"one whose window has closed", []int{1, 2}, 2, map[int]bool{1: true}, []int64{1001, 2}, []float64{0, 1.23}},
		{"none that may be called", []int{0}, 4, map[int]bool{0: true, 1: true, 2: true, 3: true}, []int64{1001, 1002}, []float64{0, 0}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := &window{odds: []float64{0.5, 2, 1.2345, 0.0001}, closed: tc.closed}
			l := &Loop{contacts: w, policy: pacing.Policy{Mode: pacing.Predictive}}
			if got := l.look(time.Now()); len(got) != 4 || got[2] != 1.23 || got[3] != 0.01 {
				t.Fatalf("odds %v", got)
			}
			l.decision.Picks = tc.picks
			var ids []int64
			for i := range tc.place {
				p, odds, ok := l.take(i, time.Now())
				if !ok {
					break
				}
				if odds != tc.odds[len(ids)] {
					t.Errorf("contact %d at odds %v, not %v", p.ID, odds, tc.odds[len(ids)])
				}
				ids = append(ids, p.ID)
			}
			if fmt.Sprint(ids) != fmt.Sprint(tc.want) {
				t.Errorf("called %v, want %v", ids, tc.want)
			}
		})
	}
}

func TestAPreviewCampaignAsksForNoOdds(t *testing.T) {
	l := &Loop{contacts: &window{odds: []float64{1}}, policy: pacing.Policy{Mode: pacing.Preview}}
	if got := l.look(time.Now()); got != nil {
		t.Errorf("%v", got)
	}
}

func TestOnlyWhatReachedTheContactTeachesWhoAnswers(t *testing.T) {
	want := map[campaigns.Outcome]string{
		campaigns.Connected: "yes", campaigns.LateConnected: "yes", campaigns.AbandonedMsg: "yes", campaigns.AbandonedSilent: "yes",
		campaigns.CalleeHungUp: "yes", campaigns.DeadAir: "yes",
		campaigns.Machine: "no", campaigns.NoAnswer: "no", campaigns.Busy: "no", campaigns.Invalid: "no", campaigns.Blocked: "no",
	}
	for _, o := range campaigns.Outcomes() {
		r := &resolved{}
		l := &Loop{contacts: r}
		l.teach(&call{contact: campaigns.Contact{ID: 1}}, campaigns.Attempt{Outcome: o})
		if r.said != want[o] {
			t.Errorf("%s teaches %q, want %q", o, r.said, want[o])
		}
	}
}

type resolved struct {
	Contacts
	said string
}

func (r *resolved) Resolved(_ campaigns.Contact, _ time.Time, answered bool) {
	if r.said = "no"; answered {
		r.said = "yes"
	}
}
