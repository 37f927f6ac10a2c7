package dialer

import (
	"context"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
)

// person is the name of the called person in the room of a conversation.
const person media.Party = "person"

// side is whoever talks with the person, or will: an agent at a station, or an
// outside number.
type side struct {
	party   media.Party
	agent   int64 // 0 = an outside number
	name    string
	station Station // of an agent
	away    bool    // the phone is on another node: it ends here with the call
	ears    []ear   // who listened to the agent when it was reached
	leg     Leg     // of an outside number
	own     bool    // the agent is our loop's, and stands in its call
	muted   bool
	since   time.Time     // when they had the person first; zero = not yet
	before  media.Quality // of the station, when it came in
	note    string        // of whoever passed the call on to them
	from    string        // who that was
}

func (s *side) audio() media.Port {
	if s.station != nil {
		return s.station.Audio()
	}
	return s.leg.Audio()
}

// end ends the way to a phone of another node.
func (s *side) end() {
	if s.away {
		endStation(s.station)
	}
}

// endStation hangs up the way to a phone of another node.
func endStation(st Station) {
	within, cancel := context.WithTimeout(context.Background(), hangupWithin)
	defer cancel()
	st.Hangup(within)
}

// done is closed when the side is gone; nil for no side.
func (s *side) done() <-chan struct{} {
	switch {
	case s == nil:
		return nil
	case s.station != nil:
		return s.station.Done()
	}
	return s.leg.Done()
}

// conversation is a person with those who talk with them, from the first
// connection to the end. It belongs to the attempt's goroutine, which reads
// orders, hears who is gone, and after each turn settles who hears whom.
//
//	           +-- hold ----> held --+
//	           |                     |
//	plain <----+---------------------+
//	  |   ^
//	  |   +---- cancel, 20 s, refused, failed ----+-------------+
//	transfer                                      |             |
//	  +--> ringing --answered--> talking <--> conference        |
//	          |  \                  |             |             |
//	          |   +-- blind --------+-- complete -+--> plain, with the other side
//	          +-------------------------------------------------+
type conversation struct {
	*attempt
	room   *media.Room
	sound  sync.WaitGroup     // what is played
	over   chan struct{}      // closed when the conversation is
	stop   context.CancelFunc // ends all that is played
	began  time.Time          // of the present bridge
	holder *side              // who has the person

	held     bool
	target   *side     // the other side of a transfer, once it is reached
	transfer *transfer // nil = none
	failed   TransferState
	news     chan news
	ears     map[int64][]ear   // by the agent they listen to
	borrowed map[int64]Station // of supervisors on other nodes
	tunes    map[media.Party]playing
	shown    map[int64]TalkState
	pressing chan struct{} // one place: a key is being pressed
	rec      recorder
	end      talkEnd
}

// playing is a sound that goes on until it is stopped.
type playing struct {
	what string
	stop context.CancelFunc
}

// newConversation opens the room of a conversation; stop ends what is played in
// it.
func (a *attempt) newConversation(stop context.CancelFunc) *conversation {
	if a.line == nil {
		a.line = newLine()
	}
	c := &conversation{
		attempt: a, room: media.NewRoom(), over: make(chan struct{}), stop: stop, news: make(chan news),
		ears: make(map[int64][]ear), borrowed: make(map[int64]Station), tunes: make(map[media.Party]playing), shown: make(map[int64]TalkState),
		pressing: make(chan struct{}, 1),
	}
	c.room.Enter(person, a.leg.Audio())
	return c
}

// with connects the person and an agent of our loop, until somebody goes. The
// agent hears a short tone first; the person is heard after it and hears the
// agent at once.
func (c *conversation) with(talk context.Context, s taken) talkEnd {
	select {
	case <-s.station.Done():
		return endPhoneLost
	default:
	}
	c.end, c.began = 0, time.Now()
	c.holder = c.enter(&side{agent: s.Agent, name: s.Name, station: s.station, away: s.Phone.Node != c.hands.node, own: true})
	c.holder.since = c.began
	c.held, c.failed = false, TransferState{}
	c.setEars(s.Agent, s.Ears)
	if c.settings.Speed == 1 {
		c.say(talk, c.holder.party, c.settings.Tone)
	}
	c.room.Hear(c.hearing())
	c.connected(s.seat)
	if c.row.SecondAgent != 0 {
		c.event(campaigns.EventBridged, s.Agent, s.Name)
	}
	c.startRecording(talk)
	c.settle(talk)
	end := c.listen(talk)
	c.part()
	return end
}

// enter puts a side into the room, in which nobody hears it yet.
func (c *conversation) enter(s *side) *side {
	s.party = partyOf(s.agent)
	if !s.own {
		c.shown[s.agent] = TalkState{PassedTo: s.name} // not what is shown now
	}
	if s.station != nil {
		s.before = s.station.Audio().Quality()
	}
	c.room.Enter(s.party, s.audio())
	return s
}

func partyOf(agent int64) media.Party {
	if agent == 0 {
		return "outside"
	}
	return media.Party("agent " + itoa(agent))
}

// leave takes a side out of the room, notes how well it was heard and who had
// the person until now.
func (c *conversation) leave(s *side) {
	if s == nil {
		return
	}
	c.hush(s.party)
	c.setEars(s.agent, nil)
	c.room.Leave(s.party)
	if s.station != nil {
		c.noteAgentLeg(s.station.Audio().Quality().Since(s.before))
		if s.away {
			c.sound.Go(s.end)
		}
	}
	if s.agent != 0 && !s.since.IsZero() {
		c.talks = append(c.talks, campaigns.AgentTalk{Agent: s.agent, From: s.since, To: time.Now()})
	}
}

// close ends the conversation for everybody who is still in it, and returns
// when no sound of it is left.
func (c *conversation) close() {
	close(c.over)
	c.line.close()
	for agent := range c.ears {
		c.setEars(agent, nil)
	}
	c.stop()
	c.room.Close()
	c.sound.Wait()
	c.stopRecording()
}

// part is the end of a bridge: whoever talked with the person is free.
func (c *conversation) part() {
	c.dropTarget(c.conferring())
	h := c.holder
	c.leave(h)
	c.holder = nil
	if c.caller != nil { // the queue plays to them now
		c.hush(person)
	}
	c.letGo(h, true)
}

// letGo frees a side that is not our loop's own: those hear of the call's end
// from the loop.
func (c *conversation) letGo(s *side, had bool) {
	switch {
	case s.own:
	case s.agent != 0:
		c.tell(word{Kind: wordGuestFree, Agent: s.agent, Had: had, At: time.Now()})
	}
}

// settle brings sound and views in line with how things stand.
func (c *conversation) settle(ctx context.Context) {
	c.room.Hear(c.hearing())
	c.music(ctx)
	c.show()
}

// event notes something in the time line of the call.
func (c *conversation) event(kind campaigns.CallEventKind, by int64, detail string) {
	c.hands.chronicle.add(campaigns.CallEvent{Attempt: c.row.ID, At: time.Now(), Kind: kind, By: by, Detail: detail})
}
