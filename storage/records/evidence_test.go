package records

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/storage/sqlite"
)

// exported makes an export and checks it by itself.
func exported(t *testing.T, db *DB, s evidence.Signer, sel evidence.Selection) ([]byte, evidence.Report) {
	t.Helper()
	checkpoint(t, db, s)
	keys, err := db.Keys(t.Context())
	must(t, err)
	var file bytes.Buffer
	w := evidence.NewWriter(&file, evidence.Manifest{MadeAt: time.Now(), By: "cora", Program: "test", Selection: sel, Keys: keys})
	must(t, db.WriteEvidence(t.Context(), sel, w))
	must(t, w.Close(s))
	return file.Bytes(), verified(t, file.Bytes(), s)
}

func verified(t *testing.T, file []byte, s evidence.Signer) evidence.Report {
	t.Helper()
	r, err := evidence.VerifyFile(t.Context(), bytes.NewReader(file), int64(len(file)), evidence.Known{Key: s.ID()})
	must(t, err)
	if !r.Clean() {
		t.Fatalf("the export does not verify: %v", r.Bad)
	}
	return r
}

func TestAnExportOfTheWholeLedgerHoldsEveryRecordAndVerifiesByItself(t *testing.T) {
	db := openTest(t)
	oneCalled(t, db)
	s, _ := signs(t, db)
	must(t, db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+34699999998"}))
	_, r := exported(t, db, s, evidence.Selection{})
	head, err := db.Head(t.Context())
	must(t, err)
	if r.Links != head.Seq || r.Records != head.Seq || r.Erased != 0 || !r.Pinned {
		t.Errorf("%d links, %d records, the ledger has %d: %v", r.Links, r.Records, head.Seq, r.Manifest.Counts)
	}
	for _, kind := range []string{kindAttempt, kindOutcome, kindDisposition, kindDoNotCall, kindAudit, kindRecording, kindEvents} {
		if r.Manifest.Counts[kind] == 0 {
			t.Errorf("no record of kind %s", kind)
		}
	}
}

func TestAnExportOfOnePersonShowsNobodyElse(t *testing.T) {
	db := openTest(t)
	c, _ := oneCalled(t, db)
	s, _ := signs(t, db)
	_, err := db.ImportDoNotCall(t.Context(), []campaigns.DoNotCall{{Number: "+34687654321", Name: "Other"}, {Number: "+34687654322", Name: "Third"}})
	must(t, err)
	file, r := exported(t, db, s, evidence.Selection{Number: herNumber})
	if r.Manifest.Counts[kindAttempt] != 1 || r.Manifest.Counts[kindDoNotCall] == 0 {
		t.Errorf("counts %v", r.Manifest.Counts)
	}
	text := unpacked(t, file)
	for _, other := range []string{"34687654321", "Other", "Third"} {
		if strings.Contains(text, other) {
			t.Errorf("the export of one person holds %q", other)
		}
	}
	if !strings.Contains(text, "34612345678") || !strings.Contains(text, herMark) {
		t.Error("the export of a person does not hold what is known of them")
	}
	if _, r = exported(t, db, s, evidence.Selection{Campaign: c.ID, CampaignName: c.Name}); r.Manifest.Counts[kindAttempt] != 2 {
		t.Errorf("counts of the campaign %v", r.Manifest.Counts)
	}
	if _, r = exported(t, db, s, evidence.Selection{From: time.Now().Add(time.Hour)}); r.Manifest.Counts[kindAttempt] != 0 {
		t.Errorf("counts of the future %v", r.Manifest.Counts)
	}
	if _, r = exported(t, db, s, evidence.Selection{To: time.Now().Add(time.Hour)}); r.Manifest.Counts[kindAttempt] != 2 {
		t.Errorf("counts of the past %v", r.Manifest.Counts)
	}
}

func TestExportsFromBeforeAndAfterAnErasureVerify(t *testing.T) {
	db := openTest(t)
	c, _ := oneCalled(t, db)
	s, _ := signs(t, db)
	old, _ := exported(t, db, s, evidence.Selection{})
	forget(t, db, herNumber)
	verified(t, old, s)
	file, r := exported(t, db, s, evidence.Selection{})
	if r.Erased < 4 || r.Manifest.Counts[kindErasure] != 1 {
		t.Errorf("%d records are erased, of %v", r.Erased, r.Manifest.Counts)
	}
	if text := unpacked(t, file); strings.Contains(text, herMark) || strings.Contains(text, herNumber[1:]) && strings.Count(text, herNumber[1:]) > 3 {
		t.Errorf("an erased person stands in a later export %d times", strings.Count(text, herNumber[1:]))
	}
	neverCalled(t, db, c)
}

func TestAnExportOfAFolderOfTheFirstVersionVerifies(t *testing.T) {
	db, err := Open(t.Context(), Settings{Engine: sqlite.At(oldStore(t))})
	must(t, err)
	defer func() { must(t, db.Close()) }()
	_, err = db.Recover(t.Context(), time.Now())
	must(t, err)
	s, _ := signs(t, db)
	_, r := exported(t, db, s, evidence.Selection{})
	head, err := db.Head(t.Context())
	must(t, err)
	if r.Records != head.Seq {
		t.Errorf("%d records of %d", r.Records, head.Seq)
	}
	for call, err := range db.Calls(t.Context(), campaigns.CallFilter{Limit: 1}) {
		must(t, err)
		forget(t, db, call.Number)
	}
	exported(t, db, s, evidence.Selection{})
}

// unpacked is all the text of an export.
func unpacked(t *testing.T, file []byte) string {
	t.Helper()
	var out strings.Builder
	for _, f := range zipFiles(t, file) {
		out.Write(f)
	}
	return out.String()
}

func TestColumnsOfAnExportAreThoseOfTheStore(t *testing.T) {
	for kind, want := range map[string][2]string{
		kindAttempt:   {attemptColumns, attemptMore},
		kindOutcome:   {outcomeColumns, outcomeMore},
		kindDoNotCall: {changeColumns, ""},
		kindConsent:   {consentPublic + ", " + consentPersonal, ""},
		kindRecording: {recordingColumns, ""},
		kindEvents:    {eventColumns, ""},
		kindErasure:   {"seq, at, by, basis, kind, counts", ""},
		kindAudit:     {"seq, at, kind, by, subject, detail", ""},
	} {
		shape, _ := shapeOf(kind)
		names := strings.FieldsFunc(want[0]+", "+want[1], func(r rune) bool { return strings.ContainsRune(", \n\t", r) })
		if len(names) != shape.width {
			t.Errorf("%s has %d columns, %d are read", kind, len(names), shape.width)
			continue
		}
		row := make([]any, len(names))
		for i, n := range names {
			row[i] = n
		}
		public, personal := split(row, shape.personal...)
		c, _ := evidence.ColumnsOf(kind)
		if shape.old > 0 && !slices.Equal(texts(row[:shape.old]), c.Old) || !slices.Equal(texts(public), c.Public) && kind != kindAudit || !slices.Equal(texts(personal), c.Personal) {
			t.Errorf("%s: %v and %v, the format says %v and %v", kind, public, personal, c.Public, c.Personal)
		}
	}
}

func texts(row []any) (out []string) {
	for _, v := range row {
		s, _ := v.(string)
		out = append(out, s)
	}
	return out
}

// loosened adopts hours and then wider ones, with a second person.
func loosened(t *testing.T, db *DB) {
	t.Helper()
	for version, hours := range []string{"09:00-20:00", "08:00-21:00"} {
		set, err := rules.ParseSet(fmt.Appendf(nil, "ruleset: {id: house, version: %d, reviewed_on: 2026-11-21}\nrules:\n"+
			"  - {id: house.hours, type: window, weekly: {mon-sun: [\"%s\"]}, cite: \"a law\", status: verified}\n", version+1, hours))
		must(t, err)
		_, err = db.Adopt(t.Context(), []*rules.Set{set}, campaigns.Adoption{By: "cora", ApprovedBy: "max", Reason: "<summer>"})
		must(t, err)
	}
}

func TestAnExportShowsWhatWasLoosenedOfTheRules(t *testing.T) {
	db := openTest(t)
	s, _ := signs(t, db)
	oneCalled(t, db)
	loosened(t, db)
	file, r := exported(t, db, s, evidence.Selection{Number: herNumber})
	want := "house@2 house.hours (asked for by cora, approved by max, " + time.Now().UTC().Format(time.DateOnly) + ": <summer>)"
	if !slices.Equal(r.Manifest.Loosened, []string{want}) {
		t.Errorf("the manifest says %q", r.Manifest.Loosened)
	}
	files := zipFiles(t, file)
	if page := html.UnescapeString(string(files[evidence.IndexFile])); !strings.Contains(page, want) {
		t.Errorf("the first page does not say so:\n%s", page)
	}
	var line campaigns.Loosening
	must(t, json.Unmarshal(files[evidence.LooseningsFile], &line))
	if line.ApprovedBy != "max" || len(line.Changes) != 1 || line.Changes[0].Rule != "house.hours" || line.Changes[0].Direction != rules.Loosened {
		t.Errorf("%+v", line)
	}
}
