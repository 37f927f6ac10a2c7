package media

import (
	"math"
	"time"
)

// Prompt is a piece of sound to be played: a message, a tone. It does not change
// and may be played to any number of legs at once. The zero Prompt is empty.
type Prompt struct {
	pcm         []int16
	muLaw, aLaw []byte // made once: playing only copies
}

// NewPrompt returns samples of 8 kHz as a prompt. It keeps no hold of pcm.
func NewPrompt(pcm []int16) Prompt {
	p := Prompt{pcm: append([]int16(nil), pcm...)}
	p.muLaw = PCMU.Encode(make([]byte, 0, len(pcm)), pcm)
	p.aLaw = PCMA.Encode(make([]byte, 0, len(pcm)), pcm)
	return p
}

// Duration returns how long the prompt sounds.
func (p Prompt) Duration() time.Duration {
	return time.Duration(len(p.pcm)) * time.Second / SampleRate
}

// PCM returns a copy of the samples: 16 bits, 8 kHz.
func (p Prompt) PCM() []int16 { return append([]int16(nil), p.pcm...) }

// Then returns the prompt followed by others.
func (p Prompt) Then(others ...Prompt) Prompt {
	pcm := p.PCM()
	for _, other := range others {
		pcm = append(pcm, other.pcm...)
	}
	return NewPrompt(pcm)
}

// octets returns the prompt in a law.
func (p Prompt) octets(law Codec) []byte {
	if law == PCMA {
		return p.aLaw
	}
	return p.muLaw
}

// Silence returns a prompt of no sound.
func Silence(d time.Duration) Prompt {
	return NewPrompt(make([]int16, samplesIn(d)))
}

// toneLevel is the peak of the tones we make: about -13 dBm0, as loud as speech.
const toneLevel = 7000

// Tone returns a sine of so many hertz, with 5 ms of rise and fall so that it
// does not click.
func Tone(hz float64, d time.Duration) Prompt { return tones(d, hz) }

// keyTone returns the two tones of a key (ITU-T Q.23), 100 ms long.
func keyTone(digit byte) Prompt {
	const layout = "123A456B789C*0#D"
	low := []float64{697, 770, 852, 941}
	high := []float64{1209, 1336, 1477, 1633}
	for i := range len(layout) {
		if layout[i] == digit {
			return tones(pressFrames*frameTime, low[i/4], high[i%4])
		}
	}
	return Prompt{}
}

// tones sums sines of the same level.
func tones(d time.Duration, hertz ...float64) Prompt {
	const edge = SampleRate / 200
	pcm := make([]int16, samplesIn(d))
	for i := range pcm {
		var sum float64
		for _, hz := range hertz {
			sum += math.Sin(2 * math.Pi * hz * float64(i) / SampleRate)
		}
		fade := min(1, float64(i+1)/edge, float64(len(pcm)-i)/edge)
		pcm[i] = int16(toneLevel * fade * sum)
	}
	return NewPrompt(pcm)
}

// samplesIn converts a duration; negative ones are none.
func samplesIn(d time.Duration) int {
	return int(max(d, 0) * SampleRate / time.Second)
}
