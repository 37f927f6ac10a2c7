package campaigns

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
)

// UserStore keeps who may log in. UserByLogin answers ErrNotFound for a login
// that does not exist.
type UserStore interface {
	UserByLogin(ctx context.Context, login string) (User, error)
	Users(ctx context.Context) ([]User, error)
	PutUser(ctx context.Context, u User) (User, error)
}

// Auditor writes down what must be provable.
type Auditor interface {
	AddAudit(ctx context.Context, e AuditEntry) error
}

// Passwords: at least this many characters, and not more than a hash should
// ever be fed with.
const (
	MinPassword = 12
	MaxPassword = 256
)

// hashParams is the least that OWASP advises for Argon2id: 19 MiB, two passes,
// one lane.
var hashParams = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// Limits of hashing: each hash takes 19 MiB and tens of milliseconds of a
// core that also carries calls, so two run and few wait.
const (
	maxHashing = 2
	maxWaiting = 64
)

// ErrLogin is the one answer to a wrong login, a wrong password and a disabled user.
var ErrLogin = problem(KindUnknown, "wrong_login", "Login or password is wrong.")

// Accounts knows who may log in, and lets nobody guess.
type Accounts struct {
	store UserStore
	audit Auditor
	realm string // of the phones' digests
	lock  *loginLock
	slots chan struct{} // hashes that run
	queue chan struct{} // hashes that run or wait
	decoy string        // hash that unknown logins are compared with, so that they take as long
}

// NewAccounts returns the service over a store, for phones that digest their
// secrets with a realm. It fails only without a source of randomness.
func NewAccounts(store UserStore, audit Auditor, realm string) (*Accounts, error) {
	decoy, err := argon2id.CreateHash(rand.Text(), hashParams)
	if err != nil {
		return nil, fmt.Errorf("draw the decoy hash: %w", err)
	}
	return &Accounts{
		store: store, audit: audit, realm: realm, lock: newLoginLock(), decoy: decoy,
		slots: make(chan struct{}, maxHashing), queue: make(chan struct{}, maxHashing+maxWaiting),
	}, nil
}

// Login returns the user whose password it is. From is where the request came
// from (an IP address): failures are counted per login and place, and each one
// past the fifth doubles the wait. Unknown users cost the same time as known ones.
func (a *Accounts) Login(ctx context.Context, login, password, from string) (User, error) {
	if err := a.lock.try(login, from, time.Now()); err != nil {
		return User{}, err
	}
	u, err := a.store.UserByLogin(ctx, login)
	known := err == nil && !u.Disabled && u.PasswordHash != ""
	if err != nil && !errors.Is(err, ErrNotFound) {
		a.lock.refund(login, from)
		return User{}, fmt.Errorf("find the user who logs in: %w", err)
	}
	hash := a.decoy
	if known {
		hash = u.PasswordHash
	}
	match, err := a.matches(ctx, password, hash)
	if err != nil {
		a.lock.refund(login, from)
		return User{}, err
	}
	if !match || !known {
		return User{}, ErrLogin
	}
	a.lock.forget(login, from)
	return u, a.note(ctx, "user.login", u, u, "")
}

// note writes down who did what to whose account.
func (a *Accounts) note(ctx context.Context, kind string, by, whom User, detail string) error {
	entry := AuditEntry{At: time.Now().UTC(), Kind: kind, By: by.Login, Subject: "user " + whom.Login, Detail: detail}
	if err := a.audit.AddAudit(ctx, entry); err != nil {
		return fmt.Errorf("write %s down: %w", kind, err)
	}
	return nil
}

// matches compares a password with a hash, two at a time.
func (a *Accounts) matches(ctx context.Context, password, hash string) (bool, error) {
	if len(password) > MaxPassword*utf8.UTFMax {
		return false, nil
	}
	release, err := a.slot(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	match, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("compare with the stored hash: %w", err)
	}
	return match, nil
}

// hash draws the hash of a new password that is long enough.
func (a *Accounts) hash(ctx context.Context, password string) (string, error) {
	if n := utf8.RuneCountInString(password); n < MinPassword || n > MaxPassword {
		return "", problem(KindInvalid, "password_length", "A password has %d to %d characters.", MinPassword, MaxPassword)
	}
	release, err := a.slot(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	return argon2id.CreateHash(password, hashParams)
}

// slot waits for one of the two places to hash in; too long a queue is refused
// at once, so that a flood of logins cannot fill memory.
func (a *Accounts) slot(ctx context.Context) (release func(), err error) {
	select {
	case a.queue <- struct{}{}:
	default:
		return nil, problem(KindTooMany, "login_busy", "Too many people log in at this moment; try again in a few seconds.")
	}
	select {
	case a.slots <- struct{}{}:
		return func() { <-a.slots; <-a.queue }, nil
	case <-ctx.Done():
		<-a.queue
		return nil, fmt.Errorf("wait to hash a password: %w", ctx.Err())
	}
}

// ChangePassword replaces the user's own password; the old one is asked again.
func (a *Accounts) ChangePassword(ctx context.Context, u User, old, password, from string) (User, error) {
	if _, err := a.Login(ctx, u.Login, old, from); err != nil {
		return User{}, err
	}
	hash, err := a.hash(ctx, password)
	if err != nil {
		return User{}, err
	}
	u.PasswordHash = hash
	return a.put(ctx, "user.password", u, u)
}

// Users lists everybody, for those who manage users.
func (a *Accounts) Users(ctx context.Context, by User) ([]User, error) {
	if err := by.Allow(EditUsers); err != nil {
		return nil, err
	}
	return a.store.Users(ctx)
}

// Account is a user to create or change, with secrets to set; an empty secret
// stays as it is. Of a phone's secret only the digests for its extension are
// kept, so another extension needs the secret again.
type Account struct {
	User
	Password    string
	PhoneSecret string
}

// Create adds a user with a password.
func (a *Accounts) Create(ctx context.Context, by User, in Account) (User, error) {
	if err := by.Allow(EditUsers); err != nil {
		return User{}, err
	}
	return a.install(ctx, by, in)
}

// Install adds a user as the machine's owner does at set-up, from the command
// line, when nobody is there yet who could be asked.
func (a *Accounts) Install(ctx context.Context, in Account) (User, error) {
	return a.install(ctx, User{Login: "owner of the machine"}, in)
}

func (a *Accounts) install(ctx context.Context, by User, in Account) (User, error) {
	if err := in.User.Validate(); err != nil {
		return User{}, invalid("user_invalid", err)
	}
	switch _, err := a.store.UserByLogin(ctx, in.Login); {
	case err == nil:
		return User{}, problem(KindConflict, "login_taken", "The login %q is taken.", in.Login)
	case !errors.Is(err, ErrNotFound):
		return User{}, fmt.Errorf("look for the login: %w", err)
	}
	hash, err := a.hash(ctx, in.Password)
	if err != nil {
		return User{}, err
	}
	u := in.User
	u.PasswordHash, u.PhoneHA1 = hash, NewHA1(u.Extension, a.realm, in.PhoneSecret)
	return a.put(ctx, "user.create", by, u)
}

// Update changes a user by login: name, role, extension, campaigns, disabled,
// and the secrets that are given.
func (a *Accounts) Update(ctx context.Context, by User, in Account) (User, error) {
	if err := by.Allow(EditUsers); err != nil {
		return User{}, err
	}
	if err := in.User.Validate(); err != nil {
		return User{}, invalid("user_invalid", err)
	}
	old, err := a.store.UserByLogin(ctx, in.Login)
	if err != nil {
		return User{}, missing("user", err)
	}
	if old.Login == by.Login && (in.Disabled || in.Role != by.Role) {
		return User{}, problem(KindConflict, "own_account", "Nobody disables or changes the role of their own account.")
	}
	u := in.User
	u.ID, u.CreatedAt, u.PasswordHash, u.PhoneHA1 = old.ID, old.CreatedAt, old.PasswordHash, old.PhoneHA1
	switch {
	case in.PhoneSecret != "":
		u.PhoneHA1 = NewHA1(u.Extension, a.realm, in.PhoneSecret)
	case u.Extension == "":
		u.PhoneHA1 = HA1{}
	case u.Extension != old.Extension && u.PhoneHA1 != HA1{}:
		return User{}, problem(KindInvalid, "phone_secret_missing", "The secret of a phone is kept for its extension only: give it with the new one.")
	}
	if in.Password != "" {
		if u.PasswordHash, err = a.hash(ctx, in.Password); err != nil {
			return User{}, err
		}
	}
	return a.put(ctx, "user.change", by, u)
}

func (a *Accounts) put(ctx context.Context, kind string, by, u User) (User, error) {
	stored, err := a.store.PutUser(ctx, u)
	if errors.Is(err, ErrExists) {
		return User{}, problem(KindConflict, "extension_taken", "Another user has the extension %q.", u.Extension)
	}
	if err != nil {
		return User{}, fmt.Errorf("store user %s: %w", u.Login, err)
	}
	return stored, a.note(ctx, kind, by, stored, fmt.Sprintf("role %s, disabled %t", stored.Role, stored.Disabled))
}
