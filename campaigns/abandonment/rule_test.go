package abandonment

import (
	"math"
	"testing"
	"time"
)

var tsr = Rule{ID: "us.abandon", Max: 0.03, Formula: US, Window: ThirtyDays, Group: ByCampaign, Start: FromGreetingEnd}

func TestAStandingSaysWhatIsLeftAndWhereItLeads(t *testing.T) {
	first := at(t, time.UTC, "2026-01-05 00:00:00")
	now := first.Add(10 * 24 * time.Hour)
	p := tsr.Window.At(now, first, time.UTC)
	n := Counts{Met: 960, Told: 20, HungUp: 20}
	st := tsr.Stand(now, p, n, Sample{}, Counts{Met: 90, Told: 10})
	if st.Budget != 10 || st.Rate.Share() != 0.02 {
		t.Errorf("budget %d, share %v", st.Budget, st.Rate.Share())
	}
	// 20 days to come at 10 of 100 a day: (20 + 200) / (1000 + 2000).
	if want := 220.0 / 3000; math.Abs(st.Projected-want) > 1e-12 {
		t.Errorf("projected %v, want %v", st.Projected, want)
	}
	if st.Over() || st.Acts() {
		t.Error("2 % of 3 % is neither over nor near")
	}
}

func TestMachinesThatNobodyListenedToSpendTheBudget(t *testing.T) {
	now := at(t, time.UTC, "2026-01-06 00:00:00")
	p := tsr.Window.At(now, now, time.UTC)
	n := Counts{Met: 1000, Machine: 400}
	if st := tsr.Stand(now, p, n, Sample{}, Counts{}); !st.Over() || st.FalsePositives != 400 {
		t.Errorf("no sample: %+v", st)
	}
	st := tsr.Stand(now, p, n, Sample{Labelled: 300}, Counts{})
	if st.FalsePositives != 4 || st.Budget != 26 || st.Over() { // floor(0.03 x 1004) - 4
		t.Errorf("0 of 300: %+v", st)
	}
}

func TestARuleThatMakesNoSenseIsRefused(t *testing.T) {
	if err := tsr.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Rule){
		"max 0": func(r *Rule) { r.Max = 0 }, "max not a number": func(r *Rule) { r.Max = math.NaN() },
		"act over max": func(r *Rule) { r.ActAt = 0.04 }, "formula": func(r *Rule) { r.Formula = "de" },
		"start": func(r *Rule) { r.Start = "ringing" }, "group": func(r *Rule) { r.Group = "agent" },
		"act": func(r *Rule) { r.Act = "soon" }, "window": func(r *Rule) { r.Window = Window{Blocks, 0} },
		"unit": func(r *Rule) { r.Window = Window{Unit: "year"} },
	} {
		r := tsr
		if change(&r); r.Validate() == nil {
			t.Errorf("%s passes", name)
		}
	}
}

func TestTwoClonesOfACampaignTogetherHaveTheShareOfBoth(t *testing.T) {
	one, other := Counts{Met: 19, Told: 1}, Counts{Met: 980, Told: 20}
	both := one
	both.Add(other)
	if got := US.Rate(both, 0); got.Above != 21 || got.Below != 1020 {
		t.Errorf("%+v", got)
	}
}

func TestDifferencesAreNamed(t *testing.T) {
	d := Counts{Met: 5, Told: 1}.Differ(Counts{Met: 4, Told: 1, Silent: 1})
	if len(d) != 2 || d[0] != (Difference{"met", 5, 4}) || d[1] != (Difference{"silent", 0, 1}) {
		t.Errorf("%+v", d)
	}
	if d := (Counts{Met: 5}).Differ(Counts{Met: 5}); d != nil {
		t.Errorf("%+v", d)
	}
}
