package sipua

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Registration is one line that we register elsewhere: a trunk, or a robot
// phone at its registrar.
type Registration struct {
	Registrar Target
	// User is the line; Domain the host of its address, empty for Registrar.Host.
	User   string
	Domain string
	// Expires is what to ask for; 0 means 5 minutes.
	Expires time.Duration
	Auth    Credentials
	Headers []Header
	// OnState hears of each change from KeepRegistered, on its goroutine.
	OnState func(RegistrationState)
	// callID and seq stay the same over refreshes (RFC 3261 10.2).
	callID string
	seq    uint32
}

// RegistrationState is what became of the last REGISTER.
type RegistrationState struct {
	Registered bool
	// Until is when the registration ends by itself.
	Until time.Time
	// Next is when KeepRegistered tries again.
	Next time.Time
	// Err is why it is not registered, a *Failure or a transport error.
	Err error
}

const (
	defaultRegistration = 5 * time.Minute
	firstBackoff        = 2 * time.Second
	longestBackoff      = 2 * time.Minute
	refusedBackoff      = 5 * time.Minute // wrong credentials: do not lock the line
)

// Register sends one REGISTER, answers a challenge once, and returns how long
// the registration holds. Expires below zero removes it. A refusal is a *Failure.
func (ua *UA) Register(ctx context.Context, r Registration) (time.Duration, error) {
	r, err := r.prepare()
	if err != nil {
		return 0, err
	}
	return ua.register(ctx, &r)
}

func (r Registration) prepare() (Registration, error) {
	if r.Domain == "" {
		r.Domain = r.Registrar.Host
	}
	u := URI{User: r.User, Host: r.Domain}
	if err := u.Check(); err != nil {
		return r, fmt.Errorf("register: %w", err)
	}
	if r.User == "" {
		return r, errors.New("register: no user")
	}
	if err := checkHeaders(r.Headers); err != nil {
		return r, fmt.Errorf("register: %w", err)
	}
	if r.Expires == 0 {
		r.Expires = defaultRegistration
	}
	if r.callID == "" {
		r.callID = newCallID()
	}
	return r, nil
}

// KeepRegistered registers, refreshes in time, backs off when refused, and
// removes the registration when ctx ends. It blocks until then and returns nil;
// an error means that the registration makes no sense.
func (ua *UA) KeepRegistered(ctx context.Context, r Registration) error {
	r, err := r.prepare()
	if err != nil {
		return err
	}
	backoff, registered := firstBackoff, false
	for {
		var wait time.Duration
		life, err := ua.register(ctx, &r)
		if ctx.Err() != nil {
			break
		}
		state := RegistrationState{Registered: err == nil, Err: err}
		if err == nil {
			registered, backoff = true, firstBackoff
			// Early enough for a lost REGISTER and its repetitions (64*T1).
			wait = max(life-max(life/10, min(life/2, 40*time.Second)), time.Second)
			state.Until = time.Now().Add(life)
		} else {
			wait = registerBackoff(err, backoff)
			backoff = min(2*backoff, longestBackoff)
		}
		state.Next = time.Now().Add(wait)
		r.tell(state)
		if !pause(ctx, ua.closing, wait) {
			break
		}
	}
	if registered {
		ua.unregister(&r)
	}
	r.tell(RegistrationState{})
	return nil
}

func (r *Registration) tell(s RegistrationState) {
	if r.OnState != nil {
		r.OnState(s)
	}
}

// registerBackoff spreads phones that lost the same registrar, obeys
// Retry-After, and is slow when the password is wrong.
func registerBackoff(err error, backoff time.Duration) time.Duration {
	var f *Failure
	if errors.As(err, &f) {
		if f.RetryAfter > 0 {
			return f.RetryAfter
		}
		if f.Code == 401 || f.Code == 403 || f.Code == 407 {
			return refusedBackoff
		}
	}
	return backoff/2 + rand.N(backoff) //nolint:gosec // spreading, not secrecy
}

func pause(ctx context.Context, closing <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-closing:
	}
	return false
}

func (ua *UA) unregister(r *Registration) {
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	r.Expires = -1
	if _, err := ua.register(ctx, r); err != nil {
		ua.log.Debug("unregister", "user", r.User, "error", err)
	}
}

func (ua *UA) register(ctx context.Context, r *Registration) (time.Duration, error) {
	f, err := ua.flowTo(ctx, r.Registrar)
	if err != nil {
		return 0, fmt.Errorf("register %s: %w: %w", r.User, ErrTransport, err)
	}
	use := newCredentialUse(r.Auth, f.addr.Addr())
	expires, raised := max(r.Expires, 0), false
	for {
		r.seq++
		req := ua.buildRegister(r, expires, use, f)
		ev, err := ua.do(ctx, req, f)
		if err != nil {
			return 0, fmt.Errorf("register %s: %w", r.User, err)
		}
		res := ev.res
		switch {
		case res.StatusCode < 300:
			return registeredFor(res, req.Contact(), expires), nil
		case challenged(res):
			if err := use.answer(res, ev.flow, req); err != nil {
				return 0, registerFailure(res, err)
			}
			continue
		case res.StatusCode == 423 && !raised:
			if least, ok := headerSeconds(res, "min-expires"); ok && least > expires && least <= 24*time.Hour {
				expires, raised = least, true
				continue
			}
		}
		return 0, registerFailure(res, nil)
	}
}

func registerFailure(res *sip.Response, err error) *Failure {
	return &Failure{Code: res.StatusCode, Reason: res.Reason, RetryAfter: retryAfter(res), Err: err}
}

func (ua *UA) buildRegister(r *Registration, expires time.Duration, use *credentialUse, f flow) *sip.Request {
	req := ua.newRequest(sip.REGISTER, sip.Uri{Scheme: "sip", Host: r.Domain}, f)
	aor := sip.Uri{Scheme: "sip", User: r.User, Host: r.Domain}
	req.AppendHeader(&sip.FromHeader{Address: aor, Params: sip.HeaderParams{{K: "tag", V: ua.newTag(r.callID)}}})
	req.AppendHeader(&sip.ToHeader{Address: aor})
	id := sip.CallIDHeader(r.callID)
	req.AppendHeader(&id)
	req.AppendHeader(cseq(r.seq, sip.REGISTER))
	req.AppendHeader(contactFor(r.User, f))
	req.AppendHeader(sip.NewHeader("Expires", seconds(expires)))
	req.AppendHeader(sip.NewHeader("Allow", allowedMethods))
	use.sign(req)
	ua.appendName(req, "User-Agent")
	appendHeaders(req, r.Headers)
	req.SetBody(nil)
	return req
}

// registeredFor is what the registrar granted to our Contact: it may list
// those of other phones as well.
func registeredFor(res *sip.Response, own *sip.ContactHeader, asked time.Duration) time.Duration {
	for _, h := range res.GetHeaders("Contact") {
		c, ok := h.(*sip.ContactHeader)
		if !ok || c.Address.User != own.Address.User || !strings.EqualFold(c.Address.Host, own.Address.Host) || c.Address.Port != own.Address.Port {
			continue
		}
		if v, ok := c.Params.Get("expires"); ok {
			if n, err := strconv.ParseUint(v, 10, 31); err == nil {
				return time.Duration(n) * time.Second
			}
		}
	}
	if d, ok := headerSeconds(res, "expires"); ok {
		return d
	}
	return asked
}
