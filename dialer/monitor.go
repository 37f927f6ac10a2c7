package dialer

import (
	"context"
	"slices"

	"github.com/forecall/forecall/campaigns"
)

// setEars takes who listens to an agent of the conversation now. Supervisors
// follow the agent: when the agent leaves, so do they.
func (c *conversation) setEars(agent int64, now []ear) {
	before := c.ears[agent]
	for _, e := range before {
		if i := slices.IndexFunc(now, func(n ear) bool { return n.User == e.User }); i < 0 {
			c.earLeaves(e)
			c.event(monitorEvents[e.Mode].ended, e.User, e.Name)
		} else if now[i].Mode != e.Mode {
			c.event(monitorEvents[e.Mode].ended, e.User, e.Name)
			c.event(monitorEvents[now[i].Mode].begun, e.User, e.Name)
		}
	}
	for _, e := range now {
		i := slices.IndexFunc(before, func(b ear) bool { return b.User == e.User })
		if i < 0 || before[i].Phone != e.Phone {
			c.earEnters(e)
		}
		if i < 0 {
			c.event(monitorEvents[e.Mode].begun, e.User, e.Name)
		}
	}
	if delete(c.ears, agent); len(now) > 0 {
		c.ears[agent] = now
	}
}

// earEnters takes a supervisor into the room. The way to a phone of another node
// is found beside the conversation.
func (c *conversation) earEnters(e ear) {
	if st := c.hands.here(e.Phone); st != nil {
		c.room.Enter(supervisor(e.User), st.Audio())
		return
	}
	c.beside.Go(func() {
		within, cancel := context.WithTimeout(context.Background(), phoneWithin)
		defer cancel()
		st, err := c.hands.Resolve(within, e.Phone)
		if err != nil {
			c.log.Warn("the phone of a supervisor is not reached", "agent", e.User, "node", e.Phone.Node, "error", err)
			return
		}
		select {
		case c.news <- news{kind: newsEar, ear: e, station: st}:
		case <-c.over:
			endStation(st)
		}
	})
}

// earIsThere hears that the way to a supervisor's phone stands.
func (c *conversation) earIsThere(e ear, st Station) {
	for _, listening := range c.ears {
		if slices.ContainsFunc(listening, func(now ear) bool { return now.User == e.User && now.Phone == e.Phone }) && c.borrowed[e.User] == nil {
			c.borrowed[e.User] = st
			c.room.Enter(supervisor(e.User), st.Audio())
			return
		}
	}
	c.sound.Go(func() { endStation(st) }) // gone meanwhile
}

func (c *conversation) earLeaves(e ear) {
	c.room.Leave(supervisor(e.User))
	if st := c.borrowed[e.User]; st != nil {
		delete(c.borrowed, e.User)
		c.sound.Go(func() { endStation(st) })
	}
}

var monitorEvents = map[MonitorMode]struct{ begun, ended campaigns.CallEventKind }{
	Listen:  {campaigns.EventListenBegun, campaigns.EventListenEnded},
	Whisper: {campaigns.EventWhisperBegun, campaigns.EventWhisperEnded},
	Barge:   {campaigns.EventBargeBegun, campaigns.EventBargeEnded},
}

// takeOver gives the person to a supervisor who listens to their agent.
func (c *conversation) takeOver(ctx context.Context, cmd command) (err error, later bool) {
	switch who := c.sideOf(cmd.agent); {
	case who == nil || who != c.holder:
		return ErrNoCall, false
	case c.transfer != nil:
		return ErrTransferring, false
	}
	c.seek(ctx, TransferTakeOver, TransferTarget{Agent: cmd.ask.By}, cmd)
	return nil, true
}

// listens tells who listens to the agent, for those who watch.
func (a *agent) listens() []MonitorState {
	if len(a.ears) == 0 {
		return nil
	}
	out := make([]MonitorState, len(a.ears))
	for i, e := range a.ears {
		out[i] = e.MonitorState
	}
	return out
}

// listen lets a supervisor listen to the agent, or changes how.
func (a *agent) listen(e ear) {
	kept := slices.DeleteFunc(slices.Clone(a.ears), func(old ear) bool { return old.User == e.User })
	a.ears = append(kept, e)
	a.tellEars()
	if a.call != nil && a.call.Talk.Help {
		a.call.Talk.Help = false
		a.eventOf(campaigns.EventHelpOver, e.User, e.Name)
	}
	a.publish()
}

// unlisten ends it.
func (a *agent) unlisten(user int64) {
	n := len(a.ears)
	a.ears = slices.DeleteFunc(slices.Clone(a.ears), func(e ear) bool { return e.User == user })
	if len(a.ears) == n {
		return
	}
	a.tellEars()
	a.publish()
}

// tellEars tells the conversation that the agent is in.
func (a *agent) tellEars() {
	if a.line != nil && a.engaged() {
		a.line.put(command{agent: a.info.ID, order: orderEars, ask: ask{Ears: a.ears}})
	}
}

// tellLateEars tells the conversation of who has begun, or ceased, to listen
// since the agent was given to it.
func (a *agent) tellLateEars() {
	if !slices.Equal(a.ears, a.told) {
		a.tellEars()
	}
}

// eventOf notes something in the time line of the agent's call.
func (a *agent) eventOf(kind campaigns.CallEventKind, by int64, detail string) {
	if a.call != nil && a.call.Attempt != "" {
		a.tell(campaigns.CallEvent{Attempt: a.call.Attempt, Kind: kind, By: by, Detail: detail})
	}
}
