package session

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"github.com/forecall/forecall/campaigns"
)

// crew is a store of users in memory.
type crew map[int64]campaigns.User

func (c crew) User(_ context.Context, id int64) (campaigns.User, error) {
	u, ok := c[id]
	if !ok {
		return campaigns.User{}, campaigns.ErrNotFound
	}
	return u, nil
}

var (
	ana = campaigns.User{ID: 1, Login: "ana", Role: campaigns.Agent, PasswordHash: "a"}
	bob = campaigns.User{ID: 2, Login: "bob", Role: campaigns.Manager, PasswordHash: "b"}
)

func manager(secure bool) (*Manager, crew, *memstore.MemStore) {
	users := crew{1: ana, 2: bob}
	store := memstore.NewWithCleanupInterval(0) // no goroutine that the bubble would wait for
	return New(Settings{Store: store, Users: users, Secure: secure}), users, store
}

// begin logs a user in and returns the token and the cookie.
func begin(t *testing.T, m *Manager, u campaigns.User) (token string, cookie *http.Cookie) {
	t.Helper()
	w := httptest.NewRecorder()
	token, _, err := m.Begin(t.Context(), w, u)
	if err != nil {
		t.Fatal(err)
	}
	return token, w.Result().Cookies()[0]
}

// asks returns the login that a request with the token has, empty for nobody.
func asks(t *testing.T, m *Manager, token string) (login string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	m.Load(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		u, _ := From(r.Context())
		login = u.Login
	})).ServeHTTP(httptest.NewRecorder(), r)
	return login
}

func TestAManagerIsLoggedOutWhenIdleAndAnAgentAfterTheShift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _, _ := manager(false)
		idle, _ := begin(t, m, bob)
		busy, _ := begin(t, m, bob)
		agent, _ := begin(t, m, ana)
		for range 60 { // an hour in which the busy manager looks every minute
			time.Sleep(time.Minute)
			if asks(t, m, busy) != "bob" {
				t.Fatal("who is busy was logged out")
			}
		}
		if got := asks(t, m, idle); got != "" {
			t.Errorf("who was idle for an hour is still %q", got)
		}
		time.Sleep(10 * time.Hour)
		if asks(t, m, agent) != "ana" {
			t.Error("an agent was logged out within the shift")
		}
		time.Sleep(2 * time.Hour)
		if got := asks(t, m, agent); got != "" {
			t.Errorf("after the shift the agent is still %q", got)
		}
	})
}

func TestBusyOrNotASessionHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _, _ := manager(false)
		token, _ := begin(t, m, bob)
		for began := time.Now(); time.Since(began) < DefaultLifetime-time.Minute; time.Sleep(10 * time.Minute) {
			if asks(t, m, token) != "bob" {
				t.Fatalf("logged out after %s", time.Since(began))
			}
		}
		time.Sleep(10 * time.Minute)
		if got := asks(t, m, token); got != "" {
			t.Errorf("after the absolute limit: %q", got)
		}
	})
}

func TestTheCookieIsBoundToItsHost(t *testing.T) {
	m, _, _ := manager(true)
	_, c := begin(t, m, bob)
	if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %+v", c)
	}
	m, _, _ = manager(false)
	if _, c := begin(t, m, bob); c.Secure || strings.HasPrefix(c.Name, "__Host-") {
		t.Errorf("without TLS: %+v", c)
	}
}

func TestTheStoreHoldsNoTokenButKnowsTheUser(t *testing.T) {
	m, _, store := manager(false)
	token, _ := begin(t, m, bob)
	all, err := store.All()
	if err != nil || len(all) != 1 || len(token) < 43 {
		t.Fatalf("%d sessions, token of %d characters: %v", len(all), len(token), err)
	}
	for key, data := range all {
		if key == token || strings.Contains(string(data), token) {
			t.Error("the store holds the token")
		}
		if UserOf(data) != bob.ID {
			t.Errorf("user %d", UserOf(data))
		}
	}
	if UserOf([]byte("garbage")) != 0 {
		t.Error("garbage has a user")
	}
}

func TestARoleAndAPasswordHoldAtOnce(t *testing.T) {
	m, users, _ := manager(false)
	token, _ := begin(t, m, bob)
	changed := bob
	changed.Role = campaigns.Agent
	users[bob.ID] = changed
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	m.Load(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if u, _ := From(r.Context()); u.Role != campaigns.Agent {
			t.Errorf("role %s", u.Role)
		}
	})).ServeHTTP(httptest.NewRecorder(), r)
	changed.PasswordHash = "new"
	users[bob.ID] = changed
	if got := asks(t, m, token); got != "" {
		t.Errorf("after a new password: %q", got)
	}
	delete(users, bob.ID)
	if got := asks(t, m, token); got != "" {
		t.Errorf("after the user is gone: %q", got)
	}
}
