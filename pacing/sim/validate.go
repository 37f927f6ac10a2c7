package sim

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// ErrScenario is wrapped by every error about what stands in a scenario.
var ErrScenario = errors.New("invalid scenario")

// Fault is one thing that is wrong with a scenario; it wraps ErrScenario.
type Fault struct {
	File  string // as given to Parse; empty when there is none
	Line  int    // in the file; 0 when there is none
	Key   string // such as "answer" or "breaks[1].share"
	Wrong string
	Right string // what would be right
}

// Error is the fault as one line: file, line, key, what is wrong and what would be right.
func (f *Fault) Error() string {
	var b strings.Builder
	if f.File != "" {
		b.WriteString(f.File)
		if f.Line > 0 {
			fmt.Fprintf(&b, ":%d", f.Line)
		}
		b.WriteString(": ")
	}
	if f.Key != "" {
		b.WriteString(f.Key + ": ")
	}
	b.WriteString(f.Wrong)
	if f.Right != "" {
		b.WriteString("; " + f.Right)
	}
	return b.String()
}

// Unwrap returns ErrScenario.
func (f *Fault) Unwrap() error { return ErrScenario }

// The largest scenario that makes sense; beyond it a shift would take hours of computing.
const (
	mostAgents = 5000
	mostShifts = 10_000
	mostLines  = 100_000
	longest    = 7 * 24 * time.Hour
	longHold   = 10 * time.Second // as pacing allows
)

// Validate returns every fault of the scenario, joined, or nil.
func (s Scenario) Validate() error {
	var c check
	c.in("shift", s.Shift, time.Minute, longest, "8h")
	c.count("shifts", s.Shifts, 1, mostShifts)
	c.share("cap", s.Cap)
	c.in("hold", s.Hold, 0, longHold, "2s")
	c.count("agents", s.Agents, 1, mostAgents)
	c.count("lines", s.Lines, 0, mostLines)
	if !(s.CPS >= 0) || s.CPS > 10_000 || s.CPS > 0 && s.CPS < 0.001 {
		c.fault("cps", fmt.Sprintf("%g is neither 0 nor between 0.001 and 10000", s.CPS), "calls a second such as 10; 0 means no limit")
	}
	c.answer(s)
	c.dist("ring", s.Ring)
	c.dist("no_answer", s.NoAnswer)
	c.share("fast_fail.share", s.FastFail.Share)
	c.dist("fast_fail", s.FastFail.Dist)
	c.talk(s)
	c.dist("wrap", s.Wrap)
	c.leaving(s)
	return errors.Join(c.faults...)
}

type check struct{ faults []error }

func (c *check) fault(key, wrong, right string) {
	c.faults = append(c.faults, &Fault{Key: key, Wrong: wrong, Right: right})
}

func (c *check) in(key string, d, least, most time.Duration, such string) {
	if d < least || d > most {
		c.fault(key, fmt.Sprintf("%s is not between %s and %s", short(d), short(least), short(most)), "a duration such as "+such)
	}
}

func (c *check) count(key string, n, least, most int) {
	if n < least || n > most {
		c.fault(key, fmt.Sprintf("%d is not between %d and %d", n, least, most), "a whole number")
	}
}

func (c *check) share(key string, x float64) {
	if !(x >= 0 && x <= 1) {
		c.fault(key, fmt.Sprintf("%g is not between 0 and 1", x), "a share such as 0.25 for 25 %")
	}
}

func (c *check) dist(key string, d Dist) {
	if err := d.Validate(); err != nil {
		c.fault(key, err.Error(), "")
	}
}

func (c *check) answer(s Scenario) {
	c.share("odds.spread", s.Odds.Spread)
	c.times("answer", len(s.Answer), func(i int) time.Duration { return s.Answer[i].From })
	for i, a := range s.Answer {
		key := item("answer", i, len(s.Answer), "is")
		c.share(key, a.Is)
		if a.Is <= 1 && a.Is*(1+s.Odds.Spread) > 1+1e-9 {
			c.fault(key, fmt.Sprintf("%g x (1 + odds.spread) is above 1", a.Is), fmt.Sprintf("a spread of at most %.3g at this share", 1/a.Is-1))
		}
	}
}

func (c *check) talk(s Scenario) {
	c.times("talk", len(s.Talk), func(i int) time.Duration { return s.Talk[i].From })
	for i, t := range s.Talk {
		c.dist(item("talk", i, len(s.Talk), ""), t.Dist)
	}
}

// times holds a list with from to: at least one, the first from 0, each later than the one before.
func (c *check) times(key string, n int, from func(int) time.Duration) {
	if n == 0 {
		c.fault(key, "nothing is given", "at least one entry, from 0h")
		return
	}
	if from(0) != 0 {
		c.fault(item(key, 0, n+1, "from"), "the first entry begins at "+short(from(0)), "the first begins at 0h")
	}
	for i := 1; i < n; i++ {
		if from(i) <= from(i-1) {
			c.fault(item(key, i, n, "from"), fmt.Sprintf("%s is not after %s", short(from(i)), short(from(i-1))), "entries in the order of time")
		}
	}
}

func (c *check) leaving(s Scenario) {
	for i, b := range s.Breaks {
		c.in(item("breaks", i, 2, "at"), b.At, 0, s.Shift, "2h, within the shift")
		c.share(item("breaks", i, 2, "share"), b.Share)
		c.in(item("breaks", i, 2, "for"), b.For, time.Second, longest, "15m")
	}
	for i, v := range s.Vanish {
		c.in(item("vanish", i, 2, "at"), v.At, 0, s.Shift, "3h, within the shift")
		c.share(item("vanish", i, 2, "share"), v.Share)
	}
}

// item names an entry of a list; a list of one is what stands as a plain value.
func item(key string, i, n int, field string) string {
	if n == 1 {
		return key
	}
	key = fmt.Sprintf("%s[%d]", key, i)
	if field != "" {
		key += "." + field
	}
	return key
}

// short writes a duration as people do: 8h, 1h30m, 2.5s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// finite is true for numbers that are neither NaN nor infinite.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
