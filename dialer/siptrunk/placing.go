package siptrunk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sound"
)

// placing is one INVITE over one trunk, from the line that was taken to the
// answer or the failure. Its fields belong to the goroutine inside Dial.
//
//	sent --100--> tried --18x--> progressed --200--> leg
//	  |             |               |
//	  |             |               +-- ring time over, or withdrawn: CANCEL
//	  |             +-- setup and ring time over: CANCEL
//	  +-- nothing at all for 32 s (timer B): the route failed
type placing struct {
	route  *route
	req    dialer.Request
	callID string

	session *media.Session
	sound   *sound.Sound

	ring   *time.Timer // ends the call for want of an answer
	heard  bool        // any response came
	rang   bool        // the ring clock was set by a 180
	sentAt time.Time
	sent   bool // an INVITE was written

	progressed bool // anything beyond 100 came
	ringingAt  time.Time
}

// errRingTime is the cause of a call that we cancelled because nobody took it.
var errRingTime = errors.New("ring time is over")

// errUnsent marks a call that was withdrawn before its INVITE left.
var errUnsent = errors.New("withdrawn before it was sent")

func newPlacing(r *route, req dialer.Request, callID string) *placing {
	return &placing{route: r, req: req, callID: callID}
}

// run places the call. again means that another trunk may try.
func (p *placing) run(ctx context.Context) (leg dialer.Leg, failed *dialer.CallError, again bool) {
	var err error
	p.session, err = media.Open(p.route.media)
	if err != nil { // ours, but not the contact's: nothing was sent
		p.route.noteHeard()
		p.route.release()
		return nil, p.callError(campaigns.RouteFailed, nil, err), false
	}
	p.sound = sound.New(p.session, p.route.trunk.Codecs)
	call, err := p.invite(ctx)
	if !p.heard {
		p.route.noteHeard()
	}
	if err == nil {
		return p.answered(ctx, call)
	}
	failed, again = p.failed(err)
	p.route.release()
	if err := p.session.Close(); err != nil {
		p.route.log.Warn("close media", "sip_call_id", p.callID, "error", err)
	}
	return nil, failed, again
}

// invite sends the INVITE and waits. Two clocks run: first the time to set up
// and ring unheard, then, from the first sign of ringing, the ring time.
func (p *placing) invite(ctx context.Context) (*sipua.Call, error) {
	invite, err := p.build()
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil { // the last look before the wire: the number may be on the do-not-call list by now
		return nil, fmt.Errorf("%w: %w", errUnsent, context.Cause(ctx))
	}
	ringing, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	p.ring = time.AfterFunc(p.route.settings.SetupTime+p.req.RingTime, func() { giveUp(errRingTime) })
	defer p.ring.Stop()
	p.sentAt = time.Now()
	p.route.noteSent()
	invite.Leave = p.leave
	call, err := p.route.ua.Invite(ringing, invite)
	if err != nil && errors.Is(context.Cause(ringing), errRingTime) {
		err = errors.Join(errRingTime, err)
	}
	return call, err
}

// leave lets an INVITE onto the wire, the first, or one with credentials, unless
// the call was withdrawn meanwhile.
func (p *placing) leave() (left func(), err error) {
	free := func() {}
	if p.req.Leave != nil {
		if free, err = p.req.Leave(); err != nil {
			return nil, fmt.Errorf("%w: %w", errUnsent, err)
		}
	}
	return func() {
		free()
		if !p.sent {
			p.sent = true
			p.report(dialer.StepSent, p.sentAt, 0, "")
		}
	}, nil
}

func (p *placing) build() (sipua.Invite, error) {
	t := p.route.trunk
	user, err := t.Dial.User(p.req.Number)
	if err != nil {
		return sipua.Invite{}, err
	}
	from, identity, err := t.caller(p.req.CallerID)
	if err != nil {
		return sipua.Invite{}, err
	}
	timer := t.SessionTimer
	if timer == 0 {
		timer = -1 // offer none
	}
	headers, err := t.headers(p.req)
	if err != nil {
		return sipua.Invite{}, err
	}
	offer, err := p.sound.Offer()
	return sipua.Invite{
		To: sipua.URI{User: user, Host: t.Host, Port: t.Port}, From: from, NextHop: p.route.target,
		CallID: p.callID, Offer: offer, Headers: append(identity, headers...),
		Auth:    sipua.Credentials{User: t.AuthUsername, Password: t.Password, Realm: t.Realm},
		OnEvent: p.event, OnAttest: p.attested, AttestHeaders: t.AttestHeaders, SessionExpires: timer, TransportTimeout: t.NoReply,
	}, err
}

// caller returns From and the identity header for a caller ID; empty means the
// trunk's first, and without any the account's name.
func (t Trunk) caller(id string) (sipua.Party, []sipua.Header, error) {
	if id == "" && len(t.CallerIDs) > 0 {
		id = t.CallerIDs[0]
	}
	user := t.Username
	if id != "" {
		var err error
		if user, err = t.Dial.Caller(id); err != nil {
			return sipua.Party{}, nil, fmt.Errorf("caller ID: %w", err)
		}
	}
	from := sipua.Party{URI: sipua.URI{User: user, Host: t.FromDomain}}
	if t.IdentityHeader == "" || id == "" {
		return from, nil, nil
	}
	identity := sipua.Header{Name: "P-Asserted-Identity", Value: "<" + from.String() + ">"}
	if t.IdentityHeader == IdentityRPID {
		identity = sipua.Header{Name: "Remote-Party-ID", Value: "<" + from.String() + ">;party=calling;screen=yes;privacy=off"}
	}
	if t.FromUser != "" {
		from.User = t.FromUser
	}
	return from, []sipua.Header{identity}, nil
}

// event takes one provisional response.
func (p *placing) event(e sipua.Event) {
	if !p.heard {
		p.heard = true
		p.route.noteHeard()
		p.report(dialer.StepTrying, e.At, e.Code, e.Reason)
	}
	if e.Code == 100 {
		return
	}
	if !p.progressed {
		p.progressed = true
		p.ring.Reset(p.req.RingTime)
		p.route.noteProgress(e.At)
	}
	switch {
	case e.Code == 180 && !p.rang: // a 183 before it was an announcement: the ring time begins now
		p.rang, p.ringingAt = true, e.At
		p.ring.Reset(p.req.RingTime)
		p.report(dialer.StepRinging, e.At, e.Code, e.Reason)
	case e.Code == 183 && e.SDP != nil:
		p.report(dialer.StepEarlyMedia, e.At, e.Code, e.Reason)
	}
}

// attested passes on what the carrier says of the signature over our caller ID.
func (p *placing) attested(a sipua.Attestation) {
	report(p.req, dialer.Progress{
		Step: dialer.StepAttested, At: time.Now(), Trunk: p.route.trunk.Name, Attestation: a.Level, Verstat: a.Verstat,
	})
}

func (p *placing) report(s dialer.Step, at time.Time, code int, detail string) {
	report(p.req, dialer.Progress{Step: s, At: at, Trunk: p.route.trunk.Name, Code: code, Detail: detail})
}

// answered makes a leg of the call. An answer that we cannot talk to is ended
// and counts as a person left in silence.
func (p *placing) answered(ctx context.Context, call *sipua.Call) (dialer.Leg, *dialer.CallError, bool) {
	leg := newLeg(p, call)
	at := leg.answer.AnsweredAt
	p.route.noteAnswered(at)
	err := leg.start()
	if err == nil {
		p.report(dialer.StepAnswered, at, 200, "")
		return leg, nil, false
	}
	leg.Hangup(context.WithoutCancel(ctx))
	failed := p.callError(campaigns.AbandonedSilent, nil, fmt.Errorf("the answer is of no use: %w", err))
	failed.Code, failed.AnsweredAt = 200, at
	return nil, failed, false
}

// failed turns what Invite says into the outcome.
func (p *placing) failed(err error) (*dialer.CallError, bool) {
	if errors.Is(err, errUnsent) {
		if !p.sent {
			p.sentAt = time.Time{}
		}
		return p.callError(campaigns.Cancelled, nil, err), false
	}
	var f *sipua.Failure
	if !errors.As(err, &f) { // nothing was sent: a defect of ours or of the settings
		p.sentAt = time.Time{}
		return p.callError(campaigns.Failed, nil, err), false
	}
	if f.Timings.SentAt.IsZero() { // no way to the carrier
		p.sentAt = time.Time{}
	}
	if f.AnsweredAfterCancel || f.Code/100 == 2 { // or the ACK found no way out
		p.route.noteAnswered(f.Timings.AnsweredAt)
		failed := p.callError(campaigns.AbandonedSilent, f, err)
		failed.AnsweredAt = f.Timings.AnsweredAt
		return failed, false
	}
	seen := failure{code: f.Code, q850: f.Q850, progressed: p.progressed}
	ringOver := errors.Is(err, errRingTime)
	withdrawn := f.Cancelled || ringOver
	p.route.noteFailed(time.Now(), seen, f.RetryAfter, withdrawn)
	v := judge(seen)
	if withdrawn {
		v = verdict{outcome: withdrawnOutcome(v.outcome, ringOver)}
	}
	return p.callError(v.outcome, f, err), v.failOver
}

// withdrawnOutcome is what a call came to that we cancelled: the carrier's last
// word when it tells of the person or the number, else our own reason.
func withdrawnOutcome(last campaigns.Outcome, ringOver bool) campaigns.Outcome {
	switch {
	case last == campaigns.Busy || last == campaigns.Invalid || last == campaigns.Blocked:
		return last
	case ringOver:
		return campaigns.NoAnswer
	}
	return campaigns.Cancelled
}

func (p *placing) callError(o campaigns.Outcome, f *sipua.Failure, err error) *dialer.CallError {
	e := &dialer.CallError{Outcome: o, Trunk: p.route.trunk.Name, SentAt: p.sentAt, RingingAt: p.ringingAt, Err: err}
	switch {
	case f != nil:
		e.Code, e.Q850, e.Reason = f.Code, f.Q850, f.Reason
	case err != nil:
		e.Reason = err.Error()
	}
	return e
}
