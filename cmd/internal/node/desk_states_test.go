package node

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
)

// begin begins the shift by keyboard.
func (d *deskTab) begin() {
	d.Helper()
	d.click("#sign-in")
	d.want(`document.getElementById("state").dataset.state === "paused" && document.activeElement.id === "go"`, "the shift begins")
}

// is waits for a state.
func (d *deskTab) is(state campaigns.AgentState) {
	d.Helper()
	d.want(fmt.Sprintf(`document.getElementById("state").dataset.state === %q`, state), "the agent is "+string(state))
}

// settled waits until the state is a second old: what is pressed within 300 ms of
// a call or a card is not meant for it, and is refused.
func (d *deskTab) settled() {
	d.Helper()
	d.want(`!["", "0:00"].includes(document.getElementById("clock").textContent)`, "the state has stood for a second")
}

// types puts a text into a field, as the field would tell its page.
func (d *deskTab) types(selector, text string) {
	d.Helper()
	d.run(chromedp.SetValue(selector, text, chromedp.ByQuery), chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).dispatchEvent(new Event("input", { bubbles: true }))`, selector), nil))
}

func TestADeskShowsTheCardFirstSkipsDialsByHandAndReadsMessages(t *testing.T) {
	v := openVillage(t, at50ms)
	o := openOfficeWith(t, v.addr(), nil, func(c *config.Config) {
		c.Campaigns[0].Mode, c.Campaigns[0].ManualDial, c.Campaigns[0].PreviewDial = string(campaigns.Preview), true, 10*time.Minute
		c.Users[1].Extension, c.Users[1].PhoneSecret = "", ""
	}, "ana")
	d := openDesk(t, o, "ana")
	d.begin()
	d.click("#go")
	d.is(campaigns.AgentReady)
	if err := o.manager.Post(within(t), "/v1/messages", map[string]any{"text": "Breathe <b>in</b>"}, nil); err != nil {
		t.Fatal(err)
	}
	d.want(`document.querySelector("#messages .message-text")?.textContent === "Breathe <b>in</b>"`, "the message is on the desk")
	d.click("#messages button")
	d.want(`document.querySelectorAll("#messages li").length === 0`, "it is read")

	o.dial(t, fictional(1), fictional(2))
	d.is(campaigns.AgentPreview)
	d.want(`document.activeElement.dataset.do === "dial" && document.getElementById("dial-at").textContent.length > 5`, "the card waits, and its time runs")
	first := d.ask(`document.querySelector("#bar .call-who p + p bdi").textContent`)
	d.look("desk-preview")
	d.settled()
	d.want(`(() => { const i = document.querySelector("#bar input"); i.value = "lunch there"; document.querySelector("[data-do=skip]").click(); return true; })()`, "skipped")
	d.want(fmt.Sprintf(`document.querySelector("#bar .call-who p + p bdi")?.textContent !== %q && document.getElementById("bar").dataset.state === "preview"`, first), "the next card is shown")
	if v.calls() != 0 {
		t.Error("somebody was called before the agent said so")
	}
	d.settled()
	d.click(`[data-do=dial]`)
	d.is(campaigns.AgentTalking)
	d.settled()
	d.click(`#outcome [data-code=complaint]`)
	d.types(`#outcome .form textarea`, "too <i>late</i>")
	d.click(`#pause`)
	d.want(`document.getElementById("note").textContent.includes("pause after this call")`, "a pause is asked for")
	d.click(`#outcome .save`) // hangs up and saves
	d.is(campaigns.AgentPaused)
	d.want(`document.getElementById("last-said").textContent.includes("Complaint")`, "the last call is told")

	d.types(`#manual-form input[name=number]`, "+1 202 555 0177")
	d.click(`#manual-form button`)
	d.is(campaigns.AgentTalking)
	d.want(`document.querySelector("#bar .call-who").textContent.includes("+12025550177")`, "the typed number is called")
	d.settled()
	d.click(`[data-do=hangup]`)
	d.want(`document.activeElement.closest("#outcome") !== null`, "the outcomes have the focus")
	d.press("9")
	d.want(`document.activeElement.classList.contains("save") && document.activeElement.textContent.includes("never")`, "never again is asked a second time")
	d.press("\r")
	d.want(`!document.getElementById("between").hidden`, "it is saved")
	if listed, err := o.node.db.IsDoNotCall(within(t), "+12025550177"); err != nil || !listed {
		t.Errorf("on the do-not-call list: %t, %v", listed, err)
	}
	d.silent()
}

func TestASecondTabAsksBeforeItTakesTheDeskAndALostStreamIsTold(t *testing.T) {
	v := openVillage(t, at50ms)
	o := openOfficeWith(t, v.addr(), nil, func(c *config.Config) {
		c.Users[1].Extension, c.Users[1].PhoneSecret = "", ""
	}, "ana")
	d := openDesk(t, o, "ana")
	d.click("#check")
	d.want(`document.getElementById("microphones").options.length > 0 && document.body.dataset.phone === "up"`, "the headset is checked before the shift")
	d.click("#echo")
	d.want(`document.getElementById("ears-level").value > 0`, "the level of the microphone moves")
	d.want(`document.getElementById("echo-said").textContent === "It works both ways."`, "the agent hears themselves")
	d.look("desk-check")
	d.begin()
	ctx, closeTab := chromedp.NewContext(d.ctx)
	defer closeTab()
	second := &deskTab{tab: &tab{TB: t, ctx: ctx, api: d.api}}
	second.run(chromedp.Navigate(o.node.URL()+"/desk"), chromedp.WaitVisible(`#alarms [data-key=tab] button`, chromedp.ByQuery))
	second.look("desk-second")
	second.click(`#alarms [data-key=tab] button`)
	second.is(campaigns.AgentPaused)
	second.want(`document.body.dataset.phone === "up"`, "the headset is here now")
	d.want(`document.querySelector("#alarms [data-key=tab]")?.textContent.includes("moved")`, "the first tab steps back")
	o.close(t)
	second.want(`document.querySelector("#alarms [data-key=link]") !== null`, "the loss of the server is told")
}

func TestACallThatIsPassedOnIsTakenAtTheDesk(t *testing.T) {
	v := openVillage(t, at50ms)
	o := openOfficeWith(t, v.addr(), nil, func(c *config.Config) {
		c.Users[1].Extension, c.Users[1].PhoneSecret = "", ""
		c.Campaigns[0].WrapUp = 4 * time.Second
	}, "ana", "ben")
	o.plugVoice(t, "ben", benHertz, &ear{})
	ben := o.seat(t, "ben")
	o.dial(t, fictional(1))
	ben.connected(t)
	d := openDesk(t, o, "ana")
	d.begin()
	d.click("#go")
	d.is(campaigns.AgentReady)
	ben.does(t, "transfer", map[string]any{"agent": o.where(t, "ana").ID, "attended": false, "note": "wants <b>fibre</b>"})
	d.want(`document.activeElement.dataset.do === "accept" && document.getElementById("bar").textContent.includes("wants <b>fibre</b>")`, "the desk rings")
	d.look("desk-passed")
	d.press("\r")
	d.is(campaigns.AgentTalking)
	d.want(`peak() > 950 && peak() < 1050`, "the person is heard")
	close(v.line(fictional(1)).enough)
	d.is(campaigns.AgentWrapUp)
	d.want(`document.getElementById("clock").dataset.low === "true" && document.getElementById("clock").textContent.includes("left")`, "the time to write runs down")
	d.is(campaigns.AgentReady)
	d.want(`document.querySelector("#alarms [data-key=refused]")?.textContent.includes("no outcome")`, "a call without an outcome is told")
	d.silent()
}
