package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func TestALoginGivesATokenThatWorksAsBearerAndAsCookie(t *testing.T) {
	h := newHouse(t).staff()
	res := caller{house: h}.send("POST", loginPath, map[string]string{"login": "manager", "password": password}).want(200)
	var a LoginAnswer
	res.into(&a)
	if a.User.Login != "manager" || a.User.Role != campaigns.Manager || len(a.User.Permissions) == 0 {
		t.Errorf("user %+v", a.User)
	}
	cookies := res.Cookies()
	if len(cookies) != 1 || cookies[0].Value != a.Token || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode {
		t.Fatalf("cookies %+v", cookies)
	}
	caller{h, a.Token}.send("GET", "/v1/me", nil).want(200)
	caller{house: h}.send("GET", "/v1/me", nil, "Cookie", cookies[0].Name+"="+a.Token).want(200)
	caller{house: h}.send("GET", "/v1/me", nil).fault(401, "not_logged_in")
	caller{h, a.Token + "x"}.send("GET", "/v1/me", nil).fault(401, "not_logged_in")
}

func TestAWrongLoginIsToldNothingAndASixthTryWaits(t *testing.T) {
	h := newHouse(t).staff()
	caller{house: h}.send("POST", loginPath, map[string]string{"login": "nobody", "password": password}).fault(401, "wrong_login")
	res := h.sixth("admin")
	res.fault(429, "login_wait")
	if res.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	h.login("manager") // the others are not locked
}

// sixth is the right password after five wrong ones. The first wait lasts a
// second from the fifth try: where one hash takes longer than that, on a machine
// that is busy, the wait is over by then, and it all begins anew.
func (h *house) sixth(login string) reply {
	h.Helper()
	for tries := 1; ; tries++ {
		var fifth time.Time
		for range 5 {
			fifth = time.Now()
			caller{house: h}.send("POST", loginPath, map[string]string{"login": login, "password": "wrong password!"}).fault(401, "wrong_login")
		}
		res := caller{house: h}.send("POST", loginPath, map[string]string{"login": login, "password": password})
		if res.StatusCode != http.StatusOK || time.Since(fifth) < time.Second || tries == 20 {
			return res
		}
	}
}

func TestALogoutEndsTheSessionForGood(t *testing.T) {
	h := newHouse(t).staff()
	c := h.as("agent")
	c.send("POST", "/v1/logout", nil).want(204)
	c.send("GET", "/v1/me", nil).fault(401, "not_logged_in")
}

func TestANewPasswordEndsEveryOtherSession(t *testing.T) {
	h := newHouse(t).staff()
	old, elsewhere := h.as("agent"), h.as("agent")
	old.send("POST", passwordPath, map[string]string{"old_password": "not the old one", "new_password": "a longer password"}).fault(401, "wrong_login")
	old.send("POST", passwordPath, map[string]string{"old_password": password, "new_password": "short"}).fault(422, "invalid_request")
	var a LoginAnswer
	old.send("POST", passwordPath, map[string]string{"old_password": password, "new_password": "a longer password"}).want(200).into(&a)
	caller{h, a.Token}.send("GET", "/v1/me", nil).want(200)
	for _, c := range []caller{old, elsewhere} {
		c.send("GET", "/v1/me", nil).fault(401, "not_logged_in")
	}
}

func TestADisabledUserIsOutAtOnce(t *testing.T) {
	h := newHouse(t).staff()
	admin, agent := h.as("admin"), h.as("agent")
	admin.send("PUT", "/v1/users/agent", map[string]any{"name": "A", "role": "agent", "disabled": true}).want(200)
	agent.send("GET", "/v1/me", nil).fault(401, "not_logged_in")
	caller{house: h}.send("POST", loginPath, map[string]string{"login": "agent", "password": password}).fault(401, "wrong_login")
	admin.send("PUT", "/v1/users/admin", map[string]any{"name": "A", "role": "agent"}).fault(409, "own_account")
}

func TestASessionFromBeforeTheLoginIsNotTheOneAfterIt(t *testing.T) {
	h := newHouse(t).staff()
	before := h.as("agent")
	res := caller{house: h}.send("POST", loginPath, map[string]string{"login": "agent", "password": password}, "Cookie", "forecall="+before.token).want(200)
	var a LoginAnswer
	res.into(&a)
	if a.Token == before.token {
		t.Error("the token was not rotated")
	}
	before.send("GET", "/v1/me", nil).fault(401, "not_logged_in")
	res = caller{house: h}.send("POST", loginPath, map[string]string{"login": "agent", "password": password}, "Cookie", "forecall=chosen-by-a-stranger").want(200)
	if strings.Contains(res.Header.Get("Set-Cookie"), "chosen-by-a-stranger") {
		t.Error("a token from outside was taken over")
	}
}

func TestAnotherSiteCannotPostWithOurCookie(t *testing.T) {
	h := newHouse(t).staff()
	c := h.as("agent")
	anonymous := caller{house: h}
	anonymous.send("POST", "/v1/logout", nil, "Cookie", "forecall="+c.token, "Sec-Fetch-Site", "cross-site").fault(403, "cross_origin")
	anonymous.send("POST", "/v1/logout", nil, "Cookie", "forecall="+c.token, "Origin", "https://evil.example").fault(403, "cross_origin")
	c.send("GET", "/v1/me", nil).want(200)
}

func TestEveryAnswerCarriesTheHeadersOfTheBaseline(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/v1/me", "/nothing", specPath} {
		res := caller{house: h}.send("GET", path, nil)
		for _, name := range []string{
			"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy",
			"Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Cache-Control",
		} {
			if res.Header.Get(name) == "" {
				t.Errorf("%s lacks %s", path, name)
			}
		}
	}
}

func TestALoginIsWrittenDown(t *testing.T) {
	h := newHouse(t).staff()
	h.login("manager")
	entries, err := h.db.AuditEntries(t.Context(), 0, 1000)
	h.must(err)
	last := entries[len(entries)-1]
	if last.Kind != "user.login" || last.By != "manager" || time.Since(last.At) > time.Hour {
		t.Errorf("last entry %+v", last)
	}
}
