package sim

import (
	"math"
	"testing"

	"github.com/forecall/forecall/pacing"
)

func TestTheDialLevelFollowsIdleAgents(t *testing.T) {
	for _, c := range []struct {
		name        string
		set         vicidialSettings
		level, diff float64
		want        float64
	}{
		{"three of ten idle", vicidialSettings{}, 2, 3, 2.6},
		{"two callers wait", vicidialSettings{}, 2, -2, 1.6},
		{"even", vicidialSettings{}, 2, 0, 2},
		{"intensity 20 is faster up", vicidialSettings{intensity: 20}, 2, 3, 2.72},
		{"and slower down", vicidialSettings{intensity: 20}, 2, -2, 1.68},
		{"intensity -20 is slower up", vicidialSettings{intensity: -20}, 2, 3, 2.48},
		{"and faster down", vicidialSettings{intensity: -20}, 2, -2, 1.52},
		{"aiming at one idle agent", vicidialSettings{diff: -1}, 2, 3, 2.4},
		{"at the aim", vicidialSettings{diff: -1}, 2, 1, 2},
		{"no higher than the maximum", vicidialSettings{max: 3}, 2.9, 5, 3},
		{"no lower than one line", vicidialSettings{}, 1.1, -9, 1},
	} {
		if c.set.max == 0 {
			c.set.max = 10
		}
		v := newVicidial(c.set)
		v.level = c.level
		if got := v.next(c.diff, 10, 0); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: level %v, want %v", c.name, got, c.want)
		}
	}
}

func TestOverTheDropLimitTheMethodDecides(t *testing.T) {
	const nine, noon, four = 0, 3 * 3600, 7 * 3600
	for _, c := range []struct {
		name   string
		method vicidialMethod
		calls  int
		drop   float64
		latest int
		at     float64
		want   float64
	}{
		{"within the limit", vicidialHard, 500, 3, 1700, noon, 2.6},
		{"fifty calls are too few to judge", vicidialHard, 50, 9, 1700, noon, 2.6},
		{"hard limit", vicidialHard, 51, 3.01, 1700, noon, 1},
		{"average halves", vicidialAverage, 500, 3.01, 1700, noon, 1.3},
		{"the taper at noon, five hours left", vicidialTapered, 500, 3.01, 1700, noon, 1.3},
		{"a minute before, 41 more by its reckoning", vicidialTapered, 500, 3.01, 1700, noon - 60, 2.6 * 0.541},
		{"twelve hours left have no effect", vicidialTapered, 500, 3.01, 2100, nine, 2.6},
		{"an hour left", vicidialTapered, 500, 3.01, 1700, four, 1},
		{"past the end", vicidialTapered, 500, 3.01, 1500, four, 1},
	} {
		v := newVicidial(vicidialSettings{method: c.method, max: 10, dropLimit: 3, latest: c.latest, opens: vicidialOpens})
		v.level, v.dayCalls, v.dayDrop = 2, c.calls, c.drop
		if got := v.next(3, 10, c.at); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: level %v, want %v", c.name, got, c.want)
		}
	}
}

func TestHalfOfTheLastMinutesDialsDroppedHalvesTheLevel(t *testing.T) {
	for _, c := range []struct {
		dials, drops int
		want         float64
	}{{21, 11, 1.3}, {22, 11, 2.6}, {20, 20, 2.6}} {
		v := newVicidial(vicidialSettings{max: 10, dropLimit: 100})
		s := newStage(v)
		for range c.dials {
			s.air(1, 0)
		}
		for id := range c.drops {
			s.tell(30, pacing.CallAnswered, pacing.CallID(id+1), 0)
			s.tell(30, pacing.CallAbandoned, pacing.CallID(id+1), 0)
		}
		v.countDrops(40)
		v.level = 2
		if got := v.next(3, 10, 40); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%d of %d dropped: level %v, want %v", c.drops, c.dials, got, c.want)
		}
		v.countDrops(61)
		if v.minuteCalls != 0 {
			t.Errorf("%d calls are still of the last minute", v.minuteCalls)
		}
	}
}

func TestBusyAgentsCreateLinesUnlessAvailableOnly(t *testing.T) {
	s := newStage(nil)
	s.team(3, 5, 2, 1)
	s.air(4, 1)
	for _, c := range []struct {
		name string
		only bool
		want int
	}{
		{"L R + (L - 1) K - ringing - waiting", false, 6},
		{"L R - ringing - waiting", true, 1},
	} {
		v := newVicidial(vicidialSettings{max: 10, availableOnly: c.only})
		v.level = 2
		if got := v.wanted(s.board); got != c.want {
			t.Errorf("%s: places %d, want %d", c.name, got, c.want)
		}
	}
}

func TestAnAnswerCountsWhenItsConversationIsOver(t *testing.T) {
	v := newVicidial(vicidialSettings{max: 3, dropLimit: 3})
	s := newStage(v)
	s.team(0, 2, 0, 0)
	s.air(0, 1)
	if v.countDrops(60); v.answers != 0 || v.calls != 3 {
		t.Errorf("%d answers of %d calls while all talk, want 0 of 3", v.answers, v.calls)
	}
	s.tell(62, pacing.CallEnded, 1, 0)
	s.tell(63, pacing.CallAbandoned, 3, 0)
	s.tell(63, pacing.CallEnded, 3, 0)
	if v.countDrops(120); v.answers != 2 || v.dayDrop != 50 {
		t.Errorf("%d answers, %v %% dropped; want 2 and 50", v.answers, v.dayDrop)
	}
}

func TestTheLoopsRunAtTheirOwnPace(t *testing.T) {
	v := newVicidial(vicidialSettings{max: 10, dropLimit: 3, start: 2})
	s := newStage(nil)
	s.team(4, 0, 0, 0)
	var dialed []float64
	for now := 0.0; now < 16; {
		s.board.at(startOfShift.Add(seconds(now)))
		calls, again := v.place(s.board)
		if calls > 0 {
			dialed = append(dialed, now)
		}
		now += max(again, 0.001)
	}
	if want := []float64{0, 2.5, 5, 7.5, 10, 12.5, 15}; !near(dialed, want) {
		t.Errorf("calls at %v, want %v", dialed, want)
	}
	if v.samples != 16 {
		t.Errorf("%d samples in 16 s", v.samples)
	}
	// 4 idle of 4 double the level at 0 s, and again at 15 s.
	if math.Abs(v.level-8) > 1e-9 {
		t.Errorf("level %v, want 8", v.level)
	}
}

func near(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if math.Abs(a[i]-b[i]) > 0.01 {
			return false
		}
	}
	return true
}

func TestClockTimesAreSubtractedAsIntegers(t *testing.T) {
	for at, want := range map[float64]int{9 * 3600: 900, 9*3600 + 59*60 + 59: 959, 10 * 3600: 1000, 16*3600 + 30*60: 1630} {
		if got := hhmm(at); got != want {
			t.Errorf("%v s: %d, want %d", at, got, want)
		}
	}
}
