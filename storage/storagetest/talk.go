package storagetest

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Talk keeps what happened during calls.
type Talk interface {
	AddCallEvents(ctx context.Context, events []campaigns.CallEvent) error
	CallEvents(ctx context.Context, attempt string) ([]campaigns.CallEvent, error)
	Talks(ctx context.Context, attempt string) ([]campaigns.AgentTalk, error)
	BeginSide(ctx context.Context, s *campaigns.SideLeg) error
	EndSide(ctx context.Context, s campaigns.SideLeg) error
	SideLegs(ctx context.Context, attempt string) ([]campaigns.SideLeg, error)
	SaveRecording(ctx context.Context, r campaigns.Recording) error
	Recorded(ctx context.Context, attempts []string) (map[string]bool, error)
	Recording(ctx context.Context, attempt string) (campaigns.Recording, error)
}

var talkTests = []test{
	{"the time line of a call is read in the order of time, with names", callTimeLine},
	{"events of a call that is not in the ledger are passed over, and the others kept", strangeEvents},
	{"a side leg is kept before its INVITE and with its outcome, which stays", sideLegs},
	{"a number on the do-not-call list is not called during a call either", sideLegListed},
	{"side legs that a process left open are closed as lost", sideLegsLost},
	{"a recording is kept with its pauses, and replaced by itself", recordings},
	{"an agent who passed a call on may be bridged again while it goes on, and nobody else may", talksOfAPassedCall},
}

func at(second int) time.Time {
	return time.Date(2026, 11, 22, 10, 0, second, 123000, time.UTC)
}

func callTimeLine(b *bench) {
	u, err := b.PutUser(b.Context(), campaigns.User{Login: "ana", Name: "Ana", Role: campaigns.Agent})
	b.must(err)
	a, _ := b.call(b.stocked("c", 1), campaigns.Connected)
	b.must(b.AddCallEvents(b.Context(), []campaigns.CallEvent{
		{Attempt: a.ID, At: at(9), Kind: campaigns.EventUnhold, By: u.ID},
		{Attempt: a.ID, At: at(5), Kind: campaigns.EventHold, By: u.ID},
	}))
	b.must(b.AddCallEvents(b.Context(), []campaigns.CallEvent{{Attempt: a.ID, At: at(7), Kind: campaigns.EventStep, Detail: "opening"}}))
	got, err := b.CallEvents(b.Context(), a.ID)
	b.must(err)
	want := []campaigns.CallEvent{
		{Attempt: a.ID, At: at(5), Kind: campaigns.EventHold, By: u.ID, ByLogin: "ana"},
		{Attempt: a.ID, At: at(7), Kind: campaigns.EventStep, Detail: "opening"},
		{Attempt: a.ID, At: at(9), Kind: campaigns.EventUnhold, By: u.ID, ByLogin: "ana"},
	}
	if !reflect.DeepEqual(got, want) {
		b.Errorf("the time line is %+v", got)
	}
	b.clean()
}

func strangeEvents(b *bench) {
	a, _ := b.call(b.stocked("c", 1), campaigns.Connected)
	b.must(b.AddCallEvents(b.Context(), []campaigns.CallEvent{
		{Attempt: "nobody's", At: at(1), Kind: campaigns.EventHold},
		{Attempt: a.ID, At: at(2), Kind: campaigns.EventNote, Detail: strings.Repeat("x", 100_000)},
	}))
	got, err := b.CallEvents(b.Context(), a.ID)
	b.must(err)
	if len(got) != 1 || len(got[0].Detail) > 10_000 {
		b.Errorf("%d events are kept", len(got))
	}
	none, err := b.CallEvents(b.Context(), "nobody's")
	b.must(err)
	if len(none) != 0 {
		b.Errorf("events of nobody: %+v", none)
	}
}

func side(a *campaigns.Attempt, id, number string) *campaigns.SideLeg {
	return &campaigns.SideLeg{ID: id, Attempt: a.ID, Campaign: a.Campaign, Agent: 7, Number: number, CallerID: "+34910000000"}
}

func sideLegs(b *bench) {
	c := b.stocked("c", 1)
	a := b.begin(c, b.lease(c, 1)[0])
	s := side(a, "leg-1", "+34911111111")
	b.must(b.BeginSide(b.Context(), s))
	if s.IntentAt.IsZero() {
		b.Error("the intent has no time")
	}
	s.Outcome, s.Trunk, s.Code, s.AnsweredAt, s.EndedAt = campaigns.Connected, "main", 200, at(1), at(2)
	b.must(b.EndSide(b.Context(), *s))
	later := *s
	later.Outcome = campaigns.Failed
	b.must(b.EndSide(b.Context(), later))
	got, err := b.SideLegs(b.Context(), a.ID)
	b.must(err)
	if len(got) != 1 || !got[0].IntentAt.Equal(s.IntentAt.Truncate(time.Microsecond)) {
		b.Fatalf("side legs: %+v, want %+v", got, s)
	}
	got[0].IntentAt = s.IntentAt
	if !reflect.DeepEqual(got[0], *s) {
		b.Errorf("side leg: %+v, want %+v", got[0], *s)
	}
	if err := b.BeginSide(b.Context(), side(&campaigns.Attempt{ID: "nobody's"}, "leg-2", "+34911111111")); !errors.Is(err, campaigns.ErrUnknownAttempt) {
		b.Errorf("a side leg of no call: %v", err)
	}
}

func sideLegListed(b *bench) {
	c := b.stocked("c", 1)
	a := b.begin(c, b.lease(c, 1)[0])
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: "+34912222222", At: at(0), Channel: campaigns.ChannelAgent}))
	if err := b.BeginSide(b.Context(), side(a, "leg", "+34912222222")); !errors.Is(err, campaigns.ErrListed) {
		b.Errorf("a listed number: %v", err)
	}
	got, err := b.SideLegs(b.Context(), a.ID)
	b.must(err)
	if len(got) != 0 {
		b.Errorf("it stands there: %+v", got)
	}
}

func sideLegsLost(b *bench) {
	c := b.stocked("c", 1)
	a := b.begin(c, b.lease(c, 1)[0])
	b.must(b.BeginSide(b.Context(), side(a, "leg", "+34911111111")))
	_, err := b.Recover(b.Context(), at(30))
	b.must(err)
	got, err := b.SideLegs(b.Context(), a.ID)
	b.must(err)
	if len(got) != 1 || got[0].Outcome != campaigns.Lost || !got[0].EndedAt.Equal(at(30)) {
		b.Errorf("side legs: %+v", got)
	}
}

func recordings(b *bench) {
	a, _ := b.call(b.stocked("c", 1), campaigns.Connected)
	if _, err := b.Recording(b.Context(), a.ID); !errors.Is(err, campaigns.ErrNotFound) {
		b.Errorf("no recording: %v", err)
	}
	rec := campaigns.Recording{
		Attempt: a.ID, Path: "2026/11/22/" + a.ID + ".wav", Began: at(0), Duration: 61500 * time.Millisecond, Octets: 984_044,
		SHA256: strings.Repeat("ab", 32), Gaps: []campaigns.Gap{{From: time.Second, To: 3 * time.Second}},
	}
	b.must(b.SaveRecording(b.Context(), rec))
	rec.Repaired, rec.Octets = true, 984_000
	b.must(b.SaveRecording(b.Context(), rec))
	got, err := b.Recording(b.Context(), a.ID)
	b.must(err)
	if !reflect.DeepEqual(got, rec) {
		b.Errorf("recording %+v, want %+v", got, rec)
	}
	silent, _ := b.call(b.stocked("d", 1), campaigns.Connected)
	known, err := b.Recorded(b.Context(), []string{silent.ID, "nobody's", a.ID})
	b.must(err)
	if len(known) != 1 || !known[a.ID] {
		b.Errorf("recorded: %v", known)
	}
	for yes, want := range map[bool]string{true: a.ID, false: silent.ID} {
		var got []string
		for c, err := range b.Calls(b.Context(), campaigns.CallFilter{Recorded: &yes, Newest: true}) {
			b.must(err)
			got = append(got, c.ID)
		}
		if len(got) != 1 || got[0] != want {
			b.Errorf("calls with a recording, %v: %v, want %s", yes, got, want)
		}
	}
	rec.Attempt = "nobody's"
	if err := b.SaveRecording(b.Context(), rec); !errors.Is(err, campaigns.ErrUnknownAttempt) {
		b.Errorf("a recording of no call: %v", err)
	}
}

// talksOfAPassedCall: agent 1 had the person for a minute, agent 2 until the end
// an hour later, and agent 1 was bridged to somebody else in between.
func talksOfAPassedCall(b *bench) {
	c := b.stocked("c", 3)
	now := time.Now()
	passed := ended(*b.begin(c, b.lease(c, 1)[0]), campaigns.Connected)
	passed.Agent, passed.BridgedAt, passed.EndedAt = 1, now, now.Add(time.Hour)
	passed.SecondAgent, passed.SecondAt = 3, now.Add(30*time.Minute)
	passed.Talks = []campaigns.AgentTalk{
		{Agent: 1, From: now, To: now.Add(time.Minute)}, {Agent: 2, From: now.Add(time.Minute), To: now.Add(30 * time.Minute)},
		{Agent: 3, From: now.Add(30 * time.Minute), To: now.Add(time.Hour)},
	}
	b.must(b.Finish(b.Context(), passed))
	meanwhile := func(agent int64, from time.Duration) {
		a := ended(*b.begin(c, b.lease(c, 1)[0]), campaigns.Connected)
		a.Agent, a.BridgedAt, a.EndedAt = agent, now.Add(from), now.Add(from+time.Minute)
		b.must(b.Finish(b.Context(), a))
	}
	meanwhile(1, 2*time.Minute)
	b.clean()
	got, err := b.Talks(b.Context(), passed.ID)
	b.must(err)
	if len(got) != 3 || got[1].Agent != 2 || got[1].To.Sub(got[1].From) != 29*time.Minute {
		b.Errorf("talks: %+v", got)
	}
	meanwhile(2, 3*time.Minute)
	f, err := b.Verify(b.Context(), time.Now())
	b.must(err)
	if len(f.Broken) != 1 || f.Broken[0].Law != campaigns.LawOneLeg {
		b.Errorf("want one breach of %s, got %+v", campaigns.LawOneLeg, f.Broken)
	}
}
