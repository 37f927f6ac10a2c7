package node

import (
	"context"
	"errors"
	"io"
	"sync"
	"syscall"

	"github.com/forecall/forecall/cmd/internal/peer"
	"github.com/forecall/forecall/dialer"
)

// This file is the way of our hands to the brain, on whichever node that is.

// wayToFloor is the pipe of our hands to the brain, and at which node that is.
type wayToFloor struct {
	mu     sync.Mutex // guards what follows
	leader int64
	pipe   dialer.Pipe
}

// goes notes a pipe to a node.
func (w *wayToFloor) goes(to int64, p dialer.Pipe) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.leader, w.pipe = to, p
}

// leave closes a pipe to a node that does not lead any more, as the store says: that
// node may not know yet, when the store does not answer it.
func (w *wayToFloor) leave(leader int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pipe != nil && leader != 0 && leader != w.leader {
		_ = w.pipe.Close()
		w.pipe = nil
	}
}

// errNoLead is why hands find no brain at this moment.
var errNoLead = errors.New("no node leads at this moment")

// dial is the way of our hands to the brain.
func (s *several) dial(ctx context.Context) (dialer.Pipe, error) {
	v := s.member.View()
	if !v.Leads() {
		if v.Leader.ID == 0 {
			return nil, errNoLead
		}
		p, err := s.peers.Pipe(ctx, v.Leader.Name, pipeToFloor)
		if err != nil {
			s.suspect(err)
			return nil, err
		}
		s.way.goes(v.Leader.ID, p)
		return p, nil
	}
	l := s.n.lead.Load()
	if l == nil {
		return nil, errNoLead
	}
	ours, theirs := dialer.NewPipe()
	go l.join(theirs) // ends with the pipe, and retire waits for it
	s.way.goes(v.Self.ID, ours)
	return ours, nil
}

// suspect looks around when a way to a node has broken off because nobody is there any
// more: its process may have been killed.
func (s *several) suspect(err error) {
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF) {
		s.member.Suspect()
	}
}

// pipeToFloor is the name of pipes from hands to the brain.
const pipeToFloor = "floor"

// onPipe takes the hands of another node, while this one leads.
func (s *several) onPipe(ctx context.Context, _ peer.Peer, name string, p *peer.Pipe) {
	l := s.n.lead.Load()
	if name != pipeToFloor || l == nil {
		return // closed: they look for whoever leads
	}
	defer context.AfterFunc(ctx, func() { _ = p.Close() })()
	l.join(p)
}
