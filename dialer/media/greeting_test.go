package media

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// piece is some time of one loudness: the amplitude of a voice-like sound.
type piece struct {
	length time.Duration
	loud   float64
}

// listen plays pieces to a detector, 20 ms a frame, over noise, as one law has
// them, and returns what it heard in milliseconds since it began; -1 = not known.
func listen(pieces []piece, noise float64, law Codec, silent bool) (start, end int) {
	rng := rand.New(rand.NewPCG(1, 2))
	began := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	g, now, phase := NewGreeting(began), began, 0.0
	for _, p := range pieces {
		for gone := time.Duration(0); gone < p.length; gone += frameTime {
			now = now.Add(frameTime)
			pcm := make([]int16, frameSamples)
			for i := range pcm {
				phase += 2 * math.Pi * 180 / SampleRate
				voice := math.Sin(phase) + 0.5*math.Sin(2*phase) + 0.25*math.Sin(5*phase)
				pcm[i] = int16(p.loud*voice + noise*(2*rng.Float64()-1))
			}
			if silent && p.loud == 0 {
				continue // the phone sends nothing in silence
			}
			g.hear(Frame{Codec: law, Payload: law.Encode(nil, pcm)}, now)
		}
	}
	since := func(at time.Time) int {
		if at.IsZero() {
			return -1
		}
		return int(at.Sub(began) / time.Millisecond)
	}
	s, e := g.Heard(now)
	return since(s), since(e)
}

func TestAGreetingIsHeardFromItsFirstWordToItsLast(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	for _, c := range []struct {
		name       string
		pieces     []piece
		noise      float64
		start, end int
	}{
		{"hello", []piece{{ms(300), 0}, {ms(500), 4000}, {ms(1000), 0}}, 20, 300, 800},
		{"hello at once", []piece{{ms(500), 4000}, {ms(1000), 0}}, 20, 0, 500},
		{"hello, Miller speaking", []piece{{ms(200), 0}, {ms(400), 4000}, {ms(300), 0}, {ms(900), 3000}, {ms(1000), 0}}, 20, 200, 1800},
		{"two words with a long pause are a greeting and something else", []piece{{ms(400), 4000}, {ms(800), 0}, {ms(600), 4000}, {ms(1000), 0}}, 20, 0, 400},
		{"softly", []piece{{ms(300), 0}, {ms(500), 700}, {ms(1000), 0}}, 10, 300, 800},
		{"in a noisy street", []piece{{ms(600), 0}, {ms(500), 9000}, {ms(1000), 0}}, 1500, 600, 1100},
		{"a click is no word", []piece{{ms(300), 0}, {ms(20), 20000}, {ms(400), 0}, {ms(500), 4000}, {ms(1000), 0}}, 20, 720, 1220},
		{"nothing", []piece{{ms(3000), 0}}, 20, -1, -1},
		{"noise alone", []piece{{ms(3000), 0}}, 1500, -1, -1},
		{"still speaking", []piece{{ms(300), 0}, {ms(1500), 4000}}, 20, 300, -1},
		{"just silent, not long enough to know", []piece{{ms(300), 0}, {ms(500), 4000}, {ms(600), 0}}, 20, 300, -1},
		{"an announcement has no end that matters", []piece{{ms(300), 0}, {ms(12000), 4000}, {ms(1000), 0}}, 20, 300, -1},
		{"after eleven seconds nobody greets", []piece{{ms(11000), 0}, {ms(500), 4000}, {ms(1000), 0}}, 20, -1, -1},
	} {
		for _, law := range []Codec{PCMU, PCMA} {
			for _, silent := range []bool{false, true} {
				if silent && c.noise > 1000 {
					continue
				}
				start, end := listen(c.pieces, c.noise, law, silent)
				if off(start, c.start) || off(end, c.end) {
					t.Errorf("%s, %s, silence is sent %t: %d to %d ms, want %d to %d", c.name, law, !silent, start, end, c.start, c.end)
				}
			}
		}
	}
}

// off tells whether an instant is more than a frame and a half beside.
func off(got, want int) bool {
	if got < 0 || want < 0 {
		return got != want
	}
	return got < want-30 || got > want+30
}

func TestADetectorAllocatesNothingAFrame(t *testing.T) {
	g := NewGreeting(time.Now())
	g.full.Store(true)
	f := Frame{Codec: PCMU, Payload: make([]byte, frameSamples)}
	if n := testing.AllocsPerRun(100, func() { _ = g.WriteFrame(f) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
	g.full.Store(false)
	if n := testing.AllocsPerRun(100, func() { _ = g.WriteFrame(f) }); n != 0 {
		t.Errorf("%v allocations a frame while it listens", n)
	}
}

func BenchmarkGreetingFrame(b *testing.B) {
	g := NewGreeting(time.Now())
	f := Frame{Codec: PCMU, Payload: make([]byte, frameSamples)}
	for i := range f.Payload {
		f.Payload[i] = byte(i)
	}
	now := time.Now()
	for b.Loop() {
		g.heard = g.heard[:0]
		g.hear(f, now)
	}
}
