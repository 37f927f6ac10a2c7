package node

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer/media"
)

// An agent's headset is a browser here, and the person a SIP phone behind the
// trunk, who says 1000 Hz from the 200 on.

// listenForPeople makes the page note, by the clock of the machine in ms, when
// 1000 Hz is heard first after reset(): pieces of 5 ms, with a Goertzel each. It
// counts in silent how many samples in a row were without.
const listenForPeople = `
	const context = new AudioContext();
	const source = context.createMediaStreamSource(phone.houseStream());
	const node = context.createScriptProcessor(256, 1, 1);
	const step = 2 * Math.cos(2 * Math.PI * 1000 / context.sampleRate);
	window.first = 0;
	window.silent = 0;
	window.reset = () => { window.first = 0; return true; };
	node.onaudioprocess = (e) => {
		const x = e.inputBuffer.getChannelData(0);
		let power = 0, last = 0, before = 0;
		for (const s of x) { power += s * s; [last, before] = [s + step * last - before, last]; }
		const share = 2 * (last * last + before * before - step * last * before) / (power * x.length);
		const heard = power / x.length > 1e-3 && share > 0.8;
		window.silent = heard ? 0 : window.silent + x.length;
		if (window.first === 0 && heard) window.first = performance.timeOrigin + performance.now();
	};
	source.connect(node);
	node.connect(context.destination);
	window.listening = [context, source, node];
	return context.state`

// browserShift has an agent in a browser take calls one after the other, and
// returns for each how long after the answer the person was heard there. What
// happens during a call is up to the caller.
func browserShift(t testing.TB, calls int, during func(*village)) (waits []time.Duration) {
	t.Helper()
	v := openVillage(t, func(string) time.Duration { return 30 * time.Millisecond })
	o := openOfficeWith(t, v.addr(), nil, func(c *config.Config) {
		for i := range c.Users {
			c.Users[i].Extension, c.Users[i].PhoneSecret = "", "" // who has no desk phone has a headset
		}
	}, "ana")
	b := openHeadset(t, o, "ana")
	b.do(`phone = connectPhone({}); await phone.ready; return phone.state.phase`, "up")
	b.do(listenForPeople, "running")
	d := o.seat(t, "ana")
	numbers := make([]string, calls)
	for i := range numbers {
		numbers[i] = fictional(i)
	}
	o.dial(t, numbers...)
	for range calls {
		card := d.connected(t)
		l := v.line(card.Number)
		b.until(`first > 0`, "the person is heard in the browser")
		waits = append(waits, time.Duration(b.number(`first`)*float64(time.Millisecond))-time.Duration(l.answered.UnixNano()))
		during(v)
		close(l.enough)
		d.until(t, "call_ended")
		await(t, "the line is free", l.over)
		// Half a second of what is heard, and not of the clock: on a busy machine the end of
		// this call may be heard late, and would be taken for the beginning of the next.
		b.until(`silent > listening[0].sampleRate / 2`, "the person is not heard any more")
		b.do(`return reset()`, true)
		d.dispose(t, card.Attempt, api.Disposition{Code: "not_interested"})
	}
	d.leave()
	o.soft()
	o.end(t)
	for _, c := range o.ledger(t) {
		if c.Outcome != campaigns.Connected {
			t.Errorf("outcome %q", c.Outcome)
		}
	}
	return waits
}

func TestAPersonAndAnAgentInTheBrowserHearEachOther(t *testing.T) {
	waits := browserShift(t, 3, func(v *village) {
		from := len(v.heard.heard())
		eventually(t, "the person hears the beeps of the browser's microphone", func() bool {
			said := v.heard.heard()[from:]
			return crest(said) > 2000 && media.ToneShare(said, voiceHertz) < 0.2
		})
	})
	for i, wait := range waits {
		if wait <= 0 {
			t.Errorf("call %d: heard %s after the answer", i+1, wait)
		}
	}
	t.Logf("heard after %s", waits)
}

// BenchmarkAnswerToBrowser is how long after the answer, the moment before the
// 200 leaves the callee, the person's own voice is heard in the browser of the
// agent, after the connect tone of 80 ms and behind the browser's jitter buffer.
// The target is p95 <= 200 ms. An operation is 40 calls:
//
//	go test -run=- -bench=AnswerToBrowser -benchtime=1x ./cmd/internal/node
func BenchmarkAnswerToBrowser(b *testing.B) {
	for b.Loop() {
		waits := browserShift(b, 40, func(*village) {})
		slices.Sort(waits)
		for _, p := range []float64{50, 95, 100} {
			at := waits[int(math.Ceil(p/100*float64(len(waits))))-1]
			b.ReportMetric(float64(at)/float64(time.Millisecond), fmt.Sprintf("voice-p%g-ms", p))
		}
	}
}
