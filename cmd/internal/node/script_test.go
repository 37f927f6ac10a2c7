package node

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/script"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/config"
)

// branching is a script in the configuration of a campaign.
const branching = `
steps:
  - id: hello
    text: Hello {{name}}.
    questions: [{id: interest, text: Interested, required: true, options: [{id: yes, label: Yes, to: offer}, {id: no, label: No, to: bye}]}]
  - id: offer
    text: Then listen.
    questions: [{id: people, text: How many, kind: number}]
    branches: [{when: answers.people > 4, to: big}]
    next: bye
  - id: big
    text: Two routers.
  - id: bye
    text: Good bye.
    end: true
    suggest: survey
`

func TestABranchingScriptIsFollowedInACallAndTheLedgerNamesItsVersionAndItsAnswers(t *testing.T) {
	t.Parallel()
	v := openVillage(t, at50ms)
	o := openOfficeWith(t, v.addr(), nil, func(c *config.Config) {
		c.Campaigns[0].Script, c.Campaigns[0].ScriptVer = branching, "spring"
	}, "ana")
	o.plug(t, "ana", newWatcher())
	ana := o.seat(t, "ana")
	number := fictional(1)
	o.dial(t, number)
	card := ana.connected(t)
	const path = "/v1/agent/call/script"
	var s api.CallScript
	if err := ana.Read(within(t), path, &s); err != nil {
		t.Fatal(err)
	}
	version := script.Version(1, branching)
	if s.Step.ID != "hello" || s.Version != version || card.ScriptVer != version || card.Script != "" {
		t.Fatalf("first %+v of %s, on the card %s %q", s.Step, s.Version, card.ScriptVer, card.Script)
	}
	for _, move := range []struct {
		step, question string
		answer         any
		to             string
	}{{"hello", "interest", "yes", "offer"}, {"offer", "people", 5, "big"}, {"big", "", nil, "bye"}} {
		body := map[string]any{"step": move.step, "go": "next"}
		if move.question != "" {
			body["answers"] = map[string]any{move.question: move.answer}
		}
		if err := ana.Post(within(t), path, body, &s); err != nil {
			t.Fatal(err)
		}
		if s.Step.ID != move.to {
			t.Fatalf("%s leads to %s, want %s", move.step, s.Step.ID, move.to)
		}
		if c, ok := o.node.lead.Load().engine.Current(o.where(t, "ana").ID); !ok || c.Step != move.to {
			t.Errorf("the engine has the call at %q", c.Step)
		}
	}
	if !s.Step.End || s.Step.Suggests != "survey" {
		t.Errorf("the end %+v", s.Step)
	}
	close(v.line(number).enough)
	ana.until(t, "call_ended")
	ana.dispose(t, card.Attempt, api.Disposition{Code: "survey"})
	call, err := o.node.db.Attempt(within(t), card.Attempt)
	if err != nil {
		t.Fatal(err)
	}
	if call.ScriptVer != version || !slices.Equal(call.Disposition.Answers, []campaigns.Answer{{Question: "interest", Value: "yes"}, {Question: "people", Value: "5"}}) {
		t.Errorf("in the ledger: version %s, answers %+v", call.ScriptVer, call.Disposition.Answers)
	}
	kept, err := o.node.db.ScriptVersion(within(t), o.campaign, 1)
	if err != nil || kept.Source != branching || kept.Name() != version {
		t.Errorf("the version is kept as %+v: %v", kept, err)
	}
}

func TestAScriptInTheConfigurationThatIsNotRightStopsTheStartWithItsLine(t *testing.T) {
	t.Parallel()
	o := &office{data: t.TempDir(), secret: "a secret of the house"}
	conf := o.config(netip.AddrPortFrom(loopback, 5999), nil)
	conf.Campaigns[0].Script = strings.Replace(branching, "next: bye", "next: by", 1)
	n, err := Start(within(t), Settings{Config: conf, Version: "test"})
	if err == nil {
		t.Fatal(n.shut())
	}
	if want := fmt.Sprintf("campaign %s: The script is not right: 10: steps[1].next: there is no step \"by\"", campaignName); !strings.Contains(err.Error(), want) {
		t.Errorf("%v", err)
	}
	db := o.store(t)
	defer db.Close()
	if all, err := db.Campaigns(within(t)); err != nil || len(all) != 0 {
		t.Errorf("%d campaigns: %v", len(all), err)
	}
}
