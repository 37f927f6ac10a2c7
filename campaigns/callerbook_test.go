package campaigns

import (
	"strings"
	"testing"
	"time"
)

const (
	madrid, barcelona, miami, tampa, anywhere = "+34910000001", "+34930000001", "+13055550101", "+18135550101", "+447000000001"
)

func ours() []CallerID {
	return []CallerID{
		{Number: madrid, Region: "ES", Pool: "sun"}, {Number: barcelona, Region: "ES", Area: "+3493", Pool: "sun"},
		{Number: miami, Region: "US", Area: "+1305", Pool: "sun"}, {Number: tampa, Region: "US", Pool: "sun"}, {Number: anywhere, Pool: "sun"},
	}
}

func TestTheNumberNearestToThePersonIsShown(t *testing.T) {
	b, now := NewCallerBook(), time.Now()
	b.Learn(ours(), nil, nil, now)
	c := Campaign{ID: 1, CallerPools: []string{"sun"}}
	for _, x := range []struct {
		to     Phone
		shown  []string // in turn
		reason string
	}{
		{Phone{Number: "+34931112223", Region: "ES"}, []string{barcelona, barcelona}, "same area"},
		{Phone{Number: "+34600111222", Region: "ES"}, []string{madrid, madrid}, "same country, and not another area's"},
		{Phone{Number: "+13055559999", Region: "US"}, []string{miami}, "same area code"},
		{Phone{Number: "+12125559999", Region: "US"}, []string{tampa}, "another area of the country"},
		{Phone{Number: "+4930111222", Region: "DE"}, []string{anywhere}, "no number of the country"},
	} {
		for _, want := range x.shown {
			if got := b.Pick(c, x.to, now); got != want {
				t.Errorf("%s: %s is shown to %s, want %s", x.reason, got, x.to.Number, want)
			}
		}
	}
	if !b.Shows(c, miami) || b.Shows(Campaign{ID: 2}, miami) {
		t.Error("a campaign does not know the numbers of its pools")
	}
}

func TestNumbersThatAreAsNearAreShownInTurn(t *testing.T) {
	b, now := NewCallerBook(), time.Now()
	c := Campaign{ID: 1, CallerIDs: []string{madrid, barcelona, miami}}
	for i := range 6 {
		if got := b.Pick(c, Phone{Number: "+34600111222", Region: "ES"}, now); got != c.CallerIDs[i%3] {
			t.Errorf("call %d shows %s", i, got)
		}
	}
}

func TestANumberRestsWhenItWasShownOftenEnough(t *testing.T) {
	b, now := NewCallerBook(), time.Date(2026, 11, 23, 23, 0, 0, 0, time.UTC)
	b.Learn([]CallerID{{Number: madrid, Most: 2, Rest: true}, {Number: barcelona, Most: 3, Rest: true}}, nil, map[string]int64{madrid: 1}, now)
	c, to := Campaign{ID: 1, CallerIDs: []string{madrid, barcelona}}, Phone{Number: "+34600111222"}
	shown := map[string]int{}
	for range 4 {
		if why := b.Why(c, now); why != "" {
			t.Fatalf("too early: %s", why)
		}
		shown[b.Pick(c, to, now)]++
	}
	if shown[madrid] != 1 || shown[barcelona] != 3 {
		t.Errorf("shown %v", shown)
	}
	if why := b.Why(c, now); !strings.Contains(why, "rest until midnight UTC") {
		t.Errorf("why: %q", why)
	}
	b.Learn([]CallerID{{Number: madrid, Most: 2, Rest: true}, {Number: barcelona, Most: 3, Rest: true}}, nil, map[string]int64{madrid: 1}, now)
	if b.Why(c, now) == "" {
		t.Error("what was shown is forgotten because the store does not have it yet")
	}
	if why := b.Why(c, now.Add(time.Hour)); why != "" {
		t.Errorf("on the next day: %s", why)
	}
}

func TestANumberWhoseRightIsOverIsNotShown(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	right := CallerRight{Number: madrid, From: now.Add(-time.Hour), Until: now.Add(time.Hour)}
	for name, x := range map[string]struct {
		ids    []CallerID
		rights []CallerRight
		at     time.Time
		want   string
	}{
		"no right was written down":   {nil, nil, now, madrid},
		"it holds":                    {nil, []CallerRight{right}, now, madrid},
		"it begins later":             {nil, []CallerRight{right}, now.Add(-2 * time.Hour), ""},
		"its last moment":             {nil, []CallerRight{right}, now.Add(time.Hour - 1), madrid},
		"it is over":                  {nil, []CallerRight{right}, now.Add(time.Hour), ""},
		"it was ended":                {nil, []CallerRight{{Number: madrid, From: now.Add(-time.Hour), EndedAt: now}}, now, ""},
		"another one goes on":         {nil, []CallerRight{{Number: madrid, From: now.Add(-time.Hour), EndedAt: now}, right}, now, madrid},
		"a carrier marked it as spam": {[]CallerID{{Number: madrid, Blocked: "spam"}}, []CallerRight{right}, now, ""},
	} {
		b := NewCallerBook()
		b.Learn(x.ids, x.rights, nil, now)
		c := Campaign{ID: 1, CallerIDs: []string{madrid}}
		if got := b.Pick(c, Phone{Number: "+34600111222"}, x.at); got != x.want {
			t.Errorf("%s: %q is shown, want %q", name, got, x.want)
		}
		if why := b.Why(c, x.at); (why == "") != (x.want != "") {
			t.Errorf("%s: why %q", name, why)
		}
	}
}

func TestAPoolWithoutNumbersSaysSo(t *testing.T) {
	b := NewCallerBook()
	if why := b.Why(Campaign{CallerPools: []string{"rain"}}, time.Now()); !strings.Contains(why, "rain") {
		t.Errorf("why: %q", why)
	}
	if why := b.Why(Campaign{}, time.Now()); why != "" {
		t.Errorf("a campaign that leaves it to its trunk: %q", why)
	}
}
