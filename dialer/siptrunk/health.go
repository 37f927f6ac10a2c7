package siptrunk

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/forecall/forecall/dialer/sipua"
)

const (
	// pingsLost is how many OPTIONS in a row stay without an answer until the
	// trunk is taken out of use: one may be lost on the way.
	pingsLost = 2
	// pingLimit is how long an OPTIONS may take.
	pingLimit = 5 * time.Second
)

// attend keeps a trunk registered, asks after its health, and refreshes the
// addresses of its carrier until ctx ends.
func (r *route) attend(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	if r.trunk.Register {
		wg.Go(func() { r.keepRegistered(ctx) })
	}
	if r.trunk.OptionsPing > 0 {
		wg.Go(func() { every(ctx, r.trunk.OptionsPing, r.ping) })
	}
	every(ctx, lookupEvery, r.sources.lookup)
}

// every runs f at once and then at each interval, until ctx ends.
func every(ctx context.Context, interval time.Duration, f func(context.Context)) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		f(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (r *route) keepRegistered(ctx context.Context) {
	t := r.trunk
	err := r.ua.KeepRegistered(ctx, sipua.Registration{
		Registrar: r.target, User: t.Username, Domain: t.Host, Expires: t.RegisterExpires,
		Auth: sipua.Credentials{User: t.AuthUsername, Password: t.Password, Realm: t.Realm},
		OnState: func(s sipua.RegistrationState) {
			if ctx.Err() == nil { // un-registering at Close is no news
				r.registered(s)
			}
		},
	})
	if err != nil {
		r.registered(sipua.RegistrationState{Err: err})
	}
}

// registered takes the trunk in and out of use with its registration. One that
// could not be refreshed is used until the carrier lets it expire.
func (r *route) registered(s sipua.RegistrationState) {
	r.mu.Lock()
	reg := &r.tally.registration
	reg.Active = s.Registered || reg.Active && s.Err != nil && time.Now().Before(reg.Expires)
	reg.Error = ""
	if s.Registered {
		reg.Expires = s.Until
	}
	if s.Err != nil {
		reg.Error = s.Err.Error()
	}
	r.mu.Unlock()
	r.judgeHealth()
}

// ping asks the carrier for a sign of life. Any answer is one, but 503: "not
// now". A carrier that asked for quiet by Retry-After is left alone.
func (r *route) ping(ctx context.Context) {
	r.mu.Lock()
	silenced := r.gate.silenced(time.Now())
	r.mu.Unlock()
	if silenced {
		return
	}
	asking, cancel := context.WithTimeout(ctx, min(pingLimit, r.trunk.OptionsPing))
	defer cancel()
	code, rtt, err := r.ua.Options(asking, r.target)
	if ctx.Err() != nil {
		return
	}
	r.mu.Lock()
	if err != nil || code == 503 {
		r.tally.optionsLost++
	} else {
		r.tally.optionsLost = 0
	}
	if err == nil {
		r.tally.optionsAt, r.tally.optionsRTT, r.tally.optionsCode = time.Now(), rtt, code
	}
	r.mu.Unlock()
	r.judgeHealth()
}

// judgeHealth says whether the trunk may be used, and why not.
func (r *route) judgeHealth() {
	r.mu.Lock()
	n := &r.tally
	why := ""
	switch {
	case r.trunk.Register && !n.registration.Active && n.registration.Error != "":
		why = "not registered: " + n.registration.Error
	case r.trunk.Register && !n.registration.Active:
		why = "not registered"
	case n.optionsLost >= pingsLost && n.optionsCode == 503:
		why = "503 to OPTIONS"
	case n.optionsLost >= pingsLost:
		why = fmt.Sprintf("no reply to %d OPTIONS", n.optionsLost)
	}
	r.mu.Unlock()
	r.sayDown(why)
}
