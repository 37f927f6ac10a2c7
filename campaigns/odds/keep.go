package odds

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// ErrGarbled marks a kept model that cannot have been written by this package.
var ErrGarbled = errors.New("the kept odds are garbled")

// version of the kept form.
const version = 1

// kept is a model as it is written down.
type kept struct {
	Version int                     `json:"v"`
	Trials  float64                 `json:"trials"`
	Mean    float64                 `json:"mean"`
	Base    keptWeight              `json:"base"`
	Slope   keptWeight              `json:"slope"`
	Shift   keptWeight              `json:"shift"`
	Centers []float64               `json:"centers"`
	Fixed   map[string][]keptWeight `json:"fixed"`
	Last    []keptName[string]      `json:"last"`
	Region  []keptName[string]      `json:"region"`
	Zone    []keptName[string]      `json:"zone"`
	List    []keptName[int64]       `json:"list"`
}

// keptWeight is mean, variance, trials.
type keptWeight [3]float64

type keptName[K comparable] struct {
	Key    K          `json:"key"`
	Weight keptWeight `json:"w"`
	Heat   float64    `json:"heat"`
}

// MarshalJSON writes the whole model.
func (m *Model) MarshalJSON() ([]byte, error) {
	k := kept{
		Version: version, Trials: m.trials, Mean: m.mean, Base: m.base.kept(), Slope: m.trust.slope.kept(),
		Shift: m.trust.shift.kept(), Centers: m.centers[:], Fixed: make(map[string][]keptWeight),
		Last: keepNames(&m.last, m.met[byLast-named]), Region: keepNames(&m.region, m.met[byRegion-named]),
		Zone: keepNames(&m.zone, m.met[byZone-named]), List: keepNames(&m.list, m.met[byList-named]),
	}
	for g := range named {
		for i := range m.fixed[g] {
			k.Fixed[shapes[g].name] = append(k.Fixed[shapes[g].name], m.fixed[g][i].kept())
		}
	}
	return json.Marshal(k)
}

func (w *weight) kept() keptWeight { return keptWeight{w.mean, w.variance, w.trials} }

func keepNames[K comparable](n *names[K], weights []weight) []keptName[K] {
	out := make([]keptName[K], len(n.keys))
	for i, key := range n.keys {
		out[i] = keptName[K]{Key: key, Weight: weights[i].kept(), Heat: n.heat[i]}
	}
	return out
}

// Read reads what MarshalJSON wrote. Anything else is ErrGarbled: the caller
// begins with New.
func Read(data []byte) (*Model, error) {
	var k kept
	if err := json.Unmarshal(data, &k); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrGarbled, err)
	}
	if k.Version != version {
		return nil, fmt.Errorf("%w: version %d, not %d", ErrGarbled, k.Version, version)
	}
	r := reader{}
	m := New()
	m.trials = r.within("trials", k.Trials, 0, baseMemory+1)
	m.mean = r.within("mean", k.Mean, sigmoid(-furthest), sigmoid(furthest))
	r.weight("base", &m.base, k.Base, baseSpread)
	r.weight("slope", &m.trust.slope, k.Slope, slopeSpread)
	r.weight("shift", &m.trust.shift, k.Shift, shiftSpread)
	if r.count("centers", len(k.Centers), int(groups)) {
		for g := range groups {
			m.centers[g] = r.within("center", k.Centers[g], -furthest, furthest)
		}
	}
	for g := range named {
		s := shapes[g]
		if r.count(s.name, len(k.Fixed[s.name]), s.values) {
			for i := range m.fixed[g] {
				r.weight(s.name, &m.fixed[g][i], k.Fixed[s.name][i], s.spread)
			}
		}
	}
	readNames(&r, byLast, &m.last, m.met[byLast-named], k.Last)
	readNames(&r, byRegion, &m.region, m.met[byRegion-named], k.Region)
	readNames(&r, byZone, &m.zone, m.met[byZone-named], k.Zone)
	readNames(&r, byList, &m.list, m.met[byList-named], k.List)
	if r.err != nil {
		return nil, r.err
	}
	return m, nil
}

// reader remembers the first thing that cannot be.
type reader struct{ err error }

func (r *reader) within(what string, v, low, high float64) float64 {
	if !(v >= low && v <= high) && r.err == nil { // NaN is nowhere
		r.err = fmt.Errorf("%w: %s is %g, not from %g to %g", ErrGarbled, what, v, low, high)
	}
	return v
}

func (r *reader) count(what string, n, want int) bool {
	if n != want && r.err == nil {
		r.err = fmt.Errorf("%w: %d values of %s, not %d", ErrGarbled, n, what, want)
	}
	return n == want
}

func (r *reader) weight(what string, w *weight, k keptWeight, spread float64) {
	const rounding = 1 + 1e-9
	w.mean = r.within(what, k[0], -furthest, furthest)
	w.variance = r.within(what+" variance", k[1], math.SmallestNonzeroFloat64, spread*spread*rounding)
	w.trials = r.within(what+" trials", k[2], 0, max(memory, baseMemory)+1)
}

func readNames[K comparable](r *reader, g group, n *names[K], weights []weight, from []keptName[K]) {
	if len(from) > n.limit {
		r.count(shapes[g].name, len(from), n.limit)
		return
	}
	for _, k := range from {
		if _, twice := n.index[k.Key]; twice {
			continue // two names that are one in JSON, which knows only Unicode
		}
		place := len(n.keys)
		n.index[k.Key] = place
		n.keys = append(n.keys, k.Key)
		n.heat = append(n.heat, r.within("heat", k.Heat, 0, math.MaxFloat64))
		r.weight(shapes[g].name, &weights[place], k.Weight, shapes[g].spread)
	}
}
