package campaigns

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// history is adoptions and their documents.
type history struct {
	*testing.T
	all  []Adoption
	docs map[string]*rules.Set
}

// adopt puts hours in force, a day after the change before it; none drops the set.
func (h *history) adopt(set, hours, approved string) {
	h.Helper()
	a := Adoption{
		Seq: int64(len(h.all) + 1), Set: set, Version: len(h.all) + 1, At: time.Date(2026, 11, 1+len(h.all), 9, 0, 0, 0, time.UTC), By: "cora",
		ApprovedBy: approved, Reason: "a\nreason", Dropped: hours == "",
	}
	if hours != "" {
		doc, err := rules.ParseSet(fmt.Appendf(nil, "ruleset: {id: %s, version: %d, reviewed_on: 2026-10-01}\nrules:\n"+
			"  - {id: %s.hours, type: window, weekly: {mon-sun: [\"%s\"]}, cite: \"a law\", status: verified}\n", set, a.Version, set, hours))
		if err != nil {
			h.Fatal(err)
		}
		a.SHA256 = hashOf(doc)
		h.docs[a.SHA256.String()] = doc
	}
	h.all = append(h.all, a)
}

func (h *history) loosenings() []Loosening {
	h.Helper()
	out, err := LooseningsOf(h.all, func(sum Hash) (*rules.Set, error) { return h.docs[sum.String()], nil })
	if err != nil {
		h.Fatal(err)
	}
	return out
}

func TestALooseningHoldsUntilTheRulesAreNoLooserThanBeforeIt(t *testing.T) {
	h := &history{T: t, docs: map[string]*rules.Set{}}
	h.adopt("house", "09:00-20:00", "")
	h.adopt("other", "09:00-20:00", "")
	h.adopt("house", "10:00-19:00", "")    // narrower
	h.adopt("house", "08:00-21:00", "max") // looser, until day 7
	h.adopt("house", "08:00-22:00", "max") // looser still, until day 6
	h.adopt("house", "09:00-21:00", "")    // ends the second alone
	h.adopt("house", "10:00-19:00", "")    // ends the first
	h.adopt("other", "", "max")            // dropped: holds
	day := func(n int) time.Time { return time.Date(2026, 11, n, 9, 0, 0, 0, time.UTC) }
	var got []string
	for _, l := range h.loosenings() {
		until := "-"
		if !l.Until.IsZero() {
			until = l.Until.Format(time.DateOnly)
		}
		got = append(got, l.String()+" until "+until)
		for at, holds := range map[time.Time]bool{l.At.Add(-1): false, l.At: true, l.Until: false, day(28): l.Until.IsZero()} {
			if l.Holds(at) != holds {
				t.Errorf("%s: at %s it holds: %t", l, at, !holds)
			}
		}
	}
	want := []string{
		"house@4 house.hours (asked for by cora, approved by max, 2026-11-04: a reason) until 2026-11-07",
		"house@5 house.hours (asked for by cora, approved by max, 2026-11-05: a reason) until 2026-11-06",
		"other@8 dropped: other.hours (asked for by cora, approved by max, 2026-11-08: a reason) until -",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestTheFirstSetOfAPresetsNameIsMeasuredByThePreset(t *testing.T) {
	h := &history{T: t, docs: map[string]*rules.Set{}}
	h.adopt("fr", "07:00-22:00", "max") // without the rules of the preset
	if got := h.loosenings(); len(got) != 1 || len(got[0].Changes) < 5 {
		t.Errorf("%+v", got)
	}
	h = &history{T: t, docs: map[string]*rules.Set{}}
	h.adopt("fr", "07:00-22:00", "") // of an older program, say: nobody loosened it
	if got := h.loosenings(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}
