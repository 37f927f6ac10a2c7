package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

// jumpedClock is a keeper whose clock jumped once.
type jumpedClock struct {
	jumped bool
	by     []string
}

func (j *jumpedClock) ClockFault(context.Context) error {
	if j.jumped {
		return fmt.Errorf("%w: it stands 1h0m0s from where it should", campaigns.ErrClock)
	}
	return nil
}

func (j *jumpedClock) AcknowledgeClock(_ context.Context, by string) error {
	j.jumped, j.by = false, append(j.by, by)
	return nil
}

func TestAClockThatJumpedIsAcknowledgedOnceByWhoAnswersForIt(t *testing.T) {
	clock := &jumpedClock{jumped: true}
	h := newHouse(t, func(s *Settings, _ *http.Server) { s.Clock = campaigns.NewClock(clock) }).staff()
	h.as("manager").send("POST", "/v1/clock/acknowledge", nil).fault(http.StatusForbidden, "forbidden")
	if !clock.jumped {
		t.Fatal("a manager acknowledged the clock")
	}
	var first, again ClockAnswer
	h.as("compliance").send("POST", "/v1/clock/acknowledge", nil).want(http.StatusOK).into(&first)
	h.as("admin").send("POST", "/v1/clock/acknowledge", nil).want(http.StatusOK).into(&again)
	contains(t, first.Was, "1h0m0s from where it should")
	if !first.Acknowledged || again.Acknowledged || again.Was != "" || !slices.Equal(clock.by, []string{"compliance"}) {
		t.Errorf("answers %+v, then %+v; acknowledged by %v", first, again, clock.by)
	}
}
