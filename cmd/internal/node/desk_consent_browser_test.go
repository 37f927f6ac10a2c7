package node

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/forecall/forecall/campaigns"
)

// permitted is what the API says of a number's consents.
type permitted struct {
	Consents    []campaigns.Consent    `json:"consents"`
	Withdrawals []campaigns.Withdrawal `json:"withdrawals"`
}

func (o *office) permitted(t *testing.T, number string) (p permitted) {
	t.Helper()
	if err := o.manager.Post(within(t), "/v1/consents/find", map[string]string{"number": number}, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAnAgentReadsTheWordsOutAndRecordsYesAndNoByKeyboardInABrowser(t *testing.T) {
	o, _ := openShop(t)
	const asked = "May Aigua <b>SL</b> call you about fibre again? „Yes“ or „no“?"
	if err := o.manager.Change(within(t), fmt.Sprintf("/v1/campaigns/%d", o.campaign), map[string]any{
		"seller": "Aigua SL", "consent": map[string]any{"text": asked, "months": 24},
	}, nil); err != nil {
		t.Fatal(err)
	}
	d := openDesk(t, o, "ana")
	d.click("#sign-in")
	d.want(`document.body.dataset.phone === "up" && document.getElementById("state").dataset.state === "paused"`, "the shift begins with the headset")
	d.press(kb.F2)
	d.want(`document.getElementById("state").dataset.state === "ready"`, "the agent is ready")
	o.callHostilePeople(t)
	attempt := d.next(0)

	d.press(kb.F7)
	d.want(`document.querySelector("#consent").open && document.querySelector("#consent blockquote")?.textContent === "`+"May Aigua <b>SL</b> call you about fibre again? „Yes“ or „no“?"+`"`, "the words stand there as the campaign has them")
	d.look("desk-consent")
	d.click("#consent-yes")
	d.want(`document.activeElement.textContent === "The consent is recorded."`, "the agent is told")
	said := o.permitted(t, fictional(0))
	if len(said.Consents) != 1 {
		t.Fatalf("consents %+v", said)
	}
	if c := said.Consents[0]; c.Wording != asked || c.Attempt != attempt || c.By != "ana" || c.Seller != "Aigua SL" || c.Source != campaigns.ConsentByCall || c.Until.IsZero() || !c.RevokedAt.IsZero() {
		t.Errorf("consent %+v", c)
	}
	d.want(`document.querySelector("#consent-yes").textContent === "Yes: renew it" && document.querySelectorAll("#consent li").length === 1`, "what stands is shown")

	d.run(chromedp.Focus("#consent-stop", chromedp.ByQuery), chromedp.KeyEvent(" "))
	d.click("#consent-no")
	d.want(`document.activeElement.textContent === "Withdrawn, and on the do-not-call list."`, "the agent is told")
	said = o.permitted(t, fictional(0))
	if c := said.Consents[0]; c.RevokedAt.IsZero() || len(said.Withdrawals) != 1 || said.Withdrawals[0].Attempt != attempt {
		t.Errorf("after the withdrawal %+v", said)
	}
	if on, err := o.node.db.IsDoNotCall(t.Context(), fictional(0)); err != nil || !on {
		t.Errorf("on the do-not-call list: %t, %v", on, err)
	}
	d.silent()
}

// consent enters a permission whose every text is hostile.
func (h *hostileHouse) consent(t *testing.T) string {
	t.Helper()
	fates, err := h.node.db.AddConsents(t.Context(), []campaigns.Consent{{
		Number: fictional(0), Name: hostileNames[0], Kind: campaigns.ConsentGiven, Level: campaigns.LevelWritten, Seller: hostileNames[1], Purpose: "sales",
		Goods: hostileNames[2], At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Until: time.Now().AddDate(0, 0, 9), Source: campaigns.ConsentByPaper,
		Wording: hostileNames[3] + "\n" + hostileNames[0], Reference: hostileNames[1], Note: hostileNames[2], By: "cora",
	}})
	if err != nil {
		t.Fatal(err)
	}
	return fates[0].ID
}
