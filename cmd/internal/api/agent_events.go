package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/forecall/forecall/campaigns"
)

// agentEvents streams what happens to the agent who asks:
//
//	state           where they stand; the first event of every stream
//	card            a card is shown and nobody talks yet: a preview, or a phone that rings
//	call_connected  the person is on the line; with the card
//	talk            hold, mute, recording, transfer or help of the call at hand has changed
//	call_ended      the person is gone; what is left is the disposition
//	call_closed     nothing is at hand any more
//	message         a line from a supervisor that is not read yet
//	phone           the headset in the browser: how it is, and what is wrong
//
// Events are drawn from the state as it is, so that none is lost: a client
// that comes back is told how things stand now, and nothing when its
// Last-Event-ID says that it knows.
func (s *Server) agentEvents(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	wake := s.Watch.Watch(ctx, who(ctx).ID)
	st := openStream(w, r)
	f := agentFollower{desk: s.Desk, stream: st}
	ears := headsetFollower{headsets: s.Headsets, stream: st}
	mail := mailFollower{messages: s.Office.Messages, stream: st}
	follow(ctx, s, st, campaigns.DoCalls, wake, func(u campaigns.User) error {
		if err := mail.look(ctx, u); err != nil {
			return err
		}
		ears.look(u)
		return f.look(r, u)
	})
}

// agentFollower remembers what the client of a stream was told last.
type agentFollower struct {
	desk   *campaigns.Desk
	stream *stream
	told   string               // id of the last event
	call   told                 // of the call at hand
	talk   *campaigns.TalkState // of the call at hand; nil = not told
}

// told is what a client knows of one call.
type told struct {
	attempt string
	contact int64
	card    bool
	talking bool
	ended   bool
}

// look compares how things stand with what was told, and tells the rest.
func (f *agentFollower) look(r *http.Request, u campaigns.User) error {
	status, err := f.desk.State(u)
	if err != nil {
		return err
	}
	card, has, err := f.desk.Card(r.Context(), u)
	if err != nil {
		return err
	}
	id := eventID(status, card)
	if id == f.told {
		return nil
	}
	first := f.told == ""
	f.told = id
	if first {
		f.call = toldBefore(f.stream.last)
	}
	if first && f.stream.last == id {
		return nil
	}
	f.stream.send(id, "state", agentOf(status))
	f.tellCall(id, card, has)
	return nil
}

// tellCall sends what the client does not know of the call at hand.
func (f *agentFollower) tellCall(id string, card campaigns.Card, has bool) {
	now := knows(card, has)
	if f.call.card && !f.call.same(now) {
		f.stream.send(id, "call_closed", callRef{Attempt: f.call.attempt})
		f.call, f.talk = told{}, nil
	}
	if !has {
		return
	}
	if !now.talking && (!f.call.card || f.call.attempt != now.attempt) {
		f.stream.send(id, "card", cardOf(card))
		f.talk = &card.Talk
	}
	if now.talking && !f.call.talking {
		f.stream.send(id, "call_connected", cardOf(card))
		f.talk = &card.Talk
	}
	if f.talk == nil || *f.talk != card.Talk {
		f.stream.send(id, "talk", talkEvent{Attempt: card.Attempt, Talk: talkOf(card.Talk)})
		f.talk = &card.Talk
	}
	if now.ended && !f.call.ended {
		f.stream.send(id, "call_ended", callRef{Attempt: card.Attempt})
	}
	f.call = now
}

// knows is what there is to know of the call at hand.
func knows(card campaigns.Card, has bool) told {
	if !has {
		return told{}
	}
	return toldOf(card.Attempt, card.Contact.ID, card.State)
}

// same tells whether two views are of one call: a preview becomes the attempt
// that it led to.
func (t told) same(next told) bool {
	return next.card && t.contact == next.contact && (t.attempt == next.attempt || t.attempt == "")
}

// callRef names a call that an event is about.
type callRef struct {
	Attempt string `json:"attempt_id"`
}

// eventID names a state: two streams that saw the same say the same, and one
// that is taken up again reads from it what its client was told.
func eventID(s campaigns.AgentStatus, card campaigns.Card) string {
	return fmt.Sprintf("%s/%d/%t/%s/%d/%s/%d/%08x%t", s.State, s.Since.UnixMilli(), s.PauseNext, card.Attempt, card.Contact.ID, card.State,
		s.LeavesAt.Unix(), talkDigest(card.Talk), card.NoAudio)
}

// toldBefore is what a client knows of the call at hand that was told the
// event of that id last; nothing when the id is none of ours.
func toldBefore(id string) told {
	part := strings.Split(id, "/")
	if len(part) != 8 {
		return told{}
	}
	contact, err := strconv.ParseInt(part[4], 10, 64)
	if err != nil || contact == 0 && part[3] == "" {
		return told{}
	}
	return toldOf(part[3], contact, campaigns.AgentState(part[5]))
}

func toldOf(attempt string, contact int64, s campaigns.AgentState) told {
	ended := s == campaigns.AgentWrapUp
	return told{attempt: attempt, contact: contact, card: true, talking: ended || s == campaigns.AgentTalking, ended: ended}
}
