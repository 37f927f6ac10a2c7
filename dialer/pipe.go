package dialer

import (
	"errors"
	"sync"
)

var errCut = errors.New("the pipe is closed")

// memPipe is one end of a pipe within a process, which keeps what the other end has
// not read yet.
type memPipe struct {
	in, out *memQueue
}

type memQueue struct {
	mu     sync.Mutex
	cond   chan struct{}
	frames [][]byte
	cut    bool
}

// NewPipe returns both ends of a pipe within a process.
func NewPipe() (a, b Pipe) {
	x, y := &memQueue{cond: make(chan struct{}, 1)}, &memQueue{cond: make(chan struct{}, 1)}
	return &memPipe{in: x, out: y}, &memPipe{in: y, out: x}
}

func (q *memQueue) nudge() {
	select {
	case q.cond <- struct{}{}:
	default:
	}
}

func (p *memPipe) Send(frame []byte) error {
	p.out.mu.Lock()
	defer p.out.mu.Unlock()
	if p.out.cut {
		return errCut
	}
	p.out.frames = append(p.out.frames, frame)
	p.out.nudge()
	return nil
}

func (p *memPipe) Receive() ([]byte, error) {
	for {
		p.in.mu.Lock()
		if p.in.cut {
			p.in.mu.Unlock()
			p.in.nudge()
			return nil, errCut
		}
		if len(p.in.frames) > 0 {
			f := p.in.frames[0]
			p.in.frames = p.in.frames[1:]
			p.in.mu.Unlock()
			return f, nil
		}
		p.in.mu.Unlock()
		<-p.in.cond
	}
}

// Close closes both ends: what was not read is lost.
func (p *memPipe) Close() error {
	for _, q := range []*memQueue{p.in, p.out} {
		q.mu.Lock()
		q.cut, q.frames = true, nil
		q.mu.Unlock()
		q.nudge()
	}
	return nil
}
