package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Shape names a family of distributions.
type Shape string

// The shapes a scenario may name.
const (
	Lognormal   Shape = "lognormal"   // Mean, CV, cut at Min and Max
	Uniform     Shape = "uniform"     // from Min to Max
	Exponential Shape = "exponential" // Mean, cut at Min and Max
	Constant    Shape = "constant"    // Mean
)

// Dist is a distribution of durations. The zero Dist is always 0.
type Dist struct {
	Shape Shape         `json:"dist" yaml:"dist"`
	Mean  time.Duration `json:"mean" yaml:"mean"`
	CV    float64       `json:"cv" yaml:"cv"` // standard deviation / mean, before the cut
	Min   time.Duration `json:"min" yaml:"min"`
	Max   time.Duration `json:"max" yaml:"max"` // 0 = no cut
}

// redraws bounds the work of a cut that leaves almost nothing; Validate refuses those that leave less than leastKept.
const (
	redraws   = 2000
	leastKept = 0.01
)

// Draw takes one duration. What falls outside Min and Max is drawn again: the rest of the distribution keeps its form,
// and nothing piles up at the cut.
func (d Dist) Draw(r *rand.Rand) time.Duration {
	x := d.raw(r)
	for i := 0; d.outside(x) && i < redraws; i++ {
		x = d.raw(r)
	}
	if d.Max > 0 {
		x = min(x, d.Max)
	}
	return max(x, d.Min)
}

func (d Dist) outside(x time.Duration) bool {
	return x < d.Min || d.Max > 0 && x > d.Max
}

func (d Dist) raw(r *rand.Rand) time.Duration {
	switch d.Shape {
	case Lognormal:
		sigma2 := math.Log(1 + d.CV*d.CV)
		mu := math.Log(d.Mean.Seconds()) - sigma2/2
		return seconds(math.Exp(mu + math.Sqrt(sigma2)*r.NormFloat64()))
	case Uniform:
		return d.Min + time.Duration(r.Float64()*float64(d.Max-d.Min))
	case Exponential:
		return seconds(d.Mean.Seconds() * r.ExpFloat64())
	}
	return d.Mean
}

// Validate says what is wrong with the distribution.
func (d Dist) Validate() error {
	switch d.Shape {
	case Lognormal:
		if d.Mean <= 0 || !(d.CV >= 0) || d.CV > 100 {
			return fmt.Errorf("lognormal: mean %s must be more than 0 and cv %g between 0 and 100", short(d.Mean), d.CV)
		}
	case Exponential:
		if d.Mean <= 0 {
			return fmt.Errorf("exponential: mean %s must be more than 0", short(d.Mean))
		}
	case Uniform:
		if d.Min < 0 || d.Max < d.Min {
			return fmt.Errorf("uniform: min %s and max %s must be in order", short(d.Min), short(d.Max))
		}
	case Constant, "":
		if d.Mean < 0 {
			return fmt.Errorf("constant: mean %s is less than 0", short(d.Mean))
		}
	default:
		return fmt.Errorf("dist %q: lognormal, uniform, exponential or constant", d.Shape)
	}
	return d.validCut()
}

// validCut refuses a Min and Max that leave nearly nothing of the distribution.
func (d Dist) validCut() error {
	switch {
	case d.Min < 0 || d.Max < 0 || d.Max > 0 && d.Max < d.Min:
		return fmt.Errorf("%s: min %s and max %s must be in order", d.Shape, short(d.Min), short(d.Max))
	case d.kept() < leastKept:
		return fmt.Errorf("%s: only %.2g %% of it lies between min %s and max %s", d.Shape, 100*d.kept(), short(d.Min), short(d.Max))
	}
	return nil
}

// kept is the share of the uncut distribution that Min and Max leave.
func (d Dist) kept() float64 {
	if d.Shape != Lognormal && d.Shape != Exponential {
		return 1
	}
	most := 1.0
	if d.Max > 0 {
		most = d.uncut(d.Max.Seconds())
	}
	return most - d.uncut(d.Min.Seconds())
}

// below is the chance that a draw is less than x seconds.
func (d Dist) below(x float64) float64 {
	if d.Shape == Constant || d.Shape == "" {
		mean := max(d.Mean, d.Min)
		if d.Max > 0 {
			mean = min(mean, d.Max)
		}
		if x <= mean.Seconds() {
			return 0
		}
		return 1
	}
	switch {
	case d.Shape == Uniform:
		return d.uncut(x)
	case d.Max > 0 && x > d.Max.Seconds():
		return 1
	}
	return max(0, d.uncut(x)-d.uncut(d.Min.Seconds())) / d.kept()
}

// uncut is below without Min and Max; a uniform distribution has its own.
func (d Dist) uncut(x float64) float64 {
	switch {
	case d.Shape == Uniform:
		lo, hi := d.Min.Seconds(), d.Max.Seconds()
		if x > hi {
			return 1
		}
		return max(0, x-lo) / max(1e-9, hi-lo)
	case x <= 0:
		return 0
	case d.Shape == Exponential:
		return -math.Expm1(-x / d.Mean.Seconds())
	}
	sigma2 := math.Log(1 + d.CV*d.CV)
	if sigma2 == 0 {
		if x <= d.Mean.Seconds() {
			return 0
		}
		return 1
	}
	z := (math.Log(x) - math.Log(d.Mean.Seconds()) + sigma2/2) / math.Sqrt(sigma2)
	return 0.5 * math.Erfc(-z/math.Sqrt2)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
