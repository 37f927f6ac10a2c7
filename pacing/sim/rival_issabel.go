package sim

import (
	"math"

	"github.com/forecall/forecall/pacing"
)

// issabel is the predictor of Issabel's and Elastix's dialerd, every 5 s: as many calls as agents are free or must come
// free soon, less people waiting and calls ringing; with over-commit that is divided by the share of calls that came to
// something in the last half hour.
//
// Quirks kept: "soon" is an Erlang distribution called with shape 1, so that with the default certainty of 97 % an agent
// counts only after some 3.5 mean talk times; the mean of the last 20 answer times is padded with 8 s; over-commit divides
// what is left after the ringing calls were taken off, so that calls come in batches; nothing measures abandonment.
type issabel struct {
	certainty  float64
	overcommit bool
	channels   int // 0 is no limit

	tick    timer
	talk    meanOf
	rings   [issabelRings]float64
	rung    int
	history []issabelCall // of the last half hour, oldest first
	met     int           // those of them that were answered
}

type issabelCall struct {
	at  float64
	met bool // answered
}

const (
	issabelEvery   = 5.0
	issabelRings   = 20
	issabelRing    = 8.0 // seconds
	issabelQoS     = 0.97
	issabelTalks   = 10 // conversations before it predicts
	issabelHistory = 1800.0
	issabelCalls   = 10 // before it over-commits
	issabelLeast   = 0.20
)

func newIssabel(certainty float64, overcommit bool, channels int) *issabel {
	i := &issabel{certainty: certainty, overcommit: overcommit, channels: channels, tick: timer{every: issabelEvery}}
	for k := range i.rings {
		i.rings[k] = issabelRing
	}
	return i
}

func (i *issabel) see(b *board, s sight) {
	switch {
	case s.kind == pacing.CallAnswered:
		i.rings[i.rung%issabelRings] = s.took
		i.rung++
		i.history = append(i.history, issabelCall{b.now, true})
		i.met++
	case s.kind == pacing.CallFailed || s.kind == pacing.CallNoAnswer || s.kind == pacing.CallMachine:
		i.history = append(i.history, issabelCall{b.now, false})
	case s.talked:
		i.talk.add(s.lasted)
	}
}

func (i *issabel) place(b *board) (calls int, again float64) {
	if i.tick.due(b.now) {
		calls = i.wanted(b.ready()+i.soon(b)-b.waiting, b.inAir, i.seizure(b.now))
	}
	return calls, left(b.now, &i.tick)
}

// wanted is the number of calls for so many agents when so many calls ring and that share of calls comes to something;
// a share of 0 is not known.
func (i *issabel) wanted(agents, ringing int, seizure float64) int {
	n := agents
	if i.channels > 0 {
		n = min(n, i.channels)
	}
	n = max(0, n-ringing)
	if i.overcommit && seizure > 0 {
		n = roundHalfUp(float64(n) / max(issabelLeast, seizure))
	}
	return n
}

// soon counts the agents who talk and must come free before a call is answered.
func (i *issabel) soon(b *board) (n int) {
	if i.talk.n < issabelTalks {
		return 0
	}
	ring, talk := i.ring(), i.talk.or(0)
	for k := range b.agents {
		if a := &b.agents[k]; a.state == boardTalking && issabelFree(b.now-a.since, ring, talk) >= i.certainty {
			n++
		}
	}
	return n
}

// issabelFree is how certain it is that a conversation which lasted elapsed is over within ring seconds.
func issabelFree(elapsed, ring, talk float64) float64 {
	return 1 - math.Exp(-(elapsed+ring)/talk)
}

func (i *issabel) ring() (mean float64) {
	for _, r := range i.rings {
		mean += r / issabelRings
	}
	return mean
}

// seizure is the share of calls of the last half hour that were answered, 0 with fewer than ten.
func (i *issabel) seizure(now float64) float64 {
	old := 0
	for old < len(i.history) && i.history[old].at < now-issabelHistory {
		if i.history[old].met {
			i.met--
		}
		old++
	}
	i.history = i.history[old:]
	if len(i.history) < issabelCalls {
		return 0
	}
	return float64(i.met) / float64(len(i.history))
}

func issabelEntry(name, title, text string, overcommit bool) Entry {
	return Entry{
		Named: Named{name, title, text},
		New: func(s Setup) (Pacer, error) {
			certainty, channels, over := issabelQoS, 0.0, overcommit
			r := readSettings(s.Settings)
			r.number("qos", &certainty, 0.01, 0.999)
			r.number("channels", &channels, 0, 10000)
			r.flag("overcommit", &over)
			return newRival(s, newIssabel(certainty, over, int(channels))), r.err("qos=0.97, channels=0 (0 is no limit), overcommit or overcommit=no")
		},
	}
}
