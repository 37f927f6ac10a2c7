package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func TestTheCallLogIsExportedWholeAndWrittenDown(t *testing.T) {
	h, c, u, camp, p := desk(t)
	a := h.talk(u, camp, p)
	h.hangUp(u, a)
	c.send("POST", "/v1/agent/call/disposition", map[string]any{"code": "sale", "attempt_id": a.ID, "note": "=cmd()",
		"sale": map[string]any{"currency": "EUR", "lines": []map[string]any{{"product": "Fibre", "quantity": 2, "unit_price": 1995}}}}, "Idempotency-Key", "k").want(200)
	h.hire("boss", campaigns.Manager)
	boss := h.as("boss")

	res := boss.send("GET", "/v1/calls/export", nil).want(200)
	contains(t, res.Header.Get("Content-Disposition"), `filename="calls.csv"`)
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(res.body), "\ufeff"))).ReadAll()
	h.must(err)
	if len(records) != 2 {
		t.Fatalf("%d lines", len(records))
	}
	all := strings.Join(records[1], "|")
	contains(t, all, a.ID)
	contains(t, all, "|'+34600111222|")
	if strings.Contains(all, "|=cmd()") {
		t.Errorf("a formula went out: %s", all)
	}
	contains(t, string(boss.send("GET", "/v1/calls/export?raw=true", nil).want(200).body), ",+34600111222,")

	res = boss.send("GET", "/v1/calls/export?format=jsonl", nil).want(200)
	var line map[string]any
	h.must(json.Unmarshal(res.body, &line))
	if line["attempt_id"] != a.ID {
		t.Errorf("line %v", line)
	}
	contains(t, string(boss.send("GET", "/v1/calls/export?what=sales", nil).want(200).body), "Fibre")
	boss.send("GET", "/v1/calls/export?what=sales&format=jsonl", nil).fault(422, "format_invalid")
	boss.send("GET", "/v1/calls/export?outcome=busy", nil).want(200)

	entries, err := h.db.AuditEntries(t.Context(), 0, 1000)
	h.must(err)
	if last := entries[len(entries)-1]; last.Kind != "calls.export" || last.By != "boss" {
		t.Errorf("last entry %+v", last)
	}
}

func TestWorkThatTakesLongerThanItsRequestWasAllowedIsNotCutOff(t *testing.T) {
	const allowed = 200 * time.Millisecond
	h := newHouse(t, func(s *Settings, server *http.Server) {
		s.BodyTimeout, server.ReadTimeout, server.WriteTimeout = allowed, allowed, allowed
	})
	h.running("Spring")
	h.hire("ana", campaigns.Agent, "Spring")
	c := h.as("ana")
	h.floor.ringing = 4 * allowed
	for _, body := range []any{nil, map[string]any{}} {
		res := c.send("POST", "/v1/agent/sign-in", body, "Connection", "close")
		if res.StatusCode != http.StatusOK {
			t.Errorf("with body %v: %d %s", body, res.StatusCode, res.body)
		}
	}
}

// ring waits like the phone of an agent who is slow to pick up.
func ring(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
