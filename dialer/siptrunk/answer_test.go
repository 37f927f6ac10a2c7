package siptrunk

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
)

// A person who answered and cannot be talked to was called and left in silence:
// the call is ended and counted so, whatever was wrong with the answer.
func TestAnAnswerOfNoUseIsEndedAndCountsAsAbandoned(t *testing.T) {
	t.Parallel()
	good := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
	for name, sdp := range map[string]string{
		"another codec":     strings.Replace(good, "AVP 0", "AVP 18", 1),
		"refused stream":    strings.Replace(good, "4000", "0", 1),
		"link-local media":  strings.Replace(good, "c=IN IP4 127.0.0.1", "c=IN IP4 169.254.169.254", 1),
		"somebody's DNS":    strings.Replace(good, "4000", "53", 1),
		"a name to look up": strings.Replace(good, "c=IN IP4 127.0.0.1", "c=IN IP4 evil.example", 1),
		"no description":    "hello",
	} {
		ended := make(chan struct{})
		at := carrier(t, func(inc *sipua.Incoming) {
			call, err := inc.Answer(within(t), []byte(sdp))
			if err != nil {
				t.Error(err)
				return
			}
			wait(t, "the call is ended", call.Done())
			close(ended)
		})
		trunks := open(t, trunkTo("a", at))
		failed := mustFail(t, trunks, within(t), request(callee), campaigns.AbandonedSilent)
		if failed.AnsweredAt.IsZero() || failed.Code != 200 {
			t.Errorf("%s: %+v", name, failed)
		}
		wait(t, name, ended)
		freeLines(t, trunks)
	}
}

func TestWhoEndedTheCallIsToldFromTheBye(t *testing.T) {
	t.Parallel()
	settings := newMedia(t)
	for reason, want := range map[string]string{
		"":                              "callee",
		"Q.850;cause=16":                "callee",
		"Q.850;cause=31":                "callee",
		"Q.850;cause=41;text=\"Oops\"":  "carrier",
		"Q.850;cause=27":                "carrier",
		"SIP;cause=480, Q.850;cause=38": "carrier",
	} {
		calls := make(chan *person, 1)
		trunks := open(t, trunkTo("a", carrier(t, answerWithMedia(t, settings, calls))))
		leg := mustAnswer(t, trunks, request(callee))
		var hs []sipua.Header
		if reason != "" {
			hs = append(hs, sipua.Header{Name: "Reason", Value: reason})
		}
		if err := (<-calls).call.Bye(within(t), hs...); err != nil {
			t.Error(err)
		}
		wait(t, "the leg ends", leg.Done())
		if e := leg.Ending(); e.By != want {
			t.Errorf("%q: by %s, want %s", reason, e.By, want)
		}
	}
}

func TestCallsEndWhenTheTrunksClose(t *testing.T) {
	t.Parallel()
	calls := make(chan *person, 1)
	settings := newMedia(t)
	trunks := open(t, trunkTo("a", carrier(t, answerWithMedia(t, settings, calls))))
	leg := mustAnswer(t, trunks, request(callee))
	if err := trunks.Close(); err != nil {
		t.Error(err)
	}
	wait(t, "the leg ends", leg.Done())
	wait(t, "the callee is hung up on", (<-calls).call.Done())
	mustFail(t, trunks, within(t), request(callee), campaigns.Failed)
	if err := leg.Audio().WriteFrame(media.Frame{}); err == nil {
		t.Error("the sound goes on")
	}
}

func TestACallWithoutAFreeMediaPortIsNotSent(t *testing.T) {
	t.Parallel()
	calls := make(chan *person, 2)
	settings := newMedia(t)
	at := carrier(t, answerWithMedia(t, settings, calls))
	ours := newMedia(t)
	ours.Ports = onePair(t, ours)
	trunks, err := Open(Settings{Trunks: []Trunk{trunkTo("a", at)}, Media: ours})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = trunks.Close() }()
	leg := mustAnswer(t, trunks, request(callee))
	failed := mustFail(t, trunks, within(t), request(callee), campaigns.RouteFailed)
	if !errors.Is(failed, media.ErrPortsExhausted) || !failed.SentAt.IsZero() {
		t.Errorf("%+v", failed)
	}
	leg.Hangup(within(t))
	if s := trunks.State()[0]; s.Lines != 0 || s.Pending != 0 || s.Placed != 1 {
		t.Errorf("%+v", s)
	}
	mustAnswer(t, trunks, request(callee)).Hangup(within(t)) // the port came back with the line
}

// onePair finds a range of one pair of ports that nobody on this machine uses.
func onePair(t *testing.T, settings media.Settings) *media.PortRange {
	t.Helper()
	for range 50 {
		first := uint16(5000 + 2*rand.IntN(2000))
		pair, err := media.NewPortRange(first, first+1)
		if err != nil {
			t.Fatal(err)
		}
		settings.Ports = pair
		if session, err := media.Open(settings); err == nil {
			_ = session.Close()
			return pair
		}
	}
	t.Fatal("no pair of ports is free")
	return nil
}
