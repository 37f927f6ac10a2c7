package pacing

import "math"

const (
	reserve     = 1.2    // calls of the budget that are never planned for
	caution     = 0.8    // roots of the losses to come by which the budget is underspent until they have come
	spreadOver  = 1500.0 // answers to come over which the budget is spread, at most
	spreadBlind = 450.0  // the same when the end of the period is not known
	spreadLeast = 20.0
	easeCalls   = 2.0 // calls of room, times the fourth root of the team's size and Snapshot.slow, under which theta is eased down
	thetaMin    = 0.001
	thetaMax    = 0.5
	wantLeast   = 0.05   // of the target
	wantMost    = 3.0    // of the target
	rateMemory  = 600.0  // seconds over which the answer rate is averaged
	ratioMemory = 4000.0 // answers
	ratioWorth  = 60.0   // losses that the prior of the loss ratio is worth
	ratioAlone  = 0.8    // that prior for one agent when hardly anybody answers
	ratioGrowth = 0.3    // and the power of the team's size by which it grows
)

// control turns what is left of the budget into theta, the marginal loss up to which calls are placed. The budget is
// spread evenly over the answers still to come, because occupancy is concave in theta and any swing costs some: a constant
// theta that happens to be right is 0.3 to 0.6 points better than one which follows every lost call. How many answers are
// lost at a theta is learned as their ratio, slowly, from a prior fitted to the cells of the table.
type control struct {
	lost    float64 // answers lost while theta ruled, forgetting
	offered float64 // theta summed over the answers of that time, forgetting
	theta   float64 // at the last look; zero while something else rules
	rate    float64 // answers a second, averaged over rateMemory
	rated   float64 // when rate was last brought up to date, seconds of the floor's clock
	age     float64 // seconds of experience in rate, at most 20 rateMemory
}

// answered accounts one answer at now.
func (c *control) answered(now float64) {
	c.decay(now)
	c.rate += 1 / rateMemory
	if c.theta > 0 {
		c.lost -= c.lost / ratioMemory
		c.offered += c.theta - c.offered/ratioMemory
	}
}

// abandoned accounts one answer lost.
func (c *control) abandoned() {
	if c.theta > 0 {
		c.lost++
	}
}

func (c *control) decay(now float64) {
	dt := now - c.rated
	if dt <= 0 {
		return
	}
	c.rate *= math.Exp(-dt / rateMemory)
	c.age = min(c.age+dt, 20*rateMemory)
	c.rated = now
}

// pause lets time pass without ageing the rate: what came meanwhile says nothing of dialing ahead.
func (c *control) pause(now float64) { c.rated = max(c.rated, now) }

// perSecond is the rate of answers corrected for a young average.
func (c *control) perSecond() float64 {
	full := 1 - math.Exp(-c.age/rateMemory)
	if full < 0.05 {
		return 0
	}
	return c.rate / full
}

// lossRatio is the share of answers that are lost, over theta. It grows with the team and falls with the share of attempts
// that are answered.
func (c *control) lossRatio(agents int, share float64) float64 {
	prior := ratioAlone * math.Pow(float64(max(1, agents)), ratioGrowth) * math.Sqrt(1-min(share, maxChance))
	return (c.lost + ratioWorth) / (c.offered + ratioWorth/prior)
}

// rule returns theta for a team with that much left of the budget for the answers to come.
func (c *control) rule(left, toCome, target, share float64, agents int) float64 {
	want := clamp(left/max(spreadLeast, toCome), wantLeast*target, wantMost*target)
	return clamp(want/c.lossRatio(agents, share), thetaMin, thetaMax)
}

// restore takes what an earlier shift learned, worth no more than the prior.
func (c *control) restore(lost, offered float64) {
	keep := min(1, ratioWorth/max(1, lost))
	c.lost, c.offered = keep*lost, keep*offered
}
