package dialer

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// listen waits for the end of the conversation, does what its agents ask for,
// and watches that the person is heard.
func (c *conversation) listen(talk context.Context) talkEnd {
	look := time.NewTicker(max(leastTick, c.settings.real(deadAirLook)))
	defer look.Stop()
	flagged := false
	for c.end == 0 {
		select {
		case <-c.leg.Done():
			return endLine
		case <-c.holder.done():
			c.holderGone(talk)
		case <-c.target.done():
			c.targetGone(talk)
		case n := <-c.news:
			c.hear(talk, n)
		case <-c.transfer.late():
			c.fail(talk, c.transfer.toName()+" did not answer")
		case <-c.line.wake:
			for _, cmd := range c.line.take() {
				c.obey(talk, cmd)
			}
		case <-talk.Done():
			c.cut(talk)
		case now := <-look.C:
			flagged = c.watch(flagged)
			c.limitPause(talk, now)
		}
	}
	return c.end
}

// cut is the end from above.
func (c *conversation) cut(talk context.Context) {
	c.end = endCut
	c.row.EndedBy, c.row.Error = "us", causeOf(talk)
}

// watch looks whether the person is heard, F50. Somebody on hold need not be.
func (c *conversation) watch(flagged bool) bool {
	if c.alone() {
		c.attempt.held = time.Now()
	}
	quiet := c.quietFor()
	if missing := quiet > c.settings.real(deadAirFlag); missing != flagged {
		flagged = missing
		c.tell(word{Kind: wordAudio, Missing: missing, At: time.Now()})
	}
	if quiet > c.settings.real(deadAirEnd) {
		c.row.EndedBy, c.row.Error = "us", "nothing was heard of the person"
		if c.row.Outcome == campaigns.Connected { // one that came late stays a late one: it counts
			c.row.Outcome = campaigns.DeadAir
		}
		c.end = endDeadAir
	}
	return flagged
}

// holderGone is the loss of the phone of who has the person, or the end of the
// outside line they were passed on to. An agent who is talked to already takes
// over.
func (c *conversation) holderGone(ctx context.Context) {
	h := c.holder
	c.event(campaigns.EventPhoneLost, h.agent, h.name)
	switch {
	case c.transfer != nil && c.transfer.phase != TransferRinging:
		c.complete(ctx)
	case h.agent == 0:
		c.row.EndedBy, c.row.Error = "us", "the outside line hung up"
		c.end = endCut
	default:
		c.dropTarget(false)
		c.end = endPhoneLost
	}
}

// targetGone is the loss of the other side of a transfer.
func (c *conversation) targetGone(ctx context.Context) {
	if c.target.agent != 0 {
		c.fail(ctx, c.target.name+"'s phone was lost")
	} else {
		c.fail(ctx, c.target.name+" hung up")
	}
}

// show tells the agents of the conversation how it stands, when that has
// changed.
func (c *conversation) show() {
	if h := c.holder; h != nil && h.agent != 0 {
		c.showTo(h, c.holderView(h))
	}
	if t := c.target; t != nil && t.agent != 0 {
		c.showTo(t, c.targetView(t))
	}
}

func (c *conversation) showTo(s *side, v TalkState) {
	if c.shown[s.agent] == v {
		return
	}
	c.shown[s.agent] = v
	c.tell(word{Kind: wordTalk, Agent: s.agent, Talk: &v})
}

func (c *conversation) holderView(h *side) TalkState {
	v := TalkState{OnHold: c.held, Muted: h.muted, Recording: c.rec.state(), Transfer: c.failed, Note: h.note}
	if t := c.transfer; t != nil && t.began {
		v.Transfer = TransferState{To: t.toName(), Kind: t.kind, Phase: t.phase, Since: t.since}
	}
	return v
}

func (c *conversation) targetView(s *side) TalkState {
	t := c.transfer
	return TalkState{
		Muted: s.muted, Recording: c.rec.state(), Note: s.note,
		Transfer: TransferState{From: s.from, Kind: t.kind, Phase: t.phase, Since: t.since},
	}
}
