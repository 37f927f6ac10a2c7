package sipua_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/dialer/sipua"
)

// office is a registrar with one user, ann, and what it heard.
func office(t *testing.T, change ...func(*sipua.RegistrarSettings)) (*sipua.Registrar, chan sipua.Binding) {
	t.Helper()
	heard := make(chan sipua.Binding, 64)
	s := sipua.RegistrarSettings{
		Realm:  "forecall",
		Secret: func(user string) (sipua.Secret, bool) { return sipua.Secret{Password: "secret"}, user == "ann" },
		OnBind: func(b sipua.Binding) { heard <- b },
	}
	for _, c := range change {
		c(&s)
	}
	r, err := sipua.NewRegistrar(s)
	if err != nil {
		t.Fatal(err)
	}
	return r, heard
}

// atOffice plays with the registrar made inside the bubble, as its channels must be.
func atOffice(t *testing.T, act func(*stage, *sipua.Registrar, chan sipua.Binding), change ...func(*sipua.RegistrarSettings)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		reg, heard := office(t, change...)
		st := &stage{t: t, net: newNetwork()}
		st.setUp(sipua.Settings{Registrar: reg})
		defer func() { _ = st.ua.Close() }()
		act(st, reg, heard)
	})
}

// phone registers by hand.
type phone struct {
	*stage
	seq     int
	contact string
	expires string
	nc      int
	nonce   string
	alg     string
}

func (st *stage) phone() *phone {
	return &phone{stage: st, contact: "<sip:ann@10.0.0.2:5060>", expires: "300", alg: "SHA-256"}
}

func (ph *phone) send(auth string) *message {
	ph.seq++
	uri := "sip:10.0.0.1"
	extra := []string{}
	if auth != "" {
		extra = append(extra, "Authorization: "+auth)
	}
	if ph.contact != "" {
		extra = append(extra, "Contact: "+ph.contact)
	}
	if ph.expires != "" {
		extra = append(extra, "Expires: "+ph.expires)
	}
	ph.peer.send(fmt.Sprintf("REGISTER %s SIP/2.0\nVia: SIP/2.0/UDP %s;branch=z9hG4bKreg%d;rport\nMax-Forwards: 70\nFrom: <sip:ann@10.0.0.1>;tag=r\nTo: <sip:ann@10.0.0.1>\nCall-ID: reg\nCSeq: %d REGISTER\n%s\n\n",
		uri, ph.peer.addr, ph.seq, ph.seq, strings.Join(extra, "\n")))
	return ph.peer.next()
}

// credentials digests the nonce it holds.
func (ph *phone) credentials(user, password string) string {
	ph.nc++
	nc := fmt.Sprintf("%08x", ph.nc)
	resp := digestOf(ph.alg, user, "forecall", password, "REGISTER", "sip:10.0.0.1", ph.nonce, nc, "abc")
	return fmt.Sprintf(`Digest username=%q,realm="forecall",nonce=%q,uri="sip:10.0.0.1",algorithm=%s,qop=auth,nc=%s,cnonce="abc",response=%q`, user, ph.nonce, ph.alg, nc, resp)
}

// register asks for a nonce and uses it.
func (ph *phone) register(user, password string) *message {
	r := ph.send("")
	if r.code() != 401 {
		return r
	}
	ph.nonce, ph.nc = field(r.get("WWW-Authenticate"), "nonce"), 0
	return ph.send(ph.credentials(user, password))
}

func TestAPhoneRegistersInEitherAlgorithmAndExpires(t *testing.T) {
	for _, alg := range []string{"SHA-256", "MD5"} {
		atOffice(t, func(st *stage, reg *sipua.Registrar, heard chan sipua.Binding) {
			ph := st.phone()
			ph.alg = alg
			first := ph.send("")
			asks := first.all("WWW-Authenticate")
			if first.code() != 401 || len(asks) != 2 || field(asks[0], "algorithm") != "SHA-256" || field(asks[1], "algorithm") != "MD5" || field(asks[0], "qop") != "auth" {
				t.Errorf("challenges %q", asks)
			}
			r := ph.register("ann", "secret")
			if r.code() != 200 || r.get("Contact") != "<sip:ann@10.0.0.2:5060>;expires=300" {
				t.Errorf("answer\n%s", r.raw)
			}
			b := <-heard
			if !b.Online || b.User != "ann" || b.Source != peerAddr || b.Target() != (sipua.Target{Host: "10.0.0.2", Port: 5060, Transport: "udp"}) {
				t.Errorf("binding %+v", b)
			}
			if got, ok := reg.Lookup("ann"); !ok || got.Source != peerAddr || len(reg.Bindings()) != 1 {
				t.Errorf("lookup %+v %v", got, ok)
			}
			time.Sleep(301 * time.Second)
			synctest.Wait()
			if b := <-heard; b.Online || b.Why != "expired" {
				t.Errorf("binding %+v", b)
			}
			if _, ok := reg.Lookup("ann"); ok {
				t.Error("still there")
			}
		})
	}
}

func TestANonceIsGoodOnceForEachCountFromItsSourceAndForHalfAMinute(t *testing.T) { // F44
	atOffice(t, func(st *stage, reg *sipua.Registrar, _ chan sipua.Binding) {
		ph := st.phone()
		if r := ph.register("ann", "secret"); r.code() != 200 {
			t.Fatal(r.start)
		}
		replay := ph.credentials("ann", "secret")
		if r := ph.send(replay); r.code() != 200 { // nc=2
			t.Error(r.start)
		}
		r := ph.send(replay)
		if r.code() != 401 || field(r.get("WWW-Authenticate"), "stale") != "true" {
			t.Errorf("replay: %s %s", r.start, r.get("WWW-Authenticate"))
		}
		other := *st
		other.peer = st.newPeer(otherAddr)
		thief := other.phone()
		thief.nonce, thief.nc = ph.nonce, 10
		if r := thief.send(thief.credentials("ann", "secret")); r.code() != 401 {
			t.Errorf("nonce of another source: %s", r.start)
		}
		time.Sleep(31 * time.Second)
		if r := ph.send(ph.credentials("ann", "secret")); r.code() != 401 || field(r.get("WWW-Authenticate"), "stale") != "true" {
			t.Errorf("old nonce: %s", r.start)
		}
		ph.nonce = "forged"
		if r := ph.send(ph.credentials("ann", "secret")); r.code() != 401 {
			t.Errorf("forged nonce: %s", r.start)
		}
	})
}

func TestKnownAndUnknownUsersAreAnsweredAlikeAndLockedAlike(t *testing.T) {
	answers := map[string][]string{}
	for _, user := range []string{"ann", "nobody"} {
		atOffice(t, func(st *stage, _ *sipua.Registrar, _ chan sipua.Binding) {
			ph := st.phone()
			for range 12 {
				r := ph.register(user, "wrong")
				answers[user] = append(answers[user], r.start+" "+r.get("Retry-After")+" "+field(r.get("WWW-Authenticate"), "stale"))
			}
			if user != "ann" {
				return
			}
			if r := ph.register("ann", "secret"); r.code() != 403 {
				t.Errorf("right password while locked: %s", r.start)
			}
			time.Sleep(6 * time.Minute)
			if r := ph.register("ann", "secret"); r.code() != 200 {
				t.Errorf("right password after the lock: %s", r.start)
			}
		})
	}
	if got, want := strings.Join(answers["nobody"], "\n"), strings.Join(answers["ann"], "\n"); got != want {
		t.Errorf("unknown user:\n%s\nknown user:\n%s", got, want)
	}
	if last := answers["ann"][11]; !strings.HasPrefix(last, "SIP/2.0 403") {
		t.Errorf("twelfth wrong password: %s", last)
	}
}

func TestABindingIsRefusedThatIsNotThePhonesOwn(t *testing.T) { // F44
	atOffice(t, func(st *stage, reg *sipua.Registrar, _ chan sipua.Binding) {
		for _, tc := range []struct {
			contact, expires string
			want             int
		}{
			{"<sip:ann@10.0.0.9:5060>", "300", 403},
			{"<sip:ann@evil.example>", "300", 403},
			{"<sip:ann@10.0.0.2:5060>", "5", 423},
			{"<sip:ann@10.0.0.2:5060>;expires=7", "300", 423},
			{"*", "300", 400},
			{"<sip:ann@10.0.0.2:5060>, <sip:ann@10.0.0.2:5061>", "300", 400},
			{"", "", 200},
			{"<sip:ann@10.0.0.2:5060>", "999999", 200},
		} {
			ph := st.phone()
			ph.seq = st.next()
			ph.contact, ph.expires = tc.contact, tc.expires
			if r := ph.register("ann", "secret"); r.code() != tc.want {
				t.Errorf("%s;%s: %s, want %d", tc.contact, tc.expires, r.start, tc.want)
			}
		}
		b, ok := reg.Lookup("ann")
		if !ok || time.Until(b.Expires) > time.Hour {
			t.Errorf("binding %+v", b)
		}
		ph := st.phone()
		ph.seq, ph.contact, ph.expires = st.next(), "*", "0"
		if r := ph.register("ann", "secret"); r.code() != 200 || r.get("Contact") != "" {
			t.Errorf("un-register:\n%s", r.raw)
		}
		if _, ok := reg.Lookup("ann"); ok {
			t.Error("still bound")
		}
	})
}

func TestAPhoneMayNotBindAnotherUser(t *testing.T) {
	atOffice(t, func(st *stage, _ *sipua.Registrar, _ chan sipua.Binding) {
		ph := st.phone()
		if r := ph.register("bob", "secret"); r.code() != 403 { // To says ann
			t.Error(r.start)
		}
	}, func(s *sipua.RegistrarSettings) {
		s.Secret = func(string) (sipua.Secret, bool) { return sipua.Secret{Password: "secret"}, true }
	})
}

func TestOurRegistrationIsKeptRefreshedAndRemoved(t *testing.T) {
	atOffice(t, func(st *stage, _ *sipua.Registrar, heard chan sipua.Binding) {
		conn, err := st.net.Listen(otherAddr)
		if err != nil {
			t.Fatal(err)
		}
		robot, err := sipua.Listen(sipua.Settings{Listen: []sipua.Listener{{Transport: "udp", Conn: conn}}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := cancellable()
		states := make(chan sipua.RegistrationState, 16)
		kept := make(chan error, 1)
		go func() {
			kept <- robot.KeepRegistered(ctx, sipua.Registration{
				Registrar: sipua.Target{Host: "10.0.0.1", Port: 5060}, User: "ann", Expires: 2 * time.Minute,
				Auth:    sipua.Credentials{User: "ann", Password: "secret"},
				OnState: func(s sipua.RegistrationState) { states <- s },
			})
		}()
		for i := range 4 {
			s := <-states
			if !s.Registered || s.Err != nil || time.Until(s.Next) > time.Until(s.Until) {
				t.Fatalf("state %d: %+v", i, s)
			}
			b := <-heard
			want := "refreshed"
			if i == 0 {
				want = "registered"
			}
			if b.Why != want || b.Source != otherAddr {
				t.Errorf("binding %+v", b)
			}
		}
		code, rtt, err := robot.Options(ctx, sipua.Target{Host: "10.0.0.1", Port: 5060})
		if code != 200 || err != nil || rtt < 0 {
			t.Errorf("options: %d %v %v", code, rtt, err)
		}
		cancel()
		if err := <-kept; err != nil {
			t.Error(err)
		}
		if b := <-heard; b.Online || b.Why != "unregistered" {
			t.Errorf("binding %+v", b)
		}
		if s := <-states; s.Registered {
			t.Errorf("last state %+v", s)
		}
		_ = robot.Close()
	})
}

func TestARegistrationThatIsRefusedBacksOff(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		ctx, cancel := cancellable()
		kept := make(chan error, 1)
		var states []sipua.RegistrationState
		go func() {
			kept <- st.ua.KeepRegistered(ctx, sipua.Registration{
				Registrar: sipua.Target{Host: "10.0.0.2"}, User: "ann", Auth: sipua.Credentials{User: "ann", Password: "secret"},
				OnState: func(s sipua.RegistrationState) { states = append(states, s) },
			})
		}()
		m := st.peer.expect("REGISTER")
		st.peer.reply(m, 423, "r", "Min-Expires: 1800")
		m2 := st.peer.expect("REGISTER")
		if m2.get("Expires") != "1800" || m2.get("Call-ID") != m.get("Call-ID") || m2.cseq() != m.cseq()+1 {
			t.Errorf("after 423\n%s", m2.raw)
		}
		start := time.Now()
		st.peer.reply(m2, 503, "r", "Retry-After: 77")
		m = st.peer.readFor(5 * time.Minute)
		if d := time.Since(start); d != 77*time.Second {
			t.Errorf("tried again after %v", d)
		}
		start = time.Now()
		st.peer.reply(m, 403, "r")
		m = st.peer.readFor(10 * time.Minute)
		if d := time.Since(start); d != 5*time.Minute {
			t.Errorf("wrong password tried again after %v", d)
		}
		// Other phones' contacts stand in the answer as well.
		st.peer.reply(m, 200, "r", "Contact: <sip:ann@10.0.0.77:5060>;expires=5", "Contact: <sip:ann@10.0.0.1:5060>;expires=600")
		start = time.Now()
		m = st.peer.readFor(20 * time.Minute)
		if d := time.Since(start); d < 500*time.Second || d > 590*time.Second {
			t.Errorf("refreshed after %v", d)
		}
		st.peer.reply(m, 200, "r")
		synctest.Wait()
		cancel()
		m = st.peer.expect("REGISTER")
		if m.get("Expires") != "0" {
			t.Errorf("un-register\n%s", m.raw)
		}
		st.peer.reply(m, 200, "r")
		if err := <-kept; err != nil {
			t.Error(err)
		}
		var f *sipua.Failure
		if len(states) != 5 || !errors.As(states[0].Err, &f) || f.Code != 503 || !states[2].Registered {
			t.Errorf("states %+v", states)
		}
	})
}

func TestOptionsTellsALiveTargetFromADeadOne(t *testing.T) {
	play(t, sipua.Settings{}, func(st *stage) {
		out := make(chan string, 1)
		ask := func() {
			code, rtt, err := st.ua.Options(context.Background(), sipua.Target{Host: "10.0.0.2"})
			out <- fmt.Sprint(code, rtt, errors.Is(err, sipua.ErrNoReply))
		}
		go ask()
		m := st.peer.expect("OPTIONS")
		time.Sleep(30 * time.Millisecond)
		st.peer.reply(m, 503, "x")
		if got := <-out; got != "503 30ms false" {
			t.Error(got)
		}
		go ask()
		if got := <-out; got != "0 0s true" {
			t.Error(got)
		}
	})
}
