package node

import (
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/dialer/media"
)

const talkTime = 3 * time.Second // until sipp hangs up

// The main job with nothing of ours at either end: baresip is the agent's
// phone, sipp the person. The agent says 440 Hz, the person 1000 Hz, each is
// heard by the other, and the agent hears the connect tone before the person.
func TestABaresipAgentAndASippCalleeHearEachOtherAndTheSaleIsInTheLedger(t *testing.T) {
	t.Parallel()
	person := startSpeaker(t, voiceHertz)
	sipp, far := startSipp(t, person.port(), talkTime)
	o, phone := officeWithBaresip(t, far)
	call := o.serveOne(t)
	sipp.satisfied(t)
	checkSale(t, call)

	if share := loudest(person.heard(), agentHertz, time.Second); share < 0.9 {
		t.Errorf("the person heard %.2f of the agent's %d Hz", share, agentHertz)
	}
	eventually(t, "baresip has written what it heard", func() bool {
		return loudest(phone.recording(t), voiceHertz, time.Second) > 0.9
	})
	pcm := phone.recording(t)
	tone, voice := first(pcm, toneHertz), first(pcm, voiceHertz)
	if tone < 0 || tone > voice {
		t.Errorf("the connect tone is at %d ms of what the agent heard, the person at %d ms", tone/8, voice/8)
	}
	if share := loudest(pcm, agentHertz, 200*time.Millisecond); share > 0.5 {
		t.Errorf("the agent heard %.2f of their own voice", share)
	}
}

// Through the sound of both programs, there and back: sipp sends back what it
// hears, so the agent hears their own voice.
func TestABaresipAgentHearsTheEchoOfASippCallee(t *testing.T) {
	t.Parallel()
	sound := freePort(t)
	sipp, far := startSipp(t, sound.Port(), talkTime, "-rtp_echo", "-mp", strconv.Itoa(int(sound.Port())))
	o, phone := officeWithBaresip(t, far)
	call := o.serveOne(t)
	sipp.satisfied(t)
	checkSale(t, call)
	eventually(t, "baresip has heard its own voice", func() bool {
		return loudest(phone.recording(t), agentHertz, time.Second) > 0.9
	})
}

// officeWithBaresip is an office with one agent, whose phone is baresip.
func officeWithBaresip(t *testing.T, far netip.AddrPort) (*office, *other) {
	t.Helper()
	o := openOffice(t, far, "ana")
	phone := startBaresip(t, o.node.PhonesAddr(), "ana", o.secret)
	eventually(t, "baresip registers", func() bool { return o.node.phones.Registered("ana") })
	return o, phone
}

// serveOne lets the agent take one call, which the person ends, and write a
// sale; then the node is closed. It returns the one call of the ledger.
func (o *office) serveOne(t *testing.T) campaigns.Call {
	t.Helper()
	agent := o.seat(t, "ana")
	number := fictional(23)
	o.dial(t, number)
	card := agent.connected(t)
	if card.Number != number {
		t.Errorf("the card shows %s", card.Number)
	}
	agent.until(t, "call_ended")
	agent.dispose(t, card.Attempt, api.Disposition{
		Code: "sale", Note: "440 Hz sold it",
		Sale: &api.Sale{Currency: "EUR", Lines: []api.OrderLine{{Product: "Fibre 500", Quantity: 2, UnitPrice: 2990}}},
	})
	agent.until(t, "call_closed")
	agent.leave()
	o.soft() // nobody talks: the node ends by itself
	o.end(t)
	calls := o.ledger(t)
	if len(calls) != 1 {
		t.Fatalf("%d attempts in the ledger", len(calls))
	}
	return calls[0]
}

func checkSale(t *testing.T, c campaigns.Call) {
	t.Helper()
	if c.Outcome != campaigns.Connected || c.EndedBy != "callee" || c.Q850 != 16 || c.AgentLogin != "ana" || c.Trunk != "carrier" {
		t.Errorf("outcome %q, ended by %q, cause %d, agent %q, trunk %q", c.Outcome, c.EndedBy, c.Q850, c.AgentLogin, c.Trunk)
	}
	if d := c.Disposition; d == nil || d.Code != "sale" || d.Sale == nil || d.Sale.Total() != 5980 || d.Sale.Currency != "EUR" {
		t.Errorf("disposition %+v", c.Disposition)
	}
	if talk := c.EndedAt.Sub(c.BridgedAt); c.BridgedAt.Before(c.AnsweredAt) || c.PacketsIn == 0 || talk < talkTime/2 {
		t.Errorf("answered %s, bridged %s, ended %s, %d packets in", c.AnsweredAt, c.BridgedAt, c.EndedAt, c.PacketsIn)
	}
}

// first is the place of the first 40 ms that are a tone, in samples; -1 = none.
func first(pcm []int16, hertz float64) int {
	const window = media.SampleRate / 25
	for at := 0; at+window <= len(pcm); at += window / 4 {
		if part := pcm[at : at+window]; media.Level(part) > 500 && media.ToneShare(part, hertz) > 0.9 {
			return at
		}
	}
	return -1
}

// loudest is the best share of a tone in any stretch of so long.
func loudest(pcm []int16, hertz float64, stretch time.Duration) (best float64) {
	n := int(stretch * media.SampleRate / time.Second)
	for ; len(pcm) >= n; pcm = pcm[n/10:] {
		best = max(best, media.ToneShare(pcm[:n], hertz))
	}
	return best
}
