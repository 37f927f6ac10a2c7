package dialer

import (
	"log/slog"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
)

// Settings are what an Engine does not ask of its stores. The zero value
// works, but has no message for people whom nobody can take.
type Settings struct {
	// Speed is how many seconds pass for the dialer in one real second: 1, or
	// more in a demonstration. Hold, ring time, wrap-up and dead air shrink by
	// it; what is written to the ledger is real time.
	Speed float64
	// Node names this node among those of the house; it may be empty when there is
	// one.
	Node string
	// Stations finds the phones of agents of other nodes. Nil = there are none.
	Stations Stations
	// Owns gives campaigns to this node, one brain of a house at a time: a loop takes
	// its campaign before it places anything. Nil = the store is ours alone.
	Owns campaigns.Ownership
	// Lives is asked before each INVITE: an error keeps it from leaving, because the
	// other nodes may have closed its call by now. Nil = there are no others.
	Lives func() error
	// DrainLimit is how long conversations may last after the soft stop before
	// they are ended; 0 = 30 minutes.
	DrainLimit time.Duration
	// LedgerGrace is how long, after the hard stop, outcomes are still tried
	// to be written; 0 = 5 s. What is not written then is lost at the next start.
	LedgerGrace time.Duration
	// Messages returns the safe-harbour messages of a campaign by language, BCP
	// 47; the one under "" is for every other language. It is called when the
	// campaign is started or changed, and may read files. A predictive campaign
	// that has no message for everybody dials one to one.
	Messages func(campaigns.Campaign) (map[string]media.Prompt, error)
	// Voices returns what callers of a campaign hear in its queue, by language;
	// the one under "" is for every other language. It is called when the campaign
	// is started or changed. Nil = music alone.
	Voices func(campaigns.Campaign) (map[string]QueueVoice, error)
	// Phone says what is known of the number of somebody who calls us and stands
	// on no list: region, kind, zones. Nil = the number alone.
	Phone func(number string) campaigns.Phone
	// Callers chooses the number that a person sees. Nil = each campaign's own in
	// turn.
	Callers *campaigns.CallerBook
	// Sounds returns what people of a campaign hear beside conversations. It is
	// called when the campaign is started or changed. Nil = the house's own.
	Sounds func(campaigns.Campaign) (Sounds, error)
	// Recordings is the folder of recordings, in which the dialer makes folders by
	// day; empty = no call is recorded.
	Recordings string
	// Tone is what an agent hears before a person, at most 100 ms; the zero
	// Prompt is the tone of the house.
	Tone media.Prompt
	// Hopper bounds the hopper of each campaign.
	Hopper campaigns.HopperSettings
	// SkipDelay is how long a contact that was skipped in preview is not shown
	// again; 0 = 15 minutes.
	SkipDelay time.Duration
	// KeepTapes is how long the tapes of what pacing saw and decided are kept;
	// 0 = 48 h, negative = none are made.
	KeepTapes time.Duration
	// Bridged is told of every connection and how long the person waited for
	// it, for a histogram. It must not block. May be nil.
	Bridged func(campaign int64, delay time.Duration)
	Log     *slog.Logger
}

const (
	tick         = 250 * time.Millisecond
	leastTick    = 5 * time.Millisecond
	saveEvery    = time.Minute
	hangupWithin = 5 * time.Second
	toneHertz    = 660
	toneLength   = 80 * time.Millisecond
)

func (s Settings) filled() Settings {
	if s.Speed <= 0 {
		s.Speed = 1
	}
	if s.DrainLimit <= 0 {
		s.DrainLimit = 30 * time.Minute
	}
	if s.LedgerGrace <= 0 {
		s.LedgerGrace = 5 * time.Second
	}
	if s.Callers == nil {
		s.Callers = campaigns.NewCallerBook()
	}
	if s.KeepTapes == 0 {
		s.KeepTapes = 48 * time.Hour
	}
	if s.SkipDelay <= 0 {
		s.SkipDelay = 15 * time.Minute
	}
	if s.Lives == nil {
		s.Lives = func() error { return nil }
	}
	if s.Tone.Duration() == 0 {
		s.Tone = media.Tone(toneHertz, toneLength)
	}
	if s.Messages == nil {
		s.Messages = func(campaigns.Campaign) (map[string]media.Prompt, error) { return nil, nil }
	}
	if s.Sounds == nil {
		s.Sounds = func(campaigns.Campaign) (Sounds, error) { return Sounds{}, nil }
	}
	if s.Voices == nil {
		s.Voices = func(campaigns.Campaign) (map[string]QueueVoice, error) { return nil, nil }
	}
	if s.Phone == nil {
		s.Phone = func(number string) campaigns.Phone { return campaigns.Phone{Number: number} }
	}
	if s.Bridged == nil {
		s.Bridged = func(int64, time.Duration) {}
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	return s
}

// real turns a duration of the dialer's world into one of ours.
func (s Settings) real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / s.Speed)
}

// clock turns our instants into those of the dialer's world, for pacing. They
// come from the monotonic clock and stay right when the wall clock is set, and
// they have no reading of it themselves: on tape they would lose it.
type clock struct {
	start time.Time
	speed float64
}

func (c clock) virtual(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	since := float64(t.Sub(c.start)) * c.speed
	return c.start.Round(0).Add(time.Duration(since)).Truncate(time.Microsecond)
}
