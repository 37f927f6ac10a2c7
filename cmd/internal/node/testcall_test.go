package node

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer/media"
)

func TestATestCallPlaysATuneThroughTheTrunkAndTellsItsSteps(t *testing.T) {
	t.Parallel()
	v := openVillage(t, at50ms)
	o := openOffice(t, v.addr())
	number := fictional(1)
	body, path := map[string]string{"number": number}, "/v1/trunks/carrier/test-call"
	err := o.manager.Post(within(t), path, body, nil)
	if no, ok := err.(*client.Refusal); !ok || no.Code != "number_not_vouched" || v.calls() != 0 {
		t.Fatalf("a number that nobody vouched for: %v, %d calls", err, v.calls())
	}
	if err := o.node.db.PutTestNumber(within(t), campaigns.TestNumber{Number: number, Label: "village", By: "test", At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	var c api.TestCall
	if err := o.manager.Post(within(t), path, body, &c); err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, s := range c.Steps {
		steps = append(steps, s.Step)
	}
	if !c.OK || c.Code != 200 || steps[0] != "options" || c.Steps[0].Code == 0 || !slices.Contains(steps, "ringing") || steps[len(steps)-1] != "ended" || !strings.Contains(c.Outcome, "sound came back") {
		t.Errorf("%+v", c)
	}
	l := v.line(number)
	await(t, "the test call ends", l.over)
	pcm := v.heard.heard()
	best := 0.0
	for from := 0; from+800 <= len(pcm); from += 400 { // in 100 ms of it, the middle note alone
		best = max(best, media.ToneShare(pcm[from:from+800], 659))
	}
	if best < 0.9 {
		t.Errorf("the far side heard no tune: %.2f of 659 Hz at best in %d samples", best, len(pcm))
	}
	o.close(t)
	if calls := o.ledger(t); len(calls) != 0 {
		t.Errorf("a test call stands among the calls of campaigns: %+v", calls)
	}
}

func TestAFactLeavesTheHouseSignedAndOnlyWhereTheOperatorAllows(t *testing.T) {
	t.Parallel()
	type delivery struct {
		body    []byte
		headers http.Header
	}
	arrived := make(chan delivery, 16)
	crm := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var raw json.RawMessage
		if json.NewDecoder(r.Body).Decode(&raw) == nil {
			arrived <- delivery{raw, r.Header}
		}
	}))
	t.Cleanup(crm.Close)
	for _, allowed := range []bool{true, false} {
		o := openOfficeWith(t, netip.AddrPortFrom(loopback, 9), nil, func(c *config.Config) {
			c.Campaigns[0].Start = false
			if allowed {
				c.Webhooks.Allow = []string{"127.0.0.1"}
			}
		})
		var made api.Webhook
		if err := o.manager.Post(within(t), "/v1/webhooks", map[string]any{"name": "crm", "url": crm.URL, "enabled": true, "events": []string{"campaign.changed"}}, &made); err != nil {
			t.Fatal(err)
		}
		var log struct{ Deliveries []api.Delivery }
		if err := o.manager.Post(within(t), "/v1/campaigns/1/start", nil, nil); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the event is tried", func() bool {
			if err := o.manager.Read(within(t), "/v1/webhooks/1/deliveries", &log); err != nil {
				t.Fatal(err)
			}
			return len(log.Deliveries) == 1 && log.Deliveries[0].Tries > 0
		})
		d := log.Deliveries[0]
		if !allowed {
			if d.State != campaigns.DeliveryPending || !strings.Contains(d.Error, "private network") || len(arrived) != 0 {
				t.Errorf("to a network that is not allowed: %+v", d)
			}
			continue
		}
		got := <-arrived
		verifier, err := standardwebhooks.NewWebhook(made.Secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify(got.body, got.headers); err != nil || d.State != campaigns.Delivered || !strings.Contains(string(got.body), `"type":"com.forecall.campaign.changed"`) {
			t.Errorf("%v: %+v", err, d)
		}
	}
}
