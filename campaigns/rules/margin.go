package rules

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// lateness is how long before the end of its hours a window is no longer
// dialed into: the time that the call may still ring, be listened to for a
// machine, and more. The call that has been answered is never cut.
type lateness struct {
	ring, hold int
	plus       time.Duration
}

// UnmarshalYAML reads a sum of ring, amd (or hold, the same) and periods:
// ring+amd+5s.
func (l *lateness) UnmarshalYAML(n *yaml.Node) error {
	out := lateness{}
	for part := range strings.SplitSeq(n.Value, "+") {
		switch part = strings.TrimSpace(part); part {
		case "ring":
			out.ring++
		case "amd", "hold":
			out.hold++
		default:
			p, err := ParsePeriod(part)
			if err != nil || p.Calendar() {
				return fmt.Errorf("line %d: margin %q: write a sum of ring, amd and times, as ring+amd+5s", n.Line, n.Value)
			}
			out.plus += p.Clock
		}
	}
	*l = out
	return nil
}

// of is the margin for a campaign.
func (l lateness) of(t *Terms) time.Duration {
	return time.Duration(l.ring)*t.RingTime + time.Duration(l.hold)*t.Hold + l.plus
}

// String writes the margin as it is read.
func (l lateness) String() string {
	var parts []string
	for range l.ring {
		parts = append(parts, "ring")
	}
	for range l.hold {
		parts = append(parts, "amd")
	}
	if l.plus != 0 {
		parts = append(parts, clockText(l.plus))
	}
	return strings.Join(parts, "+")
}
