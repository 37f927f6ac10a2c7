package rules_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns/rules"
)

// rows reads testdata/preset_rows.txt: what stands for each row of the law.
func rows(t *testing.T) map[string][]rules.ID {
	t.Helper()
	text, err := os.ReadFile("testdata/preset_rows.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]rules.ID{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		row, list, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || out[row] != nil {
			t.Fatalf("line %q", line)
		}
		for id := range strings.FieldsSeq(list) {
			out[row] = append(out[row], rules.ID(id))
		}
	}
	return out
}

func TestEveryRowOfTheLawStandsInExactlyOnePreset(t *testing.T) {
	where := map[rules.ID][]string{}
	for _, s := range rules.Presets() {
		for _, r := range s.Rules {
			where[r.ID] = append(where[r.ID], s.ID)
		}
		for _, n := range s.Notes {
			where[n.ID] = append(where[n.ID], s.ID)
		}
	}
	listed := map[rules.ID]bool{}
	table := rows(t)
	for row, ids := range table {
		for _, id := range ids {
			if len(where[id]) != 1 {
				t.Errorf("%s: %s stands in %v, and should in one preset", row, id, where[id])
			}
			if listed[id] {
				t.Errorf("%s stands for two rows", id)
			}
			listed[id] = true
		}
	}
	for id, sets := range where {
		if !listed[id] {
			t.Errorf("%s of %v comes from no row of the law", id, sets)
		}
	}
	if len(table) != 80 {
		t.Errorf("%d rows are listed", len(table))
	}
}

func TestEveryPresetSaysWhereItComesFromAndHowSureItIs(t *testing.T) {
	ids := []string{}
	for _, s := range rules.Presets() {
		ids = append(ids, s.ID)
		if s.ReviewedOn != "2026-11-21" || s.ReviewedBy != "" || s.Title == "" || s.Version != 1 {
			t.Errorf("%s: %+v", s.ID, s.ReviewedOn)
		}
		if s.Optional != (s.ID == "us-strictest") {
			t.Errorf("%s: adopted by itself: %v", s.ID, !s.Optional)
		}
		for _, r := range s.Rules {
			if r.Cite == "" || r.Status == "" {
				t.Errorf("%s: %q, %q", r.ID, r.Cite, r.Status)
			}
			if !r.Status.Binds() && r.Note == "" {
				t.Errorf("%s refuses nobody and does not say why", r.ID)
			}
		}
		for _, n := range s.Notes {
			if n.Status == "" {
				t.Errorf("%s has no status", n.ID)
			}
		}
	}
	want := []string{"au", "ca", "de", "ee", "es", "eu", "fr", "general", "hu", "in", "it", "uk", "us-federal", "us-states", "us-strictest"}
	if !slices.Equal(ids, want) {
		t.Errorf("presets %v", ids)
	}
}

// grades are the rows whose only source is general knowledge (K), and those that
// relax or are no duty: no rule of them may refuse a call. Every other rule binds.
var grades = map[rules.ID]rules.Status{
	"uk.amd24": rules.Unverified, "uk.records": rules.Unverified, "hu.consent.auto": rules.Unverified, "ca.abandon": rules.Unverified, "in.hours": rules.Unverified,
	"es.code": rules.Unverified, // its range was not found, and it binds from 28 December 2026 only
	"us.rnd":  rules.Advisory, "uk.ofcom2010.rate": rules.Advisory, "uk.rate.formula": rules.Advisory, "ee.mobile": rules.Advisory, "es.li.record": rules.Advisory,
	"xc.recording": rules.Advisory,
}

// secondhand are the rules that were read in law firms' and vendors' papers only (S).
const secondhand = "us.tsr.abandon us.ring us.msg.tsr us.abandon.records us.regf.freq us.regf.freq.after us.me.freq us.al.hours us.ct.hours us.ky.hours us.la.hours " +
	"us.ma.hours us.mi.hours us.mn.hours us.ms.hours us.nv.hours us.nm.hours us.pa.holidays us.ri.holidays us.ut.holidays us.recording.disputed us.strictest.hours " +
	"uk.guard72 uk.cli uk.ring uk.msg es.cli.mobile fr.optin fr.cli.range de.consent it.rpo it.hours it.cli hu.consent ee.auto ca.abandon.def ca.abandon.records " +
	"au.cli au.dncr in.series in.series.service in.dlt"

func TestTheStatusOfARuleFollowsTheGradeOfItsSource(t *testing.T) {
	second := strings.Fields(secondhand)
	for _, s := range rules.Presets() {
		for _, r := range s.Rules {
			want := rules.Verified
			if grade, ok := grades[r.ID]; ok {
				want = grade
			} else if slices.Contains(second, string(r.ID)) {
				want = rules.Secondary
			}
			if r.Status != want {
				t.Errorf("%s is %s, its source makes it %s", r.ID, r.Status, want)
			}
		}
	}
}

func TestAllPresetsTogetherAreABook(t *testing.T) {
	b, err := rules.NewBook(rules.Presets(), rules.BuiltHolidays())
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Sets()) != len(rules.Presets()) || b.Hash() == [32]byte{} {
		t.Errorf("%d sets", len(b.Sets()))
	}
}
