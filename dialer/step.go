package dialer

import (
	"hash/fnv"

	"github.com/forecall/forecall/pacing"
)

// stepID is the number under which pacing learns of a script's step: a hash of
// its name, so that Tuesday's floor knows Monday's steps and nothing need be
// kept. Of fifty steps two share a number in one script of fifty; then
// they share what was learned, and nothing breaks. No name is no step.
func stepID(name string) pacing.StepID {
	if name == "" {
		return 0
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // a hash takes everything
	sum := h.Sum32()
	return pacing.StepID(max(1, uint16(sum>>16)^uint16(sum)))
}
