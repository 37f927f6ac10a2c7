package dialer

import (
	"fmt"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
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
		shown := 0
		h.until(time.Minute, "calls in the air", func() bool { return h.view(1).InAir > 0 })
		for _, c := range h.engine.Snapshot().Calls() {
			if c.Odds > 0 && c.Odds != 1 {
				shown++
			}
		}
		if shown == 0 {
			t.Errorf("no call in the air shows odds: %+v", h.engine.Snapshot().Calls())
		}
		h.hard()
		h.stop()
		h.judgeOdds()
		if len(h.store.odds[1]) == 0 {
			t.Error("what was learned is not kept")
		}
	})
}

// judgeOdds looks at the odds of the calls placed last: by then it is known
// who answers.
func (h *house) judgeOdds() {
	h.t.Helper()
	placed := find(h.told(1), pacing.CallPlaced)
	rows := h.store.rows()
	if len(placed) != len(rows) || len(rows) < 400 {
		h.t.Fatalf("%d calls told, %d rows", len(placed), len(rows))
	}
	var sum, calls [2]float64
	for _, e := range placed[len(placed)-200:] {
		list := rows[e.Call-1].Contact % 2
		sum[list] += e.Odds
		calls[list]++
	}
	if calls[0] == 0 || calls[1] == 0 {
		h.t.Fatalf("%v calls of each list: one is passed over for ever", calls)
	}
	if first, second := sum[0]/calls[0], sum[1]/calls[1]; second <= 1 || first >= 1 || second < 1.3*first {
		h.t.Errorf("mean odds %.2f of the first list, %.2f of the second", first, second)
	}
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
