package api

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	exportworks "github.com/forecall/forecall/cmd/internal/exports"
	"github.com/forecall/forecall/storage/records"
)

// complianceOf is the services of the compliance desk over a store; files are
// written when a test lets its works run.
func complianceOf(t *testing.T, db *records.DB, recordings *campaigns.Recordings, log *slog.Logger) Compliance {
	t.Helper()
	works, err := exportworks.New(exportworks.Settings{Store: db, Folder: t.TempDir(), Log: log, Campaign: func(id int64) (campaigns.Campaign, bool) {
		c, err := db.Campaign(context.Background(), id)
		return c, err == nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return Compliance{
		Search: campaigns.NewCallSearcher(db, db), Exports: campaigns.NewExports(db, works), Dossiers: campaigns.NewDossiers(recordings, db, db),
		Refused: campaigns.NewRefusalDesk(db), Proof: proofOf(t, db),
	}
}

func TestASearchAndAFileOfCallsAreAskedForThroughTheAPI(t *testing.T) {
	h := newHouse(t).staff()
	c := h.as("compliance")
	search := map[string]any{"number": "nobody"}
	if r := c.send(http.MethodPost, "/v1/calls/search", search); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the calls of nobody: %d %s", r.StatusCode, r.body)
	}
	if r := c.send(http.MethodPost, "/v1/calls/search", map[string]any{"digits": "0001"}); r.StatusCode != http.StatusOK || !strings.Contains(string(r.body), `"count":0`) {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	if r := c.send(http.MethodPost, "/v1/exports", map[string]any{"search": search, "format": "csv", "reason": "r"}); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a file of the calls of nobody: %d %s", r.StatusCode, r.body)
	}
	r := c.send(http.MethodPost, "/v1/exports", map[string]any{"search": map[string]any{"number": "+34600000001"}, "format": "csv", "reason": "audit of May"})
	if r.StatusCode != http.StatusCreated || strings.Contains(string(r.body), "34600000001") {
		t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	entries, err := h.db.AuditPage(h.Context(), campaigns.AuditFilter{Kind: "calls."})
	h.must(err)
	if !slices.ContainsFunc(entries, func(e campaigns.AuditEntry) bool {
		return e.Kind == "calls.export" && strings.Contains(e.Detail, "audit of May")
	}) ||
		slices.ContainsFunc(entries, func(e campaigns.AuditEntry) bool { return strings.Contains(e.Detail, "34600000001") }) {
		t.Errorf("audit %+v", entries)
	}
	// Whose file it is not sees nothing of it, but for those who answer for the ledger.
	for who, want := range map[string]int{"manager": http.StatusNotFound, "admin": http.StatusOK, "supervisor": http.StatusForbidden, "agent": http.StatusForbidden} {
		if r := h.as(who).send(http.MethodGet, "/v1/exports/1", nil); r.StatusCode != want {
			t.Errorf("%s sees the file of another: %d, want %d", who, r.StatusCode, want)
		}
	}
	if r := c.send(http.MethodGet, "/v1/exports/1/file", nil); r.StatusCode != http.StatusConflict {
		t.Errorf("a file that is not there yet: %d %s", r.StatusCode, r.body)
	}
	if r := c.send(http.MethodPost, "/v1/exports/1/cancel", nil); r.StatusCode != http.StatusOK || !strings.Contains(string(r.body), `"cancelled"`) {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	q := "?from=" + time.Now().Add(-time.Hour).UTC().Format(time.RFC3339) + "&to=" + time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	if r := c.send(http.MethodGet, "/v1/refusals"+q, nil); r.StatusCode != http.StatusOK {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
	if r := c.send(http.MethodGet, "/v1/calls/nobody/dossier", nil); r.StatusCode != http.StatusNotFound {
		t.Errorf("%d %s", r.StatusCode, r.body)
	}
}
