package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/keyring"
	"github.com/forecall/forecall/cmd/internal/node"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/sqlite"
)

// calledHouse is a data folder in which one person was called, after something
// was done to it.
func calledHouse(t *testing.T, number string, before ...func(*records.DB)) string {
	t.Helper()
	folder := t.TempDir()
	db, err := records.Open(t.Context(), records.Settings{Engine: sqlite.At(filepath.Join(folder, node.DataFile))})
	fine(t, err)
	defer func() { fine(t, db.Close()) }()
	c := campaigns.NewCampaign("Spring")
	c.Windows, c.Cooldown = rules.Always(), 0
	c, err = db.CreateCampaign(t.Context(), c, "mia")
	fine(t, err)
	c, err = db.SetStatus(t.Context(), c.ID, campaigns.Running, "mia")
	fine(t, err)
	l, err := db.CreateList(t.Context(), campaigns.List{Campaign: c.ID, Name: "l", Active: true})
	fine(t, err)
	load, err := db.BeginLoad(t.Context(), campaigns.Load{List: l.ID, Source: "l.csv", Policy: campaigns.SkipDuplicates})
	fine(t, err)
	_, err = db.AddContacts(t.Context(), load, []campaigns.Contact{{Name: "Xochitl", Row: 2, Phones: []campaigns.Phone{{Number: number, Zones: []string{"Europe/Madrid"}}}}}, campaigns.SkipDuplicates)
	fine(t, err)
	fine(t, db.EndLoad(t.Context(), load, campaigns.LoadCounts{Rows: 1, Added: 1}, ""))
	for _, f := range before {
		f(db)
	}
	people, err := db.Lease(t.Context(), c.ID, time.Now(), 1)
	fine(t, err)
	a := campaigns.NewAttempt(c, people[0], "", time.Now())
	fine(t, db.Begin(t.Context(), c, a))
	a.Outcome, a.EndedAt = campaigns.Connected, time.Now()
	fine(t, db.Finish(t.Context(), *a))
	return folder
}

func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// commanded runs the program and returns what it printed.
func commanded(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func TestAnExportIsCheckedAloneAndAPersonIsErasedAndNeverCalled(t *testing.T) {
	const number = "+34612345678"
	folder := calledHouse(t, number)
	file := filepath.Join(t.TempDir(), "spring.zip")
	out, err := commanded(t, "export", "--data", folder, "--evidence", file, "--campaign", "Spring")
	if err != nil || !strings.Contains(out, "the export is what was signed") {
		t.Fatalf("%v\n%s", err, out)
	}
	key, err := os.ReadFile(filepath.Join(folder, "evidence.pub"))
	fine(t, err)
	if out, err := commanded(t, "verify", file, "--key", strings.TrimSpace(string(key))); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	changed := swapped(t, file, "records.jsonl", `"outcome":"connected"`, `"outcome":"abandoned"`)
	out, err = commanded(t, "verify", changed)
	if !errors.Is(err, errTampered) || !strings.Contains(out, "FIRST BAD records.jsonl line ") || !strings.Contains(out, "(outcome 1)") {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err = commanded(t, "subject", "show", number, "--data", folder)
	if err != nil || !strings.Contains(out, "Xochitl") {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, err := commanded(t, "subject", "erase", number, "--data", folder, "--confirm", "+34612345679"); err == nil {
		t.Fatal("a person is erased though another number was typed to confirm")
	}
	out, err = commanded(t, "subject", "erase", number, "--data", folder, "--confirm", number)
	if err != nil || !strings.Contains(out, "erased:") {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, args := range [][]string{{"verify", "--data", folder}, {"verify", file}} {
		if out, err := commanded(t, args...); err != nil {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	out, err = commanded(t, "subject", "show", number, "--data", folder)
	if err != nil || strings.Contains(out, "Xochitl") || !strings.Contains(out, `"channel": "erasure"`) {
		t.Errorf("%v\n%s", err, out)
	}
	db, err := records.Open(t.Context(), records.Settings{Engine: sqlite.At(filepath.Join(folder, node.DataFile))})
	fine(t, err)
	defer func() { fine(t, db.Close()) }()
	a := &campaigns.Attempt{ID: "m", Campaign: 1, Number: number, Manual: true, Mode: campaigns.Preview, Zones: []string{"Europe/Madrid"}}
	c, err := db.Campaign(t.Context(), 1)
	fine(t, err)
	if _, refused := errors.AsType[*rules.Refusal](db.Begin(t.Context(), c, a)); !refused {
		t.Error("an erased person is called")
	}
}

func TestWhatWasLoosenedOfTheRulesStandsInEveryExport(t *testing.T) {
	folder := calledHouse(t, "+34612345678", func(db *records.DB) {
		for version, most := range []int{3, 5} {
			set, err := rules.ParseSet(fmt.Appendf(nil, "ruleset: {id: house, version: %d, reviewed_on: 2026-11-21}\nrules:\n"+
				"  - {id: house.cap, type: cap, max: %d, per: 24h, key: [called_number], cite: \"a law\", status: verified}\n", version+1, most))
			fine(t, err)
			_, err = db.Adopt(t.Context(), []*rules.Set{set}, campaigns.Adoption{By: "cora", ApprovedBy: "max", Reason: "summer"})
			fine(t, err)
		}
	})
	const says = "house@2 house.cap (asked for by cora, approved by max, "
	for _, format := range []string{"csv", "jsonl"} {
		out, err := commanded(t, "export", "--data", folder, "--format", format)
		if err != nil || !strings.Contains(out, "rules_loosened") || !strings.Contains(out, says) {
			t.Errorf("%s: %v\n%s", format, err, out)
		}
	}
	file := filepath.Join(t.TempDir(), "spring.zip")
	if out, err := commanded(t, "export", "--data", folder, "--evidence", file, "--campaign", "Spring"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	changed := swapped(t, file, evidence.LooseningsFile, `"approved_by":"max"`, `"approved_by":"eva"`)
	if out, err := commanded(t, "verify", changed); !errors.Is(err, errTampered) || !strings.Contains(out, evidence.LooseningsFile) {
		t.Errorf("another approved: %v\n%s", err, out)
	}
}

// swapped is a zip in which a text of one part is another.
func swapped(t *testing.T, file, part, old, put string) string {
	t.Helper()
	z, err := zip.OpenReader(file)
	fine(t, err)
	defer z.Close()
	path := filepath.Join(t.TempDir(), "changed.zip")
	f, err := os.Create(path)
	fine(t, err)
	w := zip.NewWriter(f)
	for _, p := range z.File {
		in, err := p.Open()
		fine(t, err)
		var text bytes.Buffer
		_, err = text.ReadFrom(in)
		fine(t, err)
		b := text.Bytes()
		if p.Name == part {
			if b = bytes.Replace(b, []byte(old), []byte(put), 1); bytes.Equal(b, text.Bytes()) {
				t.Fatalf("%s holds no %s", part, old)
			}
		}
		out, err := w.Create(p.Name)
		fine(t, err)
		_, err = out.Write(b)
		fine(t, err)
	}
	fine(t, w.Close())
	fine(t, f.Close())
	return path
}

func TestAnExportIsHeldAgainstTheCopiesOfAnotherFolder(t *testing.T) {
	folder, copies := calledHouse(t, "+34612345678"), t.TempDir()
	db, err := records.Open(t.Context(), records.Settings{Engine: sqlite.At(filepath.Join(folder, node.DataFile))})
	fine(t, err)
	clerk, err := keyring.Open(t.Context(), keyring.Settings{Folder: folder, CopyTo: copies, Ledger: db, Program: "test"})
	fine(t, err)
	_, err = clerk.Sign(t.Context())
	fine(t, errors.Join(err, db.Close()))
	file := filepath.Join(t.TempDir(), "all.zip")
	if out, err := commanded(t, "export", "--data", folder, "--evidence", file); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := commanded(t, "verify", file, "--copies", copies)
	if err != nil || !strings.Contains(out, "1 that were kept elsewhere") {
		t.Errorf("%v\n%s", err, out)
	}
	stranger := filepath.Join(t.TempDir(), "all.zip")
	if out, err := commanded(t, "export", "--data", calledHouse(t, "+34612345678"), "--evidence", stranger); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := commanded(t, "verify", stranger, "--copies", copies); !errors.Is(err, errTampered) {
		t.Errorf("a ledger that was written anew passes: %v\n%s", err, out)
	}
	for _, args := range [][]string{
		{"verify", file, "--copies", t.TempDir()}, {"verify", file, "--copies", filepath.Join(copies, "nowhere")}, {"verify", file, "--carrier-log", file},
	} {
		if out, err := commanded(t, args...); err == nil {
			t.Errorf("%v proves nothing and passes:\n%s", args, out)
		}
	}
}
