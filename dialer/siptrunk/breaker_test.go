package siptrunk

import (
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestBreakerOpensBeforeTwentyFailures(t *testing.T) {
	for _, shunned := range []bool{true, false} {
		var b breaker
		n := 0
		for ok, _ := b.allows(noon); ok; ok, _ = b.allows(noon) {
			b.failed(noon, shunned, 0, "503")
			if n++; n > 20 {
				break
			}
		}
		if n > 20 {
			t.Errorf("shunned %v: still closed after %d failures", shunned, n)
		}
	}
}

func TestBreakerStaysClosedWhileCallsGetThrough(t *testing.T) {
	var b breaker
	for range 100 {
		for range breakerRun - 1 {
			b.failed(noon, true, 0, "503")
		}
		b.passed(noon)
	}
	if ok, why := b.allows(noon); !ok {
		t.Error(why)
	}
}

func TestBreakerHonoursRetryAfterAtOnce(t *testing.T) {
	var b breaker
	b.failed(noon, true, 120*time.Second, "503")
	b.failed(noon.Add(time.Second), true, 0, "503")
	b.failed(noon.Add(time.Second), true, 10*time.Second, "503") // a shorter one shortens nothing
	if ok, _ := b.allows(noon.Add(119 * time.Second)); ok {
		t.Error("open before Retry-After was over")
	}
	if !b.silenced(noon.Add(119 * time.Second)) {
		t.Error("OPTIONS would be sent to a server that asked for quiet")
	}
	if ok, why := b.allows(noon.Add(120 * time.Second)); !ok {
		t.Error("no probe when Retry-After is over:", why)
	}
	if b.silenced(noon.Add(120 * time.Second)) {
		t.Error("still silent")
	}
}

func TestBreakerBoundsRetryAfter(t *testing.T) {
	var b breaker
	b.failed(noon, true, 1000*time.Hour, "503")
	if ok, why := b.allows(noon.Add(maxRetryAfter)); !ok {
		t.Error(why)
	}
}

func TestBreakerProbesOncePerFiveSeconds(t *testing.T) {
	var b breaker
	for range breakerRun {
		b.failed(noon, true, 0, "no response")
	}
	sent := 0
	for tick := range 600 * 10 { // ten minutes of failures, ten asks a second
		now := noon.Add(time.Duration(tick) * 100 * time.Millisecond)
		if ok, _ := b.allows(now); ok {
			sent++
			b.sent(now)
			b.failed(now.Add(50*time.Millisecond), true, 0, "no response")
		}
	}
	if sent < 115 || sent > 120 {
		t.Errorf("%d probes in 600 s, want one per 5 s", sent)
	}
}

func TestBreakerProbeThatIsStillOutHoldsTheNext(t *testing.T) {
	var b breaker
	for range breakerRun {
		b.failed(noon, true, 0, "no response")
	}
	at := noon.Add(probeEvery)
	if ok, why := b.allows(at); !ok {
		t.Fatal(why)
	}
	b.sent(at)
	if ok, _ := b.allows(at.Add(probeEvery - 1)); ok {
		t.Error("two probes within 5 s")
	}
	if ok, _ := b.allows(at.Add(probeEvery)); !ok {
		t.Error("a probe without answer blocks for ever")
	}
}

func TestBreakerStartsSlowlyOverThirtySeconds(t *testing.T) {
	var b breaker
	for range breakerRun {
		b.failed(noon, true, 0, "503")
	}
	at := noon.Add(probeEvery)
	b.sent(at)
	b.passed(at)
	for _, c := range []struct {
		after time.Duration
		want  float64
	}{{0, 0.1}, {15 * time.Second, 0.55}, {29 * time.Second, 0.97}, {30 * time.Second, 1}, {time.Hour, 1}} {
		if got := b.share(at.Add(c.after)); got < c.want-0.01 || got > c.want+0.01 {
			t.Errorf("after %s: share %.2f, want %.2f", c.after, got, c.want)
		}
	}
	if b.state != BreakerClosed {
		t.Errorf("state %s after the slow start", b.state)
	}
}

func TestBreakerReopensInASlowStart(t *testing.T) {
	var b breaker
	for range breakerRun {
		b.failed(noon, true, 0, "503")
	}
	at := noon.Add(probeEvery)
	b.passed(at)
	for range breakerSlack {
		b.failed(at.Add(time.Second), true, 0, "503")
	}
	if ok, _ := b.allows(at.Add(time.Second)); ok {
		t.Error("still open after failures in the slow start")
	}
}
