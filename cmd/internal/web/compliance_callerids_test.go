package web

import (
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func TestARightToACallerIDIsWrittenDownTriedAndEndedOnItsPage(t *testing.T) {
	h := newHouse(t)
	v := h.as(campaigns.Compliance)
	today := time.Now().UTC().Format(time.DateOnly)
	body := v.form("/compliance/caller-ids", 422, "number", "+34910000001", "holder", "", "contract", "C-1", "from", today)
	if !strings.Contains(body, "Say who holds the number") || !strings.Contains(body, `value="C-1"`) {
		t.Error("a form that is refused does not say why, or forgets what was typed")
	}
	v.form("/compliance/caller-ids", 303, "number", "+34 910 000 001", "holder", "Acme <b>SL</b>", "contract", "C-1", "from", today, "until", today)
	_, body = v.get("/compliance/caller-ids")
	for _, want := range []string{"34910000001", "Acme &lt;b&gt;SL", "right until", "not tried"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	expectNothingInline(t, body)
	v.form("/compliance/caller-ids/check", 303, "number", "+34910000001")
	if _, body = v.get("/compliance/caller-ids"); strings.Contains(body, "not tried") {
		t.Error("the test call is not shown")
	}
	v.form("/compliance/caller-ids/check", 404, "number", "+34910000002")
	rights, err := h.db.CallerRights(t.Context(), "")
	if err != nil || len(rights) != 1 {
		t.Fatalf("%v %v", rights, err)
	}
	v.form("/compliance/caller-ids/end", 422, "right", rights[0].ID, "why", " ")
	v.form("/compliance/caller-ids/end", 303, "right", rights[0].ID, "why", "the contract was cancelled")
	v.form("/compliance/caller-ids/end", 409, "right", rights[0].ID, "why", "twice")
	if _, body = v.get("/compliance/caller-ids"); !strings.Contains(body, "no right today") || !strings.Contains(body, "the contract was cancelled") {
		t.Error("the end is not shown")
	}
	if res, _ := h.as(campaigns.Supervisor).get("/compliance/caller-ids"); res.StatusCode != 403 {
		t.Errorf("a supervisor sees it: %d", res.StatusCode)
	}
}
