package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/pacing"
	"github.com/forecall/forecall/pacing/sim"
	"github.com/forecall/forecall/pacing/tape"
	"github.com/forecall/forecall/storage/records"
)

// recorder dials a simulated shift as the service does, its floor on tape.
type recorder struct {
	floor  *tape.Recorder
	policy pacing.Policy
	minute time.Time
	keep   func(from time.Time, tape []byte)
}

func (r *recorder) Apply(e pacing.Event) { r.floor.Apply(e) }

func (r *recorder) Decide(now time.Time, next []float64) sim.Order {
	if now.Sub(r.minute) >= time.Minute {
		r.minute = now
		r.keep(r.floor.Take(now))
	}
	_, d := r.floor.Decide(now, r.policy, next)
	return sim.Order{Place: d.Place, Picks: d.Picks, Cancel: d.Cancel}
}

// withTapes is a data folder whose campaign Spring has dialed for an hour, and the day it was.
func withTapes(t *testing.T) (folder, day string) {
	t.Helper()
	folder = withCampaign(t)
	inStore(t, folder, func(db *records.DB) error {
		c, err := db.CampaignByName(t.Context(), "Spring")
		if err != nil {
			return err
		}
		tapes := map[time.Time][]byte{}
		policy := pacing.Policy{Mode: pacing.Predictive, Cap: 0.03}
		s := sim.Default()
		s.Name, s.Shift, s.Shifts, s.Agents = "recorded", time.Hour, 1, 8
		_, err = sim.Run(t.Context(), s, "recorded", sim.Options{Extra: []sim.Entry{{
			Named: sim.Named{Name: "recorded"},
			New: func(setup sim.Setup) (sim.Pacer, error) {
				day = setup.Start.UTC().Format(time.DateOnly)
				return &recorder{
					floor:  tape.NewRecorder(setup.Start, policy, pacing.Estimates{}, pacing.Ledger{Until: setup.End()}, false),
					policy: policy, minute: setup.Start, keep: func(from time.Time, tape []byte) { tapes[from] = tape },
				}, nil
			},
		}}})
		for from, minute := range tapes {
			if err == nil {
				err = db.SaveTape(t.Context(), c.ID, from, minute)
			}
		}
		return err
	})
	return folder, day
}

func TestARecordedDayReplaysAndShowsWhatAnotherPolicyWouldHaveDecided(t *testing.T) {
	folder, day := withTapes(t)
	ask := []string{"simulate", "--from-campaign", "Spring", "--data", folder, "--zone", "UTC", "--replay", day}
	svg := filepath.Join(t.TempDir(), "day.svg")
	out := must(t, append(ask, "--chart", svg)...)
	for _, want := range []string{
		"Spring on " + day + ": calls placed as recorded, and as progressive would have placed them",
		"every free agent has a call", "recorded decisions made again by the same code: every one is the same.", "in all",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if !strings.Contains(read(t, svg), "calls placed in half an hour") {
		t.Error("the chart does not say what it shows")
	}
	lines := strings.Split(strings.TrimSpace(must(t, append(ask, "--json")...)), "\n")
	var part replayed
	var total struct {
		Decisions, Different, Placed int
		OtherPlaced                  float64 `json:"other_placed"`
	}
	if err := json.Unmarshal([]byte(lines[0]), &part); err != nil || part.Placed == 0 || part.OtherPlaced >= float64(part.Placed) || part.InAir <= part.OtherInAir {
		t.Errorf("%v in %s", err, lines[0])
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &total); err != nil || total.Decisions < 3000 || total.Different != 0 || total.OtherPlaced >= float64(total.Placed) {
		t.Errorf("%v in %s", err, lines[len(lines)-1])
	}
	same := must(t, append(ask, "--policy", "predictive", "--json")...)
	lines = strings.Split(strings.TrimSpace(same), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &total); err != nil || total.OtherPlaced != float64(total.Placed) {
		t.Errorf("the recorded policy against itself: %s", lines[len(lines)-1])
	}
}

func TestADayThatWasNotRecordedIsSaid(t *testing.T) {
	folder := withCampaign(t)
	status, out, errOut := forecall("simulate", "--from-campaign", "Spring", "--data", folder, "--replay", "2026-11-21")
	if status != exitFailed || out != "" || !strings.Contains(errOut, "campaign Spring has no decisions on record for that day") {
		t.Errorf("status %d\n%s%s", status, out, errOut)
	}
	for flag, want := range map[string]string{
		"--replay yesterday":                 "write the day as 2026-11-21",
		"--replay 2026-11-21 --policy ratio": "can be decided again by predictive, predictive-cancel or progressive",
		"--replay 2026-11-21 --policy all":   "compares one policy",
		"--replay 2026-11-21 --caps 1,2":     "takes one cap",
		"--policy bogus":                     "no such policy",
		"--days 0":                           "--days 0: at least 1",
		"--caps 0":                           "--caps 0: more than 0",
		"--zone Nowhere/City":                "no such time zone",
		"--speed 0":                          "--speed 0: 1 to 1000",
	} {
		args := append([]string{"simulate", "--from-campaign", "Spring", "--data", folder}, strings.Fields(flag)...)
		if status, _, errOut := forecall(args...); status != exitUsage || !strings.Contains(errOut, want) {
			t.Errorf("%s: status %d, %s, want %s", flag, status, errOut, want)
		}
	}
}
