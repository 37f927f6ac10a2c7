package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

// The table says who may use each route; the test asks the live server as
// everybody and as nobody.
func TestEveryRouteLetsInWhomTheTableSaysAndNobodyElse(t *testing.T) {
	h := newHouse(t).staff()
	callers := map[campaigns.Role]caller{"": {house: h}}
	for _, r := range campaigns.Roles() {
		callers[r] = h.as(string(r))
	}
	routes := h.api.routes
	if len(routes) < 40 {
		t.Fatalf("the table has %d routes", len(routes))
	}
	for _, rt := range routes {
		if rt.path == "/v1/logout" {
			continue // it would end the session that the walk uses
		}
		path := strings.NewReplacer("{attempt}", "019a0000-0000-7000-8000-000000000001", "{table}", "agents", "{file}", "none.wav", "{name}", "none", "{id}", "999999", "{login}", "nobody").Replace(rt.path)
		for role, c := range callers {
			status := c.status(rt.method, path)
			switch {
			case rt.need != public && role == "":
				expect(t, rt, role, status, status == http.StatusUnauthorized)
			case rt.need == public || rt.need == signedIn || role.May(campaigns.Permission(rt.need)):
				passed := status != http.StatusForbidden && (status != http.StatusUnauthorized || rt.path == passwordPath || rt.path == loginPath)
				expect(t, rt, role, status, passed && status < http.StatusInternalServerError && status != http.StatusMethodNotAllowed)
			default:
				expect(t, rt, role, status, status == http.StatusForbidden)
			}
		}
	}
}

func expect(t *testing.T, rt route, role campaigns.Role, status int, ok bool) {
	t.Helper()
	if !ok {
		t.Errorf("%s needs %q: role %q got %d", rt.pattern(), rt.need, role, status)
	}
}

// status asks without reading the answer, which may be a stream without end.
func (c caller) status(method, path string) int {
	c.Helper()
	req, err := http.NewRequestWithContext(c.Context(), method, c.url+path, http.NoBody)
	c.must(err)
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	c.must(err)
	c.must(res.Body.Close())
	return res.StatusCode
}

func TestAPatternOutsideTheTableCannotBeRegistered(t *testing.T) {
	h := newHouse(t)
	defer func() {
		if recover() == nil {
			t.Error("a route without an entry was registered")
		}
	}()
	newGuardedMux(h.api).HandleFunc("GET /v1/secret", func(http.ResponseWriter, *http.Request) {})
}

func TestAnEntryWithoutAHandlerIsAnError(t *testing.T) {
	h := newHouse(t)
	if err := newGuardedMux(h.api).complete(); err == nil {
		t.Error("no error")
	}
}
