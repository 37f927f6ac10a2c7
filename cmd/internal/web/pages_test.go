package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/forecall/forecall/campaigns"
)

func TestALoginLeadsToThePageOfTheRoleAndALogoutBack(t *testing.T) {
	h := newHouse(t)
	v := h.visitor()
	if res, _ := v.get("/live"); res.StatusCode != 303 || res.Header.Get("Location") != "/login" {
		t.Errorf("unknown on /live: %d %s", res.StatusCode, res.Header.Get("Location"))
	}
	res, body := v.post("/login", url.Values{"login": {"manager<b>"}, "password": {"wrong password"}})
	if res.StatusCode != 401 || !strings.Contains(body, "Login or password is wrong.") || strings.Contains(body, "manager<b>") {
		t.Errorf("wrong login: %d %s", res.StatusCode, body)
	}
	boss := h.as(campaigns.Manager)
	for role, start := range map[campaigns.Role]string{
		campaigns.Agent: "/desk", campaigns.Supervisor: "/live", campaigns.Manager: "/campaigns", campaigns.Compliance: "/compliance", campaigns.Admin: "/office",
	} {
		if res, _ := h.as(role).get("/"); res.Header.Get("Location") != start {
			t.Errorf("a %s is led to %q, want %q", role, res.Header.Get("Location"), start)
		}
	}
	if res, body := boss.get("/live"); res.StatusCode != 200 || !strings.Contains(body, "No campaign is on the floor") {
		t.Errorf("/live: %d %s", res.StatusCode, body)
	}
	if res, _ := boss.get("/login"); res.StatusCode != 303 {
		t.Errorf("who is logged in gets a login form: %d", res.StatusCode)
	}
	if res, _ := boss.post("/logout", nil); res.StatusCode != 303 {
		t.Errorf("logout: %d", res.StatusCode)
	}
	if res, _ := boss.get("/live"); res.StatusCode != 303 {
		t.Errorf("after the logout: %d", res.StatusCode)
	}
}

func TestEveryPageLetsInWhomItsTableSays(t *testing.T) {
	h := newHouse(t)
	visitors := map[campaigns.Role]visitor{"": h.visitor()}
	for _, r := range campaigns.Roles() {
		visitors[r] = h.as(r)
	}
	for _, line := range h.pages.table {
		if line.path == "/logout" {
			continue
		}
		if line.path == "/" {
			line.path = "/nothing"
		}
		path := strings.NewReplacer("{$}", "", "{id}", "77", "{action}", "start", "{name}", "forecall.css").Replace(line.path)
		for role, v := range visitors {
			var res *http.Response
			if line.method == "GET" {
				res, _ = v.get(path)
			} else {
				res, _ = v.post(path, nil)
			}
			sentToLogin := res.StatusCode == 303 && res.Header.Get("Location") == "/login"
			switch {
			case line.need != public && role == "":
				if !sentToLogin {
					t.Errorf("%s %s as nobody: %d", line.method, path, res.StatusCode)
				}
			case line.need == public || line.need == signedIn || role.May(campaigns.Permission(line.need)):
				if sentToLogin || res.StatusCode == 403 || res.StatusCode >= 500 {
					t.Errorf("%s %s as %s: %d", line.method, path, role, res.StatusCode)
				}
			default:
				if res.StatusCode != 403 {
					t.Errorf("%s %s as %s: %d, want 403", line.method, path, role, res.StatusCode)
				}
			}
		}
	}
}

func TestHostileNamesAreTextOnTheFirstSight(t *testing.T) {
	h := newHouse(t)
	h.stage.show(hostileFloor(strings.Repeat("x", 100_000)))
	_, body := h.as(campaigns.Manager).get("/live")
	if strings.Contains(body, "argon2") || len(body) > 100_000 {
		t.Errorf("%d bytes", len(body))
	}
	expectNothingInline(t, body)
	if n := strings.Count(body, "&lt;script&gt;document.title"); n < 4 {
		t.Errorf("the name stands %d times on the page", n)
	}
}

// expectNothingInline reads a page as a browser does: what people wrote must
// not have become an element, an attribute or a script.
func expectNothingInline(t *testing.T, body string) {
	t.Helper()
	inScript := false
	for z := html.NewTokenizer(strings.NewReader(body)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			return
		}
		token := z.Token()
		if inScript && kind == html.TextToken {
			t.Errorf("a script holds %q", token.Data)
		}
		inScript = kind == html.StartTagToken && token.Data == "script"
		if token.Data == "img" || token.Data == "style" || token.Data == "iframe" {
			t.Errorf("there is %s", token)
		}
		for _, a := range token.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.Contains(a.Val, "javascript:") {
				t.Errorf("%s has %s", token.Data, a.Key)
			}
		}
	}
}

func TestAManagerPausesACampaignFromThePageAndOthersHaveNoButton(t *testing.T) {
	h := newHouse(t)
	c, err := h.db.CreateCampaign(t.Context(), campaigns.NewCampaign("Spring"), "test")
	h.must(err)
	c, err = h.db.SetStatus(t.Context(), c.ID, campaigns.Running, "test")
	h.must(err)
	h.stage.show(campaigns.FloorSnapshot{Campaigns: []campaigns.CampaignStatus{{ID: c.ID, Name: c.Name, Status: c.Status, Mode: c.Mode}}})
	boss := h.as(campaigns.Manager)
	if res, _ := boss.post("/campaigns/"+strconv.FormatInt(c.ID, 10)+"/pause", nil); res.StatusCode != 303 {
		t.Errorf("pause: %d", res.StatusCode)
	}
	stored, err := h.db.Campaign(t.Context(), c.ID)
	h.must(err)
	if stored.Status != campaigns.Paused || len(h.stage.applied) != 1 {
		t.Errorf("status %s, applied %d times", stored.Status, len(h.stage.applied))
	}
	if res, body := boss.post("/campaigns/77/pause", nil); res.StatusCode != 404 || !strings.Contains(body, "no such campaign") {
		t.Errorf("no campaign: %d", res.StatusCode)
	}
	if res, _ := boss.post("/campaigns/1/explode", nil); res.StatusCode != 404 {
		t.Errorf("no action: %d", res.StatusCode)
	}
	if _, body := h.as(campaigns.Supervisor).get("/live"); strings.Contains(body, "/pause\"") {
		t.Error("a supervisor has a button to pause")
	}
}

func TestFilesMayBeKeptOnlyUnderTheNameOfTheirContent(t *testing.T) {
	h := newHouse(t)
	url, err := h.pages.static.url("live.js")
	h.must(err)
	v := h.visitor()
	if res, _ := v.get(url); !strings.Contains(res.Header.Get("Cache-Control"), "immutable") || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/javascript") {
		t.Errorf("%v", res.Header)
	}
	if res, _ := v.get("/static/live.js"); strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("%v", res.Header)
	}
	if res, _ := v.get("/static/nothing.js"); res.StatusCode != 404 {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestTimesAndSharesAreWrittenForPeople(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0:00", 7 * time.Second: "0:07", 750 * time.Second: "12:30", 3723 * time.Second: "1:02:03",
	} {
		if got := elapsed(d); got != want {
			t.Errorf("%s as %q, want %q", d, got, want)
		}
	}
	if share(0.03, 0.03) != 100 || share(1, 0.03) != scale || share(0.1, 0) != 0 {
		t.Error("the bar does not show the share under its cap")
	}
}

// hostileFloor is a floor where every name is hostile.
func hostileFloor(more ...string) campaigns.FloorSnapshot {
	var f campaigns.FloorSnapshot
	for i, name := range append(append([]string{}, hostile...), more...) {
		since, id := time.Now().Add(-time.Duration(i)*time.Minute), strconv.Itoa(i)
		f.Campaigns = append(f.Campaigns, campaigns.CampaignStatus{
			ID: int64(i + 1), Name: name, Status: campaigns.Running, Mode: campaigns.Predictive, Cap: 0.03, Why: name,
		})
		f.Agents = append(f.Agents, campaigns.AgentStatus{Agent: int64(i + 1), Name: name, Login: name, State: campaigns.AgentPaused, Reason: name, Since: since, Campaign: name})
		f.Calls = append(f.Calls, campaigns.AirCall{Attempt: "c" + id, Campaign: name, Contact: name, Number: "+34600111222", State: "ringing", Since: since, Agent: name})
		f.Last = append(f.Last, campaigns.EndedCall{Attempt: "e" + id, Campaign: name, Contact: name, Number: "+34600111222", Outcome: campaigns.Busy, At: since, Agent: name})
	}
	return f
}
