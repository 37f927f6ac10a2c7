package demo

import (
	"math"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/pacing/sim"
)

// The shift of this test lasts 1,000 s, lived ten times faster: 100 s.
func TestAShiftIsCountedAsTheSimulatorCounts(t *testing.T) {
	scenario := sim.Default()
	scenario.Shift, scenario.Name = 1000*time.Second, "counted"
	m := &meter{scenario: &scenario, speed: 10, plans: map[string]carrier.Record{
		"a@forecall": {Ring: 95 * time.Second, Talk: 190 * time.Second},
	}}
	for _, a := range []campaigns.Attempt{
		{ID: "a", IntentAt: at(0), AnsweredAt: at(10), BridgedAt: at(10.1), ConnectDelay: 100 * time.Millisecond, EndedAt: at(30), EndedBy: "callee", Outcome: campaigns.Connected},
		{ID: "b", IntentAt: at(5), EndedAt: at(8), Outcome: campaigns.NoAnswer},
		{ID: "c", IntentAt: at(20), AnsweredAt: at(25), EndedAt: at(33), Outcome: campaigns.AbandonedMsg},                    // its line is free after the hold
		{ID: "d", IntentAt: at(90), AnsweredAt: at(99.9), EndedAt: at(105), Outcome: campaigns.AbandonedMsg},                 // the shift ends before the hold does
		{ID: "e", IntentAt: at(95), AnsweredAt: at(101), BridgedAt: at(101), EndedAt: at(120), Outcome: campaigns.Connected}, // answered too late
		{ID: "f", IntentAt: at(96), EndedAt: at(97), Outcome: campaigns.Cancelled},                                           //
		{ID: "g", IntentAt: at(100), AnsweredAt: at(101), EndedAt: at(102), Outcome: campaigns.AbandonedSilent},              // placed too late
	} {
		m.add(a)
	}
	s := m.shift()
	if s.Dials != 6 || s.Answered != 3 || s.Connects != 1 || s.Abandoned != 1 || s.Cancelled != 1 {
		t.Errorf("%d dials, %d answered, %d connects, %d abandoned, %d cancelled; want 6, 3, 1, 1, 1", s.Dials, s.Answered, s.Connects, s.Abandoned, s.Cancelled)
	}
	if s.DialsPer != 6 || s.Abandonment != 1.0/3 || s.ShiftsOverCap != 1 {
		t.Errorf("%g dials a connect, abandonment %g, %d over the cap", s.DialsPer, s.Abandonment, s.ShiftsOverCap)
	}
	lines := (30 + 3 + 5.2 + 10 + 5 + 1) / 100.0
	if math.Abs(s.LinesMean-lines) > 1e-9 || s.LinesMax != 3 {
		t.Errorf("%g lines, at most %d; want %g and 3", s.LinesMean, s.LinesMax, lines)
	}
	if l := s.Late; math.Abs(l.Talk-9) > 1e-9 || math.Abs(l.Connect-1) > 1e-9 {
		t.Errorf("talk %g s later than drawn and agent after %g s, want 9 and 1", l.Talk, l.Connect)
	}
	if want := at(100); !s.From.Equal(at(0)) || !s.To.Equal(want) {
		t.Errorf("from %s to %s", s.From, s.To)
	}
}
