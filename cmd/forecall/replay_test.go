package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/node"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/sqlite"
)

func TestDecisionsOfADataFolderAreTakenAgainAndComeOutTheSame(t *testing.T) {
	folder := withCampaign(t)
	must(t, "import", write(t, "list.csv", "name,phone\nAnn Lee,+34600111222\nBen Ray,+34600111223\n"), "--campaign", "Spring", "--list", "March", "--data", folder)
	decideBoth(t, folder)

	out := must(t, "replay", "--data", folder)
	if !strings.Contains(out, "2 decisions (1 allowed, 1 refused): all identical") {
		t.Errorf("replay says:\n%s", out)
	}
	out = must(t, "replay", "--data", folder, "--campaign", "Spring", "--json")
	var r campaigns.Replay
	if err := json.Unmarshal([]byte(out), &r); err != nil || !r.Same() || r.Decisions != 2 {
		t.Errorf("%v in %s", err, out)
	}
	if out := must(t, "replay", "--data", folder, "--to", "2020-01-01"); !strings.Contains(out, "0 decisions") {
		t.Errorf("of years ago:\n%s", out)
	}
	out = must(t, "explain", "+34600111223", "--campaign", "Spring", "--data", folder)
	for _, want := range []string{"Rules in force", "house@1, reviewed 2026-11-21", "test.consent", "[a law; verified; house@1]", "Decided before", "refused by test.consent"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// decideBoth calls the first of two people, then a consent is asked for and the
// second is refused.
func decideBoth(t *testing.T, folder string) {
	t.Helper()
	db, err := records.Open(t.Context(), records.Settings{Engine: sqlite.At(filepath.Join(folder, node.DataFile))})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	c, err := db.CampaignByName(t.Context(), "Spring")
	check(err)
	c.Windows = rules.Always()
	c, err = db.UpdateCampaign(t.Context(), c, "test")
	check(err)
	people, err := db.Lease(t.Context(), c.ID, time.Now(), 2)
	check(err)
	check(db.Begin(t.Context(), c, campaigns.NewAttempt(c, people[0], "", time.Now())))
	set, err := rules.ParseSet([]byte("ruleset: {id: house, version: 1, reviewed_on: 2026-11-21}\nrules:\n" +
		"  - {id: test.consent, type: consent, level: express, cite: \"a law\", status: verified}\n"))
	check(err)
	_, err = db.Adopt(t.Context(), []*rules.Set{set}, campaigns.Adoption{By: "clara", Reason: "test"})
	check(err)
	if err := db.Begin(t.Context(), c, campaigns.NewAttempt(c, people[1], "", time.Now())); err == nil || !strings.Contains(err.Error(), "test.consent") {
		t.Fatalf("the second call: %v", err)
	}
}
