package storagetest

import (
	"errors"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
)

var officePeopleTests = []test{
	{"a scorer has one score of a call, and its mean is among the agent's figures", scores},
	{"shifts are planned, changed and taken back", shifts},
	{"a message waits until it is read, by each for themselves", messages},
	{"users have a team, a language and a page to start on", userLabels},
	{"prompts, caller IDs and settings of the house are kept with who set them", houseKept},
	{"calls are counted by the number they show", callerIDCounts},
	{"a test call is written down before and after", testCalls},
}

func scores(b *bench) {
	c := b.stocked("c", 2)
	a := b.talked(c, 1, 0, nil)
	form := []campaigns.ScoreQuestion{{Key: "greet", Text: "Greeted?", Kind: campaigns.ScoreYesNo, Weight: 10}}
	score := campaigns.Score{Attempt: a.ID, Campaign: c.ID, Agent: 1, CalledAt: a.IntentAt, Scorer: 9, At: time.Now().UTC().Truncate(time.Microsecond), Share: 0.5,
		Comment: "gut, \"ñ\"", Answers: []campaigns.ScoreAnswer{{Key: "greet", Value: "no"}}, Form: form}
	b.must(b.PutScore(b.Context(), score, "sue"))
	score.Share, score.Fatal = 0.8, true
	b.must(b.PutScore(b.Context(), score, "sue"))
	score.Scorer, score.Share = 10, 0.6
	b.must(b.PutScore(b.Context(), score, "tom"))
	score.Scorer, score.Share = 11, -1 // nothing with points was answered
	b.must(b.PutScore(b.Context(), score, "ann"))
	got, err := b.Scores(b.Context(), a.ID)
	b.must(err)
	if len(got) != 3 || got[0].Share != 0.8 || !got[0].Fatal || got[0].Comment != score.Comment || !slices.Equal(got[0].Answers, score.Answers) || !slices.Equal(got[0].Form, form) {
		b.Fatalf("%+v", got)
	}
	figures, err := b.AgentFigures(b.Context(), period(), time.Now())
	b.must(err)
	if f := figures[1]; f.Scored != 2 || f.Score() < 0.699 || f.Score() > 0.701 {
		b.Fatalf("scored %d, %v", f.Scored, f.Score())
	}
}

func shifts(b *bench) {
	at := func(h int) time.Time { return time.Date(2027, 3, 1, h, 0, 0, 0, time.UTC) }
	s, err := b.PutShift(b.Context(), campaigns.PlannedShift{Agent: 1, From: at(8), To: at(16), Kind: campaigns.ShiftWork, Note: "early", By: "sue"}, "sue")
	b.must(err)
	_, err = b.PutShift(b.Context(), campaigns.PlannedShift{Agent: 2, From: at(12), To: at(20), Kind: campaigns.ShiftTraining, By: "sue"}, "sue")
	b.must(err)
	s.To = at(17)
	_, err = b.PutShift(b.Context(), s, "sue")
	b.must(err)
	one, err := b.Shift(b.Context(), s.ID)
	b.must(err)
	if !one.To.Equal(at(17)) || one.Note != "early" || one.Kind != campaigns.ShiftWork {
		b.Fatalf("%+v", one)
	}
	for _, tt := range []struct {
		agent    int64
		from, to int
		want     int
	}{{0, 0, 24, 2}, {1, 0, 24, 1}, {0, 17, 18, 1}, {1, 17, 18, 0}, {2, 0, 12, 0}} {
		got, err := b.Shifts(b.Context(), tt.agent, at(tt.from), at(tt.to))
		b.must(err)
		if len(got) != tt.want {
			b.Fatalf("%+v: %+v", tt, got)
		}
	}
	b.must(b.DeleteShift(b.Context(), s.ID, "sue"))
	if _, err := b.Shift(b.Context(), s.ID); !errors.Is(err, campaigns.ErrNotFound) || !errors.Is(b.DeleteShift(b.Context(), s.ID, "sue"), campaigns.ErrNotFound) {
		b.Fatal(err)
	}
}

func messages(b *bench) {
	send := func(agent int64, text string) campaigns.Message {
		m, err := b.AddMessage(b.Context(), campaigns.Message{By: "sue", Agent: agent, Text: text})
		b.must(err)
		return m
	}
	all, one := send(0, "to all"), send(1, "to one")
	unread := func(agent int64) (texts []string) {
		got, err := b.Unread(b.Context(), agent, time.Now().Add(-time.Hour))
		b.must(err)
		for _, m := range got {
			texts = append(texts, m.Text)
		}
		return texts
	}
	same(b, "unread of 1", unread(1), []string{"to all", "to one"})
	same(b, "unread of 2", unread(2), []string{"to all"})
	for range 2 {
		b.must(b.ReadMessage(b.Context(), 1, all.ID))
	}
	same(b, "unread of 1", unread(1), []string{"to one"})
	same(b, "unread of 2", unread(2), []string{"to all"})
	if err := b.ReadMessage(b.Context(), 2, one.ID); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("somebody else's message: %v", err)
	}
	late, err := b.Unread(b.Context(), 2, time.Now().Add(time.Minute))
	b.must(err)
	sent, err := b.Messages(b.Context(), 1)
	b.must(err)
	if len(late) != 0 || len(sent) != 1 || sent[0].ID != one.ID {
		b.Fatal(late, sent)
	}
}

func userLabels(b *bench) {
	u, err := b.PutUser(b.Context(), campaigns.User{Login: "ann", Role: campaigns.Agent, Team: "North", Language: "hu", Start: "/desk"})
	b.must(err)
	u.Team = "South"
	_, err = b.PutUser(b.Context(), u)
	b.must(err)
	got, err := b.User(b.Context(), u.ID)
	b.must(err)
	if got.Team != "South" || got.Language != "hu" || got.Start != "/desk" {
		b.Fatalf("%+v", got)
	}
}

func houseKept(b *bench) {
	ctx := b.Context()
	b.must(b.PutPrompt(ctx, campaigns.PromptFile{File: "es.wav", Title: "Hola", Language: "es", Octets: 10, Length: 3 * time.Second, By: "mia", At: time.Now()}))
	b.must(b.PutPrompt(ctx, campaigns.PromptFile{File: "es.wav", Title: "Buenas", Language: "es", Octets: 12, Length: 4 * time.Second, By: "mia", At: time.Now()}))
	prompts, err := b.Prompts(ctx)
	b.must(err)
	if len(prompts) != 1 || prompts[0].Title != "Buenas" || prompts[0].Length != 4*time.Second || prompts[0].By != "mia" {
		b.Fatalf("%+v", prompts)
	}
	b.must(b.DeletePrompt(ctx, "es.wav", "mia"))
	b.must(b.PutCallerID(ctx, campaigns.CallerID{Number: "+34910000000", Label: "Madrid", Region: "ES", Pool: "north", Most: 50}, "mia"))
	callers, err := b.CallerIDs(ctx)
	b.must(err)
	if len(callers) != 1 || callers[0].Number != "+34910000000" || callers[0].Most != 50 || callers[0].By != "mia" {
		b.Fatalf("%+v", callers)
	}
	b.must(b.DeleteCallerID(ctx, "+34910000000", "mia"))
	if _, err := b.HouseValue(ctx, "x"); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatal(err)
	}
	b.must(b.SetHouseValue(ctx, "x", "1", "mia"))
	b.must(b.SetHouseValue(ctx, "x", "2", "mia"))
	if v, err := b.HouseValue(ctx, "x"); err != nil || v != "2" {
		b.Fatal(v, err)
	}
	for _, err := range []error{b.DeletePrompt(ctx, "es.wav", "mia"), b.DeleteCallerID(ctx, "+34910000000", "mia"), b.DeleteTestNumber(ctx, "+34910000000", "mia")} {
		if !errors.Is(err, campaigns.ErrNotFound) {
			b.Fatal(err)
		}
	}
	entries, err := b.AuditEntries(ctx, 0, 100)
	b.must(err)
	if last := entries[len(entries)-1]; last.Kind != "house.set" || last.By != "mia" || last.Detail != "2" {
		b.Fatalf("%+v", last)
	}
	b.clean()
}

func callerIDCounts(b *bench) {
	c := b.stocked("c", 3)
	from := time.Now().Add(-time.Minute)
	b.call(c, campaigns.Busy)
	b.call(c, campaigns.Busy)
	got, err := b.CallsByCallerID(b.Context(), from)
	b.must(err)
	none, err := b.CallsByCallerID(b.Context(), time.Now().Add(time.Minute))
	b.must(err)
	if got["+34910000000"] != 2 || len(got) != 1 || len(none) != 0 {
		b.Fatal(got, none)
	}
}

func testCalls(b *bench) {
	ctx := b.Context()
	b.must(b.PutTestNumber(ctx, campaigns.TestNumber{Number: "+34910000001", Label: "desk of Ana", By: "root", At: time.Now()}))
	numbers, err := b.TestNumbers(ctx)
	b.must(err)
	if len(numbers) != 1 || numbers[0].Number != "+34910000001" || numbers[0].By != "root" {
		b.Fatalf("%+v", numbers)
	}
	c := campaigns.TestCall{ID: "019a-1", Trunk: "main", Number: "+34910000001", By: "root", At: time.Now().UTC().Truncate(time.Microsecond), Steps: []campaigns.TestStep{}}
	b.must(b.BeginTest(ctx, c))
	open, err := b.TestCalls(ctx, 10)
	b.must(err)
	c.EndedAt, c.OK, c.Outcome, c.Code = c.At.Add(time.Second), true, "It works.", 200
	c.Steps = []campaigns.TestStep{{Step: "sent", After: time.Millisecond}, {Step: "answered", After: time.Second, Code: 200}}
	b.must(b.EndTest(ctx, c))
	done, err := b.TestCalls(ctx, 10)
	b.must(err)
	if len(open) != 1 || !open[0].EndedAt.IsZero() || len(done) != 1 || !done[0].OK || done[0].Code != 200 || !slices.Equal(done[0].Steps, c.Steps) || !done[0].EndedAt.Equal(c.EndedAt) {
		b.Fatalf("%+v then %+v", open, done)
	}
}
