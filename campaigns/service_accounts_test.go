package campaigns

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/argon2id"
)

// people is a store of users in memory.
type people struct {
	users map[string]User
	fail  error
	audit []AuditEntry
}

func (p *people) UserByLogin(_ context.Context, login string) (User, error) {
	if p.fail != nil {
		return User{}, p.fail
	}
	u, ok := p.users[login]
	if !ok {
		return User{}, ErrNotFound
	}
	return u, nil
}

func (p *people) Users(context.Context) ([]User, error) { return nil, p.fail }

func (p *people) PutUser(_ context.Context, u User) (User, error) {
	p.users[u.Login] = u
	return u, p.fail
}

func (p *people) AddAudit(_ context.Context, e AuditEntry) error {
	p.audit = append(p.audit, e)
	return nil
}

const rightPassword = "correct horse battery"

// accounts is a service with one agent, ana.
func accounts(t *testing.T) (*Accounts, *people) {
	t.Helper()
	store := &people{users: map[string]User{}}
	a, err := NewAccounts(store, store, "house")
	if err != nil {
		t.Fatal(err)
	}
	hash, err := a.hash(t.Context(), rightPassword)
	if err != nil {
		t.Fatal(err)
	}
	store.users["ana"] = User{ID: 1, Login: "ana", Role: Agent, PasswordHash: hash}
	return a, store
}

func code(err error) string {
	var p *Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

func TestPasswordsAreHashedAsTheBaselineAsks(t *testing.T) {
	_, store := accounts(t)
	p, _, key, err := argon2id.DecodeHash(store.users["ana"].PasswordHash)
	if err != nil || p.Memory < 19*1024 || p.Iterations < 2 || p.Parallelism != 1 || len(key) < 32 {
		t.Errorf("%+v, key of %d bytes: %v", p, len(key), err)
	}
	_, _, again, err := argon2id.DecodeHash(must(argon2id.CreateHash(rightPassword, hashParams)))
	if err != nil || string(again) == string(key) {
		t.Error("two hashes of one password are the same")
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestAnUnknownLoginCostsAHashLikeAKnownOne(t *testing.T) {
	a, _ := accounts(t)
	for range maxHashing { // nobody else can hash now
		a.slots <- struct{}{}
	}
	for _, login := range []string{"ana", "nobody"} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := a.Login(ctx, login, rightPassword, "::1"); !errors.Is(err, context.Canceled) {
			t.Errorf("%s was answered without a hash: %v", login, err)
		}
	}
}

func TestAFloodOfLoginsIsRefusedInsteadOfQueued(t *testing.T) {
	a, _ := accounts(t)
	for range cap(a.queue) {
		a.queue <- struct{}{}
	}
	if _, err := a.Login(t.Context(), "ana", rightPassword, "::1"); code(err) != "login_busy" {
		t.Errorf("error %v", err)
	}
	<-a.queue
	if _, err := a.Login(t.Context(), "ana", rightPassword, "::1"); err != nil {
		t.Errorf("after the flood: %v", err)
	}
}

func TestFailedLoginsWaitLongerAndLongerPerLoginAndPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := accounts(t)
		wrong := func(from string) string {
			_, err := a.Login(t.Context(), "ana", "wrong password", from)
			return code(err)
		}
		for range freeFailures {
			if got := wrong("::1"); got != "wrong_login" {
				t.Fatalf("a free try got %s", got)
			}
		}
		for _, wait := range []time.Duration{1, 2, 4, 8, 16} {
			if got := wrong("::1"); got != "login_wait" {
				t.Fatalf("before %d s: %s", wait, got)
			}
			time.Sleep(wait * time.Second)
			if got := wrong("::1"); got != "wrong_login" {
				t.Fatalf("after %d s: %s", wait, got)
			}
		}
		if got := wrong("192.0.2.1"); got != "wrong_login" {
			t.Errorf("another place is locked as well: %s", got)
		}
		if _, err := a.Login(t.Context(), "ana", rightPassword, "::1"); code(err) != "login_wait" {
			t.Errorf("the right password passes a lock: %v", err)
		}
		time.Sleep(longestWait)
		if _, err := a.Login(t.Context(), "ana", rightPassword, "::1"); err != nil {
			t.Errorf("after the wait: %v", err)
		}
		if got := wrong("::1"); got != "wrong_login" {
			t.Errorf("a login does not clear the count: %s", got)
		}
	})
}

func TestAQuietHourForgetsFailures(t *testing.T) {
	l, now := newLoginLock(), time.Now()
	for range 20 {
		now = now.Add(longestWait)
		if err := l.try("ana", "::1", now); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(forgetAfter + time.Second)
	for range freeFailures {
		if err := l.try("ana", "::1", now); err != nil {
			t.Errorf("after a quiet hour: %v", err)
		}
	}
}

func TestAFaultOfOursIsNotCountedAgainstTheUser(t *testing.T) {
	a, store := accounts(t)
	store.fail = errors.New("disk")
	for range 3 * freeFailures {
		if _, err := a.Login(t.Context(), "ana", rightPassword, "::1"); code(err) != "" {
			t.Fatalf("error %v", err)
		}
	}
	store.fail = nil
	if _, err := a.Login(t.Context(), "ana", rightPassword, "::1"); err != nil {
		t.Errorf("after the fault: %v", err)
	}
}

func TestInventedLoginsDoNotFillMemory(t *testing.T) {
	l, now := newLoginLock(), time.Now()
	for i := range maxFailing + 1000 {
		if err := l.try(fmt.Sprint(strings.Repeat("x", 1000), i), fmt.Sprint(i), now); err != nil {
			t.Fatal(err)
		}
	}
	if len(l.fails) > maxFailing {
		t.Errorf("%d pairs are remembered", len(l.fails))
	}
	for k := range l.fails {
		if len(k.login) > 64 {
			t.Fatalf("a login of %d bytes is remembered", len(k.login))
		}
	}
}

func TestPasswordsHaveALengthAndAnEnd(t *testing.T) {
	a, _ := accounts(t)
	for _, p := range []string{"", "eleven char", strings.Repeat("x", MaxPassword+1)} {
		if _, err := a.hash(t.Context(), p); code(err) != "password_length" {
			t.Errorf("%d characters: %v", len(p), err)
		}
	}
	if _, err := a.hash(t.Context(), "пароль пароль"); err != nil {
		t.Errorf("characters are counted as bytes: %v", err)
	}
	if _, err := a.Login(t.Context(), "ana", strings.Repeat("x", 10_000_000), "::1"); code(err) != "wrong_login" {
		t.Errorf("a password of 10 MB: %v", err)
	}
}

func TestWhoManagesUsersMayAndNobodyElse(t *testing.T) {
	a, store := accounts(t)
	in := Account{User: User{Login: "new", Role: Agent}, Password: rightPassword}
	for _, r := range Roles() {
		delete(store.users, "new")
		_, err := a.Create(t.Context(), User{Login: "x", Role: r}, in)
		if r.May(EditUsers) != (err == nil) || (err != nil && !errors.Is(err, ErrForbidden)) {
			t.Errorf("%s creates: %v", r, err)
		}
	}
}
