package media

import (
	"context"
	"sync"
	"time"
)

// frameTime is the length of a frame that we make ourselves: 20 ms, the default
// of RFC 3551 section 4.2.
const frameTime = 20 * time.Millisecond

// frameSamples is frameTime in samples.
const frameSamples = SampleRate / 50

// shards is how many beats it takes until each session was asked for its report:
// half a second, in which the work is spread.
const shards = 25

// beater is what a metronome beats for.
type beater interface {
	fill(now time.Time)   // every 20 ms, while asked to
	report(now time.Time) // every half second
}

// metronome is the one ticker of a poller: silence that has to be sent and
// reports that are due, for all its sessions from one goroutine.
type metronome struct {
	cancel  context.CancelFunc
	running sync.WaitGroup

	beating sync.Mutex // held over a beat, so that remove can wait for it

	mu     sync.Mutex
	filled map[beater]struct{}
	shard  [shards]map[beater]struct{}
	last   int
}

func startMetronome() *metronome {
	ctx, cancel := context.WithCancel(context.Background()) // ends with stop
	m := &metronome{cancel: cancel, filled: make(map[beater]struct{})}
	for i := range m.shard {
		m.shard[i] = make(map[beater]struct{})
	}
	m.running.Go(func() { m.run(ctx) })
	return m
}

func (m *metronome) stop() {
	m.cancel()
	m.running.Wait()
}

// add begins to ask b for its reports and returns the place it must name to be removed.
func (m *metronome) add(b beater) (place int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = (m.last + 1) % shards
	m.shard[m.last][b] = struct{}{}
	return m.last
}

// remove forgets b, and returns when it is not being asked.
func (m *metronome) remove(b beater, place int) {
	m.mu.Lock()
	delete(m.filled, b)
	delete(m.shard[place], b)
	m.mu.Unlock()
	m.beating.Lock()
	defer m.beating.Unlock()
}

// setFill turns the beat for silence on or off.
func (m *metronome) setFill(b beater, on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.filled, b)
	if on {
		m.filled[b] = struct{}{}
	}
}

func (m *metronome) run(ctx context.Context) {
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	var due []beater
	for beat := 0; ; beat++ {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			due = m.beat(beat, now, due[:0])
		}
	}
}

// beat asks everybody whose turn it is. The lists are copied, so that a session
// may come or go meanwhile.
func (m *metronome) beat(beat int, now time.Time, due []beater) []beater {
	m.beating.Lock()
	defer m.beating.Unlock()
	due = m.collect(due, m.filled)
	for _, b := range due {
		b.fill(now)
	}
	due = m.collect(due[:0], m.shard[beat%shards])
	for _, b := range due {
		b.report(now)
	}
	return due
}

func (m *metronome) collect(due []beater, from map[beater]struct{}) []beater {
	m.mu.Lock()
	defer m.mu.Unlock()
	for b := range from {
		due = append(due, b)
	}
	return due
}
