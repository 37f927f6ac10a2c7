package sipua

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// RegistrarSettings describe a registrar.
type RegistrarSettings struct {
	// Realm is what phones digest their password with.
	Realm string
	// Algorithms are what phones are challenged with, see NewAuthenticator.
	Algorithms []string
	// Secret looks up a user; quick, and safe for many goroutines.
	Secret func(user string) (Secret, bool)
	// OnBind hears of each change: registered, moved, refreshed, gone. It runs
	// on the registrar's goroutines and must not block.
	OnBind func(Binding)
	// MinExpires to MaxExpires is what a phone may ask for; below, it gets 423.
	// Zero means 60 s and 1 hour. DefaultExpires is for phones that ask for
	// nothing; zero means 5 minutes.
	MinExpires, MaxExpires, DefaultExpires time.Duration
	// BehindNAT accepts a Contact that is not the source address of the REGISTER.
	// The source address is used for calls all the same, never the Contact.
	BehindNAT bool
}

// Binding is where a user's phone can be reached.
type Binding struct {
	User      string
	Contact   string // as the phone wrote it; for display only
	Source    netip.AddrPort
	Transport string
	UserAgent string
	Expires   time.Time
	// Online is false when the binding ended: un-registered, expired, replaced
	// by nothing, or its connection lost.
	Online bool
	// Why says what happened, for people: registered, refreshed, moved,
	// unregistered, expired, connection lost.
	Why string
}

// Target is where an INVITE for this phone goes; use it with Invite.Pinned.
func (b Binding) Target() Target {
	return Target{Host: b.Source.Addr().String(), Port: int(b.Source.Port()), Transport: b.Transport}
}

// Registrar answers REGISTER (RFC 3261 10.3) for agents' phones, one binding
// for each user: the latest. Give it to Settings.Registrar.
type Registrar struct {
	s    RegistrarSettings
	auth *Authenticator
	wake chan struct{}
	busy chan struct{} // bounds lookups that run at once

	mu       sync.Mutex
	bindings map[string]*bound
}

type bound struct {
	Binding
	callID string
	seq    uint32
}

// NewRegistrar checks the settings.
func NewRegistrar(s RegistrarSettings) (*Registrar, error) {
	if s.Secret == nil {
		return nil, errors.New("registrar: no lookup of secrets")
	}
	auth, err := NewAuthenticator(s.Realm, s.Secret, s.Algorithms...)
	if err != nil {
		return nil, err
	}
	if s.MinExpires == 0 {
		s.MinExpires = time.Minute
	}
	if s.MaxExpires == 0 {
		s.MaxExpires = time.Hour
	}
	if s.DefaultExpires == 0 {
		s.DefaultExpires = 5 * time.Minute
	}
	if s.MinExpires > s.MaxExpires || s.DefaultExpires < s.MinExpires || s.DefaultExpires > s.MaxExpires {
		return nil, errors.New("registrar: MinExpires <= DefaultExpires <= MaxExpires does not hold")
	}
	return &Registrar{s: s, auth: auth, wake: make(chan struct{}, 1), busy: make(chan struct{}, 64), bindings: map[string]*bound{}}, nil
}

// Lookup is the binding of a user.
func (r *Registrar) Lookup(user string) (Binding, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.bindings[user]
	if b == nil || !time.Now().Before(b.Expires) {
		return Binding{}, false
	}
	return b.Binding, true
}

// Bindings are all phones that are registered now, in no order.
func (r *Registrar) Bindings() []Binding {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Binding, 0, len(r.bindings))
	for _, b := range r.bindings {
		out = append(out, b.Binding)
	}
	return out
}

// onRegister runs the registrar off the reader's goroutine, since the lookup
// of a user may ask a database.
func (ua *UA) onRegister(req *sip.Request, tx *serverTx, f flow) {
	r := ua.settings.Registrar
	select {
	case r.busy <- struct{}{}:
	default:
		tx.respond(503, "Service Unavailable", Header{"Retry-After", "5"})
		return
	}
	started := ua.spawn(func() {
		defer func() { <-r.busy }()
		defer func() {
			if p := recover(); p != nil {
				tx.respond(500, "Server Internal Error")
				panic(p)
			}
		}()
		r.register(req, tx, f)
	})
	if !started {
		<-r.busy
	}
}

func (r *Registrar) register(req *sip.Request, tx *serverTx, f flow) {
	now := time.Now()
	v := r.auth.check(req, f.addr.Addr(), now)
	if !v.ok {
		tx.respond(v.code, v.reason, v.headers...)
		return
	}
	if v.user != req.To().Address.User { // a phone binds its own user only
		tx.respond(403, "Forbidden")
		return
	}
	contacts := req.GetHeaders("Contact")
	if len(contacts) == 0 {
		r.answer(req, tx, v.user, now)
		return
	}
	if len(contacts) > 1 {
		tx.respond(400, "One Contact Only")
		return
	}
	contact, ok := contacts[0].(*sip.ContactHeader)
	if !ok {
		tx.respond(400, "Bad Request")
		return
	}
	life := r.lifeOf(req, contact)
	switch {
	case contact.Address.Wildcard && life != 0:
		tx.respond(400, "Bad Request")
	case life == 0:
		r.remove(v.user, "unregistered")
		r.answer(req, tx, v.user, now)
	case life < r.s.MinExpires:
		tx.respond(423, "Interval Too Brief", Header{"Min-Expires", seconds(r.s.MinExpires)})
	case !r.s.BehindNAT && !isSource(contact, f):
		tx.respond(403, "Contact Must Be the Source")
	default:
		r.bind(req, tx, v.user, contact, f, now.Add(min(life, r.s.MaxExpires)))
	}
}

func isSource(c *sip.ContactHeader, f flow) bool {
	a, err := netip.ParseAddr(strings.Trim(c.Address.Host, "[]"))
	return err == nil && a.Unmap() == f.addr.Addr()
}

func (r *Registrar) lifeOf(req *sip.Request, c *sip.ContactHeader) time.Duration {
	if v, ok := c.Params.Get("expires"); ok {
		if d, err := time.ParseDuration(v + "s"); err == nil && d >= 0 {
			return d.Truncate(time.Second)
		}
	}
	if d, ok := headerSeconds(req, "expires"); ok {
		return d
	}
	return r.s.DefaultExpires
}

func (r *Registrar) bind(req *sip.Request, tx *serverTx, user string, c *sip.ContactHeader, f flow, until time.Time) {
	b := &bound{
		Binding: Binding{
			User: user, Contact: c.Address.String(), Source: f.addr, Transport: f.transport,
			Expires: until, Online: true, Why: "registered",
		},
		callID: req.CallID().Value(), seq: req.CSeq().SeqNo,
	}
	b.UserAgent, _ = headerValue(req, "user-agent")
	r.mu.Lock()
	old := r.bindings[user]
	if old != nil && old.callID == b.callID && b.seq <= old.seq { // RFC 3261 10.3 step 7
		r.mu.Unlock()
		tx.respond(500, "Server Internal Error")
		return
	}
	if old != nil {
		b.Why = "refreshed"
		if old.Source != b.Source || old.Transport != b.Transport {
			b.Why = "moved"
		}
	}
	r.bindings[user] = b
	r.mu.Unlock()
	r.answer(req, tx, user, time.Now())
	r.tell(b.Binding)
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// answer is 200 with what is bound now.
func (r *Registrar) answer(req *sip.Request, tx *serverTx, user string, now time.Time) {
	res := tx.ua.response(req, 200, "OK", tx.from)
	r.mu.Lock()
	b := r.bindings[user]
	r.mu.Unlock()
	if b != nil {
		left := max(0, b.Expires.Sub(now).Round(time.Second))
		res.AppendHeader(sip.NewHeader("Contact", "<"+b.Contact+">;expires="+seconds(left)))
	}
	res.AppendHeader(sip.NewHeader("Date", now.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")))
	tx.reply(res)
}

func (r *Registrar) remove(user, why string) {
	r.mu.Lock()
	b := r.bindings[user]
	delete(r.bindings, user)
	r.mu.Unlock()
	if b != nil {
		r.gone(b, why)
	}
}

func (r *Registrar) gone(b *bound, why string) {
	ended := b.Binding
	ended.Online, ended.Why = false, why
	r.tell(ended)
}

func (r *Registrar) tell(b Binding) {
	if r.s.OnBind != nil {
		r.s.OnBind(b)
	}
}

// lost ends the bindings of a connection that broke: the phone cannot be
// called before it comes back.
func (r *Registrar) lost(transport string, source netip.AddrPort) {
	r.mu.Lock()
	var ended []*bound
	for user, b := range r.bindings {
		if b.Transport == transport && b.Source == source {
			delete(r.bindings, user)
			ended = append(ended, b)
		}
	}
	r.mu.Unlock()
	for _, b := range ended {
		r.gone(b, "connection lost")
	}
}

// expire ends bindings when their time is up.
func (r *Registrar) expire(closing <-chan struct{}) {
	t := time.NewTimer(time.Hour)
	defer t.Stop()
	for {
		t.Reset(r.sweep(time.Now()))
		select {
		case <-closing:
			return
		case <-r.wake:
		case <-t.C:
		}
	}
}

// sweep ends what is over and returns how long until the next.
func (r *Registrar) sweep(now time.Time) time.Duration {
	next := time.Hour
	r.mu.Lock()
	var ended []*bound
	for user, b := range r.bindings {
		left := b.Expires.Sub(now)
		if left <= 0 {
			delete(r.bindings, user)
			ended = append(ended, b)
			continue
		}
		next = min(next, left)
	}
	r.mu.Unlock()
	for _, b := range ended {
		r.gone(b, "expired")
	}
	return next
}
