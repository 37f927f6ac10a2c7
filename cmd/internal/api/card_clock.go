package api

import (
	"time"

	"github.com/forecall/forecall/campaigns"
)

// CardClock is since when people talk, and until when there is time to write.
type CardClock struct {
	BridgedAt   time.Time `json:"bridged_at,omitzero" doc:"When you and the person first heard each other."`
	WrapUpUntil time.Time `json:"wrap_up_until,omitzero" doc:"When the wrap-up ends by itself; absent: not before you say so."`
	NoAudio     bool      `json:"no_audio,omitempty" doc:"Nothing is heard of the person at the moment."`
}

func cardClockOf(c campaigns.Card) CardClock {
	return CardClock{BridgedAt: utc(c.BridgedAt), WrapUpUntil: utc(c.WrapUpUntil), NoAudio: c.NoAudio}
}
