package redis

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed lease.lua
var leaseText string

var leaseScript = redis.NewScript(leaseText)

const (
	leaseFor    = 3 * time.Second
	leaseMargin = 500 * time.Millisecond // the holder lets go so long before another can have it
	leaseEvery  = 750 * time.Millisecond
)

// Taken is the error of a lease that somebody else has.
type Taken struct {
	Name, Holder string
	For          time.Duration // at most, unless it is kept
}

func (t *Taken) Error() string {
	return fmt.Sprintf("%s is held by %s for %s", t.Name, t.Holder, t.For)
}

// Lease is a name that this node has, as a hint to the others: who does what is
// fenced by Postgres. It is kept until Release, or until it is lost.
//
//	take --> held --each 0.75 s: keep--> held
//	          |  2.5 s without an answer, or somebody else has it
//	          +--> lost: told before another can have it, 0.5 s later
type Lease struct {
	Name   string
	Number int64 // grows with each holder for as long as Redis remembers

	house  *House
	holder string
	lost   chan struct{}
	stop   context.CancelFunc
	keeper sync.WaitGroup

	mu   sync.Mutex
	till time.Time // by our own clock
}

// Acquire takes a name for a node; the error is *Taken when another has it. A node
// that has it already gets it anew, with a higher number. It returns within 50 ms.
// When the answer is lost, the name may be taken all the same, for 3 s.
func (h *House) Acquire(ctx context.Context, name, node string) (*Lease, error) {
	l := &Lease{Name: name, house: h, holder: node, lost: make(chan struct{})}
	sent := time.Now()
	number, err := l.say(ctx, callerWait, "take")
	if err != nil {
		return nil, err
	}
	l.Number, l.till = number, sent.Add(leaseFor-leaseMargin)
	var keeping context.Context
	keeping, l.stop = context.WithCancel(context.Background()) // ends with Release
	l.keeper.Go(func() { l.keep(keeping) })
	return l, nil
}

// Lost is closed when the lease is lost, half a second before another node can
// have it. It stays open when the lease is released.
func (l *Lease) Lost() <-chan struct{} { return l.lost }

// Held reports whether the node still has it. It asks the node's own clock, and so
// knows it even at once after the process slept.
func (l *Lease) Held() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Now().Before(l.till)
}

// Release gives the name up, so that another can have it at once. It returns
// within 50 ms; when Redis does not answer, the name is free in 3 s.
func (l *Lease) Release(ctx context.Context) error {
	l.stop()
	l.keeper.Wait()
	held := l.Held()
	l.set(time.Time{})
	if !held {
		return nil
	}
	_, err := l.say(ctx, callerWait, "give")
	return err
}

func (l *Lease) set(till time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.till = till
}

// keep prolongs the lease until it is lost or given up.
func (l *Lease) keep(ctx context.Context) {
	timer := time.NewTimer(leaseEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		next := leaseEvery
		sent := time.Now()
		switch _, err := l.say(ctx, ownWait, "keep"); {
		case ctx.Err() != nil:
			return
		case err == nil:
			l.set(sent.Add(leaseFor - leaseMargin))
		case errors.As(err, new(*Taken)):
			l.set(time.Time{})
		default:
			next = leaseEvery / 3
		}
		left := l.left()
		if left <= 0 {
			close(l.lost)
			return
		}
		timer.Reset(min(next, left))
	}
}

func (l *Lease) left() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Until(l.till)
}

func (l *Lease) say(ctx context.Context, atMost time.Duration, what string) (int64, error) {
	answer, err := within(ctx, atMost, func(ctx context.Context) ([]any, error) {
		return leaseScript.Run(ctx, l.house.client, []string{l.house.key("lease", l.Name)}, what, l.holder, l.Number, leaseFor.Microseconds()).Slice()
	})
	if err != nil {
		return 0, fmt.Errorf("%s the lease of %s: %w", what, l.Name, err)
	}
	number, left, holder, err := leaseAnswer(answer)
	if err != nil {
		return 0, fmt.Errorf("%s the lease of %s: %w", what, l.Name, err)
	}
	if number == 0 {
		return 0, &Taken{Name: l.Name, Holder: holder, For: left}
	}
	return number, nil
}

func leaseAnswer(answer []any) (number int64, left time.Duration, holder string, err error) {
	if len(answer) == 3 {
		n, isNumber := answer[0].(int64)
		micros, isLeft := answer[1].(int64)
		holder, isHolder := answer[2].(string)
		if isNumber && isLeft && isHolder {
			return n, time.Duration(micros) * time.Microsecond, holder, nil
		}
	}
	return 0, 0, "", fmt.Errorf("an answer of another kind: %v", answer)
}
