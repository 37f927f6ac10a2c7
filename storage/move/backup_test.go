package move_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/move"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/sqlite"
)

// TestADumpOfTheDatabaseIsRestoredIntoANewOneAndVerifies: as docs/several-nodes.md says
// it, with pg_dump while somebody writes. What was said to be restored calls nobody
// until the stop is lifted.
func TestADumpOfTheDatabaseIsRestoredIntoANewOneAndVerifies(t *testing.T) {
	address, path := database(t), ""
	path, _ = folder(t)
	must(move.Run(t.Context(), move.Settings{From: sqlite.At(path), To: at(t, address)}))(t)
	db := must(records.Open(t.Context(), records.Settings{Engine: at(t, address)}))(t)
	defer db.Close()
	before := must(db.Verify(t.Context(), time.Now()))(t)
	s, file := must(server())(t), filepath.Join(t.TempDir(), "forecall.dump")
	named := func(address string) string {
		_, name, _ := strings.Cut(address, "dbname=")
		if name == "" {
			name = address[strings.LastIndex(address, "/")+1:]
		}
		name, _, _ = strings.Cut(name, "?")
		name, _, _ = strings.Cut(name, " ")
		return name
	}
	if out, err := s.Tool("pg_dump", "-Fc", "-f", file, named(address)); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	must(0, db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+34600000498", At: time.Now(), Channel: campaigns.ChannelAgent}))(t)
	fresh := database(t)
	if out, err := s.Tool("pg_restore", "--exit-on-error", "-d", named(fresh), file); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	again := must(records.Open(t.Context(), records.Settings{Engine: at(t, fresh)}))(t)
	defer again.Close()
	if f := must(again.Verify(t.Context(), time.Now()))(t); !f.Clean() || f.Head != before.Head || f.Attempts != before.Attempts {
		t.Fatalf("restored: %+v, it was %+v", f, before)
	}
	stop, thrown, err := campaigns.HoldRestored(t.Context(), again, time.Now(), "The records were restored.")
	if err != nil || !thrown {
		t.Fatal(stop, thrown, err)
	}
	if _, thrown, err := campaigns.HoldRestored(t.Context(), again, time.Now(), "Another node."); err != nil || thrown {
		t.Errorf("thrown twice: %v", err)
	}
	c := must(again.CampaignByName(t.Context(), "Spring"))(t)
	begin := func() error {
		p := must(again.Lease(t.Context(), c.ID, time.Now(), 1))(t)[0]
		return again.Begin(t.Context(), c, campaigns.NewAttempt(c, p, "", time.Now()))
	}
	if err := begin(); err == nil || !strings.Contains(err.Error(), "refused by stopped") {
		t.Errorf("a call begins: %v", err)
	}
	must(0, again.LiftStop(t.Context(), stop.ID, "boss", "requests are entered"))(t)
	if _, thrown, err := campaigns.HoldRestored(t.Context(), again, stop.At.Add(-time.Hour), "A node that slept."); err != nil || thrown {
		t.Errorf("a node that saw less than the stop throws it again: %v", err)
	}
	must(0, begin())(t)
}
