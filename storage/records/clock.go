package records

import (
	"context"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// Limits of trust in the wall clock: how far it may stand from where the
// monotonic clock says it should, and how much of that is forgiven with time
// (a clock under discipline runs up to 500 ppm off, RFC 5905 section 11.3).
const (
	maxJump     = 2 * time.Second
	slewPPM     = 1000
	forgiveEach = time.Minute
	maxSkew     = 2 * time.Second // of a node's clock and the engine's
)

// clock compares the wall clock with the monotonic one. Calling windows are
// law by the wall clock, so a wall clock that jumped stops dialing until it
// is back where it should be, or somebody says that it is right now.
type clock struct {
	start time.Time     // carries both clocks
	wall  time.Time     // where the wall clock stood at mono
	mono  time.Duration // since start
	last  time.Time     // latest instant given out; none before it is
	off   time.Duration // of the wall clock, for tests: no value of time.Time has jumped
	told  func() clockOffset

	// Of an engine whose clock all nodes share; zero where there is none.
	theirs  time.Time     // what it said last
	heard   time.Duration // when, since start
	written time.Time     // last instant of the ledger, whoever wrote it
}

// clockOffset is how far the wall clock is ahead of the time servers (negative:
// behind), as they said last; by is nought while none has been asked.
type clockOffset struct {
	by     time.Duration
	source string
}

// fault is why nobody may be called by this clock, or nil.
func (o clockOffset) fault() error {
	if o.by.Abs() <= rules.MaxClockOffset {
		return nil
	}
	way := "ahead of"
	if o.by < 0 {
		way = "behind"
	}
	return fmt.Errorf("%w: it is %s %s the time of %s; nobody is called until it is at most %s off",
		campaigns.ErrClockOff, o.by.Abs().Round(time.Millisecond), way, o.source, rules.MaxClockOffset)
}

// SetClockOffset takes how far the wall clock is ahead of trusted time servers
// (negative: behind), and who says so. Beyond rules.MaxClockOffset nobody is
// called until they say otherwise; the offset stands in every decision record.
func (db *DB) SetClockOffset(by time.Duration, source string) {
	db.offset.Store(&clockOffset{by, source})
}

// clockOffset is what the time servers said last.
func (db *DB) clockOffset() clockOffset {
	if o := db.offset.Load(); o != nil {
		return *o
	}
	return clockOffset{}
}

func newClock(now, last time.Time) *clock { return &clock{start: now, wall: now.Round(0), last: last} }

// read returns the instant of a transaction, which never runs backwards, and
// why it cannot be trusted for dialing, if so.
func (c *clock) read(now time.Time) (time.Time, error) {
	return c.see(now.Round(0).Add(c.off), now.Sub(c.start))
}

// shared is read by a clock that all nodes share, the engine's, beside our own:
// calling windows are judged by the former, and the two have to agree. It was read
// some time between when we asked and were told, which may be long on a busy
// machine: what is within is agreement. Last is the last instant of the ledger,
// whoever wrote it.
func (c *clock) shared(theirs, asked, told, last time.Time) (time.Time, error) {
	from, to := asked.Sub(c.start), told.Sub(c.start)
	if c.theirs.IsZero() { // the first time that we hear it
		c.wall, c.mono = theirs, to
	}
	mono := max(from, min(to, c.mono+theirs.Sub(c.wall)))
	c.theirs, c.heard = theirs, mono
	if last.After(c.written) {
		c.written = last
		if last.After(c.last) {
			c.last = last
		}
	}
	at, err := c.see(theirs, mono)
	early, late := asked.Round(0).Add(c.off).Sub(theirs), theirs.Sub(told.Round(0).Add(c.off))
	if skew := max(early, late); err == nil && skew > maxSkew {
		err = fmt.Errorf("%w: that of this machine is %s off the clock of the database; nobody is called from here until they agree",
			campaigns.ErrClock, skew.Round(time.Millisecond))
	}
	return at, err
}

func (c *clock) see(wall time.Time, mono time.Duration) (time.Time, error) {
	wall = wall.UTC().Truncate(time.Microsecond)
	err := c.judge(wall, mono)
	if wall.Before(c.last) {
		wall = c.last
	}
	if err == nil {
		c.last = wall
	}
	return wall, err
}

func (c *clock) judge(wall time.Time, mono time.Duration) error {
	elapsed := mono - c.mono
	drift := wall.Sub(c.wall) - elapsed
	if drift.Abs() > maxJump {
		return fmt.Errorf("%w: it stands %s from where it should; nobody is called until it is back or acknowledged",
			campaigns.ErrClock, drift.Round(time.Millisecond))
	}
	if behind := c.last.Sub(wall); behind > maxJump {
		return fmt.Errorf("%w: it is %s behind the last attempt of the ledger; nobody is called until then or acknowledged",
			campaigns.ErrClock, behind.Round(time.Millisecond))
	}
	if c.told != nil {
		if err := c.told().fault(); err != nil {
			return err
		}
	}
	if elapsed >= forgiveEach {
		allowed := elapsed * slewPPM / 1_000_000
		c.mono = mono
		c.wall = c.wall.Add(elapsed + max(-allowed, min(drift, allowed)))
	}
	return nil
}

// accept takes the clock that we go by as right from now on.
func (c *clock) accept(now time.Time) {
	c.wall, c.mono = now.Round(0).Add(c.off), now.Sub(c.start)
	if !c.theirs.IsZero() {
		c.wall, c.mono = c.theirs, c.heard
	}
	c.last = c.wall.UTC().Truncate(time.Microsecond)
}

// ClockFault returns why nobody can be called for the clock's sake, wrapping
// campaigns.ErrClock, or nil.
func (db *DB) ClockFault(ctx context.Context) error {
	return db.do(ctx, func(t *tx) error { return t.jumped })
}

// AcknowledgeClock says that the wall clock is right as it stands now, so
// that dialing may go on after a jump. It is kept in the audit.
func (db *DB) AcknowledgeClock(ctx context.Context, by string) error {
	return db.do(ctx, func(t *tx) error {
		if t.jumped == nil {
			return nil
		}
		t.after = append(t.after, func() { t.clock.accept(time.Now()) })
		return t.note("clock.acknowledged", by, "clock", t.jumped.Error())
	})
}
