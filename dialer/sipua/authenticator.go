package sipua

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // RFC 3261 phones know nothing else; SHA-256 is offered first
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

const (
	nonceLife    = 30 * time.Second
	freeTries    = 5  // wrong answers of one user from one source before the first lock
	freeSource   = 50 // wrong answers of one source over all users
	firstLock    = time.Second
	longestLock  = 5 * time.Minute
	maxRemembers = 10_000 // entries in each table; the oldest give way
)

// Secret is what an Authenticator knows of a user: the password, or the HA1
// digests of "user:realm:password" in lower-case hex, so that no password need
// be kept. An algorithm without a value is not accepted.
type Secret struct {
	Password  string
	HA1MD5    string
	HA1SHA256 string
}

// Authenticator is the server's side of digest authentication (RFC 8760). The
// nonce carries its time and its source under a MAC, lives 30 s, and each count
// (nc) is taken once. Known and unknown users get the same answers after the
// same work; wrong answers lock the pair of user and source, for longer and
// longer up to 5 minutes. The zero value is of no use: see NewAuthenticator.
type Authenticator struct {
	realm  string
	lookup func(user string) (Secret, bool)
	algs   []string // that are challenged with, in this order
	key    [32]byte
	decoy  Secret // digested for users that do not exist

	mu    sync.Mutex
	used  map[string]usedNonce
	locks map[lockKey]*lock
}

type usedNonce struct {
	nc int
	at time.Time
}

type lockKey struct {
	user   string // empty for all users of the source
	source netip.Addr
}

type lock struct {
	failures int
	until    time.Time
	at       time.Time
}

// NewAuthenticator needs the realm and a lookup, which must be quick and safe
// for many goroutines. algorithms are those to challenge with, in order of
// preference; none means SHA-256 and MD5. Only MD5 is for phones that give up
// when they read an algorithm they do not know, also beside one that they do,
// as libre 1.1 (baresip 1.0) does.
func NewAuthenticator(realm string, lookup func(user string) (Secret, bool), algorithms ...string) (*Authenticator, error) {
	if realm == "" || strings.ContainsAny(realm, "\"\\\r\n") {
		return nil, errors.New("authenticator: realm is empty or holds a character that is not allowed")
	}
	if lookup == nil {
		return nil, errors.New("authenticator: no lookup of users")
	}
	if len(algorithms) == 0 {
		algorithms = []string{"SHA-256", "MD5"}
	}
	for _, alg := range algorithms {
		if alg != "SHA-256" && alg != "MD5" {
			return nil, fmt.Errorf("authenticator: algorithm %q is not SHA-256 or MD5", alg)
		}
	}
	a := &Authenticator{realm: realm, lookup: lookup, algs: algorithms, used: map[string]usedNonce{}, locks: map[lockKey]*lock{}}
	if _, err := rand.Read(a.key[:]); err != nil {
		return nil, fmt.Errorf("authenticator: %w", err)
	}
	a.decoy = Secret{Password: rand.Text()}
	return a, nil
}

// verdict is either a user, or the response that is due.
type verdict struct {
	ok      bool
	user    string
	code    int
	reason  string
	headers []Header
}

// check judges the credentials of a request.
func (a *Authenticator) check(req *sip.Request, source netip.Addr, now time.Time) verdict {
	line, ok := headerValue(req, "authorization")
	if !ok {
		return a.challenge(source, now, false)
	}
	cred, err := digest.ParseCredentials(line)
	if err != nil || cred.Realm != a.realm {
		return a.challenge(source, now, false)
	}
	if wait := a.lockedFor(cred.Username, source, now); wait > 0 {
		after := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
		return verdict{code: 403, reason: "Forbidden", headers: []Header{{"Retry-After", after}}}
	}
	fresh := a.nonceIsFresh(cred.Nonce, source, now)
	if !a.digestFits(req, cred) {
		a.failed(cred.Username, source, now)
		return a.challenge(source, now, false)
	}
	if !fresh || !a.countIsNew(cred.Nonce, cred.Nc, now) {
		return a.challenge(source, now, true) // the password was right, only the nonce is old
	}
	a.succeeded(cred.Username, source)
	return verdict{ok: true, user: cred.Username}
}

// challenge is 401 with SHA-256 first, as RFC 8760 2.3 orders by preference.
func (a *Authenticator) challenge(source netip.Addr, now time.Time, stale bool) verdict {
	nonce := a.newNonce(source, now)
	v := verdict{code: 401, reason: "Unauthorized"}
	for _, alg := range a.algs {
		c := digest.Challenge{Realm: a.realm, Nonce: nonce, Algorithm: alg, QOP: []string{"auth"}, Stale: stale}
		v.headers = append(v.headers, Header{"WWW-Authenticate", c.String()})
	}
	return v
}

// offers reports that an algorithm was challenged with; none named is MD5 (RFC 7616 3.3).
func (a *Authenticator) offers(algorithm string) bool {
	if algorithm == "" {
		algorithm = "MD5"
	}
	return slices.Contains(a.algs, strings.ToUpper(algorithm))
}

// digestFits compares in constant time, and digests a decoy for unknown users.
func (a *Authenticator) digestFits(req *sip.Request, cred *digest.Credentials) bool {
	secret, known := a.lookup(cred.Username)
	if !known {
		secret = a.decoy
	}
	if !a.offers(cred.Algorithm) || cred.QOP != "auth" || cred.Nc <= 0 || len(cred.Cnonce) == 0 || !sameURI(req, cred.URI) {
		known = false
	}
	var h hash.Hash
	ha1 := secret.HA1MD5
	switch strings.ToUpper(cred.Algorithm) {
	case "SHA-256":
		h, ha1 = sha256.New(), secret.HA1SHA256
	case "", "MD5":
		h = md5.New() //nolint:gosec // see import
	default:
		h, known = sha256.New(), false
	}
	if ha1 == "" {
		ha1 = hexSum(h, cred.Username, a.realm, secret.Password)
		known = known && secret.Password != ""
	}
	ha2 := hexSum(h, string(req.Method), cred.URI)
	want := hexSum(h, ha1, cred.Nonce, fmt.Sprintf("%08x", cred.Nc), cred.Cnonce, cred.QOP, ha2)
	return subtle.ConstantTimeCompare([]byte(want), []byte(cred.Response)) == 1 && known
}

func hexSum(h hash.Hash, parts ...string) string {
	h.Reset()
	_, _ = h.Write([]byte(strings.Join(parts, ":")))
	return hex.EncodeToString(h.Sum(nil))
}

// sameURI binds the digest to this request; parameters may differ.
func sameURI(req *sip.Request, uri string) bool {
	var u sip.Uri
	if err := sip.ParseUri(uri, &u); err != nil {
		return false
	}
	r := req.Recipient
	return u.User == r.User && strings.EqualFold(u.Host, r.Host) && u.Port == r.Port
}

// newNonce is time, random number, and a MAC that binds both to the source.
func (a *Authenticator) newNonce(source netip.Addr, now time.Time) string {
	b := make([]byte, 20, 36)
	binary.BigEndian.PutUint64(b, uint64(now.UnixNano())) //nolint:gosec // a time, not a length
	_, _ = rand.Read(b[8:])
	return base64.RawURLEncoding.EncodeToString(append(b, a.nonceSum(b, source)...))
}

func (a *Authenticator) nonceSum(b []byte, source netip.Addr) []byte {
	h := hmac.New(sha256.New, a.key[:])
	_, _ = h.Write(b)
	_, _ = h.Write([]byte(source.String()))
	return h.Sum(nil)[:16]
}

func (a *Authenticator) nonceIsFresh(nonce string, source netip.Addr, now time.Time) bool {
	b, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(b) != 36 || !hmac.Equal(b[20:], a.nonceSum(b[:20], source)) {
		return false
	}
	age := now.Sub(time.Unix(0, int64(binary.BigEndian.Uint64(b)))) //nolint:gosec // ours, under the MAC
	return age >= 0 && age <= nonceLife
}

// countIsNew takes each nc of a nonce once, in rising order.
func (a *Authenticator) countIsNew(nonce string, nc int, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.used) >= maxRemembers {
		for k, u := range a.used {
			if now.Sub(u.at) > nonceLife {
				delete(a.used, k)
			}
		}
		if len(a.used) >= maxRemembers { // everybody at once: ask for another nonce
			return false
		}
	}
	u, seen := a.used[nonce]
	if seen && nc <= u.nc {
		return false
	}
	if !seen {
		u.at = now
	}
	u.nc = nc
	a.used[nonce] = u
	return true
}

func (a *Authenticator) lockedFor(user string, source netip.Addr, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	var wait time.Duration
	for _, k := range []lockKey{{user, source}, {"", source}} {
		if l := a.locks[k]; l != nil {
			wait = max(wait, l.until.Sub(now))
		}
	}
	return wait
}

func (a *Authenticator) failed(user string, source netip.Addr, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.punish(lockKey{user, source}, freeTries, now)
	a.punish(lockKey{"", source}, freeSource, now)
}

func (a *Authenticator) punish(k lockKey, free int, now time.Time) {
	l := a.locks[k]
	if l == nil {
		a.makeRoom(now)
		l = &lock{}
		a.locks[k] = l
	}
	l.failures++
	l.at = now
	if over := l.failures - free; over >= 0 {
		l.until = now.Add(min(firstLock<<min(over, 20), longestLock))
	}
}

// makeRoom drops what is long over, and under attack one entry at random.
func (a *Authenticator) makeRoom(now time.Time) {
	if len(a.locks) < maxRemembers {
		return
	}
	for k, l := range a.locks {
		if now.Sub(l.at) > longestLock {
			delete(a.locks, k)
		}
	}
	for k := range a.locks {
		if len(a.locks) < maxRemembers {
			return
		}
		delete(a.locks, k)
	}
}

func (a *Authenticator) succeeded(user string, source netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.locks, lockKey{user, source})
}
