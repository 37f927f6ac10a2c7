package odds

// belief is a Gaussian over all weights: their means, and a covariance that
// knows which of them cannot be told apart yet. In a campaign's first hour, say,
// the hour, the weekday and the base are one; only their sum is known.
type belief struct {
	mean [weights]float64
	cov  []float64 // weights x weights, symmetric
}

// Weight 0 is the base; active weights are touched by each attempt.
const (
	base   = 0
	active = 1 + int(groups)
	// least is the smallest variance, and the step below which rounding rules.
	least = 1e-9
)

func newBelief() belief {
	b := belief{cov: make([]float64, weights*weights)}
	for w := range weights {
		b.cov[w*weights+w] = priorOf(w)
	}
	return b
}

// priorOf is the variance of a weight of which nothing is known.
func priorOf(w int) float64 {
	for g := range groups {
		if s := shapes[g]; w >= s.first && w < s.first+s.values {
			return s.spread * s.spread
		}
	}
	return baseSpread * baseSpread
}

// reset makes a weight one of which nothing is known.
func (b *belief) reset(w int) {
	for i := range weights {
		b.cov[w*weights+i], b.cov[i*weights+w] = 0, 0
	}
	b.cov[w*weights+w] = priorOf(w)
	b.mean[w] = 0
}

// learn is one step of an extended Kalman filter: the touched weights have
// drifted a little since they were seen last, and then the sum of their means
// is moved towards what came, each by how much of the doubt is its own.
func (b *belief) learn(touched *[active]int, answered bool) {
	z := 0.0
	for _, w := range touched {
		b.drift(w)
		z += b.mean[w]
	}
	p := sigmoid(z)
	miss := -p
	if answered {
		miss = 1 - p
	}
	curve := p * (1 - p)
	var doubt [weights]float64 // covariance of each weight with the sum
	for _, w := range touched {
		row := b.cov[w*weights : (w+1)*weights]
		for i, c := range row {
			doubt[i] += c
		}
	}
	whole := 0.0
	for _, w := range touched {
		whole += doubt[w]
	}
	if !(whole > 0) { // rounding, or a kept belief that was none
		b.forgetCovariance()
		return
	}
	gain := 1 / (1 + curve*whole)
	b.narrow(&doubt, curve*gain)
	for i, d := range doubt {
		b.mean[i] = min(furthest, max(-furthest, b.mean[i]+d*miss*gain))
	}
}

// drift moves a weight as an Ornstein-Uhlenbeck process: towards 0, and in
// doubt, so that left alone it would come back to what is believed beforehand.
func (b *belief) drift(w int) {
	prior := priorOf(w)
	keep := 1 - drift/(2*prior)
	if w != base { // the base returns nowhere: its prior is a guess
		b.mean[w] *= keep
	}
	for i := range weights {
		b.cov[w*weights+i] *= keep
		b.cov[i*weights+w] *= keep
	}
	b.cov[w*weights+w] = min(prior, b.cov[w*weights+w]+drift)
}

// narrow takes out of the covariance what an attempt has told; weights that
// never stood beside a touched one keep theirs.
func (b *belief) narrow(doubt *[weights]float64, share float64) {
	var some [weights]int
	n := 0
	for i, d := range doubt {
		if d != 0 {
			some[n] = i
			n++
		}
	}
	for _, i := range some[:n] {
		row := b.cov[i*weights : (i+1)*weights]
		d := doubt[i]
		for _, j := range some[:n] {
			row[j] -= share * (d * doubt[j]) // in this order it stays symmetric to the last bit
		}
		row[i] = max(least, row[i])
	}
}

// forgetCovariance keeps what is known of each weight by itself.
func (b *belief) forgetCovariance() {
	for i := range weights {
		for j := range weights {
			switch v := &b.cov[i*weights+j]; {
			case i != j:
				*v = 0
			case !(*v >= least):
				*v = priorOf(i)
			}
		}
	}
}
