package media

import "math"

// The filter of resample: a sinc cut off at 3.6 kHz, so that what 8 kHz cannot
// carry does not come back as false tones, under a Hann window of so many zero
// crossings to each side.
const (
	cutoff    = 3600.0
	crossings = 16
)

// resample converts samples of a higher rate to 8 kHz. An output sample lies
// between two of the input in one of few ways (80 for 44.1 kHz); each way has
// its own weights, worked out once.
func resample(pcm []int16, rate int) []int16 {
	phases := SampleRate / divisor(rate, SampleRate)
	kernels := make([][]float64, phases)
	out := make([]int16, len(pcm)*SampleRate/rate)
	for i := range out {
		at := i * rate
		phase := i % phases
		if kernels[phase] == nil {
			kernels[phase] = kernel(float64(at%SampleRate)/SampleRate, rate)
		}
		out[i] = weigh(pcm, kernels[phase], at/SampleRate)
	}
	return out
}

// kernel returns the weights of the samples around a point that lies a fraction
// of a sample behind the middle one.
func kernel(fraction float64, rate int) []float64 {
	bandwidth := 2 * cutoff / float64(rate) // of the source's own band, 0 to 1
	reach := crossings / bandwidth
	half := int(math.Ceil(reach))
	weights := make([]float64, 2*half+1)
	for i := range weights {
		away := float64(i-half) - fraction
		if math.Abs(away) < reach {
			weights[i] = bandwidth * sinc(bandwidth*away) * (0.5 + 0.5*math.Cos(math.Pi*away/reach))
		}
	}
	return weights
}

// weigh sums the samples around middle; beyond both ends is silence.
func weigh(pcm []int16, weights []float64, middle int) int16 {
	from := middle - len(weights)/2
	var sum float64
	for i := max(0, -from); i < len(weights) && from+i < len(pcm); i++ {
		sum += weights[i] * float64(pcm[from+i])
	}
	return int16(math.Round(max(math.MinInt16, min(math.MaxInt16, sum))))
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// divisor is the greatest common one.
func divisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
