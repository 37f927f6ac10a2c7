package node

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/dialer/media"
)

// share is the greatest part of a tone in any tenth of a second of what comes
// next: what beeps is heard between its pauses.
func (e *ear) share(t testing.TB, hertz float64) float64 {
	t.Helper()
	return loudest(e.next(t), hertz, 100*time.Millisecond)
}

// beeping asserts whether the microphone of the browser is heard.
func (e *ear) beeping(t testing.TB, who string, want bool) {
	t.Helper()
	switch share := e.share(t, micHertz); {
	case want && share < 0.2:
		t.Errorf("%s: the supervisor is at most %.4f of what is heard", who, share)
	case !want && share > 0.001:
		t.Errorf("%s hears the supervisor: %.4f of the sound", who, share)
	default:
		t.Logf("%s: the supervisor is up to %.6f of the sound", who, share)
	}
}

// The whole story of a supervisor with a headset in the browser, by the page:
// who hears whom is measured at the person's RTP, at the agent's phone, and in
// the browser.
func TestASupervisorListensWhispersBargesAndTakesOverInTheBrowser(t *testing.T) {
	o := openTalkingOffice(t)
	w := openWindow(t, o.office, 2*time.Minute)
	w.logIn("sue")
	w.open("/live")
	ana := o.where(t, "ana").ID
	card := fmt.Sprintf(`#agents [data-key="%d"]`, ana)
	w.until(`document.querySelector('`+card+`')?.dataset.state === "talking"`, "the agent talks")
	w.run(chromedp.Click(card+" button"), chromedp.WaitVisible("#console"))
	w.until(`document.getElementById("c-name").textContent === "ana"`, "the console is hers") // who has no name is called by the login
	w.until(`document.getElementById("c-said").textContent === ""`, "the console says nothing of her being gone")
	pressed := func(mode string) {
		t.Helper()
		w.until(`document.querySelector("[data-mode=`+mode+`]").getAttribute("aria-pressed") === "true"`, mode+" is pressed")
	}

	w.run(chromedp.Click("[data-mode=listen]")) // connects the headset first
	pressed("listen")
	w.until(fmt.Sprintf(`hears(%d) > 20 && hears(%d) > 20`, voiceHertz, agentHertz), "person and agent are heard in the browser")
	o.village.heard.beeping(t, "the person, listened to", false)
	o.earA.beeping(t, "the agent, listened to", false)

	w.run(chromedp.KeyEvent("w"))
	pressed("whisper")
	o.earA.beeping(t, "the agent, whispered to", true)
	for range 3 { // seconds in which the person must not hear it
		o.village.heard.beeping(t, "the person, at a whisper", false)
	}
	o.village.heard.wants(t, "the person, at a whisper", agentHertz)

	w.run(chromedp.Focus("[data-mode=barge]"), chromedp.KeyEvent(kb.Enter))
	pressed("barge")
	o.village.heard.beeping(t, "the person, at a barge", true)
	o.earA.beeping(t, "the agent, at a barge", true)
	w.shot("supervisor-barge")

	w.until(`!document.getElementById("c-take").disabled`, "the call can be taken over")
	w.run(chromedp.Click("#c-take"))
	o.ana.until(t, "call_ended")
	o.village.heard.beeping(t, "the person, taken over", true)
	if share := o.village.heard.share(t, agentHertz); share > 0.01 {
		t.Errorf("the agent is %.4f of what the person hears after the take-over", share)
	}
	if level := media.Level(o.earA.last(media.SampleRate / 2)); level > 50 {
		t.Errorf("the agent who is out hears a level of %.0f", level)
	}
	w.until(fmt.Sprintf(`hears(%d) > 20 && hears(%d) < 10`, voiceHertz, agentHertz), "the person alone is heard in the browser")
	if bad := w.takeComplaints(); len(bad) > 0 {
		t.Errorf("the browser complained: %q", bad)
	}
	o.takenOver(t)
}

// last are the newest samples; an ear that hears nothing for so long has none.
func (e *ear) last(n int) []int16 {
	pcm := e.heard()
	return pcm[max(0, len(pcm)-n):]
}

// mostly is the part of the tenths of a second that are a tone: over a whole
// call, one slip of the phase on a busy machine would hide it.
func mostly(pcm []int16, hertz float64) float64 {
	n, are := 0, 0
	for window := range slices.Chunk(pcm, media.SampleRate/10) {
		n++
		if media.Level(window) > 500 && media.ToneShare(window, hertz) > 0.9 {
			are++
		}
	}
	return float64(are) / float64(max(n, 1))
}

// takenOver ends the call at the supervisor's desk and looks at what was kept.
func (o *talkingOffice) takenOver(t *testing.T) {
	t.Helper()
	if err := o.sue.Post(within(t), "/v1/agent/call/hang-up", nil, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the person is gone", func() bool { return len(o.node.Snapshot().Calls()) == 0 })
	if err := o.sue.Dispose(within(t), "sue's", api.Disposition{Attempt: o.card.Attempt, Code: "not_interested"}); err != nil {
		t.Fatal(err)
	}
	var call api.CallDetail
	eventually(t, "the recording is in the store", func() bool {
		call = api.CallDetail{}
		return o.manager.Read(within(t), "/v1/calls/"+o.card.Attempt, &call) == nil && call.Recording != nil
	})
	var kinds []campaigns.CallEventKind
	for _, e := range call.Events {
		kinds = append(kinds, e.Kind)
	}
	for _, want := range []campaigns.CallEventKind{campaigns.EventListenBegun, campaigns.EventWhisperBegun, campaigns.EventBargeBegun, campaigns.EventTakeOver} {
		if !slices.Contains(kinds, want) {
			t.Errorf("no %s in %v", want, kinds)
		}
	}
	left, right := o.sound(t)
	if part := mostly(left[media.SampleRate:], voiceHertz); part < 0.75 { // 0.905 was measured at a load of 20, whose sender is late
		t.Errorf("in %.3f of its tenths of a second the left channel is the person", part)
	}
	if share := loudest(right, micHertz, 100*time.Millisecond); share < 0.2 {
		t.Errorf("the supervisor who took over is at most %.4f of the right channel", share)
	}
	o.ana.leave()
	o.ben.leave()
	o.close(t)
	if calls := o.ledger(t); len(calls) != 1 || calls[0].Disposition == nil || calls[0].Disposition.Code != "not_interested" || calls[0].SecondLogin != "sue" {
		t.Errorf("ledger: %+v", calls)
	}
}
