package dialer

import (
	"math"
	"time"

	"github.com/forecall/forecall/dialer/media"
)

// The sounds of the house, for campaigns that name none of their own.
const (
	ringHertz    = 425 // ETSI TR 101 041-2: ringing tone of most of Europe
	ringOn       = time.Second
	ringOff      = 4 * time.Second
	backHertz    = 523 // the person is back
	backLength   = 150 * time.Millisecond
	tuneBeat     = 480 * time.Millisecond
	tuneLevel    = 2600 // well under speech
	tuneDecay    = 2.2  // of a note, a second
	tuneOverhang = 4    // beats that a note sounds
)

// ringing is what one hears who waits for the other side to answer, and an agent
// to whom a call is passed on: one second on, four off.
func ringing() media.Prompt {
	return media.Tone(ringHertz, ringOn).Then(media.Silence(ringOff))
}

// tuneNotes are the notes of the tune by beat, in semitones above A3: broken
// chords of C, A minor, F and G, which come back to where they began.
var tuneNotes = [...]int{
	3, 10, 15, 19, 15, 10, 19, 15,
	0, 7, 12, 15, 12, 7, 15, 12,
	-4, 3, 8, 12, 8, 3, 12, 8,
	-2, 5, 10, 14, 10, 5, 14, 10,
}

// holdTune is a calm tune of 15 s that loops, plucked softly, for persons on
// hold.
func holdTune() media.Prompt {
	beat := int(tuneBeat * media.SampleRate / time.Second)
	pcm := make([]float64, beat*len(tuneNotes))
	for i, note := range tuneNotes {
		hertz := 220 * math.Pow(2, float64(note)/12)
		for n := range beat * tuneOverhang {
			t := float64(n) / media.SampleRate
			loud := math.Min(1, t/0.01) * math.Exp(-tuneDecay*t) * math.Min(1, float64(beat*tuneOverhang-n)/float64(beat))
			sound := math.Sin(2*math.Pi*hertz*t) + 0.25*math.Sin(4*math.Pi*hertz*t)
			pcm[(i*beat+n)%len(pcm)] += tuneLevel * loud * sound
		}
	}
	out := make([]int16, len(pcm))
	for i, v := range pcm {
		out[i] = int16(max(-math.MaxInt16, min(math.MaxInt16, v)))
	}
	return media.NewPrompt(out)
}

// Sounds are what a campaign has beside the house's own; what is empty is the
// house's.
type Sounds struct {
	HoldMusic    media.Prompt // loops
	Announcement media.Prompt // that calls are recorded
}

// sounds are what is heard in a conversation beside voices.
type sounds struct {
	music, ringing, back, announcement media.Prompt
}

// houseSounds are made once, when the engine is.
func houseSounds() sounds {
	return sounds{music: holdTune(), ringing: ringing(), back: media.Tone(backHertz, backLength)}
}

// with puts a campaign's own in place of the house's.
func (s sounds) with(own Sounds) sounds {
	if own.HoldMusic.Duration() > 0 {
		s.music = own.HoldMusic
	}
	s.announcement = own.Announcement
	return s
}
