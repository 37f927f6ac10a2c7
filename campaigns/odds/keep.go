package odds

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// ErrGarbled marks a kept model that cannot have been written by this package.
var ErrGarbled = errors.New("the kept odds are garbled")

// version of the kept form.
const version = 1

// kept is a model as it is written down: of the weights, those that have a
// value, in order.
type kept struct {
	Version int                `json:"v"`
	Trials  float64            `json:"trials"`
	Mean    float64            `json:"mean"`
	Slope   [2]float64         `json:"slope"` // mean, variance
	Shift   [2]float64         `json:"shift"`
	Centers []float64          `json:"centers"`
	Last    []keptName[string] `json:"last"`
	Region  []keptName[string] `json:"region"`
	Zone    []keptName[string] `json:"zone"`
	List    []keptName[int64]  `json:"list"`
	Weights []float64          `json:"weights"`
	Seen    []float64          `json:"seen"`
	// Covariance is the lower triangle, row by row: IEEE 754 doubles, little
	// endian, in base64. As text it would be three times as long.
	Covariance string `json:"covariance"`
}

type keptName[K comparable] struct {
	Key  K       `json:"key"`
	Heat float64 `json:"heat"`
}

// MarshalJSON writes the whole model.
func (m *Model) MarshalJSON() ([]byte, error) {
	k := kept{
		Version: version, Trials: m.trials, Mean: m.mean, Centers: m.centers[:],
		Slope: [2]float64{m.trust.slope.mean, m.trust.slope.variance}, Shift: [2]float64{m.trust.shift.mean, m.trust.shift.variance},
		Last: keepNames(&m.last), Region: keepNames(&m.region), Zone: keepNames(&m.zone), List: keepNames(&m.list),
	}
	used := m.used()
	triangle := make([]byte, 0, 4*len(used)*(len(used)+1))
	for n, w := range used {
		k.Weights, k.Seen = append(k.Weights, m.belief.mean[w]), append(k.Seen, m.seen[w])
		for _, v := range used[:n+1] {
			triangle = binary.LittleEndian.AppendUint64(triangle, math.Float64bits(m.belief.cov[w*weights+v]))
		}
	}
	k.Covariance = base64.StdEncoding.EncodeToString(triangle)
	return json.Marshal(k)
}

// used are the weights that have a value.
func (m *Model) used() []int {
	used := make([]int, 0, weights)
	add := func(first, n int) {
		for i := range n {
			used = append(used, first+i)
		}
	}
	add(base, firstLast)
	add(firstLast, len(m.last.keys))
	add(firstList, len(m.list.keys))
	add(firstRegion, len(m.region.keys))
	add(firstZone, len(m.zone.keys))
	return used
}

func keepNames[K comparable](n *names[K]) []keptName[K] {
	out := make([]keptName[K], len(n.keys))
	for i, key := range n.keys {
		out[i] = keptName[K]{Key: key, Heat: n.heat[i]}
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
	m.trials = r.within("trials", k.Trials, 0, meanMemory+1)
	m.mean = r.within("mean", k.Mean, sigmoid(-furthest), sigmoid(furthest))
	m.trust.slope = r.scalar("slope", k.Slope, slopeSpread)
	m.trust.shift = r.scalar("shift", k.Shift, shiftSpread)
	if r.count("centers", len(k.Centers), int(groups)) {
		for g := range groups {
			m.centers[g] = r.within("center", k.Centers[g], -furthest, furthest)
		}
	}
	readNames(&r, byLast, &m.last, k.Last)
	readNames(&r, byRegion, &m.region, k.Region)
	readNames(&r, byZone, &m.zone, k.Zone)
	readNames(&r, byList, &m.list, k.List)
	r.weights(m, k)
	if r.err != nil {
		return nil, r.err
	}
	return m, nil
}

// reader remembers the first thing that cannot be.
type reader struct{ err error }

func (r *reader) refuse(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: "+format, append([]any{ErrGarbled}, args...)...)
	}
}

func (r *reader) within(what string, v, low, high float64) float64 {
	if !(v >= low && v <= high) { // NaN is nowhere
		r.refuse("%s is %g, not from %g to %g", what, v, low, high)
	}
	return v
}

func (r *reader) count(what string, n, want int) bool {
	if n != want {
		r.refuse("%d values of %s, not %d", n, what, want)
	}
	return n == want
}

// rounding is what a variance may lie above its prior.
const rounding = 1 + 1e-9

func (r *reader) scalar(what string, k [2]float64, spread float64) scalar {
	return scalar{
		mean:     r.within(what, k[0], -furthest, furthest),
		variance: r.within(what+" variance", k[1], least*least, spread*spread*rounding),
	}
}

func readNames[K comparable](r *reader, g group, n *names[K], from []keptName[K]) {
	if len(from) > n.limit {
		r.count(shapes[g].name, len(from), n.limit)
		return
	}
	for _, k := range from {
		if _, twice := n.index[k.Key]; twice {
			r.refuse("%s %v stands there twice", shapes[g].name, k.Key)
		}
		n.index[k.Key] = len(n.keys)
		n.keys = append(n.keys, k.Key)
		n.heat = append(n.heat, r.within("heat", k.Heat, 0, math.MaxFloat64))
	}
}

func (r *reader) weights(m *Model, k kept) {
	used := m.used()
	triangle, err := base64.StdEncoding.DecodeString(k.Covariance)
	if err != nil {
		r.refuse("covariance: %w", err)
	}
	if r.err != nil || !r.count("weights", len(k.Weights), len(used)) || !r.count("seen", len(k.Seen), len(used)) ||
		!r.count("covariance", len(triangle), 4*len(used)*(len(used)+1)) {
		return
	}
	for n, w := range used {
		m.belief.mean[w] = r.within("weight", k.Weights[n], -furthest, furthest)
		m.seen[w] = r.within("seen", k.Seen[n], 0, memory+1)
		for _, v := range used[:n+1] {
			c := math.Float64frombits(binary.LittleEndian.Uint64(triangle))
			triangle = triangle[8:]
			m.belief.cov[w*weights+v], m.belief.cov[v*weights+w] = c, c
		}
		r.within("variance", m.belief.cov[w*weights+w], least*least, priorOf(w)*rounding)
	}
	for _, w := range used {
		for _, v := range used {
			most := math.Sqrt(m.belief.cov[w*weights+w] * m.belief.cov[v*weights+v])
			r.within("covariance", m.belief.cov[w*weights+v], -most*1.001, most*1.001)
		}
	}
}
