package siptrunk

import (
	"context"
	"sync"
	"time"

	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sound"
)

// leg is an answered call: the dialog and its sound. The line is free again
// when the dialog is over and its ports are given back.
type leg struct {
	route   *route
	call    *sipua.Call
	session *media.Session
	sound   *sound.Sound
	answer  dialer.Answer

	freeing sync.Once
	free    chan struct{}
}

var (
	_ dialer.Leg    = (*leg)(nil)
	_ dialer.Holder = (*leg)(nil)
)

func newLeg(p *placing, call *sipua.Call) *leg {
	return &leg{
		route: p.route, call: call, session: p.session, sound: p.sound, free: make(chan struct{}),
		answer: dialer.Answer{Trunk: p.route.trunk.Name, SentAt: p.sentAt, RingingAt: p.ringingAt, AnsweredAt: call.Timings().AnsweredAt},
	}
}

// start joins the sound to the answer, and follows the dialog to its end. The
// sound is first: a person who hangs up in that moment has answered all the same,
// and is nobody whom we abandoned.
func (l *leg) start() error {
	l.call.OnReinvite(l.reoffer)
	l.call.OnRemoteSDP(l.moved)
	err := l.sound.Follow(l.call.RemoteSDP())
	if !l.route.spawn(l.follow) {
		return errClosed
	}
	return err
}

// follow frees the line when the conversation is over, whoever ended it.
func (l *leg) follow() {
	<-l.call.Done()
	l.finish()
}

func (l *leg) finish() {
	l.freeing.Do(func() {
		if err := l.session.Close(); err != nil {
			l.route.log.Warn("close media", "sip_call_id", l.call.ID(), "error", err)
		}
		l.route.release()
		close(l.free)
	})
}

// reoffer answers a re-INVITE or UPDATE: hold, a move of the media, another
// codec. With no offer the peer asks for ours, and its answer comes to moved.
func (l *leg) reoffer(offer []byte) (answer []byte, code int) {
	var err error
	if offer == nil {
		answer, err = l.sound.Offer()
	} else {
		answer, err = l.sound.Answer(offer)
	}
	if err != nil {
		l.route.log.Warn("offer refused", "sip_call_id", l.call.ID(), "error", err)
		return nil, 488
	}
	return answer, 200
}

// moved follows the answer to an offer that the peer had asked for.
func (l *leg) moved(sdp []byte) {
	if err := l.sound.Follow(sdp); err != nil {
		l.route.log.Warn("answer not followed", "sip_call_id", l.call.ID(), "error", err)
	}
}

// Audio is the person's side of the sound.
func (l *leg) Audio() media.Port { return l.session }

// OnDigit names who is told of each key the person presses.
func (l *leg) OnDigit(tell func(digit byte)) { l.session.OnDigit(tell) }

// Answered is what was known at the answer.
func (l *leg) Answered() dialer.Answer { return l.answer }

// Done is closed when the conversation is over.
func (l *leg) Done() <-chan struct{} { return l.call.Done() }

// Heard is when sound last came from the person; zero = never.
func (l *leg) Heard() time.Time { return l.session.Heard() }

// Held tells whether the person, or their phone, has put us on hold.
func (l *leg) Held() bool { return l.sound.Held() }

// Hangup says BYE and returns when the line is free, which does not wait for
// the carrier's answer: a BYE that is refused or lost ends the call as well.
func (l *leg) Hangup(ctx context.Context) {
	ended, cancel := context.WithCancel(ctx)
	cancel()                         // the BYE goes on by itself
	_ = l.call.Bye(ended, byeReason) // says only that it was not waited for
	<-l.free
}

// byeReason tells the carrier's records that this was a normal end (RFC 3326).
var byeReason = sipua.Header{Name: "Reason", Value: `Q.850;cause=16;text="Normal call clearing"`}

// Ending tells who ended the call.
func (l *leg) Ending() dialer.Ending {
	e := l.call.End()
	by := map[sipua.By]string{sipua.ByLocal: "us", sipua.ByRemote: "callee", sipua.ByTimeout: "carrier"}[e.By]
	if e.By == sipua.ByRemote && networkCause(e.Q850) {
		by = "carrier"
	}
	return dialer.Ending{By: by, Code: e.Code, Q850: e.Q850, Reason: e.Reason, At: e.At}
}

// networkCause reports a Q.850 cause of a BYE that speaks of the network and
// not of a person: everything beyond normal events (ITU-T Q.850 section 2.2.5),
// and 27, the line out of order.
func networkCause(cause int) bool { return cause == 27 || cause > 31 }
