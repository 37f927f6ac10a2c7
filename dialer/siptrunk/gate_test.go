package siptrunk

import (
	"testing"
	"time"
)

func testGate(lines, pending int, cps float64) *gate {
	g := newGate(Trunk{MaxChannels: lines, MaxPending: pending, MaxCPS: cps}, 2*time.Second)
	return &g
}

func TestGateNeverSendsMoreThanTheCPSLimit(t *testing.T) {
	g := testGate(10_000, 10_000, 10)
	var sent []time.Time
	for tick := range 100 { // 10 s of a loop that wants far too much
		now := noon.Add(time.Duration(tick) * 100 * time.Millisecond)
		for range 20 {
			if wait, why := g.admit(now, 2*time.Second); why == "" {
				sent = append(sent, now.Add(wait))
			}
		}
	}
	if len(sent) < 110 || len(sent) > 121 { // 10 s, and 2 s that wait
		t.Errorf("%d calls admitted", len(sent))
	}
	for i := 10; i < len(sent); i++ {
		if gap := sent[i].Sub(sent[i-10]); gap < time.Second-time.Microsecond {
			t.Fatalf("11 calls within %s", gap)
		}
	}
}

func TestGateRefusesWhenTheWaitWouldBeTooLong(t *testing.T) {
	g := testGate(100, 100, 1)
	for i, limit := range []time.Duration{0, time.Second} {
		if _, why := g.admit(noon, limit); why != "" {
			t.Fatalf("call %d: %s", i, why)
		}
	}
	if _, why := g.admit(noon, time.Second); why == "" {
		t.Error("a third call within a second was admitted at 1 CPS")
	}
	if g.inUse != 2 {
		t.Errorf("%d lines in use after a refusal, want 2", g.inUse)
	}
	if wait, why := g.admit(noon, 2*time.Second); why != "" || wait != 2*time.Second {
		t.Errorf("a refused call kept its place: wait %s, %s", wait, why)
	}
}

func TestGateCountsLinesAndSilentCalls(t *testing.T) {
	g := testGate(3, 2, 1000)
	now := noon
	admit := func() string {
		now = now.Add(time.Second)
		_, why := g.admit(now, 0)
		return why
	}
	for range 2 {
		if why := admit(); why != "" {
			t.Fatal(why)
		}
	}
	if admit() == "" {
		t.Error("a third INVITE left while two had no response")
	}
	g.heard()
	if why := admit(); why != "" {
		t.Error(why)
	}
	g.heard()
	if admit() == "" {
		t.Error("a fourth call on three lines")
	}
	g.release()
	if why := admit(); why != "" {
		t.Error("a line that is free was refused:", why)
	}
}

func TestRoomIsWhatTheGateWouldAdmit(t *testing.T) {
	for _, c := range []struct {
		lines, pending int
		cps            float64
	}{{5, 20, 100}, {50, 7, 100}, {50, 20, 3}, {1, 1, 0.1}} {
		g := testGate(c.lines, c.pending, c.cps)
		room, why := g.room(noon)
		admitted := 0
		for range 100 {
			if _, why := g.admit(noon, g.maxWait); why == "" {
				admitted++
			}
		}
		if room != admitted || why != "" {
			t.Errorf("%+v: room %d (%s), admitted %d", c, room, why, admitted)
		}
		if room, why := g.room(noon); room != 0 || why == "" {
			t.Errorf("%+v: room %d (%q) when full", c, room, why)
		}
	}
}

func TestGateThatIsDownSaysWhy(t *testing.T) {
	g := testGate(5, 5, 5)
	g.down = "no reply to OPTIONS"
	if room, why := g.room(noon); room != 0 || why != "no reply to OPTIONS" {
		t.Errorf("room %d, %q", room, why)
	}
	if _, why := g.admit(noon, time.Second); why == "" {
		t.Error("admitted on a trunk that is down")
	}
}

func TestSlowStartLimitsTheRate(t *testing.T) {
	g := testGate(1000, 1000, 100)
	for range breakerRun {
		g.failed(noon, true, 0, "503")
	}
	at := noon.Add(probeEvery)
	if room, _ := g.room(at); room != 1 {
		t.Errorf("room %d while probing, want 1", room)
	}
	if _, why := g.admit(at, 0); why != "" {
		t.Fatal(why)
	}
	g.passed(at)
	first, last := 0, 0
	for ms := range 31_000 {
		now := at.Add(time.Duration(ms) * time.Millisecond)
		if _, why := g.admit(now, 0); why == "" {
			switch {
			case ms < 1000:
				first++
			case ms >= 30_000:
				last++
			}
			g.heard()
			g.release()
		}
	}
	if first > 15 || last < 95 || last > 101 {
		t.Errorf("%d calls in the first second, %d after the slow start, want about 10 and 100", first, last)
	}
}
