package sim

import (
	"math/rand/v2"
	"time"
)

// people are the contacts of one shift's list. Each has a stream of chance of its own, made from the seed and its place
// in the list, so that every policy meets the same people in the same order, whatever it does with them.
type people struct {
	seed   uint64
	spread float64
	pcg    rand.PCG
	dice   *rand.Rand
}

// contact is one person on the list before anyone has called.
type contact struct {
	index  uint64
	odds   float64 // of answering, relative to the mean
	answer float64 // answers when this is below odds times the share
	fails  float64 // of those who do not: fails at once when this is below the share of failures
}

// The streams of one contact.
const (
	streamPerson = iota
	streamRing
	streamTalk
	streams
)

func newPeople(seed uint64, spread float64) *people {
	p := &people{seed: seed, spread: spread}
	p.dice = rand.New(&p.pcg)
	return p
}

// stream turns the dice to one stream of a contact.
func (p *people) stream(index uint64, which uint64) *rand.Rand {
	p.pcg.Seed(p.seed, mix(index*streams+which))
	return p.dice
}

// contact is number index of the list.
func (p *people) contact(index uint64) contact {
	r := p.stream(index, streamPerson)
	c := contact{index: index, odds: 1 + p.spread}
	if r.Float64() < 0.5 {
		c.odds = 1 - p.spread
	}
	c.answer, c.fails = r.Float64(), r.Float64()
	return c
}

// conversation draws what an agent spends on a contact: talk and wrap-up.
func (p *people) conversation(index uint64, talk, wrap *Dist) (time.Duration, time.Duration) {
	r := p.stream(index, streamTalk)
	return talk.Draw(r), wrap.Draw(r)
}

// live is true for a contact who would answer when the mean share is this.
func (c contact) live(share float64) bool { return c.answer < c.odds*share }

// mix is the finaliser of SplitMix64: neighbours in, strangers out.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
