package dialer

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
)

// messageShare is the share of the hold that is kept for the start of the
// message: 1/16, that is 125 ms of two seconds.
const messageShare = 16

// claimEnd is what came of asking for an agent.
type claimEnd uint8

const (
	claimed    claimEnd = iota + 1
	nobodyFree          // within the hold
	lineGone            // the person hung up first
	cutOff              // hard stop
)

// taken is a seat with the phone of its agent.
type taken struct {
	seat
	station Station
}

// claim asks the loop for an agent and waits, from since on, for as long as
// the hold allows. The loop answers exactly once.
func (a *attempt) claim(talk context.Context, since time.Time) (taken, claimEnd) {
	if a.caller != nil {
		return a.queueUp(talk)
	}
	hold := a.settings.real(a.campaign.Hold)
	timer := time.NewTimer(time.Until(since.Add(hold - hold/messageShare)))
	defer timer.Stop()
	n := int(a.claims.Add(1))
	a.tell(word{Kind: wordClaim, Claim: n, Trunk: a.row.Trunk, At: since})
	end := claimEnd(0)
	for end == 0 {
		select {
		case s := <-a.given:
			if s.Claim == n { // and not one that was given up
				return a.seated(talk, s)
			}
		case <-a.leg.Done():
			end = lineGone
		case <-talk.Done():
			end = cutOff
		case <-timer.C:
			end = nobodyFree
		}
	}
	s := a.lastSeat(word{Kind: wordGiveUp, Claim: n, HungUp: end == lineGone, At: time.Now()}, hold/messageShare)
	if end == nobodyFree && !s.Phone.none() {
		return a.seated(talk, s) // given at the very last moment
	}
	return taken{seat: s}, end
}

// lastSeat gives a claim up and waits for its seat, which may be an agent at the
// very last moment. A brain on another node that does not even hear it within
// patience is not waited for: whom it may have given is let go.
func (a *attempt) lastSeat(up word, patience time.Duration) seat {
	said := a.tell(up)
	for {
		timer := time.NewTimer(max(patience, leastTick))
		select {
		case s := <-a.given:
			timer.Stop()
			if s.Claim == up.Claim {
				return s
			}
			continue
		case <-timer.C:
		}
		if a.hands.heard(said) {
			continue // it is late, and answers
		}
		a.claims.Add(1) // what comes now is nobody's
		select {
		case s := <-a.given:
			if s.Claim == up.Claim {
				return s // it has just come
			}
		default:
		}
		a.tell(word{Kind: wordUnseated, Claim: up.Claim, At: time.Now()})
		return seat{}
	}
}

// seated is what a seat from the loop means. An agent is not shown a dead call
// (F35).
func (a *attempt) seated(ctx context.Context, s seat) (taken, claimEnd) {
	select {
	case <-a.leg.Done():
		return taken{seat: s}, lineGone
	default:
	}
	switch {
	case s.Closed:
		return taken{seat: s}, nobodyHere
	case s.Phone.none():
		return taken{seat: s}, nobodyFree
	}
	return taken{s, a.phoneOf(ctx, s)}, claimed
}

// phoneWithin is how long the way to a phone on another node may take.
const phoneWithin = time.Second

// phoneOf is the phone of an agent who was given to the call. One that is not
// reached is taken for lost, and the loop told.
func (a *attempt) phoneOf(ctx context.Context, s seat) Station {
	ctx, cancel := context.WithTimeout(ctx, phoneWithin)
	defer cancel()
	st, err := a.hands.Resolve(ctx, s.Phone)
	if err != nil {
		a.log.Warn("the phone of an agent is not reached", "agent", s.Agent, "node", s.Phone.Node, "error", err)
		a.tell(word{Kind: wordUnseated, Claim: s.Claim, Fault: faultOf(err), At: time.Now()})
		return goneStation{}
	}
	return st
}

// converse joins the person and the agent until one of them goes, with all that
// their conversation becomes meanwhile. A person whose agent's phone is lost
// gets another agent once, else the message: never silence (F51).
func (a *attempt) converse(talk context.Context, s taken) {
	row := a.row
	ctx, stop := context.WithCancel(talk)
	defer stop()
	c := a.newConversation(stop)
	end := c.with(ctx, s)
	how := claimed
	if end == endPhoneLost {
		since := time.Now()
		if row.BridgedAt.IsZero() {
			since = row.AnsweredAt // nobody was heard yet: the same hold
		}
		if first := row.Agent; row.SecondAgent != 0 && row.SecondAgent != first {
			a.tell(word{Kind: wordPrefer, Agent: first})
		}
		if s, how = a.claim(talk, since); how == claimed {
			end = c.with(ctx, s)
		}
	}
	c.close()
	if a.passed {
		row.Talks = a.talks
	}
	if row.BridgedAt.IsZero() {
		a.unserved(talk, how)
		return
	}
	if end == endPhoneLost && a.caller != nil {
		a.unservedCaller(talk, how)
		return
	}
	if end == endPhoneLost && how != lineGone && talk.Err() == nil {
		row.EndedBy, row.Error = "us", "the agent's phone was lost and nobody else was free"
		a.playMessage(talk)
	}
}

// unserved is the end of a person whom no agent has talked to.
func (a *attempt) unserved(talk context.Context, how claimEnd) {
	if a.caller != nil {
		a.unservedCaller(talk, how)
		return
	}
	row := a.row
	switch how {
	case lineGone:
		row.Outcome = campaigns.CalleeHungUp
	case cutOff:
		row.Outcome, row.EndedBy, row.Error = campaigns.AbandonedSilent, "us", causeOf(talk)
	default:
		row.Outcome = campaigns.AbandonedSilent
		if a.playMessage(talk) {
			row.Outcome = campaigns.AbandonedMsg
		}
	}
}

// talkEnd is why a conversation ended.
type talkEnd uint8

const (
	endLine talkEnd = iota + 1 // the person's side
	endCut                     // the agent, or a hard stop
	endPhoneLost
	endDeadAir
)

// noteAgentLeg notes how well an agent was heard during the call, of two the
// one who was heard worse. The leg is up all day; only this call counts.
func (a *attempt) noteAgentLeg(q media.Quality) {
	row := a.row
	if q.PacketsReceived == 0 || (row.AgentMOS > 0 && row.AgentMOS <= q.MOS) {
		return
	}
	row.AgentLoss, row.AgentJitterMS, row.AgentMOS = q.LossShare, q.JitterMS, q.MOS
}

// connected notes a connection and tells the loop. Agent, time and delay of the
// row are those of the first; who takes over stands beside them.
func (a *attempt) connected(s seat) {
	now, row := time.Now(), a.row
	first := row.BridgedAt.IsZero()
	if first {
		row.Agent = s.Agent
		row.BridgedAt, row.ConnectDelay = now, now.Sub(row.AnsweredAt)
		row.Outcome = a.talkedAs()
	} else {
		lost := cmp.Or(row.SecondAgent, row.Agent)
		row.SecondAgent, row.SecondAt = s.Agent, now
		row.Error = fmt.Sprintf("agent %d lost the phone after %s; agent %d took over", lost, now.Sub(row.BridgedAt).Round(time.Millisecond), s.Agent)
	}
	delay, late := row.ConnectDelay, first && row.Outcome == campaigns.LateConnected
	a.tell(word{Kind: wordBridged, Agent: s.Agent, Delay: delay, First: first, Late: late, At: now})
}

// Dead air, F50: nothing is heard of the person.
const (
	deadAirFlag = 3 * time.Second
	deadAirEnd  = 20 * time.Second
	deadAirLook = time.Second
)

// quietFor is how long nothing was heard of the person; on hold that is as it
// should be, and when it ends the time begins anew.
func (a *attempt) quietFor() time.Duration {
	if h, ok := a.leg.(Holder); ok && h.Held() {
		a.held = time.Now()
	}
	return time.Since(later(later(a.leg.Heard(), a.row.AnsweredAt), a.held))
}
