package dialer

import (
	"context"
	"time"
)

// This file is how what pacing saw and decided gets from a loop, which never
// waits, to the store.

const (
	tapeEvery = time.Minute
	// tapeBacklog is how many minutes may wait for a slow store before one is
	// lost.
	tapeBacklog = 8
	dropEvery   = time.Hour
)

// minute is a tape with the real time of its beginning.
type minute struct {
	from time.Time
	tape []byte
}

// changeTape hands the finished tape over; when too many wait already, it is
// lost, for the loop does not wait.
func (l *Loop) changeTape(now time.Time) {
	m := l.takeTape(now)
	if m.tape == nil {
		return
	}
	select {
	case l.tapes <- m:
	default:
		l.loseTape(m.from, "the store is too slow")
	}
}

func (l *Loop) takeTape(now time.Time) minute {
	_, tape := l.floor.Take(l.clock.virtual(now))
	m := minute{from: l.tapeFrom, tape: tape}
	l.tapeFrom = now
	return m
}

func (l *Loop) loseTape(from time.Time, why string) {
	l.tapesLost++
	l.log.Warn("a minute of the pacing tape is lost", "from", from, "why", why, "lost", l.tapesLost)
}

// keepTapes writes the tapes of a campaign until there are no more.
func (e *Engine) keepTapes(ctx context.Context, l *Loop, tapes <-chan minute) {
	for m := range tapes {
		err := e.store.SaveTape(ctx, l.id, m.from, m.tape)
		if err != nil && !l.tell(func() { l.loseTape(m.from, err.Error()) }) {
			l.log.Warn("the last minute of the pacing tape is lost", "from", m.from, "error", err)
		}
	}
}

// dropTapes lets go of old tapes, at once and every hour, until ctx is done.
func (e *Engine) dropTapes(ctx context.Context) {
	tick := time.NewTicker(dropEvery)
	defer tick.Stop()
	for {
		if err := e.store.DropTapes(ctx, time.Now().Add(-max(0, e.settings.KeepTapes))); err != nil && ctx.Err() == nil {
			e.log.Warn("old pacing tapes are still kept", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
