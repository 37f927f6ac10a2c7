package softphone

import (
	"fmt"
	"math"
	"time"
)

// Problem is what is wrong with a headset: a code for programs, and one sentence
// for its user that says what and what to do. Zero means that all is well.
type Problem struct {
	Code  string
	Text  string
	Share float64 // of what is lost, 0 to 1; 0 where nothing is
}

// The codes of problems.
const (
	NotReached       = "not_reached"
	NoSound          = "no_sound"
	Lost             = "lost"
	MicrophoneGone   = "microphone_gone"
	MicrophoneMuted  = "microphone_muted"
	MicrophoneDead   = "microphone_dead"
	MicrophoneSilent = "microphone_silent"
	NotHeard         = "not_heard"
	UplinkLoss       = "uplink_loss"
	DownlinkLoss     = "downlink_loss"
	Jitter           = "jitter"
	Delay            = "delay"
)

// Measure is what is known of a headset at a moment.
type Measure struct {
	Phase Phase
	For   time.Duration // since when

	UpLoss, DownLoss       float64 // shares, 0 to 1
	JitterMS, DownJitterMS float64
	RoundTripMS            float64
	Concealed              float64 // share that the browser made up, 0 to 1

	SilentFor time.Duration // since the microphone was audible
	DeadFor   time.Duration // since it was anything but digital silence
	SpokenTo  time.Duration // how much was said to the user since then
	DeafFor   time.Duration // since the browser received anything of us, as it says

	Muted, Ended bool // as the page says
}

// From when on something is a problem. 3 % of loss are what concealment hides
// well; 40 ms of jitter cost as much delay; beyond 400 ms of round trip people
// interrupt each other (ITU-T G.114).
const (
	slowConnect = 5 * time.Second
	slowSound   = 3 * time.Second
	deafAfter   = 10 * time.Second // RTCP comes every 7.5 s at most
	deadAfter   = 8 * time.Second
	silentAfter = 15 * time.Second
	spokenTo    = 6 * time.Second
	muchLoss    = 0.03
	muchJitter  = 40.0
	muchDelay   = 400.0
)

// Diagnose names the cause of what is wrong, the one that is to be repaired
// first. It is pure.
func Diagnose(m Measure) Problem {
	if m.Phase != PhaseUp {
		return diagnoseConnection(m)
	}
	if p := diagnoseMicrophone(m); p.Code != "" {
		return p
	}
	return diagnoseNetwork(m)
}

func diagnoseConnection(m Measure) Problem {
	switch {
	case m.Phase == PhaseConnecting && m.For > slowConnect:
		return Problem{Code: NotReached, Text: "Your browser does not reach the server by UDP; a firewall or VPN blocks it. Ask your administrator to open the softphone's port."}
	case m.Phase == PhaseProving && m.For > slowSound:
		return Problem{Code: NoSound, Text: "The connection stands, but no sound comes from your browser. Allow the microphone, or choose another one."}
	case m.Phase == PhaseLost:
		return Problem{Code: Lost, Text: "The connection to your browser is lost and is being restored. Check your network."}
	}
	return Problem{}
}

// diagnoseMicrophone tells a dead microphone from a dead network: packets come.
func diagnoseMicrophone(m Measure) Problem {
	switch {
	case m.Ended:
		return Problem{Code: MicrophoneGone, Text: "Your microphone was unplugged or taken by another program. Plug it in and connect again."}
	case m.Muted && m.DeadFor > time.Second:
		return Problem{Code: MicrophoneMuted, Text: "Your microphone is muted by its switch or by the system; nobody hears you."}
	case m.DeafFor > deafAfter:
		return Problem{Code: NotHeard, Text: "We hear you, but nothing of us reaches your browser. The network lets sound pass one way only; check the firewall or VPN."}
	case m.DeadFor > deadAfter:
		return Problem{Code: MicrophoneDead, Text: "Your microphone delivers no sound at all, not even noise. Choose another one in the browser's settings."}
	case m.SilentFor > silentAfter && m.SpokenTo > spokenTo:
		return Problem{Code: MicrophoneSilent, Text: "Nothing was heard of you while the other side spoke. Check the microphone's level and its switch."}
	}
	return Problem{}
}

func diagnoseNetwork(m Measure) Problem {
	down := max(m.DownLoss, m.Concealed)
	switch {
	case m.UpLoss >= muchLoss && m.UpLoss >= down:
		return Problem{UplinkLoss, fmt.Sprintf("%s of what you say is lost on its way to us. Use a cable instead of Wi-Fi, or stop uploads.", percent(m.UpLoss)), m.UpLoss}
	case down >= muchLoss:
		return Problem{DownlinkLoss, fmt.Sprintf("%s of what you should hear is lost on its way to you. Use a cable instead of Wi-Fi, or stop downloads.", percent(down)), down}
	case max(m.JitterMS, m.DownJitterMS) >= muchJitter:
		return Problem{Code: Jitter, Text: fmt.Sprintf("Sound arrives unevenly (%.0f ms). That is mostly Wi-Fi: come nearer, or use a cable.", max(m.JitterMS, m.DownJitterMS))}
	case m.RoundTripMS >= muchDelay:
		return Problem{Code: Delay, Text: fmt.Sprintf("Sound takes %.0f ms to the server and back; you will interrupt each other. Avoid VPN and mobile networks.", m.RoundTripMS)}
	}
	return Problem{}
}

func percent(share float64) string { return fmt.Sprintf("%.0f %%", math.Ceil(share*100)) }
