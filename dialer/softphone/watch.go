package softphone

import (
	"time"

	"github.com/forecall/forecall/dialer/media"
)

// How often a phone is looked at, and over what its figures are.
const (
	lookEvery    = 100 * time.Millisecond
	measureEvery = 10 // looks: a second
	measureOver  = 5  // measures
)

// watch follows a phone to its end.
func (ph *phone) watch() {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	w := watcher{phone: ph, before: []media.Quality{ph.wire.Quality()}}
	for {
		select {
		case <-ph.lost:
			ph.end()
			return
		case <-ph.nudge:
			ph.step(time.Now())
		case <-tick.C:
			w.look(time.Now())
		}
	}
}

// watcher is what the goroutine of a phone remembers.
type watcher struct {
	phone  *phone
	looked time.Time
	looks  int
	before []media.Quality // the last measures, the oldest first
}

// look finds out in which phase a phone is, and now and then how it is.
func (w *watcher) look(now time.Time) {
	set := w.phone.phones.settings
	slept := !w.looked.IsZero() && now.Sub(w.looked) > set.SilenceLimit/2
	w.looked = now
	if slept {
		return // a process that was paused heard nobody: sound that waits is read first
	}
	w.phone.step(now)
	if w.looks++; w.looks%measureEvery == 0 {
		w.measure(now)
	}
}

// step moves a phone from phase to phase.
func (ph *phone) step(now time.Time) {
	ph.mu.Lock()
	defer ph.mu.Unlock()
	set, heard := ph.phones.settings, ph.wire.Heard()
	quiet := now.Sub(heard)
	switch {
	case heard.IsZero():
		if ph.next != nil && isClosed(ph.next.connected) {
			ph.become(PhaseProving, now)
		}
		if now.Sub(ph.first) > set.FirstSound {
			ph.lose("no sound within " + set.FirstSound.String())
		}
	case ph.phase == PhaseUp:
		cut := isClosed(ph.current.Load().ended) && quiet > lookEvery
		if cut || quiet > set.SilenceLimit {
			ph.become(PhaseLost, now)
			ph.phones.countLoss()
			ph.phones.settings.Log.Info("headset lost", "user", ph.user, "cut", cut)
		}
	case quiet <= set.SilenceLimit && !isClosed(ph.current.Load().ended):
		ph.become(PhaseUp, now)
		ph.phones.settings.Log.Info("headset up", "user", ph.user)
	case quiet > set.Grace+set.SilenceLimit:
		ph.lose("lost for " + set.Grace.String())
	}
}

// become changes the phase and tells everybody who waits. The lock is held.
func (ph *phone) become(phase Phase, now time.Time) {
	if ph.phase == phase {
		return
	}
	ph.phase, ph.since = phase, now
	ph.problem = Problem{}
	close(ph.change)
	ph.change = make(chan struct{})
	ph.phones.settings.Changed(ph.user)
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// measure draws the figures of the last seconds and finds the cause of what is
// wrong.
func (w *watcher) measure(now time.Time) {
	ph := w.phone
	all := ph.wire.Quality()
	last := all.Since(w.before[0])
	if w.before = append(w.before, all); len(w.before) > measureOver {
		w.before = w.before[1:]
	}
	ph.mu.Lock()
	defer ph.mu.Unlock()
	m := ph.meter.read(now)
	m.Phase, m.For = ph.phase, now.Sub(ph.since)
	m.UpLoss, m.DownLoss = last.LossShare, last.PeerLossShare
	m.JitterMS, m.DownJitterMS, m.RoundTripMS = last.JitterMS, last.PeerJitterMS, last.RoundTripMS
	ph.view = view{measure: m, mos: mosOf(m)}
	problem := Diagnose(m)
	changed := problem.Code != ph.problem.Code
	ph.problem = problem
	if changed {
		ph.phones.settings.Changed(ph.user)
	}
}

// mosOf judges the worse of both directions.
func mosOf(m Measure) float64 {
	if m.Phase != PhaseUp {
		return 0
	}
	delay := time.Duration((m.RoundTripMS/2 + 2*max(m.JitterMS, m.DownJitterMS) + 20) * float64(time.Millisecond))
	return media.EstimateMOS(max(m.UpLoss, m.DownLoss), delay)
}
