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
	Lognormal   Shape = "lognormal"   // Mean, CV, cut at Max
	Uniform     Shape = "uniform"     // from Min to Max
	Exponential Shape = "exponential" // Mean, cut at Max
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

// Draw takes one duration.
func (d Dist) Draw(r *rand.Rand) time.Duration {
	x := d.raw(r)
	if d.Max > 0 {
		x = min(x, d.Max)
	}
	return max(x, d.Min)
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
		if d.Mean <= 0 || d.CV < 0 {
			return fmt.Errorf("lognormal: mean %s must be more than 0 and cv %g not less", d.Mean, d.CV)
		}
	case Exponential:
		if d.Mean <= 0 {
			return fmt.Errorf("exponential: mean %s must be more than 0", d.Mean)
		}
	case Uniform:
		if d.Min < 0 || d.Max < d.Min {
			return fmt.Errorf("uniform: min %s and max %s must be in order", d.Min, d.Max)
		}
	case Constant, "":
		if d.Mean < 0 {
			return fmt.Errorf("constant: mean %s is less than 0", d.Mean)
		}
	default:
		return fmt.Errorf("dist %q: lognormal, uniform, exponential or constant", d.Shape)
	}
	return nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
