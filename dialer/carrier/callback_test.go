package carrier

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/pacing/sim"
)

func TestWhoMissedACallCallsBackWhereItCameFromAndPressesTheKey(t *testing.T) {
	ports, err := media.NewPortRange(40000, 44999)
	if err != nil {
		t.Fatal(err)
	}
	poller := media.NewPlainPoller()
	settings := media.Settings{IP: loopback, Ports: ports, Poller: poller, EventPT: 101}
	listen := []sipua.Listener{{Transport: "udp", Addr: netip.AddrPortFrom(loopback, 0)}}
	far, err := Start(Settings{
		Listen: listen, Media: settings, Callees: everyone(sim.Person), Seed: 1, Speed: 20, Log: filepath.Join(t.TempDir(), "log"),
		CallsBack: CallsBack{Share: 1, After: 2 * time.Second, Stay: time.Hour, Ask: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	from, called, digits := make(chan string, 1), make(chan string, 1), make(chan byte, 1)
	us, err := sipua.Listen(sipua.Settings{Listen: listen, Serve: sipua.HandlerFunc(func(inc *sipua.Incoming) {
		session, answer, err := OpenSound(inc.Offer(), settings)
		if err != nil {
			t.Error(err)
			return
		}
		defer session.Close()
		session.OnDigit(func(d byte) { digits <- d })
		call, err := inc.Answer(within(t), answer)
		if err != nil {
			t.Error(err)
			return
		}
		from <- inc.From().URI.User
		called <- inc.To().User
		<-call.Done()
	})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(far.Close(), us.Close(), poller.Close()); err != nil {
			t.Error(err)
		}
	})
	session, err := media.Open(settings)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	offer, err := sipua.BuildOffer(sipua.SDPAudio{Addr: session.LocalAddr()})
	if err != nil {
		t.Fatal(err)
	}
	ring, giveUp := context.WithCancel(within(t))
	addr := far.Addr("udp")
	_, err = us.Invite(ring, sipua.Invite{
		To: sipua.URI{User: "+12025550177"}, From: sipua.Party{URI: sipua.URI{User: "+12025550100", Host: "us"}},
		NextHop: sipua.Target{Host: addr.Addr().String(), Port: int(addr.Port())}, Offer: offer,
		OnEvent: func(e sipua.Event) {
			if e.Code == 180 {
				giveUp()
			}
		},
	})
	giveUp()
	if err == nil {
		t.Fatal("the call was answered before it was given up")
	}
	if got := <-from; got != "+12025550177" {
		t.Errorf("%q calls back", got)
	}
	if got := <-called; got != "+12025550100" {
		t.Errorf("%q is called", got)
	}
	select {
	case d := <-digits:
		if d != '1' {
			t.Errorf("pressed %q", d)
		}
	case <-within(t).Done():
		t.Fatal("no key was pressed")
	}
	if n := far.Stats().Back; n != 1 {
		t.Errorf("%d calls back", n)
	}
}

func TestSharesOfCallsBackAreChecked(t *testing.T) {
	for _, b := range []CallsBack{{Share: 1.1}, {Share: -0.1}, {Ask: 2}, {After: -1}, {Stay: -1}} {
		if b.check() == nil {
			t.Errorf("%+v is taken", b)
		}
	}
}
