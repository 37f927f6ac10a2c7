package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/pacing/sim"
	"github.com/forecall/forecall/storage/records"
)

// recordedDay is when the calls of recordDays began first.
var recordedDay = time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)

// withRecordedDays is a data folder whose campaign Spring has dialed: so many calls a day, 30 % answered, 60 s of talk.
func withRecordedDays(t *testing.T, days, calls int) (folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "data")
	recordDays(t, folder, days, calls)
	return folder
}

func recordDays(t *testing.T, folder string, days, calls int) {
	t.Helper()
	inStore(t, folder, func(db *records.DB) error {
		c := campaigns.NewCampaign("Spring")
		c.Windows, c.Cooldown = rules.Always(), 0
		c, err := db.CreateCampaign(t.Context(), c, "test")
		if err != nil {
			return err
		}
		if err := stock(t, db, c, days*calls); err != nil {
			return err
		}
		r := rand.New(rand.NewPCG(3, 3))
		for day := range days {
			if err := recordDay(t, db, c, recordedDay.AddDate(0, 0, day), calls, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// stock gives a campaign so many contacts.
func stock(t *testing.T, db *records.DB, c campaigns.Campaign, n int) error {
	t.Helper()
	list, err := db.CreateList(t.Context(), campaigns.List{Campaign: c.ID, Name: "list", Active: true})
	if err != nil {
		return err
	}
	load, err := db.BeginLoad(t.Context(), campaigns.Load{List: list.ID, Source: "test.csv", Policy: campaigns.SkipDuplicates, By: "test"})
	if err != nil {
		return err
	}
	people := make([]campaigns.Contact, n)
	for i := range people {
		people[i] = campaigns.Contact{
			Row: i + 2, Name: fmt.Sprint("Person ", i), Phones: []campaigns.Phone{{Number: fmt.Sprintf("+346%08d", i), Zones: []string{"Europe/Madrid"}}},
		}
	}
	if _, err := db.AddContacts(t.Context(), load, people, campaigns.SkipDuplicates); err != nil {
		return err
	}
	return db.EndLoad(t.Context(), load, campaigns.LoadCounts{Rows: int64(n), Added: int64(n)}, "")
}

// recordDay records calls of three agents, one after the other, several into the store at once.
func recordDay(t *testing.T, db *records.DB, c campaigns.Campaign, opens time.Time, calls int, r *rand.Rand) error {
	t.Helper()
	people, err := db.Lease(t.Context(), c.ID, time.Now(), calls)
	if err != nil {
		return err
	}
	free := []time.Time{opens, opens.Add(5 * time.Second), opens.Add(9 * time.Second)}
	g, ctx := errgroup.WithContext(t.Context())
	for _, p := range people {
		next := slices.Index(free, slices.MinFunc(free, time.Time.Compare))
		call := recordedCall(r, &free[next], int64(next+1))
		g.Go(func() error {
			a := campaigns.NewAttempt(c, p, "+34910000000", time.Now())
			if err := db.Begin(ctx, c, a); err != nil {
				return err
			}
			call.ID, call.Seq, call.Contact, call.Campaign, call.Number, call.IntentAt = a.ID, a.Seq, a.Contact, a.Campaign, a.Number, a.IntentAt
			call.List, call.Mode, call.Try, call.Settings, call.Zones = a.List, a.Mode, a.Try, a.Settings, a.Zones
			return db.Finish(ctx, call)
		})
	}
	return g.Wait()
}

// recordedCall is one call of an agent, who is free again later.
func recordedCall(r *rand.Rand, free *time.Time, agent int64) campaigns.Attempt {
	a := campaigns.Attempt{SentAt: *free, Outcome: campaigns.NoAnswer, EndedAt: free.Add(25*time.Second + time.Duration(r.IntN(5000))*time.Millisecond)}
	if r.Float64() < 0.3 {
		talk := sim.Dist{Shape: sim.Lognormal, Mean: time.Minute, CV: 1}
		a.Outcome, a.Agent, a.AnsweredAt = campaigns.Connected, agent, free.Add(5*time.Second+time.Duration(r.IntN(9000))*time.Millisecond)
		a.BridgedAt = a.AnsweredAt.Add(200 * time.Millisecond)
		a.EndedAt = a.BridgedAt.Add(talk.Draw(r))
	}
	*free = a.EndedAt.Add(12 * time.Second)
	return a
}

func TestARecordedCampaignShowsWhatAnotherCapWouldBring(t *testing.T) {
	folder := withRecordedDays(t, 2, 300)
	svg, file := filepath.Join(t.TempDir(), "cap.svg"), filepath.Join(t.TempDir(), "spring.yaml")
	ask := []string{"simulate", "--from-campaign", "Spring", "--data", folder, "--zone", "UTC", "--seeds", "2", "--policy", "predictive"}
	out := must(t, append(ask, "--caps", "1,5", "--chart", svg, "--write", file)...)
	for _, want := range []string{
		"# Fitted to 600 attempts of 2 days, 2026-11-16 to 2026-11-17.", "agents: 3", "# Only 0 wrap-ups are known", "5.0 %", "people an hour",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if n := strings.Count(out, "\n  predictive "); n != 2 {
		t.Errorf("%d rows for two caps\n%s", n, out)
	}
	if drawing := read(t, svg); !strings.Contains(drawing, "Spring: what another cap would bring") || !strings.Contains(drawing, "mean wait of an agent") {
		t.Error("the chart does not say what it shows")
	}
	again := must(t, "simulate", file, "--seeds", "1", "--policy", "progressive")
	if !strings.HasPrefix(again, "Spring, fitted: 3 agents") {
		t.Errorf("the written scenario runs as\n%s", again)
	}
	out = must(t, append(ask, "--caps", "3", "--days", "1", "--json")...)
	var r capped
	if err := json.Unmarshal([]byte(out), &r); err != nil || r.Cap != 0.03 || r.Policy != "predictive" || r.Occupancy <= 0 {
		t.Errorf("%v in %s", err, out)
	}
}

func TestACampaignThatHasHardlyDialedIsNotFitted(t *testing.T) {
	status, out, errOut := forecall("simulate", "--from-campaign", "Spring", "--data", withCampaign(t))
	if status != exitFailed || out != "" || !strings.Contains(errOut, "--from-campaign Spring: too few recorded calls: 0 attempts, 0 answered, 0 conversations") {
		t.Errorf("status %d\n%s%s", status, out, errOut)
	}
}

func TestAServiceThatRunsIsFittedAndExplainsAsItsDataFolderDoes(t *testing.T) {
	t.Parallel()
	config := settings(t, "trunks:\n"+trunkTo(silentPort(t), "")+"campaigns: [{name: Spring}]\n"+staff())
	folder := filepath.Join(filepath.Dir(config), "data")
	recordDays(t, folder, 2, 150)
	var files, explained []string
	ask := func(h house) {
		file := filepath.Join(t.TempDir(), "fitted.yaml")
		h.must(t, "", "simulate", "--from-campaign", "Spring", "--zone", "UTC", "--days", "2", "--caps", "3", "--seeds", "1", "--policy", "progressive", "--write", file)
		files = append(files, read(t, file))
		explained = append(explained, h.must(t, "", "explain", "+34600000007", "--campaign", "Spring", "--at", "2030-11-25T11:00:00Z", "--json"))
	}
	s := serving(t, config) // the first start puts the program's holidays in force
	ask(at(t, s, "max"))
	s.stop()
	ask(house{"folder", []string{"--data", folder}})
	if files[0] != files[1] || !strings.Contains(files[0], "# Fitted to 300 attempts of 2 days") {
		t.Errorf("at the service\n%s\nin the data folder\n%s", files[0], files[1])
	}
	if explained[0] != explained[1] || !strings.Contains(explained[0], `"number":"+34600000007"`) {
		t.Errorf("explained at the service\n%s\nin the data folder\n%s", explained[0], explained[1])
	}
}
