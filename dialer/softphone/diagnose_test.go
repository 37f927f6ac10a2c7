package softphone

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestEachTroubleIsNamedByItsCause(t *testing.T) {
	up := func(change func(*Measure)) Measure {
		m := Measure{Phase: PhaseUp, For: time.Minute}
		change(&m)
		return m
	}
	for name, c := range map[string]struct {
		m    Measure
		code string
		says string
	}{
		"all is well":             {up(func(*Measure) {}), "", ""},
		"not connected":           {Measure{Phase: PhaseNone}, "", ""},
		"connecting for a moment": {Measure{Phase: PhaseConnecting, For: time.Second}, "", ""},
		"UDP is blocked":          {Measure{Phase: PhaseConnecting, For: 6 * time.Second}, NotReached, "firewall"},
		"no sound comes":          {Measure{Phase: PhaseProving, For: 4 * time.Second}, NoSound, "microphone"},
		"the network is gone":     {Measure{Phase: PhaseLost}, Lost, "restored"},

		"unplugged":               {up(func(m *Measure) { m.Ended = true; m.DeadFor = time.Hour }), MicrophoneGone, "unplugged"},
		"muted by its switch":     {up(func(m *Measure) { m.Muted = true; m.DeadFor = 2 * time.Second }), MicrophoneMuted, "muted"},
		"muted, and yet heard":    {up(func(m *Measure) { m.Muted = true }), "", ""},
		"digital silence":         {up(func(m *Measure) { m.DeadFor = 9 * time.Second }), MicrophoneDead, "not even noise"},
		"listens quietly":         {up(func(m *Measure) { m.SilentFor = time.Hour }), "", ""},
		"does not answer":         {up(func(m *Measure) { m.SilentFor = 20 * time.Second; m.SpokenTo = 8 * time.Second }), MicrophoneSilent, "while the other side spoke"},
		"sound goes one way only": {up(func(m *Measure) { m.DeafFor = 11 * time.Second }), NotHeard, "one way"},

		"loss on the way up":       {up(func(m *Measure) { m.UpLoss = 0.072; m.JitterMS = 90 }), UplinkLoss, "8 % of what you say"},
		"loss on the way down":     {up(func(m *Measure) { m.DownLoss = 0.05; m.UpLoss = 0.04 }), DownlinkLoss, "5 % of what you should hear"},
		"made up by the browser":   {up(func(m *Measure) { m.Concealed = 0.1 }), DownlinkLoss, "10 %"},
		"a little loss":            {up(func(m *Measure) { m.UpLoss, m.DownLoss = 0.02, 0.02 }), "", ""},
		"Wi-Fi":                    {up(func(m *Measure) { m.JitterMS = 60 }), Jitter, "60 ms"},
		"Wi-Fi, on the way down":   {up(func(m *Measure) { m.DownJitterMS = 45 }), Jitter, "45 ms"},
		"the other side of Earth":  {up(func(m *Measure) { m.RoundTripMS = 500 }), Delay, "500 ms"},
		"dead rather than a lossy": {up(func(m *Measure) { m.DeadFor = 9 * time.Second; m.UpLoss = 0.5 }), MicrophoneDead, ""},
	} {
		p := Diagnose(c.m)
		if p.Code != c.code || !strings.Contains(p.Text, c.says) || (p.Code == "") != (p.Text == "") {
			t.Errorf("%s: %+v; want %q, saying %q", name, p, c.code, c.says)
		}
	}
}

func TestOffersThatCannotBeAnsweredSayWhy(t *testing.T) {
	const head = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
	const audio = "m=audio 9 UDP/TLS/RTP/SAVPF 0 8\r\nc=IN IP4 0.0.0.0\r\n"
	const print = "a=fingerprint:sha-256 AA:BB\r\n"
	for name, c := range map[string]struct{ offer, code string }{
		"nothing":        {"", "no_audio"},
		"something else": {"hello", "malformed"},
		"a flood":        {head + strings.Repeat("a=x:y\r\n", 10000), "too_large"},
		"many sections":  {head + strings.Repeat(audio, 5) + print, "malformed"},
		"video alone":    {head + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" + print, "no_audio"},
		"Opus alone":     {head + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" + print, "no_codec"},
		"no certificate": {head + audio, "no_fingerprint"},
		"no ICE":         {head + audio + print, "malformed"},
	} {
		phones := open(t)
		_, _, err := phones.Connect(t.Context(), 7, c.offer)
		wrong, ok := errors.AsType[*OfferError](err)
		if !ok || wrong.Code != c.code || wrong.Text == "" {
			t.Errorf("%s: %v; want code %q", name, err, c.code)
		}
		phones.mu.Lock()
		if phones.lines != 0 {
			t.Errorf("%s: %d lines are held", name, phones.lines)
		}
		phones.mu.Unlock()
		_ = phones.Close()
	}
}

// Addresses in an offer could be those of machines that only the server reaches.
func TestNothingIsSentToAddressesOfAnOffer(t *testing.T) {
	p := newPage(t, pageHz)
	offer := p.offer()
	if !strings.Contains(offer, "a=candidate:") {
		t.Fatal("the offer has no address to begin with")
	}
	clean, err := checkedOffer(offer)
	if err != nil || strings.Contains(clean, "candidate:") {
		t.Errorf("addresses are left: %v", err)
	}
}

func FuzzOffersAreAnsweredOrRefused(f *testing.F) {
	f.Add("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 AA\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=setup:actpass\r\n")
	f.Fuzz(func(t *testing.T, offer string) {
		clean, err := checkedOffer(offer)
		if err == nil && len(clean) > len(offer) {
			t.Fatal("an offer grew")
		}
	})
}
