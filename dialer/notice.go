package dialer

import (
	"context"
	"sync"
	"time"
)

// NoticeKind says what a Notice tells.
type NoticeKind string

// The kinds of notices.
const (
	NoticeAgent     NoticeKind = "agent"     // an agent's state changed
	NoticeConnected NoticeKind = "connected" // a person and an agent hear each other
	NoticeEnded     NoticeKind = "ended"     // a call is over; its outcome is being written
	NoticeHelp      NoticeKind = "help"      // an agent asks for a supervisor
	NoticeCampaign  NoticeKind = "campaign"  // a campaign's status, or why it does not dial, changed
	// NoticeResync says that notices were dropped because the reader was slow:
	// read the Snapshot.
	NoticeResync NoticeKind = "resync"
)

// Notice is one change on the floor, for those who follow it live.
type Notice struct {
	Kind     NoticeKind  `json:"kind"`
	At       time.Time   `json:"at"`
	Agent    *AgentState `json:"agent,omitempty"`
	Call     *EndedCall  `json:"call,omitempty"`    // of ended
	Attempt  string      `json:"attempt,omitempty"` // of connected and ended
	Campaign int64       `json:"campaign_id,omitempty"`
	Why      *Why        `json:"why,omitempty"`
	// Delay is how long the person waited for the agent, of connected.
	Delay time.Duration `json:"delay,omitempty"`
}

// backlog is how many notices wait for a slow reader before they are dropped.
const backlog = 256

// hub spreads notices. Telling never waits for a reader.
type hub struct {
	mu      sync.Mutex // guards what follows
	readers map[chan Notice]struct{}
	closed  bool
}

func newHub() *hub { return &hub{readers: make(map[chan Notice]struct{})} }

func (h *hub) tell(n Notice) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for r := range h.readers {
		select {
		case r <- n:
		default:
			drain(r)
			r <- Notice{Kind: NoticeResync, At: n.At} // there is room: only we send
		}
	}
}

func drain(r chan Notice) {
	for {
		select {
		case <-r:
		default:
			return
		}
	}
}

func (h *hub) subscribe(ctx context.Context) <-chan Notice {
	r := make(chan Notice, backlog)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || ctx.Err() != nil {
		close(r)
		return r
	}
	h.readers[r] = struct{}{}
	context.AfterFunc(ctx, func() { h.leave(r) })
	return r
}

func (h *hub) leave(r chan Notice) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, there := h.readers[r]; there {
		delete(h.readers, r)
		close(r)
	}
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for r := range h.readers {
		delete(h.readers, r)
		close(r)
	}
}
