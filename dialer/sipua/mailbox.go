package sipua

import "sync"

// mailbox is a queue that never blocks the sender: the reader of a socket puts
// messages in, in the order they arrived, and one goroutine takes them out.
type mailbox[T any] struct {
	ready chan struct{}

	mu    sync.Mutex
	items []T
}

// maxMailbox bounds what a peer can pile up on one call; a real call has fewer
// than twenty messages waiting at any time.
const maxMailbox = 1024

func newMailbox[T any]() *mailbox[T] {
	return &mailbox[T]{ready: make(chan struct{}, 1)}
}

// put reports false when the box is full and v was dropped.
func (m *mailbox[T]) put(v T) bool {
	m.mu.Lock()
	if len(m.items) >= maxMailbox {
		m.mu.Unlock()
		return false
	}
	m.items = append(m.items, v)
	m.mu.Unlock()
	select {
	case m.ready <- struct{}{}:
	default:
	}
	return true
}

// take returns everything that waits, in order.
func (m *mailbox[T]) take() []T {
	m.mu.Lock()
	defer m.mu.Unlock()
	items := m.items
	m.items = nil
	return items
}
