package dialer

import (
	"testing"
	"time"
)

func TestTheTeamsDayEndsWhenTheLastAgentGoesHomeAndOnlyIfAllHaveAnEnd(t *testing.T) {
	five, six := time.Date(2026, 11, 23, 17, 0, 0, 0, time.UTC), time.Date(2026, 11, 23, 18, 0, 0, 0, time.UTC)
	noon := Break{From: five.Add(-5 * time.Hour), To: five.Add(-4 * time.Hour)}
	l := &Loop{agents: map[int64]*agent{
		1: {plan: newPlan([]Break{{From: six}})},
		2: {plan: newPlan([]Break{{From: five}, noon})},
	}}
	if got := l.lastGoesHome(); !got.Equal(six) {
		t.Errorf("the day ends at %v, want %v", got, six)
	}
	l.agents[3] = &agent{plan: newPlan([]Break{noon})}
	if got := l.lastGoesHome(); !got.IsZero() {
		t.Errorf("the day ends at %v although one agent stays", got)
	}
}
