package web

import (
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

func TestTheComplianceDeskIsADoorForThoseWhoMaySeeIt(t *testing.T) {
	h := newHouse(t)
	for _, role := range campaigns.Roles() {
		v := h.as(role)
		res, body := v.get("/compliance")
		may := role.May(campaigns.SeeCompliance)
		if want := map[bool]int{true: 200, false: 403}[may]; res.StatusCode != want {
			t.Errorf("%s: %d, want %d", role, res.StatusCode, want)
		}
		if may {
			expectNothingInline(t, body)
		}
		if may != strings.Contains(body, `href="/compliance"`) {
			t.Errorf("%s: the way to the desk is there: %t", role, !may)
		}
	}
}
