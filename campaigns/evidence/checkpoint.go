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
// signed by the one before it: who trusts one trusts those that follow.
type Key struct {
	ID        string    `json:"key_id"`
	Public    []byte    `json:"public"`
	At        time.Time `json:"at"`        // when it came into use
	SignedBy  string    `json:"signed_by"` // key ID; its own of the first
	Signature []byte    `json:"signature"`
}

const keyHeading = "forecall key 1"

func (k Key) statement() []byte {
	return []byte(k.ID + "\n" + hex.EncodeToString(k.Public) + "\n" + k.At.UTC().Format(time.RFC3339Nano) + "\n" + k.SignedBy)
}

// Introduce makes the record of a key, signed by the one before it or, the
// first of a house, by itself.
func Introduce(next ed25519.PublicKey, by Signer, at time.Time) Key {
	k := Key{ID: KeyID(next), Public: next, At: at.UTC(), SignedBy: by.ID()}
	k.Signature = by.SignText(keyHeading, k.statement())
	return k
}

// Ring is the keys of a house that are trusted, by ID.
type Ring map[string]ed25519.PublicKey

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
		by := k.Public
		if i > 0 {
			if k.SignedBy != keys[i-1].ID {
				return nil, fmt.Errorf("key %d (%s): it was introduced by %s, not by the key before it", i+1, k.ID, k.SignedBy)
			}
			by = keys[i-1].Public
		}
		if !ed25519.Verify(by, append([]byte(keyHeading+"\n"), k.statement()...), k.Signature) {
			return nil, fmt.Errorf("key %d (%s): %w before it", i+1, k.ID, ErrSignature)
		}
		ring[k.ID] = k.Public
		pinned = pinned || strings.EqualFold(pin, k.ID) || strings.EqualFold(pin, hex.EncodeToString(k.Public))
	}
	if !pinned {
		return nil, fmt.Errorf("the key %s is not among the keys of this house", pin)
	}
	return ring, nil
}

// Check says what is wrong with a checkpoint's signature.
func (r Ring) Check(c Checkpoint) error {
	public, known := r[c.Key]
	if !known {
		return fmt.Errorf("checkpoint at %d: the key %s is not one of the house", c.Size, c.Key)
	}
	if !ed25519.Verify(public, c.Statement(), c.Signature) {
		return fmt.Errorf("checkpoint at %d: %w %s", c.Size, ErrSignature, c.Key)
	}
	return nil
}

// CheckText says what is wrong with the signature of a text.
func (r Ring) CheckText(key, heading string, text, signature []byte) error {
	public, known := r[key]
	if !known {
		return fmt.Errorf("the key %s is not one of the house", key)
	}
	if !ed25519.Verify(public, append([]byte(heading+"\n"), text...), signature) {
		return fmt.Errorf("%w %s", ErrSignature, key)
	}
	return nil
}
