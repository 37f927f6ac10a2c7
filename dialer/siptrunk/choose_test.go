package siptrunk

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func routes(trunks ...Trunk) (all []*route) {
	for _, t := range trunks {
		all = append(all, &route{trunk: t})
	}
	return all
}

func names(rs []*route) string {
	var s []string
	for _, r := range rs {
		s = append(s, r.trunk.Name)
	}
	return strings.Join(s, " ")
}

func TestACampaignsListDecidesTheOrder(t *testing.T) {
	all := routes(Trunk{Name: "a", Priority: 1}, Trunk{Name: "b", Priority: 2}, Trunk{Name: "c", Priority: 3})
	for _, c := range []struct {
		names []string
		want  string
	}{
		{nil, "a b c"},
		{[]string{"c", "a"}, "c a"},
		{[]string{"b", "b"}, "b"},
	} {
		got, err := preference(all, c.names, chance)
		if err != nil || names(got) != c.want {
			t.Errorf("%v: %s (%v), want %s", c.names, names(got), err, c.want)
		}
	}
	if _, err := preference(all, []string{"a", "nobody"}, chance); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("an unknown trunk is not named: %v", err)
	}
}

func TestEqualPriorityWithoutWeightKeepsTheConfiguredOrder(t *testing.T) {
	all := routes(Trunk{Name: "z"}, Trunk{Name: "y"}, Trunk{Name: "x", Priority: -1})
	for range 50 {
		if got, _ := preference(all, nil, chance); names(got) != "x z y" {
			t.Fatal(names(got))
		}
	}
}

func TestWeightsShareTheCalls(t *testing.T) {
	all := routes(Trunk{Name: "a", Weight: 3}, Trunk{Name: "b", Weight: 1}, Trunk{Name: "spare", Priority: 9, Weight: 100})
	dice := rand.New(rand.NewPCG(1, 2)).IntN
	first := map[string]int{}
	for range 4000 {
		got, _ := preference(all, nil, dice)
		if len(got) != 3 || got[2].trunk.Name != "spare" {
			t.Fatal(names(got))
		}
		first[got[0].trunk.Name]++
	}
	if first["a"] < 2850 || first["a"] > 3150 {
		t.Errorf("a was first %d times of 4000, want about 3000", first["a"])
	}
}

func TestWeightsInACampaignsListShareAmongNeighbours(t *testing.T) {
	all := routes(Trunk{Name: "a", Weight: 1}, Trunk{Name: "b", Weight: 1}, Trunk{Name: "c"})
	seen := map[string]bool{}
	for range 200 {
		got, _ := preference(all, []string{"c", "b", "a"}, chance)
		seen[names(got)] = true
	}
	if len(seen) != 2 || !seen["c b a"] || !seen["c a b"] {
		t.Errorf("orders seen: %v", seen)
	}
}

func TestTheCallerIDIsThatOfTheTrunkWhichIsTriedFirst(t *testing.T) {
	all := routes(
		Trunk{Name: "backup", Priority: 2, CallerIDs: []string{"+34910000002"}},
		Trunk{Name: "bare", Priority: 0},
		Trunk{Name: "main", Priority: 1, CallerIDs: []string{"+34910000001", "+34910000009"}},
	)
	trunks := &Trunks{routes: all}
	for _, c := range []struct {
		names []string
		want  string
	}{
		{nil, "+34910000001"}, {[]string{"backup", "main"}, "+34910000002"}, {[]string{"bare"}, ""}, {[]string{"nobody"}, ""},
	} {
		if got := trunks.CallerID(c.names); got != c.want {
			t.Errorf("%v: %q, want %q", c.names, got, c.want)
		}
	}
}
