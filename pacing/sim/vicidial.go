package sim

import (
	"math"

	"github.com/forecall/forecall/pacing"
)

// vicidial is VICIdial's adaptive dialing (rev 3884), the most used open dialer, written from a description of three of
// its programs: AST_VDadapt.pl (Loop A: the dial level), AST_VDauto_dial.pl (Loop B: the calls) and its log of drops.
// The two loops share one number, the dial level: lines per counted agent, never below 1 and never above the campaign's
// maximum.
//
// Quirks kept: the level is integrated from "idle agents less people waiting" of the last 15 seconds over all agents
// logged in, paused ones and those in wrap-up included; the drop share is that of the day, sampled once a minute and
// acted on every 15 s (average may halve four times on one reading); an answer counts in it when its conversation is
// over; wrap-up is stored as a pause, so that whoever is about to finish it is invisible; the taper subtracts clock times
// as integers, 1700 - 0959, and so jumps at each full hour; with available-only off, busy agents with a live call create
// lines even when nobody is free.
//
// In its favour: the lines are placed at once instead of one every 200 ms, there is no limit of trunks, an answered call
// meets an idle agent without the 0.25 s polling, and the drop timer is the scenario's hold instead of about 6 s.
type vicidial struct {
	set   vicidialSettings
	level float64

	sample, drops, adapt, dial timer

	ready, waits, total [vicidialSamples]float64
	samples             int

	placedInMinute, droppedInMinute minuteCount
	calls, answers, dropped         int     // since midnight
	minuteDrop                      float64 // percent of the dials of the last minute, as last sampled
	minuteCalls                     int
	dayDrop                         float64 // percent of the answers of the day, as last sampled
	dayCalls                        int
}

const (
	vicidialSamples   = 15
	vicidialSampling  = 1.0
	vicidialDropEvery = 60.0
	vicidialAdapting  = 15.0
	vicidialDialEvery = 2.5
)

func newVicidial(s vicidialSettings) *vicidial {
	return &vicidial{
		set: s, level: max(1, min(s.start, s.max)),
		sample: timer{every: vicidialSampling}, drops: timer{every: vicidialDropEvery},
		adapt: timer{every: vicidialAdapting}, dial: timer{every: vicidialDialEvery},
	}
}

// see keeps the log that Loop A counts: dials when they are placed, answers when their conversation is over, drops.
func (v *vicidial) see(b *board, s sight) {
	switch {
	case s.kind == pacing.CallPlaced:
		v.calls++
		v.placedInMinute.add(b.now)
	case s.kind == pacing.CallAbandoned:
		v.dropped++
		v.answers++
		v.droppedInMinute.add(b.now)
	case s.talked:
		v.answers++
	}
}

// place runs what is due of both loops.
func (v *vicidial) place(b *board) (calls int, again float64) {
	if v.sample.due(b.now) {
		v.take(float64(b.ready()), float64(b.waiting), float64(b.loggedIn()))
	}
	if v.drops.due(b.now) {
		v.countDrops(b.now)
	}
	if v.adapt.due(b.now) {
		ready, waits, total := v.means()
		v.level = v.next(ready-waits, total, b.now)
	}
	if v.dial.due(b.now) {
		calls = v.wanted(b)
	}
	return calls, left(b.now, &v.sample, &v.dial)
}

// wanted is Loop B: the goal in lines less what exists.
func (v *vicidial) wanted(b *board) int {
	counted, goal := b.ready(), 0
	if v.set.availableOnly {
		goal = roundHalfUp(v.level*float64(counted)) + b.bridged
	} else {
		counted += b.talking()
		goal = roundHalfUp(v.level * float64(counted))
	}
	return goal - b.inAir - b.waiting - b.bridged
}

// next is Loop A's new dial level, from the mean of idle agents less people waiting and of all agents.
func (v *vicidial) next(diff, total, now float64) float64 {
	if total <= 0 {
		return v.level
	}
	x, intensity := (diff+v.set.diff)/total, v.set.intensity/100
	if x < 0 {
		x *= math.Abs(intensity - 1)
	} else {
		x *= intensity + 1
	}
	level := max(1, min(v.level*(1+x), v.set.max))
	if v.minuteCalls > 20 && v.minuteDrop > 50 {
		level /= 2
	}
	if v.dayCalls > 50 && v.dayDrop > v.set.dropLimit {
		level = v.overTheLimit(level, now)
	}
	return max(1, level)
}

func (v *vicidial) overTheLimit(level, now float64) float64 {
	switch v.set.method {
	case vicidialAverage:
		return level / 2
	case vicidialTapered:
		left := v.set.latest - hhmm(v.set.opens+now)
		if left < 0 {
			return 1
		}
		return level * min(1, float64(left)/1000)
	default:
		return 1
	}
}

// countDrops reads the log.
func (v *vicidial) countDrops(now float64) {
	v.minuteCalls = v.placedInMinute.sum(now)
	v.minuteDrop = 100 * float64(v.droppedInMinute.sum(now)) / float64(max(1, v.minuteCalls))
	v.dayCalls = v.calls
	v.dayDrop = 100 * float64(v.dropped) / float64(max(1, v.answers))
}

func (v *vicidial) take(ready, waits, total float64) {
	i := v.samples % vicidialSamples
	v.ready[i], v.waits[i], v.total[i] = ready, waits, total
	v.samples++
}

func (v *vicidial) means() (ready, waits, total float64) {
	n := min(v.samples, vicidialSamples)
	for i := range n {
		ready += v.ready[i]
		waits += v.waits[i]
		total += v.total[i]
	}
	over := float64(max(1, n))
	return ready / over, waits / over, total / over
}

// hhmm is a time of day as VICIdial subtracts it: an integer with a jump at each full hour.
func hhmm(seconds float64) int {
	minutes := int(seconds / 60)
	return minutes/60*100 + minutes%60
}

// minuteCount counts what happened in the last 60 seconds, by whole seconds.
type minuteCount struct {
	second [60]int64
	count  [60]int
}

func (m *minuteCount) add(now float64) {
	s := int64(now)
	i := s % 60
	if m.second[i] != s {
		m.second[i], m.count[i] = s, 0
	}
	m.count[i]++
}

func (m *minuteCount) sum(now float64) (n int) {
	for i := range m.second {
		if s := m.second[i]; s > int64(now)-60 && s <= int64(now) {
			n += m.count[i]
		}
	}
	return n
}
