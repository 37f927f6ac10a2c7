package carrier

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/forecall/forecall/dialer/media"
)

const sampleRate = 8000

// voice makes speech-like sound: a pitch with harmonics under a train of
// syllables of 120 to 320 ms with short gaps. It says nothing, but it has the
// loudness and the rhythm of somebody who talks.
func voice(r *rand.Rand, d time.Duration) media.Prompt {
	pcm := make([]int16, 0, int(d.Seconds()*sampleRate))
	base := 95 + 130*r.Float64() // Hz
	phase := 0.0
	for len(pcm) < cap(pcm) {
		syllable := int((0.12 + 0.20*r.Float64()) * sampleRate)
		pitch := base * (0.9 + 0.2*r.Float64())
		for i := 0; i < syllable && len(pcm) < cap(pcm); i++ {
			envelope := math.Sin(math.Pi * float64(i) / float64(syllable))
			phase += 2 * math.Pi * pitch / sampleRate
			s := math.Sin(phase) + 0.6*math.Sin(2*phase) + 0.4*math.Sin(5*phase) + 0.2*math.Sin(9*phase)
			pcm = append(pcm, int16(3500*envelope*s))
		}
		gap := int((0.03 + 0.12*r.Float64()) * sampleRate)
		for i := 0; i < gap && len(pcm) < cap(pcm); i++ {
			pcm = append(pcm, 0)
		}
	}
	return media.NewPrompt(pcm)
}

// greeting is what an answering machine says: four seconds of voice, a pause
// and a beep.
func greeting(r *rand.Rand) media.Prompt {
	return voice(r, 4*time.Second).Then(media.Silence(700*time.Millisecond), media.Tone(1000, 500*time.Millisecond), media.Silence(30*time.Second))
}

// words are what somebody says who has answered.
func (s Settings) words(r *rand.Rand) media.Prompt {
	if len(s.Voices) == 0 {
		return hello(r)
	}
	return s.Voices[r.IntN(len(s.Voices))]
}

// hello is how a person answers: a short word, silence, and then talk.
func hello(r *rand.Rand) media.Prompt {
	return voice(r, 700*time.Millisecond).Then(media.Silence(900*time.Millisecond), voice(r, 12*time.Second))
}
