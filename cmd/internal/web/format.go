package web

import (
	"fmt"
	"strings"
	"time"
)

// The live page writes figures the same way in Go, for the first sight, and in
// static/live.js, for what follows.

// percent writes a share as 2.9 %.
func percent(share float64) string { return fmt.Sprintf("%.1f %%", share*100) }

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
