package siptrunk

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sound"
)

// OnCall names who takes the calls that come in over the trunks; nobody at
// first, as at a start, and they are refused with 503. Take must end with every caller
// answered or refused, now or later.
//
// An INVITE of a source that is not the carrier's is dropped unread, as all its
// messages are. One that comes faster than the trunk's calls a second is refused
// with 503, one for which no line is left with 486, one without a number of ours
// with 404. Nothing that comes in is ever passed on.
func (t *Trunks) OnCall(take func(context.Context, dialer.Caller)) {
	for _, r := range t.routes {
		r.taker.Store(&take)
	}
}

var _ dialer.Caller = (*arrival)(nil)

// arrival is an INVITE that came in, from its line to its answer or refusal.
type arrival struct {
	route *route
	inc   *sipua.Incoming
	call  dialer.Inbound

	once    sync.Once
	decided chan struct{} // answered, refused or gone
}

// incoming runs on a goroutine of the user agent and returns when the caller
// has an answer.
func (r *route) incoming(inc *sipua.Incoming) {
	take := r.taker.Load()
	if take == nil {
		r.reject(inc, 503, "", sipua.Header{Name: "Retry-After", Value: "2"})
		return
	}
	in, ok := r.read(inc)
	if !ok {
		r.reject(inc, 404, "Not Found")
		return
	}
	code, why := r.admitIncoming(time.Now())
	if code == 0 {
		if why = r.enterIncoming(); why != "" {
			code = 486
			r.turnAway()
		}
	}
	if code != 0 {
		r.log.Warn("a call that came in is refused", "code", code, "why", why, "sip_call_id", inc.CallID())
		r.reject(inc, code, "", sipua.Header{Name: "Retry-After", Value: "2"})
		return
	}
	a := &arrival{route: r, inc: inc, call: in, decided: make(chan struct{})}
	if err := inc.Ring(180, nil); err != nil {
		a.settle()
		return
	}
	ctx, stop := context.WithCancel(context.Background()) // ends with the call, or with the user agent, which cancels it
	defer stop()
	(*take)(ctx, a)
	select {
	case <-a.decided:
	case <-inc.Cancelled():
		a.settle()
	}
}

func (r *route) reject(inc *sipua.Incoming, code int, reason string, hs ...sipua.Header) {
	if err := inc.Reject(code, reason, hs...); err != nil && !errors.Is(err, sipua.ErrCancelled) {
		r.log.Warn("a call that came in was not refused", "code", code, "error", err, "sip_call_id", inc.CallID())
	}
}

// admitIncoming takes a line for a call that comes in; code is the refusal when
// none can be had.
func (r *route) admitIncoming(now time.Time) (code int, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return 503, "the trunk closes"
	case !r.arrivals.AllowN(now, 1):
		return 503, "more calls a second come in than the trunk may place"
	case r.gate.inUse >= r.gate.lines:
		return 486, "all lines are in use"
	}
	r.gate.inUse++
	r.tally.received++
	return 0, ""
}

// turnAway undoes admitIncoming.
func (r *route) turnAway() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gate.release()
	r.tally.received--
}

// newArrivals bounds the calls a second that come in: as many as may go out, a
// second's worth of them at once.
func newArrivals(t Trunk) *rate.Limiter {
	return rate.NewLimiter(rate.Limit(t.MaxCPS), max(1, int(t.MaxCPS)))
}

// settle gives the line back, once, unless the answer has it.
func (a *arrival) settle() {
	a.once.Do(func() {
		a.route.release()
		close(a.decided)
	})
}

// keep leaves the line to the answer; false when it was given back meanwhile.
func (a *arrival) keep() (kept bool) {
	a.once.Do(func() {
		kept = true
		close(a.decided)
	})
	return kept
}

// Call says who calls which number.
func (a *arrival) Call() dialer.Inbound { return a.call }

// Refuse turns the caller away.
func (a *arrival) Refuse(code int, reason string) {
	a.route.reject(a.inc, code, reason)
	a.settle()
}

// Answer takes the call, with sound.
func (a *arrival) Answer(ctx context.Context) (dialer.Leg, error) {
	session, err := media.Open(a.route.media)
	if err != nil {
		a.Refuse(503, "")
		return nil, err
	}
	l, code, err := a.answer(ctx, session)
	if err == nil {
		return l, nil
	}
	if e := session.Close(); e != nil {
		a.route.log.Warn("close media", "sip_call_id", a.inc.CallID(), "error", e)
	}
	if errors.Is(err, sipua.ErrCancelled) {
		a.settle()
		return nil, dialer.ErrCallerGone
	}
	if code != 0 {
		a.Refuse(code, "")
	}
	a.settle()
	return nil, err
}

// answer agrees on the sound and says 200. Code is the refusal when it is not
// said.
func (a *arrival) answer(ctx context.Context, session *media.Session) (l *leg, code int, err error) {
	snd := sound.New(session, a.route.trunk.Codecs)
	offer := a.inc.Offer()
	var sdp []byte
	if offer == nil {
		sdp, err = snd.Offer()
	} else {
		sdp, err = snd.Answer(offer)
	}
	if err != nil {
		return nil, 488, err
	}
	var call *sipua.Call
	if offer == nil { // the ACK brings the answer
		call, err = a.inc.Answer(ctx, sdp)
	} else {
		call, err = a.inc.AnswerNow(sdp)
	}
	if err != nil {
		return nil, 0, err
	}
	if !a.keep() {
		a.route.retake()
	}
	l = &leg{
		route: a.route, call: call, session: session, sound: snd, free: make(chan struct{}),
		answer: dialer.Answer{Trunk: a.call.Trunk, RingingAt: a.call.At, AnsweredAt: call.Timings().AnsweredAt},
	}
	if err := l.start(); err != nil {
		l.Hangup(context.WithoutCancel(ctx))
		return nil, 0, err
	}
	return l, 0, nil
}

// retake takes the line of a call that was given up as it was answered. Should
// the other nodes have taken the last meanwhile, it is one too many for its time.
func (r *route) retake() {
	taken := r.enterIncoming() == ""
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gate.inUse++
	if !taken {
		r.owed++
	}
}

// read says who calls which number of ours; false when no number was called.
func (r *route) read(inc *sipua.Incoming) (dialer.Inbound, bool) {
	in := dialer.Inbound{Trunk: r.trunk.Name, CallID: inc.CallID(), At: inc.ReceivedAt(), Number: r.callerOf(inc)}
	user := inc.To().User
	if user == "" || user == r.trunk.Username { // it reaches us by our registration
		if to, ok := inc.Header("to"); ok {
			user = userOf(to)
		}
	}
	var ok bool
	in.Called, ok = r.trunk.Dial.Number(user)
	return in, ok
}

// callerOf is the number of who calls: of P-Asserted-Identity when the trunk is
// believed (RFC 3325), else of From; empty when it is withheld or none.
func (r *route) callerOf(inc *sipua.Incoming) string {
	for _, privacy := range inc.Headers("privacy") { // RFC 3323, RFC 3325 section 9.3
		for value := range strings.SplitSeq(privacy, ";") {
			switch strings.ToLower(strings.TrimSpace(value)) {
			case "id", "user", "header":
				return ""
			}
		}
	}
	if r.trunk.TrustIdentity {
		for _, value := range inc.Headers("p-asserted-identity") {
			for identity := range strings.SplitSeq(value, ",") {
				if number, ok := r.trunk.Dial.Number(userOf(identity)); ok {
					return number
				}
			}
		}
	}
	number, _ := r.trunk.Dial.Number(inc.From().User)
	return number
}

// userOf is the user part of the URI in a header such as "Ann" <sip:+34...@host>;x=y.
func userOf(value string) string {
	if _, inside, found := strings.Cut(value, "<"); found {
		value, _, _ = strings.Cut(inside, ">")
	}
	scheme, rest, found := strings.Cut(strings.TrimSpace(value), ":")
	if !found {
		return ""
	}
	switch strings.ToLower(scheme) {
	case "tel":
		user, _, _ := strings.Cut(rest, ";")
		return user
	case "sip", "sips":
		user, _, at := strings.Cut(rest, "@")
		if !at {
			return ""
		}
		return user
	}
	return ""
}
