package media

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// mixer is the one goroutine of a room that makes the mixes, while somebody
// hears several.
type mixer struct {
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu    sync.Mutex // held over a beat: who tunes stands between two of them
	mixes []*mix
}

// mix is what one listener hears of several speakers. It is guarded by the lock
// of the mixer.
type mix struct {
	listener *outlet
	speakers []*member
	frame    Frame // the numbers of the next
	sum      [frameSamples]int32
	pcm      [frameSamples]int16
	payload  []byte
}

func startMixer() *mixer {
	ctx, cancel := context.WithCancel(context.Background()) // ends with stop
	x := &mixer{cancel: cancel}
	x.running.Go(func() { x.run(ctx) })
	return x
}

func (x *mixer) stop() {
	x.cancel()
	x.running.Wait()
}

func (x *mixer) run(ctx context.Context) {
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	for due := time.Now().Add(frameTime); ; due = due.Add(frameTime) {
		var err error
		if due, err = await(ctx, tick, due); err != nil {
			return
		}
		x.beat()
	}
}

// beat takes 20 ms of every speaker, once, and says the mixes.
func (x *mixer) beat() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, m := range x.mixes {
		for _, speaker := range m.speakers {
			if !x.before(i, speaker) {
				speaker.buffer.pull()
			}
		}
	}
	for _, m := range x.mixes {
		m.say()
	}
}

// before reports whether a speaker is in one of the first n mixes.
func (x *mixer) before(n int, speaker *member) bool {
	return slices.ContainsFunc(x.mixes[:n], func(m *mix) bool { return slices.Contains(m.speakers, speaker) })
}

// of returns the mix of a listener, with these speakers from now on. The lock is
// held.
func (x *mixer) of(listener *outlet, speakers []*member) *mix {
	for _, m := range x.mixes {
		if m.listener == listener {
			m.speakers = speakers
			return m
		}
	}
	m := &mix{
		listener: listener, speakers: speakers, payload: make([]byte, 0, frameSamples),
		frame: Frame{Source: rand.Uint32() | 1, Seq: uint16(rand.Uint32()), Timestamp: rand.Uint32(), Marker: true},
	}
	x.mixes = append(x.mixes, m)
	return m
}

// settle drops the mixes that nobody hears any more. The lock is held.
func (x *mixer) settle() {
	x.mixes = slices.DeleteFunc(x.mixes, func(m *mix) bool { return !m.listener.hears(m) })
}

// say sums what was pulled of the speakers and gives it to the listener.
func (m *mix) say() {
	clear(m.sum[:])
	for _, speaker := range m.speakers {
		for i, sample := range speaker.buffer.pulled {
			m.sum[i] += int32(sample)
		}
	}
	for i, sum := range m.sum {
		m.pcm[i] = int16(max(math.MinInt16, min(math.MaxInt16, sum)))
	}
	m.listener.mixed(m, m.next(m.pcm[:], m.listener.law()))
}

// next returns the next frame of the mix.
func (m *mix) next(pcm []int16, law Codec) Frame {
	m.payload = law.Encode(m.payload[:0], pcm)
	f := m.frame
	f.Codec, f.Payload = law, m.payload
	m.frame.Seq++
	m.frame.Timestamp += frameSamples
	m.frame.Marker = false
	return f
}

func (m *mix) holds(speaker *member) bool { return slices.Contains(m.speakers, speaker) }

// flush says what the jitter buffer of a speaker still holds, faster than it
// was said: the listener hears the speaker without delay from now on. The locks
// of mixer and outlet are held.
func (m *mix) flush(speaker *member, to *outlet) {
	if len(to.players) > 0 {
		return
	}
	rest := speaker.buffer.rest()
	for len(rest) >= frameSamples {
		to.say(m.next(rest[:frameSamples], lawOf(to.port)))
		rest = rest[frameSamples:]
	}
	if len(rest) > 0 {
		to.say(m.next(rest, lawOf(to.port)))
	}
}
