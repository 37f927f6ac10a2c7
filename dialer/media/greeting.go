package media

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// How a greeting is told from noise and from the rest of what a person says.
const (
	// greetingPause ends a greeting: people who have said hello wait for an answer.
	// Within "hello, Miller speaking" they pause for less (400 ms at the most).
	greetingPause = 700 * time.Millisecond
	// greetingOnset is how much must be voiced, with hardly a pause, before anything
	// has begun: a click or a breath is shorter.
	greetingOnset = 60 * time.Millisecond
	// greetingWait is how long the first word is waited for, and greetingLongest how
	// long it may go on: what takes longer is no greeting, and its end is not known
	// (the announcement of a machine).
	greetingWait    = 10 * time.Second
	greetingLongest = 10 * time.Second

	voicedLeast  = 200 // mean absolute sample: about -44 dB of full scale
	voicedOver   = 3   // times the noise of the line
	loudestNoise = 600 // what is louder all the time is a voice without a pause
	dtxGap       = 3 * frameTime
)

// Greeting listens for the first words of a person: when they begin, and when
// they end (47 CFR 64.1200(a)(7) counts two seconds from "the called person's
// completed greeting"). It is a voice activity detector by energy over the frames
// as they arrive, relative to the noise of the line: the tenth part of them that is
// softest. While it listens it notes a number a frame, and decides when it is asked.
//
//	waiting --60 ms voiced--> speaking --700 ms not voiced--> known
//	   |                          |
//	   +-- 10 s of nothing        +-- 10 s without a pause: the end is not known
type Greeting struct {
	full atomic.Bool

	mu     sync.Mutex
	began  time.Time
	heard  []heardFrame
	longer bool // it listened to all that it can keep
}

// heardFrame is the loudness of one frame and when, since the beginning, it had
// arrived.
type heardFrame struct {
	until  int32 // milliseconds
	length int16
	level  int16 // mean absolute sample
}

// greetingFrames is how many frames are kept: 21 s of 20 ms.
const greetingFrames = 1050

// NewGreeting begins to listen at now.
func NewGreeting(now time.Time) *Greeting {
	return &Greeting{began: now, heard: make([]heardFrame, 0, greetingFrames)}
}

var _ Sink = (*Greeting)(nil)

// WriteFrame hears a frame at the moment it arrives.
func (g *Greeting) WriteFrame(f Frame) error {
	if g.full.Load() || len(f.Payload) == 0 || f.Event.Digit != 0 {
		return nil
	}
	g.hear(f, time.Now())
	return nil
}

// hear takes in one frame that was spoken until now.
func (g *Greeting) hear(f Frame, now time.Time) {
	h := heardFrame{
		until: int32(now.Sub(g.began) / time.Millisecond), length: int16(min(len(f.Payload), 4000) * 1000 / SampleRate), level: meanLevel(f),
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.heard) == cap(g.heard) {
		g.longer = true
		g.full.Store(true)
		return
	}
	g.heard = append(g.heard, h)
}

// Heard returns when the greeting began and ended, as far as is known at now; zero
// is not known. The end is that of the last word, not of the pause that proves it.
func (g *Greeting) Heard(now time.Time) (start, end time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	w := words{least: g.threshold(), onset: -1, start: -1, last: -1}
	for _, f := range g.heard {
		if w.hear(f); w.over {
			break
		}
	}
	if w.start < 0 || w.start > ms(greetingWait) {
		return time.Time{}, time.Time{}
	}
	start = g.at(w.start)
	over := w.over || !g.longer && ms(now.Sub(g.began))-w.last >= ms(greetingPause)
	if over && w.last-w.start <= ms(greetingLongest) {
		end = g.at(w.last)
	}
	return start, end
}

func (g *Greeting) at(millis int32) time.Time {
	return g.began.Add(time.Duration(millis) * time.Millisecond)
}

// threshold is how loud a voiced frame is on this line.
func (g *Greeting) threshold() int16 {
	if len(g.heard) == 0 {
		return voicedLeast
	}
	levels := make([]int16, 0, 2*len(g.heard))
	until := int32(0)
	for _, f := range g.heard {
		if f.until-int32(f.length)-until > ms(dtxGap) { // silence that the phone did not send
			for range min((f.until-until)/int32(max(1, f.length)), 50) {
				levels = append(levels, 0)
			}
		}
		levels, until = append(levels, f.level), f.until
	}
	slices.Sort(levels)
	noise := min(levels[len(levels)/10], loudestNoise)
	return max(voicedLeast, voicedOver*noise)
}

// words follows what is voiced.
type words struct {
	least  int16
	voiced int32 // milliseconds of the present run
	onset  int32 // of it
	start  int32 // of the first word; -1 = none yet
	last   int32 // end of the last voiced frame
	until  int32 // end of the frame before
	over   bool  // the pause has come
}

func (w *words) hear(f heardFrame) {
	begin := f.until - int32(f.length)
	if w.start < 0 && begin-w.until > ms(dtxGap) {
		w.voiced = 0
	}
	w.until = f.until
	if w.start >= 0 && begin-w.last >= ms(greetingPause) {
		w.over = true
		return
	}
	if f.level <= w.least {
		w.voiced = max(0, w.voiced-int32(f.length))
		return
	}
	if w.voiced == 0 {
		w.onset = max(0, begin)
	}
	w.voiced += int32(f.length)
	if w.start < 0 && w.voiced >= ms(greetingOnset) {
		w.start = w.onset
	}
	w.last = f.until
}

func ms(d time.Duration) int32 { return int32(d / time.Millisecond) }

// meanLevel is the mean absolute sample of a frame.
func meanLevel(f Frame) int16 {
	table := &muLawLinear
	if f.Codec == PCMA {
		table = &aLawLinear
	}
	sum := 0
	for _, octet := range f.Payload {
		sample := int(table[octet])
		sum += max(sample, -sample)
	}
	return int16(sum / len(f.Payload))
}
