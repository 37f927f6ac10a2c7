package node

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/sqlite"
)

// opened is a node that has come as far as its rules.
func opened(t *testing.T, folder, adopt string) *lead {
	t.Helper()
	c := config.Default()
	c.Data, c.Rules.Adopt = folder, adopt
	n := &lead{Node: &Node{settings: Settings{Config: c}, log: slog.New(slog.DiscardHandler)}}
	db, err := records.Open(t.Context(), records.Settings{Engine: sqlite.At(filepath.Join(folder, DataFile))})
	if err != nil {
		t.Fatal(err)
	}
	n.db = db
	if err := n.openRules(t.Context()); err != nil {
		_ = db.Close()
		t.Fatal(err)
	}
	return n
}

func adoptedBy(t *testing.T, n *lead) []string {
	t.Helper()
	now, err := n.db.Adopted(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, a := range now {
		ids = append(ids, a.Set)
	}
	if err := n.db.Close(); err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestANewDataFolderAdoptsWhatTheConfigurationNamesAndAnUsedOneNothing(t *testing.T) {
	all := adoptedBy(t, opened(t, t.TempDir(), config.AdoptAuto))
	want := 0
	for _, s := range rules.Presets() {
		if !s.Optional {
			want++
		}
	}
	if len(all) != want || want < 10 {
		t.Errorf("auto adopts %d of %d: %v", len(all), want, all)
	}
	folder := t.TempDir()
	if got := adoptedBy(t, opened(t, folder, "es, fr")); strings.Join(got, " ") != "es fr" {
		t.Errorf("adopted %v", got)
	}
	if got := adoptedBy(t, opened(t, folder, config.AdoptAuto)); strings.Join(got, " ") != "es fr" {
		t.Errorf("an used folder adopted by itself: %v", got)
	}
	folder = t.TempDir()
	n := opened(t, folder, config.AdoptNone)
	if _, err := n.db.CreateCampaign(t.Context(), campaigns.NewCampaign("c"), "test"); err != nil {
		t.Fatal(err)
	}
	if got := adoptedBy(t, n); len(got) != 0 {
		t.Errorf("none is %v", got)
	}
	if got := adoptedBy(t, opened(t, folder, config.AdoptAuto)); len(got) != 0 {
		t.Errorf("a folder with a campaign adopted by itself: %v", got)
	}
	if _, err := presetsNamed("es atlantis"); err == nil || !strings.Contains(err.Error(), `"atlantis"`) || !strings.Contains(err.Error(), "us-federal") {
		t.Errorf("a preset that is none: %v", err)
	}
}

func TestHolidaysOfTheOperatorReplaceThoseOfTheProgram(t *testing.T) {
	folder := t.TempDir()
	own := filepath.Join(folder, holidaysFolder)
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(own, "ee.yaml")
	source := "holidays:\n  country: EE\n  years: [2026]\n  source: of the test\n  reviewed_on: 2026-11-21\n  national: {2026-11-23: Day of the test}\n"
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	n := opened(t, folder, config.AdoptNone)
	h := n.db.Book().Holidays()
	if h.On("2026-11-23", "EE") != "Day of the test" || h.On("2026-12-25", "ES") == "" {
		t.Errorf("own holiday %q, built-in one %q", h.On("2026-11-23", "EE"), h.On("2026-12-25", "ES"))
	}
	if err := n.db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("country: Estonia\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.Data = folder
	if _, err := Holidays(c); err == nil || !strings.Contains(err.Error(), "ee.yaml") {
		t.Errorf("a bad file: %v", err)
	}
	c.Rules.Holidays = filepath.Join(folder, "nowhere")
	if _, err := Holidays(c); err == nil {
		t.Error("a folder that is not there is passed over")
	}
}
