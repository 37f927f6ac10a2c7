package redis

import "time"

// settle is the time after which a share that was put into Redis' pool is out
// of it for certain and may be used by the node itself: the word counts for 400
// ms by Redis' clock, turns are given out 200 ms ahead and used 40 ms late, and a
// whole second must have none of both. The rest is reserve. QUIET in limits.lua
// is the same the other way round.
const settle = 1700 * time.Millisecond

// contact is what a node knows of its talk with Redis. It is plain memory:
// whoever owns it guards it and tells it the time.
//
//	together --no word answered for 1.7 s--> silent --1.7 s since the last word--> apart
//	apart --5 s of good answers, and no call by the own share any more--> together
type contact struct {
	run   string    // which server, and which of its lives
	seen  int64     // its clock as last told, microseconds
	heard time.Time // when that was

	silent  bool      // no words are sent any more
	apart   bool      // the node heeds its own part
	worded  time.Time // when a word was last answered
	pledged time.Time // the heard of the last word that was sent; from then on the share may be in the pool
	good    time.Time // since when all greetings are answered; zero: they are not
}

// begin starts the talk.
func (c *contact) begin(now time.Time) {
	*c = contact{worded: now, pledged: now}
}

// turnOver lets time pass. Left and joined say that the node parted, or is back.
func (c *contact) turnOver(now time.Time) (left, joined bool) {
	switch {
	case c.apart && !c.good.IsZero() && now.Sub(c.good) >= growAfter:
		c.apart, c.silent, c.worded = false, false, now
		return false, true
	case !c.apart && now.Sub(c.worded) >= settle:
		c.silent = true
		if now.Sub(c.pledged) >= settle {
			c.apart, c.good = true, time.Time{}
			return true, false
		}
	}
	return false, false
}

// speaks reports whether a word sent now would be taken.
func (c *contact) speaks(now time.Time) bool {
	return !c.apart && !c.silent && c.seen != 0 && now.Sub(c.heard) <= wordCounts
}

// answered notes an answer.
func (c *contact) answered(now time.Time, run string, seen int64, word bool) {
	c.run, c.seen, c.heard = run, seen, now
	if word {
		c.worded = now
	}
	if c.good.IsZero() {
		c.good = now
	}
}

// failed notes that there was none.
func (c *contact) failed() { c.good = time.Time{} }
