package campaigns

import (
	"context"
	"time"
)

// Handset is what somebody talks with: the SIP phone on the desk or the headset
// in the browser.
type Handset string

// The handsets. None chosen is the desk phone where the user has one, else the
// browser.
const (
	HandsetDesk    Handset = "desk"
	HandsetBrowser Handset = "browser"
)

// Choose returns the handset that a user means: the one named, or the one that
// the user has when none is named.
func (h Handset) Choose(u User) (Handset, error) {
	switch {
	case h == "" && u.Extension != "":
		return HandsetDesk, nil
	case h == "" || h == HandsetBrowser:
		return HandsetBrowser, nil
	case h == HandsetDesk && u.Extension == "":
		return "", problem(KindConflict, "no_extension", "You have no desk phone; connect a headset in the browser.")
	case h == HandsetDesk:
		return HandsetDesk, nil
	}
	return "", problem(KindInvalid, "phone", "The phone is desk or browser.")
}

// Headset is how the headset in a user's browser is. The shares and times are of
// the last seconds.
type Headset struct {
	Session string // of the connection that is heard
	Phase   HeadsetPhase
	Since   time.Time // of the phase
	Heard   time.Time // when sound came last
	InUse   bool      // a shift or a listening stands on it

	LossUp, LossDown float64 // shares of what is said to us, and by us, 0 to 1
	JitterMS, RTTMS  float64
	MOS              float64 // 1 to 4.41; 0 = not known
	LevelDB          float64 // of the microphone, in dBFS

	Problem HeadsetProblem // zero when all is well
}

// HeadsetPhase is where a connection stands.
type HeadsetPhase string

// The phases of a headset. A lost one comes back within seconds, or is none.
const (
	HeadsetNone       HeadsetPhase = "none"
	HeadsetConnecting HeadsetPhase = "connecting"
	HeadsetProving    HeadsetPhase = "proving" // connected; its sound is waited for
	HeadsetUp         HeadsetPhase = "up"
	HeadsetLost       HeadsetPhase = "lost"
)

// HeadsetProblem is what is wrong with a headset, by its cause: a code for
// programs, a sentence for the user.
type HeadsetProblem struct {
	Code  string
	Text  string
	Share float64 // of what is lost, where that is the trouble
}

// HeadsetReport is what a page measured itself.
type HeadsetReport struct {
	Muted, Ended bool    // the microphone
	Received     uint64  // packets of ours
	Concealed    float64 // share of what is played that was made up
	BufferMS     float64 // of its jitter buffer
}

// HeadsetLines connects headsets: an offer in, an answer out (WHIP, RFC 9725).
type HeadsetLines interface {
	ConnectHeadset(ctx context.Context, user int64, offer string) (answer, session string, err error)
	DisconnectHeadset(user int64, session string) error
}

// HeadsetTests lets somebody hear himself a second later.
type HeadsetTests interface {
	TestHeadset(ctx context.Context, user int64, offer string) (answer, session string, err error)
	EndHeadsetTest(user int64, session string) error
}

// HeadsetView tells how headsets are.
type HeadsetView interface {
	Headset(user int64) Headset
	ReportHeadset(user int64, session string, r HeadsetReport) error
}

// HeadsetSource is all of it.
type HeadsetSource interface {
	HeadsetLines
	HeadsetTests
	HeadsetView
}

// Headsets is the headset in the browser, of those who take calls and of those
// who listen to them.
type Headsets struct{ source HeadsetSource }

// NewHeadsets returns the service.
func NewHeadsets(source HeadsetSource) *Headsets { return &Headsets{source} }

// maySpeak allows whoever has a use for a headset.
func maySpeak(u User) error {
	if err := u.Allow(MonitorAgents); err == nil {
		return nil
	}
	return u.Allow(DoCalls)
}

// Connect answers the offer of the user's page. A former connection goes on
// until sound comes by the new one.
func (h *Headsets) Connect(ctx context.Context, u User, offer string) (answer, session string, err error) {
	if err := maySpeak(u); err != nil {
		return "", "", err
	}
	return h.source.ConnectHeadset(ctx, u.ID, offer)
}

// Disconnect ends a connection of the user; the shift that stands on it ends.
// Like all that follows but Test it asks for no permission: whoever may not
// connect a headset has none.
func (h *Headsets) Disconnect(u User, session string) error {
	return h.source.DisconnectHeadset(u.ID, session)
}

// Test answers an offer with what the user says, a second later.
func (h *Headsets) Test(ctx context.Context, u User, offer string) (answer, session string, err error) {
	if err := maySpeak(u); err != nil {
		return "", "", err
	}
	return h.source.TestHeadset(ctx, u.ID, offer)
}

// EndTest ends a test of the user.
func (h *Headsets) EndTest(u User, session string) error {
	return h.source.EndHeadsetTest(u.ID, session)
}

// State tells how the user's headset is.
func (h *Headsets) State(u User) Headset { return h.source.Headset(u.ID) }

// Report takes what the user's page measured itself.
func (h *Headsets) Report(u User, session string, r HeadsetReport) error {
	return h.source.ReportHeadset(u.ID, session, r)
}
