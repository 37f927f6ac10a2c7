package media

import "math"

// ToneShare returns how much of the power of samples of 8 kHz is a sine of so
// many hertz: 1 for the pure tone, near 0 where it is absent, 0 for silence. It
// is the Goertzel algorithm.
func ToneShare(pcm []int16, hz float64) float64 {
	var power, last, before float64
	step := 2 * math.Cos(2*math.Pi*hz/SampleRate)
	for _, sample := range pcm {
		x := float64(sample)
		power += x * x
		last, before = x+step*last-before, last
	}
	if power == 0 {
		return 0
	}
	tone := last*last + before*before - step*last*before
	return min(1, 2*tone/(power*float64(len(pcm))))
}

// Level returns the root mean square of samples, 0 to 32768.
func Level(pcm []int16) float64 {
	if len(pcm) == 0 {
		return 0
	}
	var power float64
	for _, sample := range pcm {
		power += float64(sample) * float64(sample)
	}
	return math.Sqrt(power / float64(len(pcm)))
}
