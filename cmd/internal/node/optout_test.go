package node

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/testdata"
)

// notebook is a log that is read when all is over.
type notebook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *notebook) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

// nine presses 9 once the message is heard: something loud that is not the agent.
func nine(ctx context.Context, session *media.Session, heard *ear, mayBe func() bool) {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	const piece = media.SampleRate / 10
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		pcm := heard.heard()
		if !mayBe() || len(pcm) < piece {
			continue
		}
		if last := pcm[len(pcm)-piece:]; media.Level(last) > 500 && media.ToneShare(last, agentHertz) < 0.3 {
			_ = session.SendDigit(ctx, '9') // the ledger shows whether it came
			return
		}
	}
}

// A person whose agent is gone hears the message and presses 9: RFC 4733 over
// real RTP, from the callee to the do-not-call list. The same run shows that
// the log holds nobody's number and nobody's name.
func TestKeyNineInTheMessageEndsAllCallsToTheNumberAndTheLogNamesNobody(t *testing.T) {
	t.Parallel()
	v := openVillage(t, at50ms)
	var asks sync.Once // the first person, not the second
	v.acts = func(ctx context.Context, l *line, session *media.Session) {
		asks.Do(func() { nine(ctx, session, &v.heard, func() bool { return !l.heardAgent().IsZero() }) })
	}
	message := filepath.Join(t.TempDir(), "en.wav")
	putSound(t, message)
	var log notebook
	o := openOfficeWith(t, v.addr(), slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), func(c *config.Config) {
		c.Campaigns[0].SafeHarbor = message
	}, "ana")
	ears := newWatcher()
	phone := o.plug(t, "ana", ears)
	agent := o.seat(t, "ana")
	asked := fictional(1)
	o.dial(t, asked)
	card := agent.connected(t)
	eventually(t, "the person hears the agent", func() bool { return !v.line(asked).heardAgent().IsZero() })
	phone.drop <- struct{}{}
	await(t, "the person's call ends", v.line(asked).over)
	eventually(t, "the number is on the do-not-call list", func() bool {
		on, err := o.node.db.IsDoNotCall(within(t), asked)
		return err == nil && on
	})
	agent.dispose(t, card.Attempt, api.Disposition{Code: "callback", Callback: &api.Callback{At: time.Now().Add(500 * time.Millisecond)}})
	for _, path := range []string{"/v1/agent/sign-in", "/v1/agent/ready"} {
		if err := agent.Post(within(t), path, struct{}{}, nil); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	eventually(t, "the callback was looked at and not dialed", func() bool {
		d, err := o.node.Depth(within(t), o.campaign)
		return err == nil && d.Ready+d.Waiting+d.Leased+d.Live == 0
	})
	other := fictional(2)
	o.dial(t, other)
	next := agent.connected(t)
	if next.Number != other {
		t.Error("the number that asked for no calls was called again")
	}
	close(v.line(other).enough)
	agent.until(t, "call_ended")
	agent.dispose(t, next.Attempt, api.Disposition{Code: "not_interested"})
	o.close(t)
	calls := o.ledger(t)
	if len(calls) != 2 || !calls[0].OptOut || calls[0].Number != asked || calls[0].MessageAt.IsZero() || calls[1].Number != other {
		t.Errorf("ledger: %+v", calls)
	}
	log.namesNobody(t, asked, other)
}

// namesNobody looks for numbers, with and without their country code, and for
// the names of the people in the lists.
func (n *notebook) namesNobody(t *testing.T, numbers ...string) {
	t.Helper()
	text := n.text.String()
	if strings.Count(text, "\n") < 10 || !strings.Contains(text, `"level":"DEBUG"`) {
		t.Errorf("the log of a whole run at level debug is short:\n%s", text)
	}
	forbidden := []string{"Person 1", "Person 2"}
	for _, number := range numbers {
		forbidden = append(forbidden, strings.TrimPrefix(number, "+1"))
	}
	for line := range strings.Lines(text) {
		for _, secret := range forbidden {
			if strings.Contains(line, secret) {
				t.Errorf("the log says %q: %s", secret, line)
			}
		}
	}
}

func putSound(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(file, testdata.SafeHarbour, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Each call has an agent kept for it while the budget is small, and one who goes
// for a break goes after the call. So only a person whose agent's phone is lost
// while theirs rings finds nobody: it rings on for its least time, and who answers
// meanwhile hears the message, not silence.
func TestAPersonWhomNobodyServesIsAbandonedWithTheMessageAndMayOptOut(t *testing.T) {
	t.Parallel()
	rang, answer, over := make(chan string), make(chan struct{}), make(chan struct{})
	v := openVillage(t, func(number string) time.Duration {
		select {
		case rang <- number:
		case <-over:
		}
		select {
		case <-answer:
		case <-over:
		}
		return 0
	})
	t.Cleanup(func() { close(over) })
	always := func() bool { return true }
	v.acts = func(ctx context.Context, _ *line, session *media.Session) { nine(ctx, session, &v.heard, always) }
	message := filepath.Join(t.TempDir(), "en.wav")
	putSound(t, message)
	o := openOfficeWith(t, v.addr(), nil, func(c *config.Config) {
		c.Campaigns[0].SafeHarbor, c.Campaigns[0].Mode = message, string(campaigns.Predictive)
	}, "ana")
	phone := o.plug(t, "ana", newWatcher())
	o.seat(t, "ana")
	asked := fictional(1)
	o.dial(t, asked)
	if number := await(t, "somebody is called", rang); number != asked {
		t.Fatalf("%s is called", number)
	}
	eventually(t, "the dialer knows that it rings", func() bool { return o.node.lead.Load().engine.Snapshot().Campaigns[0].Ringing == 1 })
	phone.drop <- struct{}{}
	eventually(t, "the agent is gone", func() bool { return len(o.node.lead.Load().engine.Snapshot().Agents) == 0 })
	answer <- struct{}{}
	eventually(t, "the number is on the do-not-call list", func() bool {
		on, err := o.node.db.IsDoNotCall(within(t), asked)
		return err == nil && on
	})
	o.close(t)
	calls := o.ledger(t)
	if len(calls) != 1 {
		t.Fatalf("%d calls: %+v", len(calls), calls)
	}
	if c := calls[0]; c.Outcome != campaigns.AbandonedMsg || !c.OptOut || c.Number != asked || !c.BridgedAt.IsZero() || c.MessageAt.Sub(c.AnsweredAt) > campaigns.MaxHold {
		t.Errorf("the person who pressed 9: %+v", c)
	}
}
