package odds

// trust is the model's judgement of itself. What it is about to say of an
// attempt is compared with how the attempt ended, before anything is learned
// of it: slope 1 means that contacts differ as much as the weights say, slope
// 0 that the differences were chance. Log-odds are drawn to the campaign's
// usual by it, so that a model that has found nothing says nothing.
type trust struct {
	slope, shift scalar
}

// scalar is a Gaussian belief about one number: its distance from what was
// believed beforehand.
type scalar struct{ mean, variance float64 }

// forget makes room for what is new: information fades towards the prior.
func (s *scalar) forget(spread, memory float64) {
	keep := 1 - 1/memory
	prior := 1 / (spread * spread)
	info := 1 / s.variance
	faded := prior + max(0, info-prior)*keep
	s.mean *= keep * info / faded
	s.variance = 1 / faded
}

// learn moves the belief by a gradient step and narrows it; shrink times the
// variance is below 1 by how callers scale both.
func (s *scalar) learn(step, shrink float64) {
	s.mean = min(furthest, max(-furthest, s.mean+s.variance*step))
	s.variance *= 1 - shrink*s.variance
}

// What is believed of the slope and the shift beforehand, and for how many
// attempts they remember.
const (
	firstSlope  = 0.7
	slopeSpread = 0.5
	shiftSpread = 0.1
	steepest    = 1.25
	trustMemory = 8000
)

func newTrust() trust {
	return trust{slope: scalar{variance: slopeSpread * slopeSpread}, shift: scalar{variance: shiftSpread * shiftSpread}}
}

// steepness is the slope in force.
func (t *trust) steepness() float64 { return min(steepest, max(0, firstSlope+t.slope.mean)) }

// temper draws log-odds, given as the usual and the distance from it.
func (t *trust) temper(usual, apart float64) float64 {
	return usual + t.shift.mean + t.steepness()*apart
}

// learn compares what temper says with what came.
func (t *trust) learn(usual, apart float64, answered bool) {
	t.slope.forget(slopeSpread, trustMemory)
	t.shift.forget(shiftSpread, trustMemory)
	p := sigmoid(t.temper(usual, apart))
	step := -p
	if answered {
		step = 1 - p
	}
	curve := p * (1 - p)
	gain := 1 / (1 + curve*(t.shift.variance+apart*apart*t.slope.variance))
	t.shift.learn(step*gain, curve*gain)
	t.slope.learn(step*gain*apart, curve*gain*apart*apart)
	t.slope.mean = min(steepest-firstSlope, max(-firstSlope, t.slope.mean))
}
