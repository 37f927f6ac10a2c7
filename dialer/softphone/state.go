package softphone

import "time"

// Phase is where a phone stands; doc.go draws them.
type Phase string

// The phases of a phone.
const (
	PhaseNone       Phase = "none"
	PhaseConnecting Phase = "connecting"
	PhaseProving    Phase = "proving" // connected; sound is waited for
	PhaseUp         Phase = "up"
	PhaseLost       Phase = "lost" // was up; comes back, or is gone after the grace
	PhaseGone       Phase = "gone"
)

// HeadsetState is how a user's headset is. The figures are of the last 5
// seconds; those of the way down are what the browser reports (RFC 3550).
type HeadsetState struct {
	User    int64
	Session string // of the connection that is heard
	Phase   Phase
	Since   time.Time // of the phase
	Heard   time.Time // when a packet came last
	InUse   bool      // a station stands on it

	UpLoss       float64 // share of what the microphone says that is lost, 0 to 1
	DownLoss     float64 // share of what we say
	JitterMS     float64 // of the way up
	DownJitterMS float64
	RoundTripMS  float64
	MOS          float64 // of the worse way, 1 to 4.41; 0 = not known
	Level        float64 // of the microphone, in dBFS, -96 to 0

	Problem Problem // zero when all is well
}

// Up tells whether the headset can be talked with.
func (s HeadsetState) Up() bool { return s.Phase == PhaseUp }

// view is what was measured last.
type view struct {
	measure Measure
	mos     float64
}

// describe returns the state of a phone.
func (ph *phone) describe() HeadsetState {
	ph.mu.Lock()
	defer ph.mu.Unlock()
	m := ph.view.measure
	s := HeadsetState{
		User: ph.user, Phase: ph.phase, Since: ph.since, Heard: ph.wire.Heard(), InUse: ph.seat != nil,
		UpLoss: m.UpLoss, DownLoss: m.DownLoss, JitterMS: m.JitterMS, DownJitterMS: m.DownJitterMS,
		RoundTripMS: m.RoundTripMS, MOS: ph.view.mos, Level: ph.meter.level(), Problem: ph.problem,
	}
	if l := ph.current.Load(); l != nil {
		s.Session = l.id
	}
	return s
}

// PageReport is what a page measured itself.
type PageReport struct {
	// Muted is whether the microphone is muted by the system, the headset's
	// switch or the browser (MediaStreamTrack.muted).
	Muted bool
	// Ended is whether the microphone was unplugged or taken away.
	Ended bool
	// Received is how many packets have come from us, over this connection.
	Received uint64
	// Concealed is the share of what is played that the browser had to make up,
	// 0 to 1.
	Concealed float64
	// BufferMS is the delay of its jitter buffer.
	BufferMS float64
}

// report takes a page's report.
func (ph *phone) report(session string, r PageReport) bool {
	l := ph.current.Load()
	if l == nil || l.id != session {
		return false
	}
	ph.meter.page(r, time.Now())
	return true
}
