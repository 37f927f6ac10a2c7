package sim

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// shares reads answer: one number, or a list of {from, is}.
func (r *reader) shares(to *Shares) func(*yaml.Node, string) {
	return func(n *yaml.Node, key string) {
		if n.Kind != yaml.SequenceNode {
			one := Share{}
			r.number(&one.Is)(n, key)
			*to = Shares{one}
			return
		}
		*to = nil
		r.list(n, key, func(n *yaml.Node, key string) {
			var s Share
			r.mapping(n, key, []field{{"from", r.duration(&s.From)}, {"is", r.number(&s.Is)}})
			*to = append(*to, s)
		})
	}
}

// dists reads talk: one distribution, or a list of distributions with from, or of {from, is: distribution}.
func (r *reader) dists(to *Dists) func(*yaml.Node, string) {
	return func(n *yaml.Node, key string) {
		if n.Kind != yaml.SequenceNode {
			one := TimedDist{}
			r.dist(&one.Dist)(n, key)
			*to = Dists{one}
			return
		}
		*to = nil
		r.list(n, key, func(n *yaml.Node, key string) {
			var t TimedDist
			r.mapping(n, key, append(r.distFields(&t.Dist), field{"from", r.duration(&t.From)}, field{"is", r.dist(&t.Dist)}))
			r.shape(n, key, &t.Dist)
			*to = append(*to, t)
		})
	}
}

// dist reads a distribution; none of its keys is inherited from the default.
func (r *reader) dist(to *Dist) func(*yaml.Node, string) {
	return func(n *yaml.Node, key string) {
		*to = Dist{}
		r.mapping(n, key, r.distFields(to))
		r.shape(n, key, to)
	}
}

func (r *reader) distFields(to *Dist) []field {
	return []field{
		{"dist", func(n *yaml.Node, key string) {
			var name string
			r.text(&name)(n, key)
			to.Shape = Shape(name)
		}},
		{"mean", r.duration(&to.Mean)}, {"cv", r.number(&to.CV)}, {"min", r.duration(&to.Min)}, {"max", r.duration(&to.Max)},
	}
}

// shape refuses a distribution that does not say which it is.
func (r *reader) shape(n *yaml.Node, key string, d *Dist) {
	if d.Shape == "" && n.Kind == yaml.MappingNode {
		r.fault(n, key, "it does not say which distribution", fmt.Sprintf("dist: %s, %s, %s or %s", Lognormal, Uniform, Exponential, Constant))
		d.Shape = Constant // said once
	}
}

// fastFail reads a share and its distribution; with the share alone the distribution is the default's.
func (r *reader) fastFail(to *FastFail) func(*yaml.Node, string) {
	return func(n *yaml.Node, key string) {
		var d Dist
		r.mapping(n, key, append(r.distFields(&d), field{"share", r.number(&to.Share)}))
		if d != (Dist{}) {
			to.Dist = d
			r.shape(n, key, &to.Dist)
		}
	}
}

func (r *reader) odds(to *Odds) func(*yaml.Node, string) {
	return func(n *yaml.Node, key string) {
		r.mapping(n, key, []field{{"spread", r.number(&to.Spread)}, {"known", r.flag(&to.Known)}})
	}
}

func (r *reader) breaks(to *[]Break) func(*yaml.Node, string) {
	return func(n *yaml.Node, key string) {
		r.list(n, key, func(n *yaml.Node, key string) {
			var b Break
			r.mapping(n, key, []field{{"at", r.duration(&b.At)}, {"share", r.number(&b.Share)}, {"for", r.duration(&b.For)}})
			*to = append(*to, b)
		})
	}
}

func (r *reader) vanish(to *[]Vanish) func(*yaml.Node, string) {
	return func(n *yaml.Node, key string) {
		r.list(n, key, func(n *yaml.Node, key string) {
			var v Vanish
			r.mapping(n, key, []field{{"at", r.duration(&v.At)}, {"share", r.number(&v.Share)}})
			*to = append(*to, v)
		})
	}
}
