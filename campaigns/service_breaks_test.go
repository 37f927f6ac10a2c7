package campaigns

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// plans is a BreakStore in memory.
type plans struct {
	kept []Break
	last int64
}

func (p *plans) PlanBreak(_ context.Context, b Break) (Break, error) {
	p.last++
	b.ID, b.PlannedAt = p.last, time.Now()
	p.kept = append(p.kept, b)
	return b, nil
}

func (p *plans) Break(_ context.Context, id int64) (Break, error) {
	i := slices.IndexFunc(p.kept, func(b Break) bool { return b.ID == id })
	if i < 0 {
		return Break{}, ErrNotFound
	}
	return p.kept[i], nil
}

func (p *plans) Breaks(_ context.Context, agent int64, from time.Time) (out []Break, err error) {
	for _, b := range p.kept {
		if (agent == 0 || b.Agent == agent) && (!b.From.Before(from) || b.To.After(from)) {
			out = append(out, b)
		}
	}
	return out, nil
}

func (p *plans) CancelBreak(_ context.Context, id int64, _ string) error {
	p.kept = slices.DeleteFunc(p.kept, func(b Break) bool { return b.ID == id })
	return nil
}

// chairs is the floor as breaks see it: who is signed in, in a call, and what
// was told.
type chairs struct {
	Shift
	Line
	in, talking map[int64]bool
	told        map[int64][]Break
	signs       []string
}

func (c *chairs) Agent(agent int64) (AgentStatus, bool) {
	return AgentStatus{Agent: agent}, c.in[agent]
}

func (c *chairs) SignIn(_ context.Context, u User, _ []Campaign, _ Handset) error {
	c.in[u.ID] = true
	return nil
}

func (c *chairs) Current(agent int64) (CurrentCall, bool) { return CurrentCall{}, c.talking[agent] }

func (c *chairs) PlanBreaks(_ context.Context, agent int64, plan []Break) error {
	c.told[agent] = plan
	return nil
}

func (c *chairs) Finishing(context.Context, int64) error {
	c.signs = append(c.signs, "finishing")
	return nil
}

func (c *chairs) Step(_ context.Context, _ int64, step string) error {
	c.signs = append(c.signs, step)
	return nil
}

// readOne is a CampaignReader that knows one.
type readOne struct{ one Campaign }

func (r readOne) Campaign(_ context.Context, id int64) (Campaign, error) {
	if id != r.one.ID {
		return Campaign{}, ErrNotFound
	}
	return r.one, nil
}

func (r readOne) CampaignByName(context.Context, string) (Campaign, error) { return r.one, nil }

func (r readOne) Campaigns(context.Context) ([]Campaign, error) { return []Campaign{r.one}, nil }

var (
	anna  = User{ID: 7, Login: "anna", Role: Agent, Campaigns: []string{"c"}}
	bela  = User{ID: 8, Login: "bela", Role: Agent}
	sara  = User{ID: 1, Login: "sara", Role: Supervisor}
	maria = User{ID: 2, Login: "maria", Role: Manager}
	clara = User{ID: 3, Login: "clara", Role: Compliance}
)

func newChairs() (*Desk, *plans, *chairs) {
	p := &plans{}
	c := &chairs{in: map[int64]bool{}, talking: map[int64]bool{}, told: map[int64][]Break{}}
	return NewDesk(DeskSettings{
		Shift: c, Line: c, Breaks: p, Leaves: c, Signs: c, Campaigns: readOne{Campaign{ID: 1, Name: "c"}},
	}), p, c
}

func TestAgentsPlanTheirOwnBreaksAndSupervisorsThoseOfAnybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, p, _ := newChairs()
		lunch := func(agent int64) Break {
			return Break{Agent: agent, From: time.Now().Add(time.Hour), To: time.Now().Add(90 * time.Minute), Reason: " lunch "}
		}
		for _, tc := range []struct {
			by     User
			agent  int64
			denied bool
		}{{anna, 7, false}, {anna, 8, true}, {sara, 7, false}, {maria, 8, false}, {clara, 7, true}, {clara, 3, true}} {
			b, err := d.PlanBreak(t.Context(), tc.by, lunch(tc.agent))
			if denied := errors.Is(err, ErrForbidden); denied != tc.denied || (err != nil && !denied) {
				t.Errorf("%s for %d: %v", tc.by.Login, tc.agent, err)
			}
			if err == nil && (b.By != tc.by.Login || b.Reason != "lunch" || b.ID == 0) {
				t.Errorf("%+v", b)
			}
		}
		if len(p.kept) != 3 {
			t.Errorf("kept %+v", p.kept)
		}
		mine, err := d.Breaks(t.Context(), anna, 7)
		if err != nil || len(mine) != 2 {
			t.Errorf("own: %+v, %v", mine, err)
		}
		if _, err := d.Breaks(t.Context(), anna, 0); !errors.Is(err, ErrForbidden) {
			t.Errorf("everybody's: %v", err)
		}
		if all, err := d.Breaks(t.Context(), sara, 0); err != nil || len(all) != 3 {
			t.Errorf("everybody's: %+v, %v", all, err)
		}
		if err := d.CancelBreak(t.Context(), bela, mine[0].ID); !errors.Is(err, ErrForbidden) {
			t.Errorf("another's is taken back: %v", err)
		}
		if err := d.CancelBreak(t.Context(), anna, mine[0].ID); err != nil || len(p.kept) != 2 {
			t.Errorf("own is not taken back: %v", err)
		}
		if err := d.CancelBreak(t.Context(), anna, 99); code(err) != "break_not_found" {
			t.Errorf("none: %v", err)
		}
	})
}

func TestABreakThatMakesNoSenseIsRefusedWithTheReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, p, _ := newChairs()
		now := time.Now()
		at := func(d time.Duration) time.Time { return now.Add(d) }
		for name, b := range map[string]Break{
			"no beginning":            {},
			"ends before it begins":   {From: at(2 * time.Hour), To: at(time.Hour)},
			"is over":                 {From: at(-2 * time.Hour), To: at(-time.Hour)},
			"the shift ended already": {From: at(-time.Hour)},
			"too far ahead":           {From: at(8 * 24 * time.Hour)},
			"too long":                {From: at(time.Hour), To: at(14 * time.Hour)},
			"too much to say":         {From: at(time.Hour), Reason: string(make([]byte, 65))},
		} {
			b.Agent = anna.ID
			if _, err := d.PlanBreak(t.Context(), anna, b); code(err) != "break_invalid" {
				t.Errorf("%s: %v", name, err)
			}
		}
		for name, b := range map[string]Break{
			"from now on":        {From: now, To: at(15 * time.Minute)},
			"began a minute ago": {From: at(-time.Minute), To: at(15 * time.Minute)},
			"the shift ends now": {From: now},
			"tomorrow":           {From: at(24 * time.Hour)},
		} {
			b.Agent = anna.ID
			if _, err := d.PlanBreak(t.Context(), anna, b); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for len(p.kept) < maxPlanned {
			p.kept = append(p.kept, Break{Agent: anna.ID, From: at(time.Hour)})
		}
		if _, err := d.PlanBreak(t.Context(), anna, Break{Agent: anna.ID, From: at(time.Hour)}); code(err) != "too_many_breaks" {
			t.Errorf("one more: %v", err)
		}
	})
}

func TestTheFloorHearsOfAPlanWhenTheAgentIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _, c := newChairs()
		end, err := d.PlanBreak(t.Context(), sara, Break{Agent: anna.ID, From: time.Now().Add(3 * time.Hour)})
		if err != nil || len(c.told) != 0 {
			t.Fatalf("told of who is not there: %v, %v", c.told, err)
		}
		if _, err := d.SignIn(t.Context(), anna, nil, ""); err != nil || len(c.told[anna.ID]) != 1 {
			t.Fatalf("at sign-in: %v, %v", c.told, err)
		}
		if _, err := d.PlanBreak(t.Context(), anna, Break{Agent: anna.ID, From: time.Now(), To: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		if len(c.told[anna.ID]) != 2 {
			t.Errorf("told %+v", c.told)
		}
		if err := d.CancelBreak(t.Context(), sara, end.ID); err != nil || len(c.told[anna.ID]) != 1 {
			t.Errorf("after taking one back: %+v, %v", c.told, err)
		}
	})
}

func TestSignsOfAnAgentReachTheFloorDuringACallOnly(t *testing.T) {
	d, _, c := newChairs()
	if err := d.Finishing(t.Context(), anna); code(err) != "not_signed_in" {
		t.Errorf("%v", err)
	}
	c.in[anna.ID] = true
	if err := d.Step(t.Context(), anna, "close"); code(err) != "no_call" {
		t.Errorf("%v", err)
	}
	c.talking[anna.ID] = true
	if err := errors.Join(d.Step(t.Context(), anna, " close "), d.Finishing(t.Context(), anna)); err != nil {
		t.Error(err)
	}
	if !slices.Equal(c.signs, []string{"close", "finishing"}) {
		t.Errorf("%v", c.signs)
	}
	if err := d.Step(t.Context(), anna, string(make([]byte, 65))); code(err) != "step_invalid" {
		t.Errorf("%v", err)
	}
	if err := d.Finishing(t.Context(), clara); !errors.Is(err, ErrForbidden) {
		t.Errorf("%v", err)
	}
}

func TestWithoutAStoreBreaksAreUnavailable(t *testing.T) {
	d := NewDesk(DeskSettings{})
	_, err := d.PlanBreak(t.Context(), sara, Break{Agent: 7})
	_, errList := d.Breaks(t.Context(), sara, 0)
	if code(err) != "no_breaks" || code(errList) != "no_breaks" || code(d.CancelBreak(t.Context(), sara, 1)) != "no_breaks" {
		t.Errorf("%v, %v", err, errList)
	}
}
