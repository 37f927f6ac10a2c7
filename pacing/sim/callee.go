package sim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Kind is what becomes of a call at the far end.
type Kind string

// The kinds of callees.
const (
	Person  Kind = "person"  // answers and talks
	Hasty   Kind = "hasty"   // answers and hangs up at once
	Machine Kind = "machine" // a greeting, a beep, silence
	Silent  Kind = "silent"  // never answers, rings on
	Busy    Kind = "busy"
	Unknown Kind = "unknown" // the number does not exist
	Congest Kind = "congest" // the network fails
)

// Callees is the population that a list is made of: shares of all attempts,
// the rest never answers, and their durations.
type Callees struct {
	Person  float64 `json:"answer"`
	Hasty   float64 `json:"hasty"`
	Machine float64 `json:"machine"`
	Busy    float64 `json:"busy"`
	Unknown float64 `json:"unknown"`
	Congest float64 `json:"congest"`
	OptOut  float64 `json:"opt_out"` // share of the persons who press 9 after a while

	Ring     Dist `json:"ring"`      // until an answer
	FastFail Dist `json:"fast_fail"` // until busy, unknown, congestion
	Talk     Dist `json:"talk"`
	Patience Dist `json:"patience"` // of a hasty one
}

// Callee is one drawn far end.
type Callee struct {
	Kind   Kind
	Ring   time.Duration // until it answers or fails
	Talk   time.Duration // until it hangs up after the answer
	OptOut time.Duration // when it presses 9 after the answer; 0 = never
}

// Everyday is a population with the answer rate of a fair list.
func Everyday() Callees {
	return Callees{
		Person: 0.30, Hasty: 0.02, Machine: 0.08, Busy: 0.07, Unknown: 0.04, Congest: 0.01, OptOut: 0.03,
		Ring:     Dist{Shape: Lognormal, Mean: 12 * time.Second, CV: 0.5, Max: 25 * time.Second},
		FastFail: Dist{Shape: Uniform, Min: 500 * time.Millisecond, Max: 4 * time.Second},
		Talk:     Dist{Shape: Lognormal, Mean: 60 * time.Second, CV: 1, Min: 3 * time.Second},
		Patience: Dist{Shape: Uniform, Min: 100 * time.Millisecond, Max: 900 * time.Millisecond},
	}
}

// Draw takes one callee.
func (c Callees) Draw(r *rand.Rand) Callee {
	kind := c.kind(r.Float64())
	switch kind {
	case Person:
		talk := c.Talk.Draw(r)
		return Callee{Kind: kind, Ring: c.Ring.Draw(r), Talk: talk, OptOut: c.optOut(r, talk)}
	case Hasty:
		return Callee{Kind: kind, Ring: c.Ring.Draw(r), Talk: c.Patience.Draw(r)}
	case Machine:
		return Callee{Kind: kind, Ring: c.Ring.Draw(r), Talk: 30 * time.Second}
	case Silent:
		return Callee{Kind: kind, Ring: time.Minute}
	}
	return Callee{Kind: kind, Ring: c.FastFail.Draw(r)}
}

func (c Callees) kind(u float64) Kind {
	for _, k := range []struct {
		kind  Kind
		share float64
	}{
		{Person, c.Person}, {Hasty, c.Hasty}, {Machine, c.Machine}, {Busy, c.Busy}, {Unknown, c.Unknown}, {Congest, c.Congest},
	} {
		if u < k.share {
			return k.kind
		}
		u -= k.share
	}
	return Silent
}

func (c Callees) optOut(r *rand.Rand, talk time.Duration) time.Duration {
	if r.Float64() >= c.OptOut {
		return 0
	}
	return min(talk/2, 6*time.Second)
}

// Validate says what is wrong with the population.
func (c Callees) Validate() error {
	sum := 0.0
	for _, share := range []float64{c.Person, c.Hasty, c.Machine, c.Busy, c.Unknown, c.Congest} {
		if share < 0 || share > 1 {
			return fmt.Errorf("callees: share %g is not between 0 and 1", share)
		}
		sum += share
	}
	if sum > 1+1e-9 {
		return fmt.Errorf("callees: the shares add up to %g, more than 1", sum)
	}
	return errors.Join(c.Ring.Validate(), c.FastFail.Validate(), c.Talk.Validate(), c.Patience.Validate())
}
