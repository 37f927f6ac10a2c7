package web

import (
	"fmt"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// The live page writes figures the same way in Go, for the first sight, and in
// static/live.js, for what follows.

// scale is the length of the bar of abandonment, in its own units; the limit
// stands at two thirds of it.
const scale = 150

// share is how far the bar reaches for a share under a cap.
func share(abandoned, limit float64) float64 {
	if limit <= 0 {
		return 0
	}
	return min(abandoned/limit*100, scale)
}

// elapsed writes a length of time as 0:07, 12:30 or 1:02:03.
func elapsed(d time.Duration) string {
	s := int(max(d, 0).Seconds())
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// words writes a code for people: wrap_up as "wrap up".
func words(code any) string { return strings.ReplaceAll(fmt.Sprint(code), "_", " ") }

// times writes odds against the mean; nothing when they are not known.
func times(odds float64) string {
	if odds == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f ×", odds)
}

// ruleWords says of a rule what it asks for.
func ruleWords(r rules.ID) string {
	text, ok := map[rules.ID]string{
		rules.Number: "The number may be dialed at all", rules.Live: "It is in no other call", rules.DNC: "It is not on the do-not-call list",
		rules.Zone: "The person's time zone is known", rules.Hours: "The calling window is open there", rules.Attempts: "There are tries left",
		rules.Cooldown: "The last try was long enough ago", rules.Stopped: "Nobody has stopped such calls", rules.Known: "The person's country is known",
		rules.Clock: "Our own clock can be trusted",
	}[r]
	if !ok {
		return string(r)
	}
	return text
}
