package media

import (
	"math"
	"time"
)

// How a track follows its source, in samples.
const (
	trackAhead  = 1600 // 200 ms before its time: the source's clock is not ours
	trackBehind = 9000 // 1.1 s after it
	trackSpurt  = 400  // 50 ms: a talk spurt that begins may be elsewhere
	trackDrift  = 160  // 20 ms: how far clocks may part until they are set
	trackWindow = 100  // frames over which that is looked at
)

// track is one channel of a recording. It is guarded by the recording's lock.
type track struct {
	recording *Recording
	window    []byte // by sample modulo its length

	known  bool
	source uint32
	origin int64  // sample of the file
	stamp  uint32 // timestamp that stands there

	least  int64 // the least that a frame of this window came after its end
	frames int
}

func newTrack(r *Recording) track {
	t := track{recording: r, window: make([]byte, trackSamples)}
	t.silence(0, trackSamples)
	return t
}

var _ Sink = (*track)(nil)

// WriteFrame puts a frame where it belongs; after Close it is left out.
func (t *track) WriteFrame(f Frame) error {
	now := time.Now()
	r := t.recording
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over || f.Event.Digit != 0 || len(f.Payload) == 0 {
		return nil
	}
	arrived := r.at(now)
	at := t.place(f, arrived)
	if last := at + int64(len(f.Payload)); last > r.flushed+trackSamples {
		r.flush(max(arrived-lateness, last-trackSamples))
	}
	t.put(at, f)
	return nil
}

// place finds the sample of the file at which a frame begins: where its clock
// says, as long as that is about when it came.
func (t *track) place(f Frame, arrived int64) int64 {
	length := int64(len(f.Payload))
	if !t.known || t.source != f.Source {
		t.anchor(f, arrived-length)
	}
	at := t.origin + int64(int32(f.Timestamp-t.stamp))
	after := arrived - at - length
	spurt := f.Marker && (after > trackSpurt || after < -trackSpurt)
	if spurt || after < -trackAhead || after > trackBehind {
		t.anchor(f, arrived-length)
		return t.origin
	}
	t.follow(after)
	return at
}

// anchor sets a frame's timestamp to stand at a sample.
func (t *track) anchor(f Frame, at int64) {
	t.known, t.source = true, f.Source
	t.origin, t.stamp = max(at, 0), f.Timestamp
	t.least, t.frames = math.MaxInt64, 0
}

// follow sets the clock by the frame of a window that was the least delayed:
// that one came when it was said. So a first frame that was late, and a sound
// card that runs fast, are made up for.
func (t *track) follow(after int64) {
	t.least = min(t.least, after)
	if t.frames++; t.frames < trackWindow {
		return
	}
	if t.least > trackDrift || t.least < -trackDrift {
		t.origin += t.least
	}
	t.least, t.frames = math.MaxInt64, 0
}

// put writes a frame into the window, but for what is too late or in a gap.
func (t *track) put(at int64, f Frame) {
	r := t.recording
	for i, octet := range f.Payload {
		sample := at + int64(i)
		if sample < r.flushed || r.inGap(sample) {
			continue
		}
		if f.Codec == PCMA {
			octet = aLawToMuLaw[octet]
		}
		t.window[sample%trackSamples] = octet
	}
}

// inGap reports a sample at which the recording is, or was, paused.
func (r *Recording) inGap(sample int64) bool {
	for i := len(r.gaps) - 1; i >= 0; i-- {
		g := r.gaps[i]
		if sample >= g.from && (g.to < 0 || sample < g.to) {
			return true
		}
		if g.to >= 0 && g.to < r.flushed {
			return false // and so are those before
		}
	}
	return false
}

func (t *track) octet(sample int64) byte { return t.window[sample%trackSamples] }

// silence empties the window from a sample up to another.
func (t *track) silence(from, to int64) {
	for at := from; at < to; at++ {
		t.window[at%trackSamples] = PCMU.Silence()
	}
}
