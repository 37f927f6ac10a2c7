package api

import (
	"archive/zip"
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
	"github.com/forecall/forecall/cmd/internal/keyring"
	"github.com/forecall/forecall/storage/records"
)

// noFiles is a house without files.
type noFiles struct{}

func (noFiles) Remove(string) error                  { return nil }
func (noFiles) Forget(context.Context, string) error { return nil }

// proofOf is the services of proof over a store, with a key of their own.
func proofOf(t *testing.T, db *records.DB) campaigns.Proof {
	t.Helper()
	clerk, err := keyring.Open(t.Context(), keyring.Settings{Folder: t.TempDir(), Ledger: db, Program: "test"})
	if err != nil {
		t.Fatal(err)
	}
	keep := campaigns.NewRetention(db)
	return campaigns.Proof{
		Evidence:  campaigns.NewEvidenceDesk(db, clerk, db),
		Subjects:  campaigns.NewSubjects(db, noFiles{}, func(campaigns.DoNotCall) error { return nil }, keep, db),
		Retention: keep, Audit: campaigns.NewAuditTrail(db, db),
	}
}

func TestEvidenceIsFetchedAndVerifiesByItself(t *testing.T) {
	h := newHouse(t).staff()
	c := h.as("compliance")
	r := c.send(http.MethodPost, "/v1/evidence", EvidenceRequest{})
	if r.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	found, err := evidence.VerifyFile(t.Context(), bytes.NewReader(r.body), int64(len(r.body)), evidence.Known{})
	h.must(err)
	if !found.Clean() || found.Records == 0 || found.Manifest.By != "compliance" {
		t.Errorf("report %+v", found)
	}
	entries := c.send(http.MethodGet, "/v1/audit?kind=evidence.", nil)
	if !strings.Contains(string(entries.body), `"evidence.export"`) {
		t.Errorf("the export does not stand in the audit: %s", entries.body)
	}
}

func TestWhatIsNoNumberDoesNotTakeTheWholeLedgerAway(t *testing.T) {
	h := newHouse(t).staff()
	c := h.as("compliance")
	for _, number := range []string{"34600000001", "600000001", "+34 600 000 001", "nobody"} {
		if r := c.send(http.MethodPost, "/v1/evidence", EvidenceRequest{Number: number}); r.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("the evidence about %q: %d, %d octets", number, r.StatusCode, len(r.body))
		}
	}
}

func TestAPersonIsShownHeldAndErasedThroughTheAPI(t *testing.T) {
	h := newHouse(t).staff()
	c := h.as("compliance")
	const number = "+34600000001"
	asked := map[string]string{"number": number}
	_, err := h.db.AddChecks(h.Context(), []campaigns.NumberCheck{{Number: number, Check: "rnd", At: time.Now(), Answer: "disconnected since"}}, "compliance")
	h.must(err)
	if r := c.send(http.MethodPost, "/v1/subjects/find", asked); r.StatusCode != http.StatusOK || !strings.Contains(string(r.body), number) || !strings.Contains(string(r.body), "disconnected since") {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	r := c.send(http.MethodPost, "/v1/subjects/file", asked)
	z, err := zip.NewReader(bytes.NewReader(r.body), int64(len(r.body)))
	h.must(err)
	if len(z.File) != 2 || z.File[0].Name != "subject.json" || z.File[1].Name != "index.html" {
		t.Errorf("the file of a person holds %d parts", len(z.File))
	}
	if r = c.send(http.MethodPost, "/v1/holds", LegalHold{Scope: "number", Number: number, Reason: "lawsuit"}); r.StatusCode != http.StatusCreated {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	erase := map[string]string{"number": number, "basis": "objection", "confirm": number}
	if r = c.send(http.MethodPost, "/v1/subjects/erase", erase); !strings.Contains(string(r.body), `"restricted"`) {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	if r = c.send(http.MethodGet, "/v1/erasures", nil); !strings.Contains(string(r.body), number) {
		t.Errorf("what waits is not shown: %s", r.body)
	}
	if r = c.send(http.MethodPost, "/v1/holds/1/release", map[string]string{"why": "settled"}); r.StatusCode != http.StatusOK {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	if r = c.send(http.MethodGet, "/v1/erasures", nil); strings.Contains(string(r.body), number) || !strings.Contains(string(r.body), `"person"`) {
		t.Errorf("after the release: %s", r.body)
	}
	if r = c.send(http.MethodPost, "/v1/subjects/erase", map[string]string{"number": number, "basis": "objection", "confirm": "+34600000009"}); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a confirmation that differs: %d %s", r.StatusCode, r.body)
	}
	if r = c.send(http.MethodGet, "/v1/audit", nil); strings.Contains(string(r.body), number[1:]) {
		t.Error("the audit holds the number")
	}
}

func TestRetentionIsChangedThroughTheAPI(t *testing.T) {
	h := newHouse(t).staff()
	c := h.as("compliance")
	if r := c.send(http.MethodPut, "/v1/retention/recordings", map[string]int{"days": 30}); r.StatusCode >= 300 {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	if r := c.send(http.MethodPut, "/v1/retention/everything", map[string]int{"days": 30}); r.StatusCode != http.StatusNotFound {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	r := c.send(http.MethodGet, "/v1/retention", nil)
	if !strings.Contains(string(r.body), `"kind":"recordings","days":30,"default_days":90`) {
		t.Errorf("%s", r.body)
	}
}
