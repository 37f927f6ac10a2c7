package sim

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// YAML returns the scenario as a file that Parse reads back to the same scenario.
func (s Scenario) YAML() []byte {
	var w writer
	w.key("name", plain(s.Name))
	w.key("shift", short(s.Shift))
	w.key("shifts", strconv.Itoa(s.Shifts))
	w.key("seed", strconv.FormatUint(s.Seed, 10))
	w.key("cap", number(s.Cap))
	w.key("hold", short(s.Hold))
	w.key("agents", strconv.Itoa(s.Agents))
	w.key("lines", strconv.Itoa(s.Lines))
	w.key("cps", number(s.CPS))
	w.key("answer", s.Answer.yaml())
	w.key("ring", braced(s.Ring.yaml()))
	w.key("no_answer", braced(s.NoAnswer.yaml()))
	w.key("fast_fail", braced("share: "+number(s.FastFail.Share), s.FastFail.Dist.yaml()))
	w.key("talk", s.Talk.yaml())
	w.key("wrap", braced(s.Wrap.yaml()))
	w.key("odds", fmt.Sprintf("{spread: %s, known: %t}", number(s.Odds.Spread), s.Odds.Known))
	if len(s.Breaks) > 0 {
		w.key("breaks", sequence(s.Breaks, func(b Break) string {
			return braced("at: "+short(b.At), "share: "+number(b.Share), "for: "+short(b.For))
		}))
	}
	if len(s.Vanish) > 0 {
		w.key("vanish", sequence(s.Vanish, func(v Vanish) string { return braced("at: "+short(v.At), "share: "+number(v.Share)) }))
	}
	return []byte(w.String())
}

type writer struct{ strings.Builder }

func (w *writer) key(key, value string) { fmt.Fprintf(w, "%s: %s\n", key, value) }

func (s Shares) yaml() string {
	if len(s) == 1 && s[0].From == 0 {
		return number(s[0].Is)
	}
	return sequence(s, func(s Share) string { return braced("from: "+short(s.From), "is: "+number(s.Is)) })
}

func (d Dists) yaml() string {
	if len(d) == 1 && d[0].From == 0 {
		return braced(d[0].Dist.yaml())
	}
	return sequence(d, func(t TimedDist) string { return braced("from: "+short(t.From), t.Dist.yaml()) })
}

// yaml is the inside of a flow mapping; what is zero is left out.
func (d Dist) yaml() string {
	shape := d.Shape
	if shape == "" {
		shape = Constant
	}
	parts := []string{"dist: " + string(shape)}
	duration := func(key string, x time.Duration) {
		if x != 0 {
			parts = append(parts, key+": "+short(x))
		}
	}
	duration("mean", d.Mean)
	if d.CV != 0 {
		parts = append(parts, "cv: "+number(d.CV))
	}
	duration("min", d.Min)
	duration("max", d.Max)
	return strings.Join(parts, ", ")
}

func braced(parts ...string) string { return "{" + strings.Join(parts, ", ") + "}" }

func sequence[T any](all []T, one func(T) string) string {
	var parts []string
	for _, x := range all {
		parts = append(parts, one(x))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

var plainWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`)

// plain quotes a name unless it is a word that YAML cannot take for something else.
func plain(name string) string {
	if plainWord.MatchString(name) && !strings.EqualFold(name, "null") {
		return name
	}
	return strconv.Quote(name)
}
