package node

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
)

// talking is a node in whose only conversation an agent and a person hear each
// other, while one more person waits to be called.
type talking struct {
	*office
	village *village
	agent   *desk
	phone   *handset
	ears    *watcher // the agent's
	card    api.Card
	line    *line
}

// startTalking begins a conversation. When the test is over, no goroutine of
// it may be left: its test must not run beside others.
func startTalking(t *testing.T) *talking {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	k := &talking{ears: newWatcher()}
	k.village = openVillage(t, func(string) time.Duration { return 50 * time.Millisecond })
	k.office = openOffice(t, k.village.addr(), "ana")
	k.phone = k.plug(t, "ana", k.ears)
	k.agent = k.seat(t, "ana")
	k.dial(t, fictional(1), fictional(2))
	k.card = k.agent.connected(t)
	k.line = k.village.line(k.card.Number)
	k.hearEachOther(t)
	return k
}

// hearEachOther waits until both have heard the other from now on: ten frames
// here, half a second there.
func (k *talking) hearEachOther(t *testing.T) {
	t.Helper()
	k.ears.reset()
	k.ears.mu.Lock()
	steady := k.ears.steady
	k.ears.mu.Unlock()
	await(t, "the agent hears the person", steady)
	const half = media.SampleRate / 2
	from := len(k.village.heard.heard())
	eventually(t, "the person hears the agent", func() bool {
		fresh := k.village.heard.heard()[from:]
		return len(fresh) >= half && media.ToneShare(fresh[len(fresh)-half:], agentHertz) > 0.9
	})
}

// beginStop stops softly and waits until the node says so.
func (k *talking) beginStop(t *testing.T) {
	t.Helper()
	k.soft()
	eventually(t, "the node says that it drains", func() bool {
		answer, err := http.Get("http://" + k.node.Admin() + "/readyz")
		if err != nil {
			return false
		}
		return answer.Body.Close() == nil && answer.StatusCode == http.StatusServiceUnavailable
	})
}

func (k *talking) running() bool {
	select {
	case <-k.ended:
		return false
	default:
		return true
	}
}

// What SIGTERM does: nobody new is called, who talks goes on talking, the agent
// writes what came of it, and then everything ends.
func TestASoftStopLetsTheConversationEndAndCallsNobodyNew(t *testing.T) {
	k := startTalking(t)
	k.beginStop(t)
	k.hearEachOther(t)
	if !k.running() {
		t.Fatal("the node ended under a conversation")
	}
	close(k.line.enough)
	k.agent.until(t, "call_ended")
	k.agent.dispose(t, k.card.Attempt, api.Disposition{Code: "not_interested"}) // free again: would get the next
	k.end(t)
	if n := k.village.calls(); n != 1 {
		t.Errorf("%d people were called", n)
	}
	calls := k.ledger(t)
	if len(calls) != 1 || calls[0].Outcome != campaigns.Connected || calls[0].EndedBy != "callee" || calls[0].Disposition == nil {
		t.Errorf("ledger: %+v", calls)
	}
	k.checkWaiting(t)
}

func TestAHardStopEndsTheConversationAtOnce(t *testing.T) {
	k := startTalking(t)
	k.beginStop(t)
	k.hearEachOther(t)
	k.hard()
	k.end(t) // the drain limit is a quarter of an hour
	await(t, "the person is hung up", k.line.over)
	if k.line.end.By != sipua.ByRemote {
		t.Errorf("the person's call ended by %v", k.line.end.By)
	}
	await(t, "the phone is hung up", k.phone.down)
	calls := k.ledger(t)
	if len(calls) != 1 || calls[0].Outcome != campaigns.Connected || calls[0].EndedBy != "us" || calls[0].Error == "" {
		t.Errorf("ledger: %+v", calls)
	}
	k.checkWaiting(t)
}

// checkWaiting looks that the person who was not called can be, at the next
// start: nobody is lost in a hopper that is gone.
func (k *talking) checkWaiting(t *testing.T) {
	t.Helper()
	db := k.store(t)
	defer db.Close()
	d, err := db.Depth(within(t), k.campaign, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if d.Leased != 0 || d.Live != 0 || d.Ready < 1 {
		t.Errorf("contacts stand at %+v", d)
	}
}

// A stop that comes while the node still starts ends it like any other.
func TestAStopDuringTheStartEndsTheNode(t *testing.T) {
	for _, late := range []bool{false, true} {
		o := &office{data: t.TempDir(), secret: rand.Text()}
		conf := o.config(netip.MustParseAddrPort("127.0.0.1:5060"), []string{"ana"})
		n, err := Start(within(t), Settings{Config: conf, Version: "test"})
		if err != nil {
			t.Fatal(err)
		}
		soft, stop := context.WithCancel(t.Context())
		if !late {
			stop()
		}
		ended := make(chan error, 1)
		go func() { ended <- n.Run(soft, t.Context()) }()
		stop()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("stopped late %t: %v", late, err)
			}
		case <-within(t).Done():
			buf := make([]byte, 1<<20)
			t.Fatalf("stopped late %t, it does not end:\n%s", late, buf[:runtime.Stack(buf, true)])
		}
	}
}
