package dialer

import (
	"math"
	"time"

	"github.com/forecall/forecall/dialer/media"
)

// QueueVoice is what callers hear, in one language. A part that is missing is
// not said.
type QueueVoice struct {
	Greeting  media.Prompt   // at the answer, when nobody is free
	Positions []media.Prompt // the place in the queue, from the first on
	Further   media.Prompt   // a place behind those
	Offer     media.Prompt   // press 1 to be called back, 9 not to be called again
	Closed    media.Prompt   // nobody is at work
	Sorry     media.Prompt   // nobody came free in time
	Noted     media.Prompt   // we call back on the number that ends in; three digits follow
	Removed   media.Prompt   // nobody will call any more
	Goodbye   media.Prompt
	Digits    [10]media.Prompt
	Music     media.Prompt // between the announcements; none = the house's
}

// digitsSaid is how many of the last digits of a number are said.
const digitsSaid = 3

// position is what is said to the caller at a place, 1 = next.
func (v QueueVoice) position(place int) media.Prompt {
	switch {
	case place < 1:
		return media.Prompt{}
	case place <= len(v.Positions):
		return v.Positions[place-1]
	}
	return v.Further
}

// noted confirms a call back on a number.
func (v QueueVoice) noted(number string) []media.Prompt {
	out := []media.Prompt{v.Noted}
	for _, digit := range number[max(0, len(number)-digitsSaid):] {
		if digit >= '0' && digit <= '9' {
			out = append(out, v.Digits[digit-'0'])
		}
	}
	return append(out, v.Goodbye)
}

// voices are those of a campaign by language, as messages are.
type voices map[string]QueueVoice

func newVoices(byLanguage map[string]QueueVoice) voices {
	tune := HouseMusic()
	v := make(voices, len(byLanguage)+1)
	for language, voice := range byLanguage {
		if voice.Music.Duration() == 0 {
			voice.Music = tune
		}
		v[tag(language)] = voice
	}
	if _, any := v[""]; !any {
		v[""] = QueueVoice{Music: tune}
	}
	return v
}

// choose is the voice in a person's language, else in the campaign's, else the
// one for everybody.
func (v voices) choose(person, campaign string) QueueVoice {
	for _, language := range []string{person, campaign} {
		if language == "" {
			continue
		}
		for t := tag(language); ; {
			if voice, ok := v[t]; ok {
				return voice
			}
			cut := lastSubtag(t)
			if cut < 0 {
				break
			}
			t = t[:cut]
		}
	}
	return v[""]
}

func lastSubtag(tag string) int {
	for i := len(tag) - 1; i >= 0; i-- {
		if tag[i] == '-' {
			return i
		}
	}
	return -1
}

// HouseMusic is the tune of the house: twelve seconds of soft broken chords,
// quiet enough to speak over, and nobody's property.
func HouseMusic() media.Prompt {
	chords := [][3]float64{{261.6, 329.6, 392}, {220, 261.6, 329.6}, {174.6, 261.6, 349.2}, {196, 246.9, 392}}
	const beat = 500 * time.Millisecond
	var pcm []int16
	for _, chord := range chords {
		for i := range 6 {
			pcm = append(pcm, pluck(chord[[]int{0, 1, 2, 1, 2, 1}[i]], beat)...)
		}
	}
	return media.NewPrompt(pcm)
}

// pluck is one soft note that fades.
func pluck(hz float64, d time.Duration) []int16 {
	const level = 2600 // about -22 dBm0: behind speech
	n := int(d * media.SampleRate / time.Second)
	pcm := make([]int16, n)
	for i := range pcm {
		t := float64(i) / media.SampleRate
		rise := min(1, t/0.012)
		fade := math.Exp(-3.2*t) * min(1, float64(n-i)/160)
		wave := math.Sin(2*math.Pi*hz*t) + 0.25*math.Sin(4*math.Pi*hz*t)
		pcm[i] = int16(level * rise * fade * wave)
	}
	return pcm
}
