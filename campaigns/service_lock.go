package campaigns

import (
	"sync"
	"time"
)

// How login failures slow the next try down: the first five are free, then
// the wait doubles up to a quarter of an hour; a quiet hour forgets.
const (
	freeFailures = 5
	firstWait    = time.Second
	longestWait  = 15 * time.Minute
	forgetAfter  = time.Hour
	maxFailing   = 20_000 // login and place pairs that are remembered
)

// loginLock counts failed logins by login and place.
type loginLock struct {
	mu    sync.Mutex
	fails map[failKey]failing
}

type failKey struct{ login, from string }

// failing is what is known of one pair: how often it failed in a row, and when last.
type failing struct {
	count int
	last  time.Time
}

func newLoginLock() *loginLock { return &loginLock{fails: make(map[failKey]failing)} }

// try counts a try as failed beforehand, so that parallel guesses do not slip
// past, and refuses it when the pair has to wait.
func (l *loginLock) try(login, from string, now time.Time) error {
	key := failKey{clip(login), from}
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.fails[key]
	if now.Sub(f.last) > forgetAfter {
		f = failing{}
	}
	if wait := f.wait() - now.Sub(f.last); wait > 0 {
		return problem(KindTooMany, "login_wait", "Too many failed logins; try again in %s.", wait.Round(time.Second)+time.Second)
	}
	l.room(now)
	l.fails[key] = failing{count: f.count + 1, last: now}
	return nil
}

// refund takes one try back that failed for a reason of ours.
func (l *loginLock) refund(login, from string) {
	key := failKey{clip(login), from}
	l.mu.Lock()
	defer l.mu.Unlock()
	if f, ok := l.fails[key]; ok {
		f.count--
		l.fails[key] = f
	}
}

// forget clears a pair that logged in.
func (l *loginLock) forget(login, from string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.fails, failKey{clip(login), from})
}

// room keeps the map bounded under a flood of invented logins: what has been
// quiet goes first, then whatever comes.
func (l *loginLock) room(now time.Time) {
	if len(l.fails) < maxFailing {
		return
	}
	for k, f := range l.fails {
		if now.Sub(f.last) > longestWait {
			delete(l.fails, k)
		}
	}
	for k := range l.fails {
		if len(l.fails) < maxFailing {
			return
		}
		delete(l.fails, k)
	}
}

// wait is how long the pair must be quiet after its last failure.
func (f failing) wait() time.Duration {
	over := f.count - freeFailures
	if over < 0 {
		return 0
	}
	if over > 10 {
		return longestWait
	}
	return min(firstWait<<over, longestWait)
}

// clip bounds what an invented login costs in memory.
func clip(login string) string {
	const longest = 64
	if len(login) > longest {
		return login[:longest]
	}
	return login
}
