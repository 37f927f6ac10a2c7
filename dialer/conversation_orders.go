package dialer

import (
	"context"
	"strings"

	"github.com/forecall/forecall/campaigns"
)

// obey does one order and answers it when nobody hears any more whom they shall
// not. What takes time answers later.
func (c *conversation) obey(ctx context.Context, cmd command) {
	err, later := c.do(ctx, cmd)
	c.settle(ctx)
	if !later {
		cmd.answer(err)
	}
}

func (c *conversation) do(ctx context.Context, cmd command) (err error, later bool) {
	who := c.sideOf(cmd.agent)
	switch cmd.order {
	case orderEars:
		if who != nil { // else the agent is on the way in or out, and tells once it is in
			c.setEars(cmd.agent, cmd.ask.Ears)
		}
		return nil, false
	case orderTakeOver:
		return c.takeOver(ctx, cmd)
	}
	switch {
	case who == nil:
		return ErrNoCall, false
	case cmd.order == orderLeave:
		c.hangUp(ctx, who)
		return nil, false
	case cmd.order == orderMute:
		c.mute(who, cmd.ask.On)
		return nil, false
	case cmd.order == orderAccept:
		return c.accept(ctx, who), false
	case cmd.order == orderRefuse:
		return c.refuse(ctx, who), false
	case cmd.order == orderDigits && c.conferring():
		return c.press(ctx, cmd.ask.Digits), false
	case who != c.holder:
		return ErrNotYours, false
	}
	return c.holderAsks(ctx, cmd)
}

// holderAsks is for who has the person.
func (c *conversation) holderAsks(ctx context.Context, cmd command) (err error, later bool) {
	switch cmd.order {
	case orderHold:
		return c.hold(cmd.ask.On), false
	case orderDigits:
		return c.press(ctx, cmd.ask.Digits), false
	case orderRecord:
		return c.record(cmd.ask.On), false
	case orderTransfer:
		return c.pass(ctx, cmd)
	case orderComplete:
		return c.askComplete(ctx), false
	case orderCancel:
		return c.cancel(), false
	case orderConference:
		return c.confer(), false
	}
	return nil, false
}

// sideOf is where an agent is in the conversation; nil = not in it.
func (c *conversation) sideOf(agent int64) *side {
	for _, s := range []*side{c.holder, c.target} {
		if s != nil && s.agent == agent && agent != 0 {
			return s
		}
	}
	return nil
}

func (c *conversation) conferring() bool {
	return c.transfer != nil && c.transfer.phase == TransferConference
}

// hold puts the person on hold or takes them back.
func (c *conversation) hold(on bool) error {
	if c.transfer != nil {
		return ErrTransferring
	}
	if c.held == on {
		return nil // the second click
	}
	c.held = on
	if on {
		c.event(campaigns.EventHold, c.holder.agent, "")
	} else {
		c.event(campaigns.EventUnhold, c.holder.agent, "")
	}
	return nil
}

func (c *conversation) mute(who *side, on bool) {
	if who.muted == on {
		return
	}
	who.muted = on
	if on {
		c.event(campaigns.EventMute, who.agent, "")
	} else {
		c.event(campaigns.EventUnmute, who.agent, "")
	}
}

// hangUp is the hang-up key. Of who passes a call on it ends their own part:
// from a consultation the person goes to the other side at once, from a ringing
// one when that answers. Of who was asked to take it, it refuses or leaves.
func (c *conversation) hangUp(ctx context.Context, who *side) {
	t := c.transfer
	switch {
	case who == c.target && t.phase == TransferRinging:
		c.fail(ctx, who.name+" refused the call")
	case who == c.target:
		c.fail(ctx, who.name+" left")
	case t != nil && t.phase == TransferRinging:
		t.kind = TransferBlind
	case t != nil && t.phase == TransferTalking:
		c.complete(ctx)
	default:
		c.row.EndedBy, c.end = "agent", endCut
	}
}

// digitKeeper is a side's sound that can press keys (RFC 4733, or tones).
type digitKeeper interface {
	SendDigit(ctx context.Context, digit byte) error
}

const keys = "0123456789*#ABCD"

// press presses keys towards the outside number that is talked to, else towards
// the person. They go out one after the other; it does not wait for them.
func (c *conversation) press(ctx context.Context, digits string) error {
	port := c.leg.Audio()
	if t := c.transfer; t != nil && c.target != nil && c.target.leg != nil && t.phase != TransferRinging {
		port = c.target.leg.Audio()
	}
	phone, can := port.(digitKeeper)
	if !can || strings.Trim(digits, keys) != "" || digits == "" {
		return ErrNoDigits
	}
	c.sound.Go(func() {
		select {
		case c.pressing <- struct{}{}:
			defer func() { <-c.pressing }()
		case <-c.over:
			return
		}
		for _, d := range []byte(digits) {
			if phone.SendDigit(ctx, d) != nil {
				return // the line is gone, or the conversation over
			}
		}
	})
	return nil
}
