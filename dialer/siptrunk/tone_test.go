package siptrunk

import "math"

// toneShare is the part of the energy that lies at one frequency (Goertzel).
func toneShare(pcm []int16, hz float64) float64 {
	if len(pcm) == 0 {
		return 0
	}
	w := 2 * math.Pi * hz / 8000
	var re, im, energy float64
	for i, s := range pcm {
		re += float64(s) * math.Cos(w*float64(i))
		im += float64(s) * math.Sin(w*float64(i))
		energy += float64(s) * float64(s)
	}
	return 2 * (re*re + im*im) / (float64(len(pcm)) * energy)
}
