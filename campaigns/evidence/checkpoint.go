package evidence

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Checkpoint is a statement, signed with Ed25519 (RFC 8032), of how far the
// chain had grown at an instant. Kept where we cannot reach it, it proves that
// nothing up to there was changed, taken out or written anew since.
type Checkpoint struct {
	Size      int64     `json:"size"` // links of the chain
	Head      string    `json:"head"` // hash of the last, hexadecimal
	At        time.Time `json:"at"`
	Key       string    `json:"key_id"`    // of the key that signed
	Zones     string    `json:"tzdb"`      // version of the time zones in use
	Program   string    `json:"program"`   // version of forecall
	Signature []byte    `json:"signature"` // of Statement
}

// Statement is the text that is signed.
func (c Checkpoint) Statement() []byte {
	return []byte("forecall checkpoint 1\nsize " + strconv.FormatInt(c.Size, 10) + "\nhead " + c.Head + "\nat " +
		c.At.UTC().Format(time.RFC3339Nano) + "\nkey " + c.Key + "\ntzdb " + line(c.Zones) + "\nprogram " + line(c.Program) + "\n")
}

// line keeps a value on one line, so that no two checkpoints have one statement.
func line(s string) string { return strconv.Quote(s) }

// ErrSignature marks a signature that is not that of the key.
var ErrSignature = errors.New("the signature is not that of the key")

// ErrReplaced marks what was signed with a key that is not the last of the house.
var ErrReplaced = errors.New("another key is the last of the house: what was signed with one before it is not taken")

// Known is what a check may rely on beside what it checks: a key of the house
// (its ID or the public key in hexadecimal; empty = the first is believed) and
// checkpoints that were kept elsewhere, by size.
type Known struct {
	Key     string
	Outside []Checkpoint
}

// Signer signs for a house. It must not be copied to anybody.
type Signer struct{ key ed25519.PrivateKey }

// NewSigner takes a private key.
func NewSigner(key ed25519.PrivateKey) Signer { return Signer{key} }

// Public is the key that everybody may know.
func (s Signer) Public() ed25519.PublicKey {
	public, _ := s.key.Public().(ed25519.PublicKey)
	return public
}

// ID is how the key is called.
func (s Signer) ID() string { return KeyID(s.Public()) }

// Sign signs a checkpoint, and writes who did.
func (s Signer) Sign(c Checkpoint) Checkpoint {
	c.Key = s.ID()
	c.Signature = ed25519.Sign(s.key, c.Statement())
	return c
}

// SignText signs a text that is no checkpoint: a manifest, the key that follows.
func (s Signer) SignText(heading string, text []byte) []byte {
	return ed25519.Sign(s.key, append([]byte(heading+"\n"), text...))
}

// KeyID is the first eight octets of the SHA-256 of a public key, hexadecimal.
func KeyID(public ed25519.PublicKey) string {
	d := Sum(public)
	return hex.EncodeToString(d[:8])
}

// Key is a public key of the house. The first signs itself, each later one is
// signed by the one before it and signs that it follows it: who trusts one
// trusts those that follow and those that went before. Without the second
// signature anybody could put a key of his own before one that is known to be
// ours, and what that signed would pass.
type Key struct {
	ID        string    `json:"key_id"`
	Public    []byte    `json:"public"`
	At        time.Time `json:"at"`        // when it came into use
	SignedBy  string    `json:"signed_by"` // key ID; its own of the first
	Signature []byte    `json:"signature"` // by that key
	Accepted  []byte    `json:"accepted"`  // by the key itself
}

const (
	keyHeading    = "forecall key 1"
	acceptHeading = "forecall key follows 1"
)

func (k Key) statement() []byte {
	return []byte(k.ID + "\n" + hex.EncodeToString(k.Public) + "\n" + k.At.UTC().Format(time.RFC3339Nano) + "\n" + k.SignedBy)
}

// Introduce makes the record of a key, signed by the one before it or, the
// first of a house, by itself.
func Introduce(next, by Signer, at time.Time) Key {
	k := Key{ID: next.ID(), Public: next.Public(), At: at.UTC(), SignedBy: by.ID()}
	k.Signature = by.SignText(keyHeading, k.statement())
	k.Accepted = next.SignText(acceptHeading, k.statement())
	return k
}

// Ring is the keys of a house that are trusted, by ID.
type Ring map[string]trusted

// trusted is a key and its place among the keys of the house.
type trusted struct {
	public ed25519.PublicKey
	place  int
}

// Trust follows the keys of a house. With a pin (the ID, or the public key in
// hexadecimal) that key is trusted and those that it leads to, forward and
// back: the others are not. Without, the first is believed.
func Trust(keys []Key, pin string) (Ring, error) {
	ring := Ring{}
	pinned := pin == ""
	for i, k := range keys {
		if len(k.Public) != ed25519.PublicKeySize || k.ID != KeyID(k.Public) {
			return nil, fmt.Errorf("key %d (%s): it is not the key of that name", i+1, k.ID)
		}
		before := k
		if i > 0 {
			before = keys[i-1]
		}
		if err := k.follows(before); err != nil {
			return nil, fmt.Errorf("key %d (%s): %w", i+1, k.ID, err)
		}
		if _, twice := ring[k.ID]; twice {
			return nil, fmt.Errorf("key %d (%s): it was in use before", i+1, k.ID)
		}
		ring[k.ID] = trusted{k.Public, i}
		pinned = pinned || strings.EqualFold(pin, k.ID) || strings.EqualFold(pin, hex.EncodeToString(k.Public))
	}
	if !pinned {
		return nil, fmt.Errorf("the key %s is not among the keys of this house", pin)
	}
	return ring, nil
}

// follows tells whether a key was introduced by the one before it, and says so
// itself.
func (k Key) follows(before Key) error {
	switch {
	case k.SignedBy != before.ID:
		return fmt.Errorf("it was introduced by %s, not by the key before it", k.SignedBy)
	case !ed25519.Verify(before.Public, append([]byte(keyHeading+"\n"), k.statement()...), k.Signature):
		return fmt.Errorf("%w before it", ErrSignature)
	case !ed25519.Verify(k.Public, append([]byte(acceptHeading+"\n"), k.statement()...), k.Accepted):
		return fmt.Errorf("it does not say that it follows %s: %w", before.ID, ErrSignature)
	}
	return nil
}

// Check says what is wrong with a checkpoint's signature.
func (r Ring) Check(c Checkpoint) error {
	key, known := r[c.Key]
	if !known {
		return fmt.Errorf("checkpoint at %d: the key %s is not one of the house", c.Size, c.Key)
	}
	if !ed25519.Verify(key.public, c.Statement(), c.Signature) {
		return fmt.Errorf("checkpoint at %d: %w %s", c.Size, ErrSignature, c.Key)
	}
	return nil
}

// CheckAfter is Check of a checkpoint that follows another: a key that was
// replaced signs nothing any more, whoever has got hold of it.
func (r Ring) CheckAfter(before, c Checkpoint) error {
	if err := r.Check(c); err != nil {
		return err
	}
	if was, ok := r[before.Key]; ok && was.place > r[c.Key].place {
		return fmt.Errorf("checkpoint at %d: the key %s had been replaced by %s before", c.Size, c.Key, before.Key)
	}
	return nil
}

// CheckText says what is wrong with the signature of a text.
func (r Ring) CheckText(key, heading string, text, signature []byte) error {
	by, known := r[key]
	if !known {
		return fmt.Errorf("the key %s is not one of the house", key)
	}
	if !ed25519.Verify(by.public, append([]byte(heading+"\n"), text...), signature) {
		return fmt.Errorf("%w %s", ErrSignature, key)
	}
	return nil
}
