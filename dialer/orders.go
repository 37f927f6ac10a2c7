package dialer

import (
	"errors"
	"fmt"
	"sync"
)

// Errors of what agents and supervisors ask for during a call.
var (
	ErrNoCall         = errors.New("there is no conversation at this moment")
	ErrNotYours       = errors.New("only the agent who has the person may do this")
	ErrNoTransfer     = errors.New("no transfer is going on")
	ErrTransferring   = errors.New("a transfer is going on; complete it or take it back first")
	ErrNotAnswered    = errors.New("the other side has not answered yet")
	ErrNoDigits       = errors.New("this line takes no key presses")
	ErrNotRecorded    = errors.New("calls of this campaign are not recorded")
	ErrNobodyThere    = errors.New("nobody of the department is free, and it has no number")
	ErrNoDepartment   = errors.New("the campaign has no such department")
	ErrOutsideBarred  = errors.New("calls of this campaign may not be passed on to this number")
	ErrNumberBarred   = errors.New("the number is on the do-not-call list")
	ErrNoLine         = errors.New("no line is free to call the number")
	ErrNoHeadset      = errors.New("connect a headset or a phone first")
	ErrNotSupervising = errors.New("you listen to nobody")
	ErrSelf           = errors.New("this is for somebody else than yourself")
)

// BusyError says why an agent cannot take a call that is passed on.
type BusyError struct {
	Name  string
	State State
}

// Error is the sentence for people.
func (e *BusyError) Error() string {
	doing := map[State]string{
		StatePaused: "paused", StateTalking: "in a call", StateReserved: "getting a call", StateWrapUp: "in wrap-up",
		StatePreview: "reading a card", StateResting: "resting", StateElsewhere: "in another conversation",
	}[e.State]
	if doing == "" {
		doing = string(e.State)
	}
	return fmt.Sprintf("%s is %s and cannot take the call now", e.Name, doing)
}

// TransferTarget is where a call goes: an agent, a department of the campaign,
// or an outside number. Exactly one of them is set.
type TransferTarget struct {
	Agent      int64
	Department string
	Number     string // E.164
	Note       string // for whoever takes the call
}

// ask is what an order during a call carries.
type ask struct {
	On       bool           `json:"on,omitempty"`
	Digits   string         `json:"digits,omitempty"`
	Attended bool           `json:"attended,omitempty"`
	To       TransferTarget `json:"to,omitzero"`
	Ears     []ear          `json:"ears,omitempty"` // all who listen to the agent now
	By       int64          `json:"by,omitempty"`   // the supervisor who takes over
}

// duringCall tells whether an order is for the conversation, which its attempt
// owns, and not for the state of the agent.
func (o order) duringCall() bool { return o >= orderHold && o <= orderTakeOver }

// The orders of a conversation.
const (
	orderHold order = iota + 100
	orderMute
	orderDigits
	orderRecord
	orderTransfer
	orderComplete
	orderCancel
	orderConference
	orderAccept
	orderRefuse
	orderEars
	orderLeave // the hang-up key
	orderTakeOver
)

// Further orders about an agent's state.
const (
	orderHelp order = iota + 200
	orderSupervise
	orderSuperviseEnd
	orderListen
	orderListenEnd
)

// maxOrders is how many orders wait for a conversation at most: who presses
// keys faster than that is not a person.
const maxOrders = 32

// line is the way to a conversation: orders are left here by whoever owns the
// agent, and its attempt does them in order. Every order is answered once.
type line struct {
	wake chan struct{}

	mu      sync.Mutex // guards what follows
	waiting []command
	closed  bool
}

func newLine() *line { return &line{wake: make(chan struct{}, 1)} }

// put leaves an order; it never waits.
func (l *line) put(cmd command) {
	l.mu.Lock()
	full, closed := len(l.waiting) >= maxOrders && cmd.order != orderLeave, l.closed
	if !full && !closed {
		l.waiting = append(l.waiting, cmd)
	}
	l.mu.Unlock()
	switch {
	case closed:
		cmd.answer(ErrNoCall)
	case full:
		cmd.answer(ErrTooSoon)
	default:
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// take returns what waits.
func (l *line) take() []command {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := l.waiting
	l.waiting = nil
	return waiting
}

// close takes no more orders and refuses those that wait.
func (l *line) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	for _, cmd := range l.take() {
		cmd.answer(ErrNoCall)
	}
}

// answer answers an order, if somebody waits for it.
func (c command) answer(err error) {
	switch {
	case c.heard != nil:
		c.heard(err)
	case c.reply != nil:
		c.reply <- err
	}
}

// passOn hands an order to the conversation that the agent is in. A call that
// was bridged this moment does not take the second click of something earlier.
func (a *agent) passOn(cmd command) {
	switch {
	case a.line == nil || !a.engaged():
		cmd.answer(ErrNoCall)
	case a.state == StateReserved && cmd.order != orderAccept && cmd.order != orderRefuse && cmd.order != orderEars:
		cmd.answer(ErrNoCall)
	default:
		a.line.put(cmd)
	}
}
