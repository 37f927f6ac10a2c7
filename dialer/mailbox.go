package dialer

import "sync"

// mailbox carries work to the one goroutine that owns some state. Putting
// never waits, so an owner may write to another owner, and back, without a
// deadlock; what piles up is bounded by the calls and agents that exist.
type mailbox struct {
	wake chan struct{}

	mu     sync.Mutex // guards what follows
	work   []func()
	closed bool
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

// put leaves work for the owner, in order; false means that there is no owner
// any more and the work will not be done.
func (m *mailbox) put(do func()) bool {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return false
	}
	m.work = append(m.work, do)
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
	return true
}

// take returns all that waits. Only the owner calls it.
func (m *mailbox) take() []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	work := m.work
	m.work = nil
	return work
}

// close refuses further work and returns what was still waiting.
func (m *mailbox) close() []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	work := m.work
	m.work = nil
	return work
}
