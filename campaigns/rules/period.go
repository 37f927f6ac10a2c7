package rules

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Period is a stretch of time as laws write it: years, months and days of the
// calendar, or hours, minutes and seconds of the clock.
type Period struct {
	Years, Months, Days int
	Clock               time.Duration
}

// IsZero tells that it is no time at all.
func (p Period) IsZero() bool { return p == Period{} }

// Calendar tells whether it is counted by dates.
func (p Period) Calendar() bool { return p.Years != 0 || p.Months != 0 || p.Days != 0 }

// Duration is the period by the clock, with a day of 24 hours, a month of 31
// days and a year of 366: not shorter than the period ever is.
func (p Period) Duration() time.Duration {
	return time.Duration(p.Years*366+p.Months*31+p.Days)*24*time.Hour + p.Clock
}

// within tells whether a period is surely not longer than another: part by part,
// for a month may be shorter than 30 days.
func (p Period) within(o Period) bool {
	return p.Years <= o.Years && p.Months <= o.Months && p.Days <= o.Days && p.Clock <= o.Clock
}

// String writes the period as ParsePeriod reads it.
func (p Period) String() string {
	var b strings.Builder
	for _, part := range []struct {
		n    int
		unit string
	}{{p.Years, "y"}, {p.Months, "mo"}, {p.Days, "d"}} {
		if part.n != 0 {
			fmt.Fprintf(&b, "%d%s", part.n, part.unit)
		}
	}
	if p.Clock != 0 || b.Len() == 0 {
		b.WriteString(clockText(p.Clock))
	}
	return b.String()
}

// clockText is a duration without its zero parts: 72h, 2s, 1m30s.
func clockText(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// maxPeriod bounds each number of a period: what is longer is a slip of the pen.
const maxPeriod = 100_000

// ParsePeriod reads 2y, 18mo, 2w, 31d, 72h, 30m, 15s, 500ms, or several of them
// one after the other: 1d12h.
func ParsePeriod(text string) (Period, error) {
	var p Period
	rest := strings.TrimSpace(text)
	if rest == "" {
		return p, fmt.Errorf("%q is not a period; write 2y, 18mo, 31d, 72h, 15s", text)
	}
	for rest != "" {
		digits := strings.TrimLeft(rest, "0123456789")
		n, err := strconv.Atoi(rest[:len(rest)-len(digits)])
		unit := strings.TrimLeft(digits, "abcdefghijklmnopqrstuvwxyz")
		if err != nil || n > maxPeriod || !p.add(n, digits[:len(digits)-len(unit)]) {
			return Period{}, fmt.Errorf("%q is not a period; write 2y, 18mo, 31d, 72h, 15s", text)
		}
		rest = unit
	}
	return p, nil
}

func (p *Period) add(n int, unit string) bool {
	switch unit {
	case "y":
		p.Years += n
	case "mo":
		p.Months += n
	case "w":
		p.Days += 7 * n
	case "d":
		p.Days += n
	case "h":
		p.Clock += time.Duration(n) * time.Hour
	case "m":
		p.Clock += time.Duration(n) * time.Minute
	case "s":
		p.Clock += time.Duration(n) * time.Second
	case "ms":
		p.Clock += time.Duration(n) * time.Millisecond
	default:
		return false
	}
	return true
}

// UnmarshalYAML reads what ParsePeriod reads.
func (p *Period) UnmarshalYAML(n *yaml.Node) (err error) {
	if n.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: a period is one word, as 31d", n.Line)
	}
	if *p, err = ParsePeriod(n.Value); err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	return nil
}

// MarshalYAML writes what ParsePeriod reads.
func (p Period) MarshalYAML() (any, error) { return p.String(), nil }

// MarshalText writes what ParsePeriod reads.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }
