package session

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/forecall/forecall/campaigns"
)

// Limits that New sets for fields left zero.
const (
	DefaultIdle     = 30 * time.Minute
	DefaultLifetime = 12 * time.Hour
)

// touchEvery is how stale the last-seen time of a session may be: a write per
// minute and session, not per request.
const touchEvery = time.Minute

// Users finds the user of a session.
type Users interface {
	User(ctx context.Context, id int64) (campaigns.User, error)
}

// Settings of the sessions.
type Settings struct {
	Store    scs.Store
	Users    Users
	Secure   bool          // served over TLS: __Host- cookie
	Idle     time.Duration // without a request, after which all but agents are logged out
	Lifetime time.Duration // from login, a shift
}

// Manager begins, finds and ends sessions.
type Manager struct {
	scs      *scs.SessionManager
	users    Users
	idle     time.Duration
	lifetime time.Duration
}

// New returns a manager; it panics without a store or users, which is a fault
// of the wiring.
func New(s Settings) *Manager {
	if s.Store == nil || s.Users == nil {
		panic("session: a store and users are needed")
	}
	m := &Manager{users: s.Users, idle: s.Idle, lifetime: s.Lifetime}
	if m.idle <= 0 {
		m.idle = DefaultIdle
	}
	if m.lifetime <= 0 {
		m.lifetime = DefaultLifetime
	}
	// Not scs.New: it starts the clean-up of a store in memory that nobody can stop.
	m.scs = &scs.SessionManager{
		Store: s.Store, Lifetime: m.lifetime, HashTokenInStore: true, Codec: scs.GobCodec{},
		Cookie: scs.SessionCookie{Name: "forecall", Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode},
	}
	if s.Secure {
		m.scs.Cookie.Name, m.scs.Cookie.Secure = "__Host-forecall", true // RFC 6265bis section 4.1.3.2
	}
	return m
}

// The keys of a session's values.
const (
	keyUser  = "user"  // id
	keyStamp = "stamp" // of the password hash
	keySeen  = "seen"  // Unix seconds of the last request that was written down
)

// UserOf finds the user in a session's data as a store holds it, 0 for nobody:
// for stores that end all sessions of a user.
func UserOf(data []byte) int64 {
	_, values, err := scs.GobCodec{}.Decode(data)
	if err != nil {
		return 0
	}
	id, _ := values[keyUser].(int64)
	return id
}

type contextKey struct{}

// visit is what a request carries of its session.
type visit struct {
	user  campaigns.User
	token string
}

// From returns the user whose session the request has.
func From(ctx context.Context) (campaigns.User, bool) {
	v, ok := ctx.Value(contextKey{}).(visit)
	return v.user, ok
}

// Load finds the session of each request and hands it on; a request without a
// valid one goes on as nobody's.
func (m *Manager) Load(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := m.token(r)
		if token == "" {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Add("Vary", "Cookie, Authorization")
		u, err := m.check(r.Context(), token)
		switch {
		case err == nil:
			ctx := context.WithValue(r.Context(), contextKey{}, visit{user: u, token: token})
			next.ServeHTTP(w, r.WithContext(ctx))
		case errors.Is(err, errNobody):
			next.ServeHTTP(w, r)
		default:
			panic(fmt.Errorf("find the session of a request: %w", err))
		}
	})
}

// token reads the token of a request: the header of a program before the
// cookie of a browser.
func (m *Manager) token(r *http.Request) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	if c, err := r.Cookie(m.scs.Cookie.Name); err == nil {
		return c.Value
	}
	return ""
}

// errNobody marks a token that stands for nobody, any more or ever.
var errNobody = errors.New("no session")

// check returns the user of a token whose session is valid now.
func (m *Manager) check(ctx context.Context, token string) (campaigns.User, error) {
	ctx, err := m.scs.Load(ctx, token)
	if err != nil {
		return campaigns.User{}, err
	}
	id, _ := m.scs.Get(ctx, keyUser).(int64)
	if id == 0 {
		return campaigns.User{}, errNobody
	}
	u, err := m.users.User(ctx, id)
	if errors.Is(err, campaigns.ErrNotFound) {
		return campaigns.User{}, errNobody
	}
	if err != nil {
		return campaigns.User{}, err
	}
	quiet := time.Since(time.Unix(m.scs.GetInt64(ctx, keySeen), 0))
	if u.Disabled || !bytes.Equal(m.scs.GetBytes(ctx, keyStamp), stamp(u)) || quiet > m.idleFor(u) {
		return campaigns.User{}, errors.Join(errNobody, m.scs.Destroy(ctx))
	}
	if quiet >= touchEvery {
		m.scs.Put(ctx, keySeen, time.Now().Unix())
		if _, _, err := m.scs.Commit(ctx); err != nil {
			return campaigns.User{}, fmt.Errorf("touch the session: %w", err)
		}
	}
	return u, nil
}

// idleFor is how long a user may be quiet: an agent talks for a shift without
// touching the page.
func (m *Manager) idleFor(u campaigns.User) time.Duration {
	if u.Role == campaigns.Agent {
		return m.lifetime
	}
	return m.idle
}

// Alive asks again whether the session of a long request is still valid, and
// returns its user as stored now.
func (m *Manager) Alive(ctx context.Context) (campaigns.User, bool) {
	v, ok := ctx.Value(contextKey{}).(visit)
	if !ok {
		return campaigns.User{}, false
	}
	u, err := m.check(ctx, v.token)
	return u, err == nil
}

// Begin starts a session for a user who has just proved who they are, with a
// token that was never used before, and sets the cookie. A session that the
// request had before ends.
func (m *Manager) Begin(ctx context.Context, w http.ResponseWriter, u campaigns.User) (token string, expires time.Time, err error) {
	if v, ok := ctx.Value(contextKey{}).(visit); ok {
		if err := m.destroy(ctx, v.token); err != nil {
			return "", time.Time{}, err
		}
	}
	ctx, err = m.scs.Load(ctx, "")
	if err != nil {
		return "", time.Time{}, fmt.Errorf("begin a session: %w", err)
	}
	m.scs.Put(ctx, keyUser, u.ID)
	m.scs.Put(ctx, keyStamp, stamp(u))
	m.scs.Put(ctx, keySeen, time.Now().Unix())
	token, expires, err = m.scs.Commit(ctx)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("store a session: %w", err)
	}
	m.scs.WriteSessionCookie(ctx, w, token, expires)
	return token, expires, nil
}

// End ends the session of a request and takes the cookie back.
func (m *Manager) End(ctx context.Context, w http.ResponseWriter) error {
	if v, ok := ctx.Value(contextKey{}).(visit); ok {
		if err := m.destroy(ctx, v.token); err != nil {
			return err
		}
	}
	m.scs.WriteSessionCookie(ctx, w, "", time.Time{})
	return nil
}

func (m *Manager) destroy(ctx context.Context, token string) error {
	ctx, err := m.scs.Load(ctx, token)
	if err != nil {
		return fmt.Errorf("load the session to end: %w", err)
	}
	if err := m.scs.Destroy(ctx); err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}

// stamp changes with the password, so that old sessions end with it.
func stamp(u campaigns.User) []byte {
	sum := sha256.Sum256([]byte(u.PasswordHash))
	return sum[:8]
}
