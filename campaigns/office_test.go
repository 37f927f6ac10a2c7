package campaigns

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAShiftIsLaidBesideWhatWasWorked(t *testing.T) {
	at := func(h, m int) time.Time { return time.Date(2026, 11, 22, h, m, 0, 0, time.UTC) }
	shift := PlannedShift{Agent: 1, From: at(9, 0), To: at(17, 0), Kind: ShiftWork}
	spell := func(s AgentState, from, to time.Time) Spell { return Spell{Agent: 1, State: s, From: from, To: to} }
	for name, tt := range map[string]struct {
		spells []Spell
		now    time.Time
		want   Adherence
	}{
		"all of it, with a break": {
			[]Spell{spell(AgentReady, at(9, 0), at(12, 0)), spell(AgentPaused, at(12, 0), at(13, 0)), spell(AgentTalking, at(13, 0), at(17, 0))}, at(20, 0),
			Adherence{Planned: 8 * time.Hour, Worked: 8 * time.Hour, Paused: time.Hour, First: at(9, 0), Last: at(17, 0), Share: 1},
		},
		"late and early": {
			[]Spell{spell(AgentReady, at(9, 30), at(16, 0))}, at(20, 0),
			Adherence{Planned: 8 * time.Hour, Worked: 390 * time.Minute, First: at(9, 30), Last: at(16, 0), Late: 30 * time.Minute, Early: time.Hour, Share: 390.0 / 480},
		},
		"longer than planned": {
			[]Spell{spell(AgentReady, at(8, 30), at(18, 0))}, at(20, 0),
			Adherence{Planned: 8 * time.Hour, Worked: 8 * time.Hour, Outside: 90 * time.Minute, First: at(8, 30), Last: at(18, 0), Share: 1},
		},
		"spells that overlap count once, whatever their order": {
			[]Spell{spell(AgentReady, at(10, 0), at(12, 0)), spell(AgentReady, at(9, 0), at(11, 0))}, at(20, 0),
			Adherence{Planned: 8 * time.Hour, Worked: 3 * time.Hour, First: at(9, 0), Last: at(12, 0), Early: 5 * time.Hour, Share: 3.0 / 8},
		},
		"somebody else's time": {[]Spell{{Agent: 2, From: at(9, 0), To: at(17, 0)}}, at(20, 0), Adherence{Planned: 8 * time.Hour, Missed: true}},
		"going on, and there":  {[]Spell{spell(AgentReady, at(9, 0), time.Time{})}, at(11, 0), Adherence{Planned: 2 * time.Hour, Worked: 2 * time.Hour, First: at(9, 0), Share: 1, Going: true}},
		"going on, not there":  {nil, at(11, 0), Adherence{Planned: 2 * time.Hour, Going: true}},
	} {
		tt.want.Shift = shift
		if got := Adhere(shift, tt.spells, tt.now); got != tt.want {
			t.Errorf("%s:\n%+v, want\n%+v", name, got, tt.want)
		}
	}
}

func TestAScoreIsReckonedByItsForm(t *testing.T) {
	form := []ScoreQuestion{
		{Key: "a", Text: "a", Kind: ScoreYesNo, Weight: 1}, {Key: "b", Text: "b", Kind: ScoreScale, Weight: 3, Fatal: true}, {Key: "t", Text: "t", Kind: ScoreText},
	}
	for _, tt := range []struct {
		answers string // key=value, ...
		share   float64
		fatal   bool
		bad     string
	}{
		{"a=yes, b=5", 1, false, ""},
		{"a=no, b=3, t=hm", 0.375, false, ""},
		{"a=yes", 1, false, ""}, // b did not apply
		{"a=yes, b=1", 0, true, ""},
		{"t=only words", -1, false, ""},
		{"a=perhaps", 0, false, "yes or no"},
		{"b=0", 0, false, "1 to 5"},
		{"x=yes", 0, false, "no question"},
		{"a=yes, a=no", 0, false, "twice"},
	} {
		var answers []ScoreAnswer
		for _, pair := range strings.Split(tt.answers, ", ") {
			key, value, _ := strings.Cut(pair, "=")
			answers = append(answers, ScoreAnswer{key, value})
		}
		share, fatal, err := Reckon(form, answers)
		if tt.bad != "" {
			if err == nil || !strings.Contains(err.Error(), tt.bad) {
				t.Errorf("%s: error %v", tt.answers, err)
			}
			continue
		}
		if err != nil || share != tt.share || fatal != tt.fatal {
			t.Errorf("%s: %v %t %v", tt.answers, share, fatal, err)
		}
	}
}

func TestAFormThatCannotBeFilledInIsRefused(t *testing.T) {
	for name, form := range map[string][]ScoreQuestion{
		"no key": {{Text: "x", Kind: ScoreText}}, "twice": {{Key: "a", Text: "x", Kind: ScoreText}, {Key: "a", Text: "y", Kind: ScoreText}},
		"no text": {{Key: "a", Kind: ScoreYesNo}}, "unknown kind": {{Key: "a", Text: "x", Kind: "stars"}}, "fatal text": {{Key: "a", Text: "x", Kind: ScoreText, Fatal: true}},
		"negative": {{Key: "a", Text: "x", Kind: ScoreYesNo, Weight: -1}},
	} {
		c := NewCampaign("c")
		c.ScoreForm = form
		if c.Validate() == nil {
			t.Errorf("%s passes", name)
		}
	}
	c := NewCampaign("c")
	c.Filter = "tries <"
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "filter, character") {
		t.Errorf("a broken filter: %v", err)
	}
}

func TestRowsAreRankedAndEqualsShareAPlace(t *testing.T) {
	rows := []Figures{{Key: "a", Sales: 1}, {Key: "b", Sales: 3}, {Key: "c", Sales: 1}, {Key: "d"}}
	rank(rows, measures()["sales"])
	var got []string
	for _, r := range rows {
		got = append(got, r.Key+string(rune('0'+r.Rank)))
	}
	if !slices.Equal(got, []string{"b1", "a2", "c2", "d4"}) {
		t.Errorf("%v", got)
	}
}

func TestAHopperHandsBackWhomAnotherFilterMightLeaveOut(t *testing.T) {
	c := NewCampaign("c")
	h := NewHopper(nil, c, HopperSettings{})
	h.callable = []*queued{{Contact: Contact{ID: 1}}, {Contact: Contact{ID: 2, Callback: 7}}, {Contact: Contact{ID: 3}}}
	h.aside = []asideContact{{contact: Contact{ID: 4}}, {contact: Contact{ID: 5, Callback: 8}}}
	c.MaxLines = 3
	h.Set(c)
	if len(h.back) != 0 {
		t.Errorf("handed back %v though the filter is the same", h.back)
	}
	c.Filter = "tries < 3"
	h.Set(c)
	slices.Sort(h.back)
	if !slices.Equal(h.back, []int64{1, 3, 4}) || len(h.callable) != 1 || h.callable[0].ID != 2 || len(h.aside)+len(h.callable) < 2 {
		t.Errorf("handed back %v, kept %d and %d", h.back, len(h.callable), len(h.aside))
	}
}

func TestAnEmptyHopperSaysThatTheFilterIsWhy(t *testing.T) {
	s := HopperState{Asked: true, Depth: Depth{Total: 9, Ready: 5, Waiting: 1, Live: 1, Done: 2, Filter: true}}
	if why := s.Why(); !strings.Contains(why, "filter leaves out all 5") {
		t.Error(why)
	}
	s.Depth.Filter = false
	if why := s.Why(); strings.Contains(why, "filter") {
		t.Error(why)
	}
}
