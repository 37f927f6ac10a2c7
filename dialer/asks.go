package dialer

import "sync"

// asks are questions to the other side that have no answer yet. Each gets one:
// the other side's, or what fail gives it when that side is gone.
type asks[T any] struct {
	mu   sync.Mutex // guards what follows
	last int64
	open map[int64]asked[T]
}

type asked[T any] struct {
	of   string // whom
	hear func(T)
}

// put notes a question to a node; hear gets the answer, on any goroutine, and
// must not block.
func (a *asks[T]) put(of string, hear func(T)) (id int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open == nil {
		a.open = make(map[int64]asked[T])
	}
	a.last++
	a.open[a.last] = asked[T]{of, hear}
	return a.last
}

// answer hands an answer over; one to a question that has been answered is
// nobody's.
func (a *asks[T]) answer(id int64, v T) {
	a.mu.Lock()
	q, open := a.open[id]
	delete(a.open, id)
	a.mu.Unlock()
	if open {
		q.hear(v)
	}
}

// fail answers all that was asked of a node that is gone.
func (a *asks[T]) fail(of string, v T) {
	a.mu.Lock()
	var gone []func(T)
	for id, q := range a.open {
		if q.of == of {
			gone = append(gone, q.hear)
			delete(a.open, id)
		}
	}
	a.mu.Unlock()
	for _, hear := range gone {
		hear(v)
	}
}
