package media

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// ErrRecordingSlow is the error of a recording whose disk has not taken anything
// for minutes: from then on nothing more is kept.
var ErrRecordingSlow = errors.New("the disk is too slow for the recording")

// Recording keeps a conversation in a WAV file of two channels, mu-law, 8 kHz:
// left is what the person says, right what the person hears. What is heard is
// put where it belongs in time, by the clock of its source and by its arrival,
// so that both channels are in step and the file is as long as the call was,
// whatever is lost, late or left out as silence.
//
//	                  flushed                     now
//	 in the file        |   window of 2 s          |
//	--------------------+--------------------------+-----> samples since the beginning
//	                    <-- late frames find their place
//
// Its sinks never wait: a goroutine of the recording's own writes to the disk.
// Of a process that is killed the file lacks the last two seconds, and is
// readable as it is; RepairRecording completes its header.
type Recording struct {
	path  string
	began time.Time
	file  *os.File

	mu      sync.Mutex
	tracks  [2]track
	flushed int64  // samples since the beginning that have left the window
	pending []byte // left the window, and is to be written
	gaps    []gap
	over    bool
	failed  error

	stop    chan struct{}
	writing sync.WaitGroup
}

// Recorded is what has been kept.
type Recorded struct {
	Path     string
	Began    time.Time
	Duration time.Duration
	Octets   int64  // of the file
	SHA256   string // of the file, in hexadecimal
	Gaps     []Gap
}

// Gap is a pause of a recording, since its beginning: silence in the file, and
// two cue points.
type Gap struct{ From, To time.Duration }

// gap is a Gap in samples; to is below zero while it lasts.
type gap struct{ from, to int64 }

// How the work is spread, and its bounds.
const (
	trackSamples = 16384 // of the window: 2 s, a power of two
	lateness     = 10000 // 1.25 s: how late a frame may come and still find its place
	writeEvery   = 400 * time.Millisecond
	maxPending   = 4 << 20 // octets: 4 minutes of a disk that stands still
)

// NewRecording begins a recording in a new file, which must not be there yet. Its
// time counts from began, a moment ago at most.
func NewRecording(path string, began time.Time) (*Recording, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("begin recording: %w", err)
	}
	r := &Recording{path: path, began: began, file: file, stop: make(chan struct{})}
	if _, err := file.Write(r.header(0)); err != nil {
		return nil, errors.Join(fmt.Errorf("begin recording: %w", err), file.Close())
	}
	for i := range r.tracks {
		r.tracks[i] = newTrack(r)
	}
	r.writing.Go(r.write)
	return r, nil
}

// Person takes what the person says: the left channel.
func (r *Recording) Person() Sink { return &r.tracks[0] }

// House takes what the person hears: the right channel.
func (r *Recording) House() Sink { return &r.tracks[1] }

// Err returns why nothing more can be kept; nil while all is well.
func (r *Recording) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

// Pause keeps nothing from now on: the file has silence until Resume. A second
// Pause is none.
func (r *Recording) Pause(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over || r.paused() {
		return
	}
	from := max(r.at(now), r.flushed)
	r.gaps = append(r.gaps, gap{from, -1})
	for i := range r.tracks {
		r.tracks[i].silence(from, r.flushed+trackSamples)
	}
}

// Resume goes on after Pause.
func (r *Recording) Resume(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.over && r.paused() {
		last := &r.gaps[len(r.gaps)-1]
		last.to = max(r.at(now), last.from)
	}
}

func (r *Recording) paused() bool {
	return len(r.gaps) > 0 && r.gaps[len(r.gaps)-1].to < 0
}

// at is a time in samples since the beginning.
func (r *Recording) at(t time.Time) int64 {
	return int64(max(t.Sub(r.began), 0)) * SampleRate / int64(time.Second)
}

// Close ends the recording at now, and returns when all of it is on the disk.
// What could be kept is told even with an error. Only the first Close does
// anything.
func (r *Recording) Close(now time.Time) (Recorded, error) {
	r.mu.Lock()
	if r.over {
		r.mu.Unlock()
		return Recorded{}, ErrClosed
	}
	r.over = true
	if end := r.at(now); end > r.flushed {
		r.flush(end)
	}
	if r.paused() {
		r.gaps[len(r.gaps)-1].to = r.flushed
	}
	r.mu.Unlock()
	close(r.stop)
	r.writing.Wait()
	kept, err := r.finish()
	if err != nil {
		return kept, fmt.Errorf("end recording %s: %w", r.path, err)
	}
	return kept, nil
}

// write brings to the disk what has left the window.
func (r *Recording) write() {
	tick := time.NewTicker(writeEvery)
	defer tick.Stop()
	var chunk []byte
	marked := 0
	for stopping := false; !stopping; {
		select {
		case <-tick.C:
		case <-r.stop:
			stopping = true
		}
		var header []byte
		chunk, header, marked = r.take(chunk, marked, time.Now())
		if err := r.append(chunk, header); err != nil {
			r.fail(err)
		}
	}
}

// take swaps the pending octets for an empty buffer, and returns the header when
// cue points have been added to it.
func (r *Recording) take(empty []byte, marked int, now time.Time) (chunk, header []byte, marks int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if due := r.at(now) - lateness; !r.over && due > r.flushed {
		r.flush(due)
	}
	chunk, r.pending = r.pending, empty[:0]
	for _, g := range r.gaps {
		marks++
		if g.to >= 0 {
			marks++
		}
	}
	if marks != marked {
		header = r.header(0)
	}
	return chunk, header, marks
}

func (r *Recording) append(chunk, header []byte) error {
	if r.Err() != nil {
		return nil // known
	}
	if header != nil {
		if _, err := r.file.WriteAt(header, 0); err != nil {
			return err
		}
	}
	_, err := r.file.Write(chunk)
	return err
}

func (r *Recording) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed == nil {
		r.failed = err
	}
}

// flush moves the window on: what is before a sample becomes pending. The lock
// is held.
func (r *Recording) flush(to int64) {
	for r.flushed < to {
		n := min(to-r.flushed, trackSamples)
		if r.failed == nil && len(r.pending)+int(2*n) > maxPending {
			r.failed = ErrRecordingSlow
		}
		for at := r.flushed; at < r.flushed+n; at++ {
			if r.failed == nil {
				r.pending = append(r.pending, r.tracks[0].octet(at), r.tracks[1].octet(at))
			}
		}
		for i := range r.tracks {
			r.tracks[i].silence(r.flushed, r.flushed+n)
		}
		r.flushed += n
	}
}
