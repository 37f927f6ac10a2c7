package media

import (
	"math"
	"sync"
)

// Sizes of a jitter buffer, in samples and in beats of 20 ms.
const (
	ringSamples  = 8192          // a power of two, so that timestamps may wrap around
	maxDepth     = 4000          // 500 ms: beyond, the oldest is dropped
	tooDeep      = 400           // 50 ms to spare: a frame may be left out
	absent       = math.MinInt16 // no law of G.711 has this sample
	seam         = 40            // 5 ms, in which sound comes back after a gap
	slackBeats   = 100           // 2 s: a line that was calm for so long may have less depth
	shrinkEvery  = 5             // beats between two frames that are left out
	spurtBeats   = 5             // of nothing: what comes then is a new talk spurt
	concealBeats = 3             // how long the last frame is repeated, fading
)

// jitterBuffer turns frames as they come into 20 ms of sound at every beat. Its
// depth follows the line: a beat that finds nothing waits, so that the same
// lateness finds sound the next time; and when for two seconds no frame was
// close to being late, one is folded into the next.
//
//	           next            newest
//	 played      |  20 ms  | ... |
//	-------------+---------+-----+----> timestamp
//	             <--- depth ----->
type jitterBuffer struct {
	mu      sync.Mutex
	ring    []int16 // by timestamp; absent where nothing has come
	running bool
	source  uint32
	next    uint32 // timestamp of what is pulled next
	newest  uint32 // end of what has come
	wait    int    // beats to let pass, so that late frames come in time
	starved int    // beats in a row that found nothing

	slack   int32 // the least time that a frame had to spare, in this window
	window  int   // beats of it so far
	surplus int   // frames to be left out

	last      [frameSamples]int16 // what to repeat in a gap
	concealed int                 // beats in a row with a gap at their end

	pulled [frameSamples]int16 // by the last pull; of the mixer alone
}

// reset forgets everything.
func (b *jitterBuffer) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running = false
}

// depth is how much is there to be played, gaps included.
func (b *jitterBuffer) depth() int32 { return int32(b.newest - b.next) }

// put takes a frame of sound as it comes.
func (b *jitterBuffer) put(f Frame) {
	b.mu.Lock()
	defer b.mu.Unlock()
	from, to := f.Timestamp, f.Timestamp+uint32(len(f.Payload))
	b.follow(f.Source, from)
	if spare := int32(from-b.next) + int32(b.wait)*frameSamples; spare < b.slack {
		b.slack = spare
	}
	if int32(to-b.next) <= 0 {
		b.tooLate(int32(b.next - to))
		return
	}
	b.write(f, from)
	if int32(to-b.newest) > 0 {
		b.newest = to
	}
	b.starved = 0
	if over := b.depth() - maxDepth; over > 0 {
		b.clear(b.next, b.next+uint32(over))
		b.next += uint32(over)
	}
}

// follow finds out where in the stream a frame stands: in the run of it, behind
// a pause, or in another stream.
func (b *jitterBuffer) follow(source, from uint32) {
	apart := int32(from - b.newest)
	switch {
	case !b.running || source != b.source || apart > SampleRate*60 || apart < -SampleRate:
		b.begin(source, from)
	case apart > 0 && b.starved > 0: // all was played: the gap is not to be played again
		b.skip(from)
	case apart > maxDepth:
		b.skip(from)
	}
}

// begin starts with a new stream.
func (b *jitterBuffer) begin(source, from uint32) {
	if b.ring == nil {
		b.ring = make([]int16, ringSamples)
	}
	b.clear(0, ringSamples)
	b.running, b.source = true, source
	b.next, b.newest = from, from
	b.wait, b.starved, b.concealed = 1, 0, concealBeats
	b.slack, b.window, b.surplus = math.MaxInt32, 0, 0
}

// skip goes on behind a pause of the source.
func (b *jitterBuffer) skip(from uint32) {
	b.clear(b.next, b.newest)
	b.next, b.newest = from, from
	if b.starved >= spurtBeats {
		b.wait = max(b.wait, 1)
	}
}

// tooLate lets as many beats pass as a frame was late: the next one will not be.
func (b *jitterBuffer) tooLate(by int32) {
	beats := int(by/frameSamples) + 1
	room := int(maxDepth-b.depth()) / frameSamples
	b.wait = max(b.wait, min(beats, room))
}

func (b *jitterBuffer) write(f Frame, from uint32) {
	table := &muLawLinear
	if f.Codec == PCMA {
		table = &aLawLinear
	}
	for i, octet := range f.Payload {
		if at := from + uint32(i); int32(at-b.next) >= 0 {
			b.ring[at%ringSamples] = table[octet]
		}
	}
}

func (b *jitterBuffer) clear(from, to uint32) {
	for at := from; at != to; at++ {
		b.ring[at%ringSamples] = absent
	}
}

// pull moves the next 20 ms to pulled.
func (b *jitterBuffer) pull() {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !b.running:
		clear(b.pulled[:])
		return
	case b.wait > 0:
		b.wait--
		b.conceal()
	case b.depth() < frameSamples:
		b.starved++
		b.conceal()
	default:
		b.take()
	}
	b.look()
}

// take plays 20 ms.
func (b *jitterBuffer) take() {
	had := 0
	for i := range b.pulled {
		if b.pulled[i] = b.at(i); b.pulled[i] != absent {
			had++
		}
	}
	switch had {
	case frameSamples:
		if b.fold() {
			b.advance(frameSamples)
		}
		b.mend()
		b.last, b.concealed = b.pulled, 0
	case 0:
		b.conceal()
	default: // frames of other lengths: a part was lost
		b.patch()
	}
	b.advance(frameSamples)
}

func (b *jitterBuffer) at(i int) int16 { return b.ring[(b.next+uint32(i))%ringSamples] }

func (b *jitterBuffer) advance(samples uint32) {
	b.clear(b.next, b.next+samples)
	b.next += samples
}

// fold fades the frame into the one after it, when one is to be left out and
// the next is whole.
func (b *jitterBuffer) fold() bool {
	if b.surplus == 0 || b.window%shrinkEvery != 0 || b.depth() < 2*frameSamples {
		return false
	}
	folded := b.pulled
	for i := range folded {
		later := b.at(frameSamples + i)
		if later == absent {
			return false
		}
		folded[i] = between(folded[i], later, i, frameSamples)
	}
	b.pulled = folded
	b.surplus--
	return true
}

// mend lets sound come back out of what was repeated in a gap.
func (b *jitterBuffer) mend() {
	if b.concealed == 0 {
		return
	}
	for i := range seam {
		b.pulled[i] = between(b.faded(i), b.pulled[i], i, seam)
	}
}

// patch repeats the last frame in the gaps of this one.
func (b *jitterBuffer) patch() {
	for i, sample := range b.pulled {
		if sample == absent {
			b.pulled[i] = b.faded(i)
		}
	}
	b.last = b.pulled
}

// conceal repeats the last frame, fading out over the beats.
func (b *jitterBuffer) conceal() {
	for i := range b.pulled {
		b.pulled[i] = b.faded(i)
	}
	b.concealed = min(b.concealed+1, concealBeats)
}

// faded is a sample of the last frame, as loud as it is after this many beats.
func (b *jitterBuffer) faded(i int) int16 {
	if b.concealed >= concealBeats {
		return 0
	}
	left := (concealBeats-b.concealed)*frameSamples - i
	return int16(int(b.last[i]) * left / (concealBeats * frameSamples))
}

// between is the i-th of n steps from one sample to another.
func between(a, b int16, i, n int) int16 {
	return int16((int(a)*(n-i) + int(b)*i) / n)
}

// look counts a beat, and at the end of a calm window decides to leave out what
// nobody needs.
func (b *jitterBuffer) look() {
	if b.window++; b.window < slackBeats {
		return
	}
	if b.slack > tooDeep && b.slack != math.MaxInt32 {
		b.surplus = int(b.slack-tooDeep)/frameSamples + 1
	}
	b.window, b.slack = 0, math.MaxInt32
}

// rest returns what is there to be played, without taking it.
func (b *jitterBuffer) rest() []int16 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.running {
		return nil
	}
	pcm := make([]int16, 0, max(b.depth(), 0))
	for i := range b.depth() {
		if sample := b.at(int(i)); sample != absent {
			pcm = append(pcm, sample)
		} else {
			pcm = append(pcm, 0)
		}
	}
	return pcm
}
