package campaigns

import (
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

func TestACallbackIsDueWhenThePersonMayBeCalled(t *testing.T) {
	w := must(rules.ParseWeek(map[string][]string{"mon-fri": {"09:00-20:00"}}))
	madrid := []string{"Europe/Madrid"}
	at := func(text string) time.Time { return must(time.Parse(time.RFC3339, text)) }
	for _, c := range []struct {
		name  string
		zones []string
		at    string
		due   string // empty = then
	}{
		{"inside the window there", madrid, "2026-11-23T09:30:00+01:00", ""},
		{"inside the window here, not there", madrid, "2026-11-23T09:30:00+05:00", "2026-11-23T09:00:00+01:00"},
		{"on a Sunday", madrid, "2026-11-22T12:00:00+01:00", "2026-11-23T09:00:00+01:00"},
		{"open in one of two zones", []string{"Europe/Madrid", "America/New_York"}, "2026-11-23T09:30:00+01:00", "2026-11-23T15:00:00+01:00"},
		{"no zone is known: the ledger decides at the dial", nil, "2026-11-22T12:00:00Z", ""},
	} {
		want, open := at(c.at), c.due == ""
		if !open {
			want = at(c.due)
		}
		if due, got := callable(w, c.zones, at(c.at)); got != open || !due.Equal(want) {
			t.Errorf("%s: %s, open %t, want %s", c.name, due, got, want)
		}
	}
}

func TestAWallboardShowsTheLastDigitsOfANumber(t *testing.T) {
	for number, want := range map[string]string{"+34600111222": "…222", "": "", "+112": "+112"} {
		if got := Mask(number); got != want {
			t.Errorf("%q as %q, want %q", number, got, want)
		}
	}
}

func TestEveryPermissionBelongsToSomebody(t *testing.T) {
	held := map[Permission]bool{}
	for _, r := range Roles() {
		for _, p := range r.Permissions() {
			held[p] = true
			if !r.May(p) {
				t.Errorf("%s lists %s and may not", r, p)
			}
		}
	}
	for _, p := range []Permission{
		DoCalls, SeeFloor, SteerAgents, SeeCampaigns, EditCampaigns, StartCampaigns, ImportLists, ExportCalls,
		SeeDoNotCall, AddDoNotCall, RemoveDoNotCall, EditUsers, SeeLedger, SeeSystem, AckClock,
	} {
		if !held[p] {
			t.Errorf("nobody holds %s", p)
		}
	}
}
