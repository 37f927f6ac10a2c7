package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

func TestAManagerCreatesChangesAndMovesACampaign(t *testing.T) {
	h := newHouse(t).staff()
	c := h.as("manager")
	var camp Campaign
	c.send("POST", "/v1/campaigns", map[string]any{
		"name": "Spring", "mode": "progressive", "ring_time": "30s", "windows": map[string][]string{"mon-sun": {"00:00-24:00"}},
		"retry": map[string]any{"busy": map[string]any{"delay": "10m", "max": 3}}, "caller_ids": []string{"+34910000000"},
		"dispositions": []map[string]any{{"code": "yes", "label": "Yes", "effect": "done"}},
	}).want(201).into(&camp)
	if camp.Status != campaigns.Draft || camp.Mode != campaigns.Progressive || camp.RingTime.String() != "30s" || camp.Cooldown.String() != "15m" {
		t.Errorf("campaign %+v", camp)
	}
	at := fmt.Sprintf("/v1/campaigns/%d", camp.ID)
	c.send("PATCH", at, map[string]any{"cap": 0.02, "wrap_up": "1m30s"}).want(200).into(&camp)
	if camp.Cap != 0.02 || camp.WrapUp.String() != "1m30s" || camp.Mode != campaigns.Progressive || camp.Retry["busy"].Max != 3 {
		t.Errorf("changed %+v", camp)
	}
	c.send("PATCH", at, map[string]any{"best_time": true, "ceiling": 0.85, "cancel": true}).want(200).into(&camp)
	if !camp.BestTime || camp.Ceiling != 0.85 || !camp.Cancel || camp.Cap != 0.02 {
		t.Errorf("changed %+v", camp)
	}
	c.send("PATCH", at, map[string]any{"ceiling": 0.3}).fault(422, "campaign_invalid")
	c.send("PATCH", at, map[string]any{"ring_time": "10s"}).fault(422, "campaign_invalid")
	c.send("PATCH", at, map[string]any{"windows": map[string][]string{"someday": {"00:00-24:00"}}}).fault(422, "windows_invalid")
	c.send("PATCH", at, map[string]any{"speed": 7}).fault(422, "invalid_request")
	c.send("POST", "/v1/campaigns", map[string]any{"name": "Spring"}).fault(409, "name_taken")

	c.send("POST", at+"/pause", nil).fault(409, "wrong_status")
	for _, step := range []struct {
		action string
		status campaigns.Status
	}{{"start", campaigns.Running}, {"start", campaigns.Running}, {"pause", campaigns.Paused}, {"start", campaigns.Running}, {"drain", campaigns.Draining}, {"stop", campaigns.Stopped}} {
		c.send("POST", at+"/"+step.action, nil).want(200).into(&camp)
		applied := h.floor.applied[len(h.floor.applied)-1]
		if camp.Status != step.status || applied.Status != step.status {
			t.Errorf("%s: campaign %s, floor %s", step.action, camp.Status, applied.Status)
		}
	}
}

func TestACampaignThatTheFloorCannotStartDoesNotShowAsRunning(t *testing.T) {
	h := newHouse(t).staff()
	c := h.as("manager")
	var camp Campaign
	c.send("POST", "/v1/campaigns", map[string]any{"name": "Spring"}).want(201).into(&camp)
	h.floor.fail = errors.New("no trunk")
	c.send("POST", fmt.Sprintf("/v1/campaigns/%d/start", camp.ID), nil).fault(500, "internal")
	stored, err := h.db.Campaign(t.Context(), camp.ID)
	h.must(err)
	if stored.Status != campaigns.Paused {
		t.Errorf("status %s", stored.Status)
	}
	contains(t, h.log.String(), "no trunk")
}

func TestWhyACampaignIsNotDialingIsAlwaysAnswered(t *testing.T) {
	h := newHouse(t).staff()
	camp, list := h.running("Spring")
	h.contact(camp, list, "Ana", "+34600111222")
	c := h.as("supervisor")
	at := fmt.Sprintf("/v1/campaigns/%d/why", camp.ID)
	var why Why
	c.send("GET", at, nil).want(200).into(&why)
	if why.Code != "running" || why.Floor != nil || why.Contacts.Total != 1 || why.Contacts.Leased != 1 {
		t.Errorf("why %+v", why)
	}
	h.floor.show(campaigns.FloorSnapshot{Campaigns: []campaigns.CampaignStatus{
		{ID: camp.ID, Name: "Spring", WhyCode: "no_agents", Why: "Nobody is signed in."},
	}})
	c.send("GET", at, nil).want(200).into(&why)
	if why.Code != "no_agents" || why.Why == "" || why.Floor == nil {
		t.Errorf("why %+v", why)
	}
	c.send("GET", "/v1/campaigns/99/why", nil).fault(404, "campaign_not_found")
}

func TestListsAreCreatedSwitchedAndRanked(t *testing.T) {
	h := newHouse(t).staff()
	camp, _ := h.running("Spring")
	c := h.as("manager")
	at := fmt.Sprintf("/v1/campaigns/%d/lists", camp.ID)
	var l campaigns.List
	c.send("POST", at, map[string]any{"name": "Gold", "priority": 5}).want(201).into(&l)
	c.send("POST", at, map[string]any{"name": "Gold"}).fault(409, "name_taken")
	c.send("PATCH", fmt.Sprintf("/v1/lists/%d", l.ID), map[string]any{"active": false, "priority": 9}).want(200).into(&l)
	if l.Active || l.Priority != 9 {
		t.Errorf("list %+v", l)
	}
	c.send("PATCH", "/v1/lists/77", map[string]any{"active": false}).fault(404, "list_not_found")
	var out struct{ Lists []campaigns.List }
	c.send("GET", at, nil).want(200).into(&out)
	if len(out.Lists) != 2 {
		t.Errorf("lists %+v", out.Lists)
	}
}

func TestTheDoNotCallListIsAddedToSearchedPagedAndReduced(t *testing.T) {
	h := newHouse(t).staff()
	c := h.as("compliance")
	for i := range 3 {
		c.send("POST", "/v1/do-not-call", map[string]any{"number": fmt.Sprintf("+3460011100%d", i), "reason": "asked"}).want(204)
	}
	c.send("POST", "/v1/do-not-call", map[string]any{"number": "+34600;maddr=1.2.3.4"}).fault(422, "invalid_request")
	var d campaigns.DoNotCall
	c.send("POST", "/v1/do-not-call/find", map[string]any{"number": "+34600111001"}).want(200).into(&d)
	if d.By != "compliance" || d.Channel != campaigns.ChannelAPI {
		t.Errorf("entry %+v", d)
	}
	var page struct {
		Entries []campaigns.DoNotCall
		Next    string
	}
	c.send("POST", "/v1/do-not-call/page", map[string]any{"limit": 2}).want(200).into(&page)
	if len(page.Entries) != 2 || page.Next == "" {
		t.Fatalf("page %+v", page)
	}
	c.send("POST", "/v1/do-not-call/page", map[string]any{"limit": 2, "after": page.Next}).want(200).into(&page)
	if len(page.Entries) != 1 {
		t.Errorf("second page %+v", page)
	}
	c.send("POST", "/v1/do-not-call/remove", map[string]any{"number": "+34600111001", "reason": "typed wrong"}).want(204)
	c.send("POST", "/v1/do-not-call/find", map[string]any{"number": "+34600111001"}).fault(404, "do_not_call_entry_not_found")
	c.send("POST", "/v1/do-not-call/remove", map[string]any{"number": "+34600111001", "reason": "again"}).fault(404, "do_not_call_entry_not_found")
	if got := len(h.floor.withdrawn); got != 3 {
		t.Errorf("%d numbers withdrawn", got)
	}
}

func TestTheCallLogIsPagedByCursorInBothDirections(t *testing.T) {
	h, c, u, camp, p := desk(t)
	list := campaigns.List{ID: p.List}
	var ids []string
	for i := range 5 {
		if i > 0 {
			p = h.contact(camp, list, "Ana", fmt.Sprintf("+3460011122%d", 3+i))
		}
		a := h.talk(u, camp, p)
		h.hangUp(u, a)
		c.send("POST", "/v1/agent/call/disposition", map[string]any{"code": "survey", "attempt_id": a.ID}, "Idempotency-Key", a.ID).want(200)
		ids = append(ids, a.ID)
	}
	h.hire("boss", campaigns.Manager)
	boss := h.as("boss")
	for _, newest := range []bool{false, true} {
		var seen []string
		for cursor := int64(0); ; {
			var out struct {
				Calls []Call
				Next  int64 `json:"next_cursor"`
			}
			boss.send("GET", fmt.Sprintf("/v1/calls?limit=2&newest=%t&cursor=%d", newest, cursor), nil).want(200).into(&out)
			for _, call := range out.Calls {
				seen = append(seen, call.ID)
			}
			if cursor = out.Next; cursor == 0 {
				break
			}
		}
		if newest {
			for i, j := 0, len(seen)-1; i < j; i, j = i+1, j-1 {
				seen[i], seen[j] = seen[j], seen[i]
			}
		}
		if strings.Join(seen, " ") != strings.Join(ids, " ") {
			t.Errorf("newest %t: saw %v, want %v", newest, seen, ids)
		}
	}
	var out struct{ Calls []Call }
	boss.send("GET", "/v1/calls?outcome=busy,no_answer", nil).want(200).into(&out)
	if len(out.Calls) != 0 {
		t.Errorf("%d busy calls", len(out.Calls))
	}
	boss.send("GET", "/v1/calls?outcome=exploded", nil).fault(422, "outcome_unknown")
	boss.send("GET", "/v1/calls?number=%2B34600111222", nil).fault(422, "invalid_request")
}

func TestUsersAreCreatedAndChangedByTheAdmin(t *testing.T) {
	h := newHouse(t).staff()
	c := h.as("admin")
	c.send("POST", "/v1/users", map[string]any{"login": "new", "name": "N", "role": "agent", "password": "too short"}).fault(422, "password_length")
	c.send("POST", "/v1/users", map[string]any{"login": "agent", "name": "N", "role": "agent", "password": password}).fault(409, "login_taken")
	c.send("POST", "/v1/users", map[string]any{"login": "new", "name": "N", "role": "agent", "password": password, "extension": "agent"}).fault(409, "extension_taken")
	res := c.send("POST", "/v1/users", map[string]any{"login": "new", "name": "N", "role": "agent", "password": password, "phone_secret": "s3cret", "extension": "200", "campaigns": []string{"A"}}).want(201)
	if strings.Contains(string(res.body), "s3cret") || strings.Contains(string(res.body), "argon2") {
		t.Errorf("a secret came back: %s", res.body)
	}
	c.send("PUT", "/v1/users/new", map[string]any{"name": "N2", "role": "supervisor", "extension": "200"}).want(200)
	u, err := h.db.UserByLogin(t.Context(), "new")
	h.must(err)
	if u.Role != campaigns.Supervisor || u.PhoneHA1 != campaigns.NewHA1("200", "forecall", "s3cret") || u.PasswordHash == "" {
		t.Errorf("user %+v", u)
	}
	c.send("PUT", "/v1/users/ghost", map[string]any{"name": "N2", "role": "agent"}).fault(404, "user_not_found")
}

func TestTheLedgerIsCheckedOnRequest(t *testing.T) {
	h := newHouse(t).staff()
	var f campaigns.Findings
	h.as("compliance").send("POST", "/v1/verify", nil).want(200).into(&f)
	if !f.Clean() || f.At.IsZero() {
		t.Errorf("findings %+v", f)
	}
}

func TestTheOpenAPIDocumentDescribesEveryRouteOfTheTable(t *testing.T) {
	h := newHouse(t)
	var doc struct {
		OpenAPI string                                `json:"openapi"`
		Paths   map[string]map[string]json.RawMessage `json:"paths"`
	}
	caller{house: h}.send("GET", specPath, nil).want(200).into(&doc)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("version %q", doc.OpenAPI)
	}
	for _, rt := range h.api.routes {
		if rt.path == specPath || rt.path == docsPath {
			continue
		}
		if _, ok := doc.Paths[rt.path][strings.ToLower(rt.method)]; !ok {
			t.Errorf("%s is not described", rt.pattern())
		}
	}
}

func TestTheDocumentationNeedsNothingFromElsewhere(t *testing.T) {
	h := newHouse(t)
	res := caller{house: h}.send("GET", docsPath, nil).want(200)
	contains(t, res.Header.Get("Content-Security-Policy"), "'sha256-")
	for _, bad := range []string{"https://", "http://", "//unpkg", "cdn"} {
		for _, attribute := range []string{`src="`, `href="`} {
			if strings.Contains(string(res.body), attribute+bad) {
				t.Errorf("the page loads from %s", bad)
			}
		}
	}
	caller{house: h}.send("GET", docsPath+"swagger-ui-bundle.js", nil).want(http.StatusOK)
}
