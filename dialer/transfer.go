package dialer

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// answerWithin is how long the other side of a transfer may ring.
const answerWithin = 20 * time.Second

// transfer is one that goes on. It belongs to its conversation, but for what its
// seeker is given: a context of its own and the channel of released.
type transfer struct {
	kind     TransferKind
	phase    TransferPhase
	since    time.Time
	to       string // as it was asked for, until who answers is known
	by       *side
	began    bool // it rings
	forget   context.CancelFunc
	released chan struct{} // closed when the conversation needs the outside line no more
	timer    *time.Timer
}

// late fires when the other side has rung for long enough; nil for no transfer.
func (t *transfer) late() <-chan time.Time {
	if t == nil || t.timer == nil {
		return nil
	}
	return t.timer.C
}

func (t *transfer) toName() string { return cmp.Or(t.to, "the other side") }

// move notes that the transfer has come further.
func (t *transfer) move(p TransferPhase) {
	t.phase, t.since = p, time.Now()
	if p != TransferRinging && t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
}

// pass begins a transfer. It is answered when the other side rings, or cannot.
func (c *conversation) pass(ctx context.Context, cmd command) (err error, later bool) {
	if c.transfer != nil {
		return ErrTransferring, false
	}
	to := cmd.ask.To
	if to.Agent == cmd.agent {
		return ErrSelf, false
	}
	kind := TransferBlind
	if cmd.ask.Attended {
		kind = TransferAttended
	}
	c.seek(ctx, kind, to, cmd)
	return nil, true
}

// seek opens a transfer and looks for the other side in a goroutine of its own.
func (c *conversation) seek(ctx context.Context, kind TransferKind, to TransferTarget, cmd command) {
	ctx, forget := context.WithCancel(ctx)
	t := &transfer{
		kind: kind, phase: TransferRinging, since: time.Now(), by: c.holder, to: cmp.Or(to.Department, to.Number),
		forget: forget, released: make(chan struct{}),
	}
	c.transfer, c.failed = t, TransferState{}
	s := seeker{
		attempt: c.attempt, transfer: t, kind: kind, to: to, from: *c.holder, news: c.news, over: c.over, heard: cmd.answer,
	}
	c.beside.Go(func() {
		defer forget()
		s.run(ctx)
	})
}

// news is what a seeker has found. Of every transfer come, in this order,
// rings, then answered (of an outside number); or failed.
type news struct {
	transfer *transfer
	kind     newsKind
	side     *side
	why      string
	refused  bool // nothing has rung: the order was answered with an error
	ear      ear  // of newsEar, with the phone
	station  Station
}

type newsKind uint8

const (
	newsRings newsKind = iota + 1
	newsAnswered
	newsFailed
	newsEar // a supervisor's phone on another node is there: of no transfer
)

// hear takes what a seeker has found. What belongs to a transfer that was taken
// back is let go again.
func (c *conversation) hear(ctx context.Context, n news) {
	t := n.transfer
	switch {
	case n.kind == newsEar:
		c.earIsThere(n.ear, n.station)
		c.settle(ctx)
		return
	case t != c.transfer:
		if n.side != nil {
			c.letGo(n.side, false)
			n.side.end()
		}
		return
	}
	switch n.kind {
	case newsRings:
		c.rings(ctx, t, n.side)
	case newsAnswered:
		c.reach(n.side)
		c.answered(ctx)
	case newsFailed:
		if n.refused {
			c.transfer = nil
			t.forget()
			break
		}
		c.fail(ctx, n.why)
	}
	c.settle(ctx)
}

// rings hears that the other side rings: an agent, whose phone is up, or an
// outside line.
func (c *conversation) rings(ctx context.Context, t *transfer, s *side) {
	t.began, t.since, c.held = true, time.Now(), false
	t.timer = time.NewTimer(c.settings.real(answerWithin))
	if s == nil {
		c.event(campaigns.EventTransferAsked, t.by.agent, fmt.Sprintf("%s: %s", t.kind, t.toName()))
		return
	}
	t.to = s.name
	c.event(campaigns.EventTransferAsked, t.by.agent, fmt.Sprintf("%s: %s", t.kind, t.toName()))
	c.reach(s)
	if t.kind == TransferTakeOver {
		c.answered(ctx)
	}
}

// reach takes the other side in, with who listens to it. A supervisor who takes
// the call over listens no more.
func (c *conversation) reach(s *side) {
	if by := c.transfer.by.agent; c.transfer.kind == TransferTakeOver {
		c.setEars(by, slices.DeleteFunc(slices.Clone(c.ears[by]), func(e ear) bool { return e.User == s.agent }))
	}
	c.target = c.enter(s)
	if s.agent != 0 {
		c.setEars(s.agent, s.ears)
	}
}

// accept is an agent's answer to a call that is passed on.
func (c *conversation) accept(ctx context.Context, who *side) error {
	if who != c.target || c.transfer == nil {
		return ErrNoTransfer
	}
	if c.transfer.phase == TransferRinging {
		c.answered(ctx)
	}
	return nil
}

func (c *conversation) refuse(ctx context.Context, who *side) error {
	if who != c.target || c.transfer == nil {
		return ErrNoTransfer
	}
	if c.transfer.phase == TransferRinging {
		c.fail(ctx, who.name+" refused the call")
	}
	return nil
}

// answered is the other side's answer: the agent talks to it first, or it has
// the person at once.
func (c *conversation) answered(ctx context.Context) {
	t := c.transfer
	t.move(TransferTalking)
	c.event(campaigns.EventTransferAnswered, c.target.agent, t.toName())
	if c.target.agent != 0 {
		c.tell(word{Kind: wordGuestTalks, Agent: c.target.agent, At: time.Now()})
		c.say(ctx, c.target.party, c.tone())
	}
	if t.kind != TransferAttended {
		c.complete(ctx)
	}
}

// confer lets all three hear each other.
func (c *conversation) confer() error {
	t := c.transfer
	switch {
	case t == nil:
		return ErrNoTransfer
	case t.phase == TransferRinging:
		return ErrNotAnswered
	case t.phase == TransferConference:
		return nil
	}
	t.move(TransferConference)
	if c.target.since.IsZero() {
		c.target.since = time.Now()
	}
	c.event(campaigns.EventConference, c.holder.agent, t.toName())
	return nil
}

// askComplete is the agent's word that the other side shall have the person.
// While it rings that makes the transfer a blind one.
func (c *conversation) askComplete(ctx context.Context) error {
	switch t := c.transfer; {
	case t == nil:
		return ErrNoTransfer
	case t.phase == TransferRinging:
		t.kind = TransferBlind
	default:
		c.complete(ctx)
	}
	return nil
}

// complete gives the person to the other side. Whoever had them is free.
func (c *conversation) complete(ctx context.Context) {
	old, t := c.holder, c.transfer
	c.holder, c.target, c.transfer, c.held = c.target, nil, nil, false
	c.passed = true
	now := time.Now()
	if c.holder.since.IsZero() {
		c.holder.since = now
	}
	if c.holder.agent != 0 {
		c.row.SecondAgent, c.row.SecondAt = c.holder.agent, now
	}
	c.event(campaigns.EventTransferDone, old.agent, c.holder.name)
	if t.kind == TransferTakeOver {
		c.event(campaigns.EventTakeOver, c.holder.agent, c.holder.name)
	}
	c.leave(old)
	agent, to := c.holder.agent, c.holder.name
	if old.own {
		c.tell(word{Kind: wordPassed, Agent: agent, Name: to, At: now})
	} else if old.agent != 0 {
		c.tell(word{Kind: wordGuestPassed, Agent: old.agent, To: agent, Name: to, At: now})
	}
	if agent != 0 {
		c.tell(word{Kind: wordGuestHas, Agent: agent})
	}
	c.settle(ctx)
}

// cancel takes a transfer back: the other side is let go, and the person is
// with the agent again.
func (c *conversation) cancel() error {
	if c.transfer == nil {
		return ErrNoTransfer
	}
	c.event(campaigns.EventTransferCanceled, c.holder.agent, c.transfer.toName())
	c.dropTarget(c.conferring())
	return nil
}

// fail ends a transfer that did not come about: the person is back with the
// agent, who hears a short tone and reads why.
func (c *conversation) fail(ctx context.Context, why string) {
	t := c.transfer
	c.event(campaigns.EventTransferFailed, c.holder.agent, why)
	c.failed = TransferState{To: t.toName(), Kind: t.kind, Phase: TransferFailed, Since: time.Now(), Why: why}
	c.dropTarget(c.conferring())
	c.settle(ctx)
	c.say(ctx, c.holder.party, c.sounds.back)
}

// dropTarget ends a transfer and lets the other side go; had tells whether it
// has talked with the person.
func (c *conversation) dropTarget(had bool) {
	t := c.transfer
	if t == nil {
		return
	}
	t.forget()
	if t.timer != nil {
		t.timer.Stop()
	}
	c.transfer = nil
	if s := c.target; s != nil {
		c.target = nil
		c.leave(s)
		if had && s.agent != 0 { // notes to make, but no outcome: that is whose the person is
			c.tell(word{Kind: wordGuestPassed, Agent: s.agent, To: c.holder.agent, Name: c.holder.name, At: time.Now()})
		} else {
			c.letGo(s, had)
		}
	}
	close(t.released)
}
