package media

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// line is a way of frames into a jitter buffer: the n-th frame of a tone is sent
// at n times period and comes delay(n) later; below zero it is lost.
type line struct {
	period time.Duration
	frames int
	size   int // samples of a frame
	delay  func(n int) time.Duration
}

// heard plays a line through a buffer and returns what was pulled, and the
// depth of the buffer at each beat.
func (l line) heard() (pcm []int16, depth []int32) {
	type arrival struct {
		at time.Duration
		n  int
	}
	var arrivals []arrival
	for n := range l.frames {
		if d := l.delay(n); d >= 0 {
			arrivals = append(arrivals, arrival{time.Duration(n)*l.period + d, n})
		}
	}
	slices.SortStableFunc(arrivals, func(a, b arrival) int { return int(a.at - b.at) })
	tone := pureTone(400) // a second of it is whole waves
	var b jitterBuffer
	const beat = 20 * time.Millisecond
	for now := beat / 3; now < time.Duration(l.frames)*l.period; now += beat {
		for len(arrivals) > 0 && arrivals[0].at <= now {
			n := arrivals[0].n
			arrivals = arrivals[1:]
			from := n * l.size % SampleRate
			if from+l.size > SampleRate {
				from -= SampleRate / 2
			}
			b.put(Frame{Payload: PCMU.Encode(nil, tone[from:from+l.size]), Source: 7, Seq: uint16(n), Timestamp: 4294960000 + uint32(n*l.size)})
		}
		b.pull()
		pcm = append(pcm, b.pulled[:]...)
		depth = append(depth, b.depth())
	}
	return pcm, depth
}

// loudness is how loud the tone is of what it was.
func loudness(pcm []int16) float64 { return Level(pcm) / (toneLevel / math.Sqrt2) }

func steadily(d time.Duration) func(int) time.Duration {
	return func(int) time.Duration { return d }
}

func TestACalmLineIsHeardWholeAndSoon(t *testing.T) {
	for _, size := range []int{80, 160, 240, 320, 480} {
		frames := 10 * SampleRate / size
		pcm, depth := line{period: time.Duration(size) * time.Second / SampleRate, frames: frames, size: size, delay: steadily(30 * time.Millisecond)}.heard()
		tail := pcm[2*SampleRate:]
		if share := ToneShare(tail, 400); share < 0.999 {
			t.Errorf("frames of %d samples: %.4f of what is heard is the tone", size, share)
		}
		if last := depth[len(depth)-1]; last > int32(2*size+frameSamples) {
			t.Errorf("frames of %d samples wait for %d", size, last)
		}
	}
}

func TestAJitterOf300MillisecondsIsHeardWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pcm, depth := line{period: frameTime, frames: 3000, size: frameSamples, delay: func(int) time.Duration {
		return time.Duration(random.IntN(300)) * time.Millisecond
	}}.heard()
	tail := pcm[20*SampleRate:]
	if share := ToneShare(tail, 400); share < 0.99 {
		t.Errorf("%.4f of what is heard is the tone", share)
	}
	if level := loudness(tail); level < 0.98 {
		t.Errorf("it is heard at %.3f of its level", level)
	}
	if deepest := slices.Max(depth); deepest > maxDepth {
		t.Errorf("the buffer was %d deep", deepest)
	}
}

// The Wi-Fi stalls for 300 ms now and then, and all comes at once; later it is calm.
func TestADepthThatIsNotNeededAnyMoreIsGivenBack(t *testing.T) {
	stalls := func(n int) time.Duration {
		if n < 600 && n%100 >= 80 {
			return time.Duration(100-n%100) * frameTime * 3 / 4
		}
		return 5 * time.Millisecond
	}
	pcm, depth := line{period: frameTime, frames: 2000, size: frameSamples, delay: stalls}.heard()
	if at := depth[550]; at < 1600 {
		t.Errorf("depth %d while the line stalls by 300 ms", at)
	}
	if at := depth[len(depth)-1]; at > tooDeep+2*frameSamples {
		t.Errorf("depth %d at the end of 28 calm seconds", at)
	}
	if clicks := steepest(pcm[SampleRate:]); clicks > 3*steepest(pureTone(400)) {
		t.Errorf("it clicks: a step of %d", clicks)
	}
}

func TestTenPercentLossIsCoveredUp(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	pcm, _ := line{period: frameTime, frames: 1500, size: frameSamples, delay: func(int) time.Duration {
		if random.IntN(10) == 0 {
			return -1
		}
		return 10 * time.Millisecond
	}}.heard()
	if level := loudness(pcm[SampleRate:]); level < 0.95 {
		t.Errorf("heard at %.3f of its level", level)
	}
	if step := steepest(pcm[SampleRate:]); step > 2*steepest(pureTone(400)) {
		t.Errorf("it clicks: a step of %d", step)
	}
}

// 300 ppm is a bad sound card: in ten minutes its clock is 180 ms ahead or behind.
func TestClockDriftDoesNotAddUp(t *testing.T) {
	for _, ppm := range []int{-300, 300} {
		period := frameTime + frameTime*time.Duration(ppm)/1e6
		pcm, depth := line{period: period, frames: 30000, size: frameSamples, delay: steadily(10 * time.Millisecond)}.heard()
		if deepest := slices.Max(depth); deepest > tooDeep+3*frameSamples {
			t.Errorf("%d ppm: depth %d", ppm, deepest)
		}
		for at := SampleRate; at+SampleRate < len(pcm); at += SampleRate {
			if level := loudness(pcm[at : at+SampleRate]); level < 0.9 {
				t.Errorf("%d ppm: second %d is heard at %.3f of its level", ppm, at/SampleRate, level)
			}
		}
	}
}

// A source that sends nothing in a pause (DTX) is not played later for it.
func TestAPauseOfTheSourceDoesNotDelayIt(t *testing.T) {
	pcm, depth := line{period: frameTime, frames: 1000, size: frameSamples, delay: func(n int) time.Duration {
		if n%100 >= 50 {
			return -1
		}
		return 5 * time.Millisecond
	}}.heard()
	if last := depth[920]; last > 3*frameSamples {
		t.Errorf("depth %d after ten pauses", last)
	}
	if level := loudness(pcm); level < 0.6 || level > 0.8 { // half of the time: 0.71
		t.Errorf("heard at %.3f of its level", level)
	}
}

func TestAnotherStreamIsHeardAtOnce(t *testing.T) {
	var b jitterBuffer
	for n := range 10 {
		b.put(Frame{Payload: voice20(1), Source: 1, Timestamp: uint32(n) * frameSamples})
		b.pull()
	}
	b.put(Frame{Payload: voice20(2), Source: 2, Timestamp: 77})
	b.pull()
	b.pull()
	if want := MuLawToLinear(2); b.pulled[frameSamples-1] != want {
		t.Errorf("heard %d, want %d", b.pulled[frameSamples-1], want)
	}
}

func FuzzAJitterBufferTakesAnyFrames(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 160, 0, 0, 0, 0, 20})
	f.Fuzz(func(t *testing.T, program []byte) {
		var b jitterBuffer
		for len(program) >= 6 {
			at := uint32(program[0])<<24 | uint32(program[1])<<12 | uint32(program[2])<<4
			b.put(Frame{Payload: make([]byte, int(program[3])*3), Source: uint32(program[4] % 3), Timestamp: at})
			for range program[5] % 8 {
				b.pull()
			}
			if d := b.depth(); d < 0 || d > maxDepth {
				t.Fatalf("depth %d", d)
			}
			program = program[6:]
		}
		b.rest()
	})
}
