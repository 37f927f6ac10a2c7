package node

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sound"
)

// visitor is somebody of the village who calls us: what they say is 1000 Hz,
// what they hear is kept.
type visitor struct {
	ear
	call    *sipua.Call
	session *media.Session
}

// visit calls our number through the trunk.
func (v *village) visit(t testing.TB, to netip.AddrPort, number string) *visitor {
	t.Helper()
	session, err := media.Open(v.media)
	if err != nil {
		t.Fatal(err)
	}
	snd := sound.New(session, []media.Codec{media.PCMU})
	offer, err := snd.Offer()
	if err != nil {
		t.Fatal(err)
	}
	g := &visitor{session: session}
	session.Connect(g)
	g.call, err = v.ua.Invite(within(t), sipua.Invite{
		To:      sipua.URI{User: "+12025550100", Host: to.Addr().String(), Port: int(to.Port())},
		From:    sipua.Party{URI: sipua.URI{User: number, Host: "village"}},
		NextHop: sipua.Target{Host: to.Addr().String(), Port: int(to.Port()), Transport: "udp"}, Offer: offer, SessionExpires: -1,
	})
	if err == nil {
		err = snd.Follow(g.call.RemoteSDP())
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, hush := context.WithCancel(context.Background())
	var speaking sync.WaitGroup
	speaking.Go(func() { _ = media.Play(ctx, session, v.voice) })
	t.Cleanup(func() {
		hush()
		speaking.Wait()
		_ = session.Close()
	})
	return g
}

// hears waits until a part of a prompt was heard, sample by sample: from half a
// second in, for a quarter of a second.
func (g *visitor) hears(t testing.TB, what string, words media.Prompt) {
	t.Helper()
	said := media.PCMU.Encode(nil, words.PCM())[media.SampleRate/2 : media.SampleRate*3/4]
	eventually(t, what, func() bool { return bytes.Contains(media.PCMU.Encode(nil, g.heard()), said) })
}

// house's words, in English.
func englishWords(t testing.TB, name string) media.Prompt {
	t.Helper()
	words, err := queueWord("en", name)
	if err != nil {
		t.Fatal(err)
	}
	return words
}

// A person calls our number back through the trunk: nobody is there and they
// leave a request; somebody is there and they hear their place, then the agent,
// who hears them and has their card.
func TestPeopleWhoCallBackAreServedFromTheTrunkToTheLedger(t *testing.T) {
	t.Parallel()
	v := openVillage(t, at50ms)
	door := freePort(t)
	greeting, hello := filepath.Join(t.TempDir(), "hello.wav"), media.Tone(500, time.Second)
	if err := os.WriteFile(greeting, wav(hello.PCM()), 0o600); err != nil {
		t.Fatal(err)
	}
	o := openOfficeWith(t, v.addr(), nil, func(c *config.Config) {
		c.SIP.Listen, c.Campaigns[0].Inbound.Greeting = door.String(), greeting
	}, "ana")
	if err := o.manager.Post(within(t), fmt.Sprintf("/v1/campaigns/%d/start", o.campaign), nil, nil); err != nil {
		t.Fatal(err)
	}

	asks := v.visit(t, door, fictional(1))
	asks.hears(t, "the words when nobody is there", englishWords(t, "closed"))
	if err := asks.session.SendDigit(within(t), '1'); err != nil {
		t.Fatal(err)
	}
	asks.hears(t, "the promise", englishWords(t, "noted"))
	await(t, "the house says goodbye", asks.call.Done())

	ears := newWatcher()
	o.plug(t, "ana", ears)
	agent := o.seat(t, "ana")
	if err := agent.Post(within(t), "/v1/agent/pause", map[string]string{"reason": "coffee"}, nil); err != nil {
		t.Fatal(err)
	}
	guest := v.visit(t, door, fictional(2))
	guest.hears(t, "the campaign's own greeting", hello)
	guest.hears(t, "the place in the queue", englishWords(t, "position-1"))
	if err := agent.Post(within(t), "/v1/agent/ready", struct{}{}, nil); err != nil {
		t.Fatal(err)
	}
	card := agent.connected(t)
	if card.Direction != "inbound" || card.Number != fictional(2) || card.Campaign != campaignName || card.Attempt == "" {
		t.Errorf("the card is %+v", card)
	}
	await(t, "the agent hears the person", ears.steady)
	eventually(t, "the person hears the agent", func() bool {
		pcm := guest.heard()
		return len(pcm) > 1600 && media.ToneShare(pcm[len(pcm)-1600:], agentHertz) > 0.8
	})
	if err := guest.call.Bye(within(t)); err != nil {
		t.Error(err)
	}
	agent.dispose(t, card.Attempt, api.Disposition{Code: "not_interested"})
	var book struct{ Callbacks []api.AgreedCallback }
	if err := o.manager.Read(within(t), "/v1/callbacks", &book); err != nil {
		t.Fatal(err)
	}
	if len(book.Callbacks) != 1 || time.Until(book.Callbacks[0].At) > 2*time.Minute || book.Callbacks[0].Number != fictional(1) {
		t.Errorf("the book holds %+v", book.Callbacks)
	}
	o.close(t)
	served := map[string]campaigns.Call{}
	for _, c := range o.ledger(t) {
		if c.Mode == campaigns.Inbound {
			served[c.Number] = c
		}
	}
	if c := served[fictional(1)]; c.Outcome != campaigns.InboundCallback || c.ListName != campaigns.ListCallsBack {
		t.Errorf("who asked to be called back: %+v", c.Attempt)
	}
	c := served[fictional(2)]
	if c.Outcome != campaigns.InboundConnected || c.AgentLogin != "ana" || c.Disposition == nil || c.EndedBy != "callee" || c.PacketsIn == 0 || c.Trunk != "carrier" {
		t.Errorf("who talked to ana: %+v", c.Attempt)
	}
}
