package demo

import (
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/dialer"
)

var noon = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time {
	return noon.Add(time.Duration(seconds * float64(time.Second)))
}

func TestTheLabourOfAnAgentIsWhatTheStatesSay(t *testing.T) {
	for _, c := range []struct {
		name            string
		spells          []spell
		worked, present float64
		waits           []float64
	}{
		{"a call and its wrap-up, then ready to the end", []spell{
			{dialer.StateReady, at(-5)}, {dialer.StateReserved, at(2)}, {dialer.StateTalking, at(3)}, {dialer.StateWrapUp, at(13)}, {dialer.StateReady, at(18)},
		}, 15, 100, []float64{3}},
		{"a conversation that goes on after the shift counts to its end", []spell{
			{dialer.StateReady, at(0)}, {dialer.StateTalking, at(90)}, {dialer.StateWrapUp, at(130)},
		}, 10, 100, []float64{90}},
		{"a break is no presence", []spell{
			{dialer.StateReady, at(0)}, {dialer.StatePaused, at(40)}, {dialer.StateReady, at(70)},
		}, 0, 70, nil},
		{"who vanishes is not there", []spell{
			{dialer.StateReady, at(0)}, {dialer.StateTalking, at(20)}, {dialer.StateOffline, at(30)},
		}, 10, 30, []float64{20}},
		{"a rest is presence without work", []spell{
			{dialer.StateWrapUp, at(-3)}, {dialer.StateResting, at(10)}, {dialer.StateReady, at(20)}, {dialer.StateTalking, at(24)},
		}, 86, 100, []float64{4}},
		{"a readiness too short to be seen was no wait", []spell{
			{dialer.StateWrapUp, at(0)}, {dialer.StateTalking, at(5)},
		}, 100, 100, []float64{0}},
		{"a conversation after the shift is none of it", []spell{
			{dialer.StateReady, at(0)}, {dialer.StateTalking, at(101)},
		}, 0, 100, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := seats{of: map[int64][]spell{1: c.spells}}
			l := s.between(at(0), at(100))
			var waits []float64
			for _, w := range l.waits {
				waits = append(waits, w.Seconds())
			}
			if l.worked.Seconds() != c.worked || l.present.Seconds() != c.present || !slices.Equal(waits, c.waits) {
				t.Errorf("worked %s, present %s, waits %v; want %g s, %g s, %v", l.worked, l.present, waits, c.worked, c.present, c.waits)
			}
		})
	}
}

func TestLooksThatSeeNothingNewChangeNothing(t *testing.T) {
	var s seats
	ready := dialer.AgentState{State: dialer.StateReady, Since: at(0)}
	ready.ID = 7
	talking := ready
	talking.State, talking.Since = dialer.StateTalking, at(4)
	for i, agents := range [][]dialer.AgentState{{ready}, {ready}, {talking}, {talking}, nil, nil} {
		s.look(dialer.Snapshot{At: at(float64(i)), Agents: agents})
	}
	want := []spell{{dialer.StateReady, at(0)}, {dialer.StateTalking, at(4)}, {dialer.StateOffline, at(4)}}
	if got := s.of[7]; !slices.Equal(got, want) {
		t.Errorf("seen %v, want %v", got, want)
	}
}
