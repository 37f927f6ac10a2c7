package siptrunk

import (
	"fmt"
	"math"
	"time"

	"golang.org/x/time/rate"
)

// gate is what stands before the wire of one trunk: lines, calls a second,
// INVITEs without a response, breaker, and whether the trunk is up. It is plain
// memory: whoever owns it guards it and tells it the time.
type gate struct {
	lines   int // max_channels
	pending int // max_pending
	cps     float64
	maxWait time.Duration
	others  bool // the calls a second are counted with those of other nodes, behind this gate

	inUse  int
	silent int // INVITEs out that have had no response at all
	tokens *rate.Limiter
	breaker

	down string // why the trunk is not usable; empty = it is
}

func newGate(t Trunk, maxWait time.Duration) gate {
	// A burst of one spaces calls evenly: carriers count in windows of their own.
	return gate{
		lines: t.MaxChannels, pending: t.MaxPending, cps: t.MaxCPS, maxWait: maxWait,
		tokens: rate.NewLimiter(rate.Limit(t.MaxCPS), 1), down: "",
	}
}

// closed says why no call may leave now, "" when one may.
func (g *gate) closed(now time.Time) string {
	if g.down != "" {
		return g.down
	}
	if ok, why := g.allows(now); !ok {
		return why
	}
	switch {
	case g.inUse >= g.lines:
		return fmt.Sprintf("all %d lines in use", g.lines)
	case g.silent >= g.pending:
		return fmt.Sprintf("%d calls wait for a first response", g.silent)
	}
	return ""
}

// admit takes a line and a place in the CPS. wait is how long the INVITE must
// be held back, at most limit; when why is not empty nothing was taken.
func (g *gate) admit(now time.Time, limit time.Duration) (wait time.Duration, why string) {
	if why := g.closed(now); why != "" {
		return 0, why
	}
	if wait, why = g.turn(now, limit); why != "" {
		return 0, why
	}
	g.inUse++
	g.silent++
	g.sent(now.Add(wait))
	return wait, ""
}

// turn takes a place in this node's calls a second. Those that are counted with
// other nodes' have none here, but in a slow start, which is this node's own.
func (g *gate) turn(now time.Time, limit time.Duration) (wait time.Duration, why string) {
	if g.elsewhere(now) {
		return 0, ""
	}
	g.tokens.SetLimitAt(now, rate.Limit(g.cps*g.share(now)))
	r := g.tokens.ReserveN(now, 1)
	wait = r.DelayFrom(now)
	if wait > limit {
		r.CancelAt(now)
		return 0, fmt.Sprintf("limit of %g calls a second reached", g.cps)
	}
	return wait, ""
}

func (g *gate) elsewhere(now time.Time) bool { return g.others && g.share(now) == 1 }

// heard notes the first response to an INVITE.
func (g *gate) heard() { g.silent-- }

// release gives a line back.
func (g *gate) release() { g.inUse-- }

// room is how many calls admit would take now without refusing one.
func (g *gate) room(now time.Time) (int, string) {
	if why := g.closed(now); why != "" {
		return 0, why
	}
	if g.state == BreakerProbing {
		return 1, ""
	}
	if g.elsewhere(now) {
		return min(g.lines-g.inUse, g.pending-g.silent), ""
	}
	cps := g.cps * g.share(now)
	byRate := int(math.Floor(g.tokens.TokensAt(now) + cps*g.maxWait.Seconds()))
	if byRate < 1 {
		return 0, fmt.Sprintf("limit of %.3g calls a second reached", cps)
	}
	return min(g.lines-g.inUse, g.pending-g.silent, byRate), ""
}
