package dialer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
)

// The whole of who hears whom, as a table.
func TestWhoHearsWhom(t *testing.T) {
	ana, ben := &side{party: "agent 1", agent: 1}, &side{party: "agent 2", agent: 2}
	heard := func(who ...media.Party) []media.Party { return who }
	for _, tc := range []struct {
		name  string
		set   func(c *conversation)
		hears media.Hearing
	}{
		{"two talk", func(*conversation) {}, media.Hearing{person: heard("agent 1"), "agent 1": heard(person)}},
		{"on hold", func(c *conversation) { c.held = true }, media.Hearing{}},
		{"the agent is muted", func(c *conversation) { c.holder = muted(ana) }, media.Hearing{"agent 1": heard(person)}},
		{"it rings", func(c *conversation) {
			c.transfer, c.target = &transfer{phase: TransferRinging, began: true}, ben
		}, media.Hearing{}},
		{"the other side is looked for", func(c *conversation) { c.transfer = &transfer{phase: TransferRinging} },
			media.Hearing{person: heard("agent 1"), "agent 1": heard(person)}},
		{"the agents talk", func(c *conversation) {
			c.transfer, c.target = &transfer{phase: TransferTalking, began: true}, ben
		}, media.Hearing{"agent 1": heard("agent 2"), "agent 2": heard("agent 1")}},
		{"three talk", func(c *conversation) {
			c.transfer, c.target = &transfer{phase: TransferConference, began: true}, ben
		}, media.Hearing{
			person: heard("agent 1", "agent 2"), "agent 1": heard(person, "agent 2"), "agent 2": heard(person, "agent 1"),
		}},
		{"one of three is muted", func(c *conversation) {
			c.transfer, c.target = &transfer{phase: TransferConference, began: true}, muted(ben)
		}, media.Hearing{person: heard("agent 1"), "agent 1": heard(person), "agent 2": heard(person, "agent 1")}},
		{"somebody listens", func(c *conversation) { c.ears[1] = ears(Listen) }, media.Hearing{
			person: heard("agent 1"), "agent 1": heard(person), "supervisor 9": heard("agent 1", person),
		}},
		{"somebody whispers", func(c *conversation) { c.ears[1] = ears(Whisper) }, media.Hearing{
			person: heard("agent 1"), "agent 1": heard(person, "supervisor 9"), "supervisor 9": heard("agent 1", person),
		}},
		{"somebody whispers to a muted agent and is answered", func(c *conversation) { c.holder, c.ears[1] = muted(ana), ears(Whisper) },
			media.Hearing{"agent 1": heard(person, "supervisor 9"), "supervisor 9": heard("agent 1", person)}},
		{"somebody barges", func(c *conversation) { c.ears[1] = ears(Barge) }, media.Hearing{
			person: heard("agent 1", "supervisor 9"), "agent 1": heard(person, "supervisor 9"), "supervisor 9": heard("agent 1", person),
		}},
		{"somebody barges while the person is on hold", func(c *conversation) { c.held, c.ears[1] = true, ears(Barge) },
			media.Hearing{"agent 1": heard("supervisor 9"), "supervisor 9": heard("agent 1")}},
		{"somebody whispers in a conference", func(c *conversation) {
			c.transfer, c.target, c.ears[2] = &transfer{phase: TransferConference, began: true}, ben, ears(Whisper)
		}, media.Hearing{
			person: heard("agent 1", "agent 2"), "agent 1": heard(person, "agent 2"), "agent 2": heard(person, "agent 1", "supervisor 9"),
			"supervisor 9": heard("agent 2", person, "agent 1"),
		}},
		{"two listen, one of whom barges", func(c *conversation) {
			c.ears[1] = append(ears(Barge), ear{MonitorState: MonitorState{User: 8, Mode: Listen}})
		}, media.Hearing{
			person: heard("agent 1", "supervisor 9"), "agent 1": heard(person, "supervisor 9"),
			"supervisor 9": heard("agent 1", person), "supervisor 8": heard("agent 1", person, "supervisor 9"),
		}},
		{"nobody has the person", func(c *conversation) { c.holder = nil }, media.Hearing{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := &conversation{holder: ana, ears: make(map[int64][]ear)}
			tc.set(c)
			got := c.hearing()
			for who, whom := range got {
				if !slices.Equal(whom, tc.hears[who]) {
					t.Errorf("%s hears %v, not %v", who, whom, tc.hears[who])
				}
			}
			if len(got) != len(tc.hears) {
				t.Errorf("%v", got)
			}
		})
	}
}

func muted(s *side) *side {
	m := *s
	m.muted = true
	return &m
}

func ears(m MonitorMode) []ear { return []ear{{MonitorState: MonitorState{User: 9, Mode: m}}} }

func TestHoldAndMuteAreKeptOnceAndEndWithTheCall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := passing(t, nil)
		h.must(h.engine.Hold(t.Context(), 1, true))
		h.must(h.engine.Hold(t.Context(), 1, true)) // the second click
		h.must(h.engine.Mute(t.Context(), 1, true))
		h.until(time.Second, "shown", func() bool { return h.talk(1) == TalkState{OnHold: true, Muted: true} })
		heard, said := h.customer().port.heard(), h.phones[1].port.heard()
		time.Sleep(20 * time.Second) // music loops; silence on hold is no dead air
		if n := h.customer().port.heard() - heard; n < 900 {
			t.Errorf("the person heard %d frames of music in 20 s", n)
		}
		if n := h.phones[1].port.heard() - said; n != 0 {
			t.Errorf("the agent heard %d frames", n)
		}
		h.must(h.engine.Hold(t.Context(), 1, false))
		h.must(h.engine.Mute(t.Context(), 1, false))
		h.until(time.Second, "shown", func() bool { return h.talk(1) == TalkState{} })
		h.must(h.engine.Hold(t.Context(), 1, true))
		h.customer().hangUpByCallee()
		h.until(time.Second, "wrap-up", h.in(1, StateWrapUp))
		h.refuses(ErrNoCall, h.engine.Hold(t.Context(), 1, false))
		h.finish()
		if got := h.store.kinds(); !slices.Equal(got, []campaigns.CallEventKind{
			campaigns.EventHold, campaigns.EventMute, campaigns.EventUnhold, campaigns.EventUnmute, campaigns.EventHold,
		}) {
			t.Errorf("the time line is %v", got)
		}
	})
}

func TestAPersonOnHoldWhosePhoneIsSilentIsNotDeadAir(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := answers(4*time.Second, time.Hour)
		c.silentIn = 10 * time.Second
		h := one(t, c)
		h.until(20*time.Second, "talking", func() bool { return h.state(1) == StateTalking })
		h.must(h.engine.Hold(t.Context(), 1, true))
		time.Sleep(2 * time.Minute)
		if h.state(1) != StateTalking {
			t.Fatalf("the agent is %s", h.state(1))
		}
		h.must(h.engine.Hold(t.Context(), 1, false))
		h.until(25*time.Second, "dead air", func() bool { return h.store.count() == 1 })
		h.stop()
		if a := h.only(); a.Outcome != campaigns.DeadAir {
			t.Errorf("row: %+v", a)
		}
	})
}

func TestKeysArePressedInOrderTowardsThePerson(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := passing(t, nil)
		h.refuses(ErrNoDigits, h.engine.SendDigits(t.Context(), 1, "12"))
		h.finish()
	})
	bubble(t, func(t *testing.T) {
		h := passing(t, nil)
		keys := &memKeys{memPort: h.customer().port}
		c := &conversation{attempt: &attempt{leg: keyLeg{h.customer(), keys}}, over: make(chan struct{}), pressing: make(chan struct{}, 1)}
		h.refuses(ErrNoDigits, c.press(t.Context(), "1x"))
		h.refuses(ErrNoDigits, c.press(t.Context(), ""))
		h.must(c.press(t.Context(), "12#"))
		time.Sleep(50 * time.Millisecond)
		h.must(c.press(t.Context(), "*D"))
		c.sound.Wait()
		if got := keys.pressed(); got != "12#*D" {
			t.Errorf("pressed %q", got)
		}
		h.finish()
	})
}

// memKeys is a port that presses keys.
type memKeys struct {
	*memPort
	mu   sync.Mutex
	keys []byte
}

func (k *memKeys) SendDigit(ctx context.Context, digit byte) error {
	sleep(ctx, 200*time.Millisecond)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = append(k.keys, digit)
	return ctx.Err()
}

func (k *memKeys) pressed() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return string(k.keys)
}

type keyLeg struct {
	*memLeg
	keys *memKeys
}

func (l keyLeg) Audio() media.Port { return l.keys }

// supervised is a house in which user 5 has a headset and works for no campaign.
func supervised(t *testing.T) *house {
	h := passing(t, nil)
	h.agent(5, false)
	return h
}

func TestASupervisorListensOverAllCallsOfAnAgentUntilToldToStop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := supervised(t)
		h.refuses(ErrNoHeadset, h.engine.Monitor(t.Context(), 9, 1, Listen))
		h.refuses(ErrNotSignedIn, h.engine.Monitor(t.Context(), 5, 9, Listen))
		h.refuses(ErrSelf, h.engine.Monitor(t.Context(), 1, 1, Listen))
		h.refuses(ErrInCall, h.engine.Monitor(t.Context(), 1, 2, Listen))
		notices := h.engine.Subscribe(t.Context())
		h.must(h.engine.AskHelp(t.Context(), 1, true))
		h.must(h.engine.AskHelp(t.Context(), 1, true))
		if !h.talk(1).Help {
			t.Error("the call for help is not shown")
		}
		for n := range notices {
			if n.Kind == NoticeHelp {
				if n.Agent.ID != 1 || n.Attempt == "" {
					t.Errorf("notice %+v", n)
				}
				break
			}
		}
		h.must(h.engine.Monitor(t.Context(), 5, 1, Listen))
		h.until(time.Second, "in the room", func() bool { return h.joined(5) })
		if h.talk(1).Help {
			t.Error("somebody came, and the call for help is still shown")
		}
		a, _ := h.engine.Agent(1)
		if len(a.Monitors) != 1 || a.Monitors[0].User != 5 || a.Monitors[0].Mode != Listen || a.Monitors[0].Name != "Agent 5" {
			t.Errorf("monitors: %+v", a.Monitors)
		}
		if s, _ := h.engine.Agent(5); s.State != StateElsewhere || s.Supervises != 1 || s.Reason != "listen: Agent 1" {
			t.Errorf("supervisor: %+v", s)
		}
		h.must(h.engine.Monitor(t.Context(), 5, 1, Whisper))
		h.must(h.engine.Monitor(t.Context(), 5, 1, Barge))
		h.until(time.Second, "barges in", func() bool { return slices.Contains(h.store.kinds(), campaigns.EventBargeBegun) })
		h.store.load(1, 1) // one more person
		h.customer().hangUpByCallee()
		h.until(time.Second, "wrap-up", h.in(1, StateWrapUp))
		h.until(time.Second, "out of the room", func() bool { return !h.joined(5) })
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		h.until(time.Minute, "the next call", h.in(1, StateTalking))
		h.until(time.Second, "in the next room", func() bool { return h.joined(5) })
		h.must(h.engine.StopMonitor(t.Context(), 5))
		h.must(h.engine.StopMonitor(t.Context(), 5))
		h.until(time.Second, "out", func() bool { return !h.joined(5) && h.state(5) == StatePaused })
		if a, _ := h.engine.Agent(1); len(a.Monitors) != 0 || a.State != StateTalking {
			t.Errorf("agent: %+v", a)
		}
		h.trunk.legs[1].hangUpByCallee()
		h.until(10*time.Second, "written", func() bool { return h.store.count() == 2 })
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		h.stop()
		h.events(campaigns.EventHelp, campaigns.EventHelpOver)
		h.events(campaigns.EventListenBegun, campaigns.EventListenEnded, campaigns.EventWhisperBegun, campaigns.EventWhisperEnded,
			campaigns.EventBargeBegun, campaigns.EventBargeEnded, campaigns.EventBargeBegun, campaigns.EventBargeEnded)
	})
}

func TestWhoListensGoesFreeWhenTheAgentLeavesAndTheOtherWayRound(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := supervised(t)
		h.must(h.engine.Monitor(t.Context(), 5, 2, Listen))
		h.must(h.engine.SignOut(t.Context(), 2))
		h.until(time.Second, "free", h.in(5, StatePaused))
		h.must(h.engine.Monitor(t.Context(), 5, 3, Listen))
		h.must(h.engine.Monitor(t.Context(), 5, 1, Listen)) // another agent: the first is left
		h.until(time.Second, "agent 3 is alone", func() bool { a, _ := h.engine.Agent(3); return len(a.Monitors) == 0 })
		h.phones[5].vanish()
		h.until(time.Second, "nobody listens", func() bool { a, _ := h.engine.Agent(1); return len(a.Monitors) == 0 })
		h.finish()
	})
}

func TestWhoSaysThatTheOtherCallIsOverListensNoMore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := supervised(t)
		for _, tc := range []struct {
			user int64
			then State
		}{{5, StatePaused}, {2, StateReady}} { // without campaigns, and with one
			h.must(h.engine.Monitor(t.Context(), tc.user, 1, Whisper))
			h.until(time.Second, "in the room", func() bool { return h.joined(tc.user) })
			h.must(h.engine.OtherCallEnded(t.Context(), tc.user))
			h.until(time.Second, "out of the room", func() bool { return !h.joined(tc.user) && h.state(tc.user) == tc.then })
			if a, _ := h.engine.Agent(1); len(a.Monitors) != 0 {
				t.Errorf("agent 1 is listened to by %+v", a.Monitors)
			}
		}
		h.finish()
	})
}

func TestASupervisorTakesTheCallOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := supervised(t)
		h.refuses(ErrNotSupervising, h.engine.TakeOver(t.Context(), 5))
		h.must(h.engine.Monitor(t.Context(), 5, 1, Whisper))
		h.must(h.engine.TakeOver(t.Context(), 5))
		h.until(time.Second, "the agent is in wrap-up", h.in(1, StateWrapUp))
		h.until(time.Second, "the supervisor talks", h.in(5, StateTalking))
		h.until(time.Second, "the card is the supervisor's, and nobody listens any more", func() bool {
			cur, _ := h.engine.Current(5)
			a, _ := h.engine.Agent(1)
			return cur.Contact.Name == "Person 1" && cur.Talk.Transfer == (TransferState{}) && h.talk(1).PassedTo == "Agent 5" && len(a.Monitors) == 0
		})
		time.Sleep(10 * time.Second)
		h.must(h.engine.HangUp(t.Context(), 5))
		h.until(time.Second, "notes", h.in(5, StateWrapUp))
		h.must(h.engine.WrapUpDone(t.Context(), 5))
		h.until(time.Second, "no calls for a supervisor", h.in(5, StatePaused))
		h.finish()
		if a := h.only(); a.SecondAgent != 5 || a.EndedBy != "agent" {
			t.Errorf("row: %+v", a)
		}
		h.events(campaigns.EventWhisperBegun, campaigns.EventWhisperEnded, campaigns.EventTransferDone, campaigns.EventTakeOver)
	})
}

func TestTheNotesAfterATakeOverEndByThemselves(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := supervised(t)
		h.must(h.engine.Monitor(t.Context(), 5, 1, Listen))
		h.must(h.engine.TakeOver(t.Context(), 5))
		h.until(time.Second, "the supervisor talks", h.in(5, StateTalking))
		h.customer().hangUpByCallee()
		h.until(time.Second, "notes", h.in(5, StateWrapUp))
		h.until(62*time.Second, "their end", h.in(5, StatePaused))
		h.finish()
	})
}

// TestAStormOfOrdersBreaksNoLaw lets everybody press everything at once, while
// people answer, hang up, and phones are lost.
func TestAStormOfOrdersBreaksNoLaw(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, mixed(11, 0.7, 20*time.Second))
		h.engine.settings.Recordings = t.TempDir()
		h.store.load(1, 60)
		h.store.load(2, 60)
		h.run()
		h.wrapUps(func() time.Duration { return 2 * time.Second })
		const agents = 6
		for id := range int64(agents) {
			h.agent(id+1, true, 1+id%2)
		}
		h.agent(20, false)
		for id := range int64(2) {
			h.apply(h.campaign(id+1, func(c *campaigns.Campaign) {
				c.Retry, c.OutsideTransfer, c.Recording.Mode = nil, true, campaigns.RecordOn
				c.Departments = []campaigns.Department{{Name: "All", Agents: []string{"agent1", "agent2", "agent3", "agent4"}}}
			}))
		}
		rng, ctx := rand.New(rand.NewPCG(3, 9)), t.Context()
		for i := range 3000 {
			time.Sleep(time.Duration(rng.IntN(200)) * time.Millisecond)
			id := int64(rng.IntN(agents)) + 1
			other := int64(rng.IntN(agents)) + 1
			h.robots.Go(func() { press(ctx, h.engine, i, id, other) })
		}
		h.until(time.Hour, "all done", func() bool { return h.store.done() == 120 })
		h.stop()
		passed := 0
		for _, a := range h.store.rows() {
			if len(a.Talks) > 0 {
				passed++
			}
		}
		if passed < 5 {
			t.Errorf("only %d calls were passed on", passed)
		}
		for _, leg := range h.store.legs() {
			if leg.Outcome == "" {
				t.Errorf("side leg without an outcome: %+v", leg)
			}
		}
		t.Logf("%d of %d calls passed on, %d side legs, %d events, %d recordings", passed, h.store.count(), len(h.store.legs()), len(h.store.kinds()), len(h.store.savedRecordings()))
	})
}

// press presses one key of a desk; that it is refused is no error.
func press(ctx context.Context, e *Engine, key int, id, other int64) {
	for i, do := range []func() error{
		func() error { return e.Hold(ctx, id, true) },
		func() error { return e.Hold(ctx, id, false) },
		func() error { return e.Mute(ctx, id, other%2 == 0) },
		func() error { return e.Record(ctx, id, id%2 == 0) },
		func() error { return e.Transfer(ctx, id, TransferTarget{Agent: other}, true) },
		func() error { return e.Transfer(ctx, id, TransferTarget{Agent: other}, false) },
		func() error { return e.Accept(ctx, id) },
		func() error { return e.Accept(ctx, other) },
		func() error { return e.CompleteTransfer(ctx, id) },
		func() error { return e.CancelTransfer(ctx, id) },
		func() error { return e.Conference(ctx, id) },
		func() error {
			return e.Transfer(ctx, id, TransferTarget{Number: fmt.Sprintf("+3491100%04d", key)}, other%2 == 0)
		},
		func() error { return e.Transfer(ctx, id, TransferTarget{Department: "All"}, true) },
		func() error { return e.Monitor(ctx, 20, id, []MonitorMode{Listen, Whisper, Barge}[other%3]) },
		func() error { return e.TakeOver(ctx, 20) },
		func() error { return e.StopMonitor(ctx, 20) },
		func() error { return errors.Join(e.AskHelp(ctx, id, true), e.Refuse(ctx, other)) },
	} {
		if i == key%17 {
			_ = do()
		}
	}
}
