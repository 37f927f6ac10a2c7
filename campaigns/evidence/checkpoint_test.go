package evidence

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"testing"
	"time"
)

func signer(t testing.TB) Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return NewSigner(key)
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestACheckpointIsBelievedOnlyAsItWasSigned(t *testing.T) {
	s, at := signer(t), time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	ring, err := Trust([]Key{Introduce(s, s, at)}, "")
	if err != nil {
		t.Fatal(err)
	}
	good := s.Sign(Checkpoint{Size: 7, Head: "ab", At: at, Zones: "2025c", Program: "1.0"})
	if err := ring.Check(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Checkpoint){
		"its size":      func(c *Checkpoint) { c.Size++ },
		"its head":      func(c *Checkpoint) { c.Head = "ac" },
		"its time":      func(c *Checkpoint) { c.At = c.At.Add(time.Nanosecond) },
		"its zones":     func(c *Checkpoint) { c.Zones = "2025b" },
		"its program":   func(c *Checkpoint) { c.Program = "" },
		"its key":       func(c *Checkpoint) { c.Key = KeyID(signer(t).Public()) },
		"its signature": func(c *Checkpoint) { c.Signature = make([]byte, 64) },
	} {
		bad := good
		if change(&bad); ring.Check(bad) == nil {
			t.Errorf("a checkpoint passes when somebody changed %s", name)
		}
	}
}

func TestANewKeyIsTrustedBecauseTheOldOneSignedIt(t *testing.T) {
	first, second, stranger := signer(t), signer(t), signer(t)
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	keys := []Key{Introduce(first, first, at), Introduce(second, first, at.Add(time.Hour))}
	for _, pin := range []string{"", first.ID(), second.ID(), hex.EncodeToString(second.Public())} {
		ring, err := Trust(keys, pin)
		if err != nil || len(ring) != 2 {
			t.Errorf("pin %q: %d keys, %v", pin, len(ring), err)
		}
	}
	if _, err := Trust(keys, stranger.ID()); err == nil {
		t.Error("a pin that is no key of the house passes")
	}
	forged := []Key{keys[0], Introduce(stranger, stranger, at)}
	if _, err := Trust(forged, ""); err == nil {
		t.Error("a key that introduced itself passes")
	}
	forged[1].SignedBy = first.ID()
	if _, err := Trust(forged, ""); !errors.Is(err, ErrSignature) {
		t.Errorf("a forged introduction: %v", err)
	}
}

func TestAStrangerCannotPutAKeyBeforeOneThatIsKnown(t *testing.T) {
	house, stranger := signer(t), signer(t)
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	follows := Introduce(house, stranger, at)
	follows.Accepted = nil // which only the house could sign
	for _, accepted := range [][]byte{nil, stranger.SignText(acceptHeading, follows.statement()), Introduce(house, house, at).Accepted} {
		follows.Accepted = accepted
		if _, err := Trust([]Key{Introduce(stranger, stranger, at), follows}, house.ID()); !errors.Is(err, ErrSignature) {
			t.Errorf("a key that the house never followed is trusted with its own: %v", err)
		}
	}
}

func TestAKeyThatWasReplacedSignsNothingAnyMore(t *testing.T) {
	first, second := signer(t), signer(t)
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	ring, err := Trust([]Key{Introduce(first, first, at), Introduce(second, first, at.Add(time.Hour))}, "")
	if err != nil {
		t.Fatal(err)
	}
	by := func(s Signer, size int64) Checkpoint { return s.Sign(Checkpoint{Size: size, Head: "ab", At: at}) }
	if err := ring.CheckAfter(by(first, 7), by(second, 8)); err != nil {
		t.Errorf("the key that follows is refused: %v", err)
	}
	if ring.CheckAfter(by(second, 8), by(first, 9)) == nil {
		t.Error("a key that was replaced signs on")
	}
}
