package internalleg

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
)

func someOrder() order {
	return order{
		from: "a", to: "b", station: "agent 7;x=ü", mode: Talk, at: time.UnixMilli(time.Now().UnixMilli()),
		callID: rand.Text(), offer: []byte("v=0"),
	}
}

func TestAnOrderReadsAsItWasWritten(t *testing.T) {
	o := someOrder()
	got, err := readOrder(o.write(houseKey), o.callID, o.offer, houseKey)
	if err != nil || got.from != o.from || got.to != o.to || got.station != o.station || got.mode != o.mode || !got.at.Equal(o.at) {
		t.Errorf("read %+v, %v of %+v", got, err, o)
	}
}

func TestNothingOfAnOrderCanBeChanged(t *testing.T) {
	o := someOrder()
	good := o.write(houseKey)
	if _, err := readOrder(good, "another call", o.offer, houseKey); !errors.Is(err, errProof) {
		t.Errorf("of another call: %v", err)
	}
	if _, err := readOrder(good, o.callID, []byte("v=1"), houseKey); !errors.Is(err, errProof) {
		t.Errorf("with another description: %v", err)
	}
	if _, err := readOrder(good, o.callID, o.offer, bytes.Repeat([]byte("x"), 32)); !errors.Is(err, errProof) {
		t.Errorf("with another key: %v", err)
	}
	for i, r := range good {
		to := "A"
		if r == 'A' {
			to = "B"
		}
		if _, err := readOrder(good[:i]+to+good[i+1:], o.callID, o.offer, houseKey); err == nil {
			t.Errorf("character %d (%c) may be changed", i, r)
		}
	}
}

func TestAnOrderIsGoodAtOneNodeForAShortTimeAndOnce(t *testing.T) {
	born := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	now := born.Add(time.Hour)
	for _, c := range []struct {
		name string
		to   string
		at   time.Time
		want error
	}{
		{"fresh", "b", now, nil},
		{"a clock 29 s behind", "b", now.Add(-29 * time.Second), nil},
		{"a clock 29 s ahead", "b", now.Add(29 * time.Second), nil},
		{"old", "b", now.Add(-31 * time.Second), errStale},
		{"of the future", "b", now.Add(31 * time.Second), errStale},
		{"for another node", "c", now, errNotMine},
	} {
		g := newGate("b", born)
		o := order{to: c.to, at: c.at, callID: c.name}
		if err := g.admit(o, now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if c.want != nil {
			continue
		}
		for again := time.Duration(0); again < 3*freshness; again += time.Second {
			if err := g.admit(o, now.Add(again)); err == nil {
				t.Errorf("%s: good again after %s", c.name, again)
			}
		}
	}
	restarted := newGate("b", now)
	if err := restarted.admit(order{to: "b", at: now.Add(-time.Millisecond), callID: "x"}, now.Add(time.Second)); !errors.Is(err, errStale) {
		t.Errorf("signed before the node was up: %v", err)
	}
}

func TestTheGateForgetsWhatCannotComeAgain(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	g := newGate("b", now)
	for range 1000 {
		now = now.Add(time.Second)
		for range 10 {
			if err := g.admit(order{to: "b", at: now, callID: rand.Text()}, now); err != nil {
				t.Fatal(err)
			}
		}
	}
	if most := 10 * 63; len(g.seen) > most {
		t.Errorf("%d orders are remembered, want at most %d", len(g.seen), most)
	}
}

func FuzzReadOrder(f *testing.F) {
	o := someOrder()
	f.Add(o.write(houseKey))
	f.Add("1;YQ;Yg;Nw;talk;1;AAAA")
	f.Add(strings.Repeat(";", 6))
	f.Fuzz(func(t *testing.T, value string) {
		got, err := readOrder(value, o.callID, o.offer, houseKey)
		if err == nil && value != got.write(houseKey) {
			t.Errorf("%q is read as %+v", value, got)
		}
	})
}

// stranger sends INVITEs of its own making to a node.
func stranger(t *testing.T) *sipua.UA {
	return scripted(t, func(inc *sipua.Incoming) { _ = inc.Reject(403, "") })
}

func invite(t *testing.T, from *sipua.UA, to *node, callID string, offer []byte, hs ...sipua.Header) *sipua.Failure {
	t.Helper()
	call, err := from.Invite(within(t), sipua.Invite{
		To: sipua.URI{User: "leg"}, From: sipua.Party{URI: sipua.URI{User: "node"}}, NextHop: to.at(), CallID: callID,
		Offer: offer, Headers: hs, SessionExpires: -1,
	})
	if err == nil {
		t.Cleanup(func() { _ = call.Bye(within(t)) })
		return nil
	}
	var failure *sipua.Failure
	if !errors.As(err, &failure) {
		t.Fatal(err)
	}
	return failure
}

func TestAStrangerIsRefusedWithOneAnswerForEverything(t *testing.T) {
	b := openNode(t, "b")
	agent := b.plug(t, "7", media.PCMU)
	ua := stranger(t)
	offer := emptySDP(t)
	signed := func(key []byte, change func(*order)) (string, sipua.Header) {
		o := order{from: "a", to: "b", station: "7", mode: Talk, at: time.Now(), callID: rand.Text(), offer: offer}
		change(&o)
		return o.callID, sipua.Header{Name: orderHeader, Value: o.write(key)}
	}
	same := func(*order) {}
	wrong := bytes.Repeat([]byte("w"), 32)
	for _, c := range []struct {
		name   string
		key    []byte
		change func(*order)
	}{
		{"the wrong key", wrong, same},
		{"the wrong key and no such phone", wrong, func(o *order) { o.station = "8" }},
		{"another node's", houseKey, func(o *order) { o.to = "c" }},
		{"an old one", houseKey, func(o *order) { o.at = o.at.Add(-time.Minute) }},
		{"another description", houseKey, func(o *order) { o.offer = append(o.offer, ' ') }},
	} {
		id, h := signed(c.key, c.change)
		if f := invite(t, ua, b, id, offer, h); f == nil || f.Code != 403 || f.Reason != "Forbidden" {
			t.Errorf("%s: %v", c.name, f)
		}
	}
	if f := invite(t, ua, b, rand.Text(), offer); f == nil || f.Code != 403 || f.Reason != "Forbidden" {
		t.Errorf("no order: %v", f)
	}
	if f := invite(t, ua, b, rand.Text(), offer, sipua.Header{Name: orderHeader, Value: "x"}); f == nil || f.Code != 403 {
		t.Errorf("no order that can be read: %v", f)
	}
	id, h := signed(houseKey, same)
	if f := invite(t, ua, b, rand.Text(), offer, h); f == nil || f.Code != 403 {
		t.Errorf("the header of another call: %v", f)
	}
	if f := invite(t, ua, b, id, offer, h, h); f == nil || f.Code != 403 {
		t.Errorf("two orders: %v", f)
	}
	if got := b.Refused(); got != 9 {
		t.Errorf("%d refused, want 9", got)
	}
	if len(b.State()) != 0 || !agent.isUp() {
		t.Errorf("a stranger left %+v", b.State())
	}
}

func TestAnOrderThatWasOverheardIsNotGoodAgain(t *testing.T) {
	b := openNode(t, "b")
	b.plug(t, "7", media.PCMU)
	ua, other := stranger(t), stranger(t)
	o := order{from: "a", to: "b", station: "7", mode: Talk, at: time.Now(), callID: rand.Text(), offer: emptySDP(t)}
	h := sipua.Header{Name: orderHeader, Value: o.write(houseKey)}
	if f := invite(t, ua, b, o.callID, o.offer, h); f != nil {
		t.Fatalf("the first time: %v", f)
	}
	if f := invite(t, other, b, o.callID, o.offer, h); f == nil || f.Code != 403 {
		t.Errorf("the second time: %v", f)
	}
}

func TestDialTellsWhyThereIsNoLeg(t *testing.T) {
	b := openNode(t, "b")
	b.plug(t, "7", media.PCMU)
	for _, c := range []struct {
		name   string
		change func(*Settings)
		ask    Request
		want   error
	}{
		{"no such phone", func(*Settings) {}, Request{Node: "b", Station: "8"}, ErrNoPhone},
		{"the wrong secret", func(s *Settings) { s.Key = bytes.Repeat([]byte("w"), 32) }, Request{Node: "b", Station: "7"}, ErrRefused},
		{"the wrong name", func(*Settings) {}, Request{Node: "c", Station: "7"}, ErrRefused},
	} {
		a := openNode(t, "a", c.change)
		c.ask.At = b.at()
		if _, err := a.Dial(within(t), c.ask); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestAReferenceIsThePhoneItselfOrALegToIt(t *testing.T) {
	a, b := openNode(t, "a"), openNode(t, "b")
	own := a.plug(t, "7", media.PCMU)
	b.plug(t, "7", media.PCMU)
	stations := Stations{Legs: a.Legs, Address: func(node string) (sipua.Target, bool) { return b.at(), node == "b" }}
	if s, err := stations.Resolve(within(t), "a", "7"); err != nil || s != own {
		t.Errorf("own phone: %v, %v", s, err)
	}
	if _, err := stations.Resolve(within(t), "a", "8"); !errors.Is(err, ErrNoPhone) {
		t.Errorf("no own phone: %v", err)
	}
	if _, err := stations.Resolve(within(t), "c", "7"); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("a node that nobody knows: %v", err)
	}
	s, err := stations.Resolve(within(t), "b", "7")
	if err != nil || len(b.State()) != 1 {
		t.Fatalf("the other's phone: %v, %+v", err, b.State())
	}
	s.Hangup(within(t))
}

func TestSettingsAreCheckedBeforeAnythingStarts(t *testing.T) {
	_, err := Open(Settings{Key: []byte("short"), SilenceLimit: time.Millisecond, AnswerLimit: -1})
	for _, want := range []string{"node", "key", "listen", "silence_limit", "answer_limit"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not named in: %v", want, err)
		}
	}
}
