package deskphone

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/forecall/forecall/dialer/sipua"
)

// F45: a phone places no calls, not even a registered one.
func TestACallFromAPhoneIsForbidden(t *testing.T) {
	t.Parallel()
	phones := open(t)
	agent := newPhone(t)
	agent.register(phones, "101", "udp")
	at := phones.ua.Addr("udp")
	offer, err := sipua.BuildOffer(sipua.SDPAudio{Addr: netip.AddrPortFrom(loopback, 4000), SessionID: 1, Version: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, number := range []string{"+34600111222", "102", "101"} {
		_, err := agent.ua.Invite(within(t), sipua.Invite{
			To: sipua.URI{User: number}, From: sipua.Party{URI: sipua.URI{User: "101"}}, Offer: offer,
			NextHop: sipua.Target{Host: at.Addr().String(), Port: int(at.Port())},
			Auth:    sipua.Credentials{User: "101", Password: password},
		})
		var f *sipua.Failure
		if !errors.As(err, &f) || f.Code != 403 {
			t.Errorf("%s: %v, want 403", number, err)
		}
	}
}

func TestAWrongSecretOrAnotherExtensionIsNotRegistered(t *testing.T) {
	t.Parallel()
	phones := open(t)
	agent := newPhone(t)
	at := phones.ua.Addr("udp")
	for name, r := range map[string]sipua.Registration{
		"wrong secret":     {User: "101", Auth: sipua.Credentials{User: "101", Password: "guess"}},
		"unknown":          {User: "999", Auth: sipua.Credentials{User: "999", Password: password}},
		"another's number": {User: "102", Auth: sipua.Credentials{User: "101", Password: password}},
	} {
		r.Registrar = sipua.Target{Host: at.Addr().String(), Port: int(at.Port())}
		var f *sipua.Failure
		if _, err := agent.ua.Register(within(t), r); !errors.As(err, &f) {
			t.Errorf("%s: registered (%v)", name, err)
		}
		if phones.Registered(r.User) {
			t.Errorf("%s: %s is bound", name, r.User)
		}
	}
}

func TestAPhoneOutsideTheNetworksGetsNoAnswer(t *testing.T) {
	t.Parallel()
	phones := open(t, func(s *Settings) { s.Networks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	agent := newPhone(t)
	at := phones.ua.Addr("udp")
	ctx, cancel := context.WithTimeout(within(t), 300*time.Millisecond)
	defer cancel()
	_, _, err := agent.ua.Options(ctx, sipua.Target{Host: at.Addr().String(), Port: int(at.Port())})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a stranger was answered: %v", err)
	}
	if phones.ua.Stats().Refused == 0 {
		t.Error("the message was not counted")
	}
}

func TestSettingsOfPhonesThatCannotWorkAreRefused(t *testing.T) {
	if _, err := Open(Settings{SilenceLimit: time.Millisecond, RingTime: -1}); err == nil {
		t.Error("opened")
	}
}

func TestAPhoneIsAskedToAnswerByItselfWhereThatIsSet(t *testing.T) {
	t.Parallel()
	for _, asked := range []bool{true, false} {
		headers := make(chan string, 1)
		phones := open(t, func(s *Settings) { s.AutoAnswer = asked })
		agent := newPhone(t, func(p *phone) {
			p.look = func(inc *sipua.Incoming) {
				mode, _ := inc.Header("Answer-Mode")
				info, _ := inc.Header("Call-Info")
				alert, _ := inc.Header("Alert-Info")
				headers <- mode + info + alert
			}
		})
		agent.register(phones, "101", "udp")
		callUp(t, phones, "101").Hangup(within(t))
		want := ""
		if asked {
			want = "Auto<sip:forecall>;answer-after=0<sip:forecall>;info=alert-autoanswer;delay=0"
		}
		if got := <-headers; got != want {
			t.Errorf("auto answer %v: %q", asked, got)
		}
	}
}

func TestACallToAPhoneCanBeGivenUp(t *testing.T) {
	t.Parallel()
	phones := open(t)
	cancelled := make(chan struct{})
	agent := newPhone(t, func(p *phone) {
		p.ignore = true
		p.look = func(inc *sipua.Incoming) {
			go func() { <-inc.Cancelled(); close(cancelled) }()
		}
	})
	agent.register(phones, "101", "udp")
	ctx, giveUp := context.WithCancel(within(t))
	time.AfterFunc(100*time.Millisecond, giveUp)
	if _, err := phones.Call(ctx, "101"); err == nil {
		t.Error("the phone is up")
	}
	wait(t, "the phone stops ringing", cancelled)
	if s := stateOf(t, phones, "101"); s.Leg != LegNone {
		t.Errorf("%+v", s)
	}
}

func TestAPhoneThatGoesAwayWhileItRingsIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	phones := open(t)
	ringing := make(chan struct{})
	agent := newPhone(t, func(p *phone) {
		p.ignore = true
		p.look = func(*sipua.Incoming) { close(ringing) }
	})
	agent.register(phones, "101", "udp")
	failed := make(chan error, 1)
	go func() { _, err := phones.Call(within(t), "101"); failed <- err }()
	wait(t, "it rings", ringing)
	agent.unbind()
	if err := <-failed; err == nil {
		t.Error("the phone is up")
	}
}
