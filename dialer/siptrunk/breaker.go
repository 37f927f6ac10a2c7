package siptrunk

import (
	"fmt"
	"time"
)

// breaker stops calling through a route that fails, and comes back gently. It
// is plain memory: whoever owns it guards it and tells it the time.
//
//	closed --10 in a row, or 503 with Retry-After--> open
//	open --5 s, or Retry-After--> probing: one call per 5 s
//	probing --the call gets through--> slow: CPS grows from a tenth over 30 s
//	probing, slow --the route fails--> open
//	slow --30 s--> closed
//
// "Gets through" is any answer that comes from beyond the route: a ring, an
// answer, busy, a bad number.
type breaker struct {
	state BreakerState
	run   int // failures in a row of the whole route
	soft  int // any failures of the route in a row, a refused call among them
	slack int // failures in the slow start
	until time.Time
	since time.Time
	why   string
	asked bool // a server's own Retry-After runs
}

// BreakerState names where a breaker stands.
type BreakerState string

// The states of a breaker.
const (
	BreakerClosed  BreakerState = "closed"
	BreakerOpen    BreakerState = "open"
	BreakerProbing BreakerState = "probing"
	BreakerSlow    BreakerState = "slow_start"
)

const (
	breakerRun     = 10 // 503, no answer, transport errors, in a row
	breakerSoftRun = 20 // every failure of the route, in a row
	breakerSlack   = 3  // failures in a slow start
	probeEvery     = 5 * time.Second
	slowStart      = 30 * time.Second
	slowFloor      = 0.1
	maxRetryAfter  = time.Hour // what a server may ask of us
)

// advance lets time pass.
func (b *breaker) advance(now time.Time) {
	switch {
	case b.state == "":
		b.state = BreakerClosed
	case b.state == BreakerOpen && !now.Before(b.until):
		b.enter(BreakerProbing, now)
		b.until, b.asked = time.Time{}, false
	case b.state == BreakerSlow && now.Sub(b.since) >= slowStart:
		b.enter(BreakerClosed, now)
		b.why = ""
	}
}

func (b *breaker) enter(s BreakerState, now time.Time) {
	b.state, b.since, b.slack = s, now, 0
}

// allows says whether one more call may leave now; refusals name the reason.
func (b *breaker) allows(now time.Time) (bool, string) {
	b.advance(now)
	switch {
	case b.state == BreakerOpen:
		return false, fmt.Sprintf("breaker open (%s), next try in %s", b.why, b.until.Sub(now).Round(time.Second))
	case b.state == BreakerProbing && now.Before(b.until):
		return false, fmt.Sprintf("breaker probing (%s), one call per %s", b.why, probeEvery)
	}
	return true, ""
}

// sent notes that a call left: while probing, the next waits its turn.
func (b *breaker) sent(now time.Time) {
	b.advance(now)
	if b.state == BreakerProbing {
		b.until = now.Add(probeEvery)
	}
}

// passed notes that a call got beyond the route.
func (b *breaker) passed(now time.Time) {
	b.advance(now)
	b.run, b.soft = 0, 0
	if b.state == BreakerProbing {
		b.enter(BreakerSlow, now)
	}
}

// failed notes that the route failed a call; shunned means that the next would
// fare no better. retryAfter is what the server asked for, 0 = nothing.
func (b *breaker) failed(now time.Time, shunned bool, retryAfter time.Duration, why string) {
	b.advance(now)
	b.soft++
	if shunned {
		b.run++
	}
	wait := min(retryAfter, maxRetryAfter)
	switch {
	case wait > 0:
		b.open(now, wait, why)
		b.asked = true
	case b.state == BreakerOpen: // calls that were on their way
	case b.state == BreakerProbing:
		b.open(now, probeEvery, why)
	case b.state == BreakerSlow && shunned:
		if b.slack++; b.slack >= breakerSlack {
			b.open(now, probeEvery, why)
		}
	case b.run >= breakerRun || b.soft >= breakerSoftRun:
		b.open(now, probeEvery, why)
	}
}

// open never shortens a wait that runs.
func (b *breaker) open(now time.Time, wait time.Duration, why string) {
	if b.state != BreakerOpen {
		b.enter(BreakerOpen, now)
	}
	b.why = why
	if until := now.Add(wait); until.After(b.until) {
		b.until = until
	}
}

// silenced reports that the server asked for quiet: not even an OPTIONS goes out.
func (b *breaker) silenced(now time.Time) bool {
	b.advance(now)
	return b.state == BreakerOpen && b.asked
}

// share is the part of the CPS that may be used: below 1 in a slow start.
func (b *breaker) share(now time.Time) float64 {
	b.advance(now)
	if b.state != BreakerSlow {
		return 1
	}
	gone := now.Sub(b.since).Seconds() / slowStart.Seconds()
	return slowFloor + (1-slowFloor)*gone
}
