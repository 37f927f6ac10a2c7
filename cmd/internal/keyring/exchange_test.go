package keyring

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
	"github.com/forecall/forecall/storage/records"
)

// seedOf is the seed of a secret of one octet.
func seedOf(secret byte) Seed {
	return func(n int) ([]byte, error) { return append(bytes.Repeat([]byte{secret}, 31), byte(n)), nil }
}

// clerkOf is the clerk of one of several nodes.
func clerkOf(t *testing.T, db Ledger, secret byte) *Clerk {
	t.Helper()
	c, err := Open(t.Context(), Settings{Folder: t.TempDir(), Seed: seedOf(secret), Ledger: db, Program: "test"})
	must(t, err)
	return c
}

// proved tells that the ledger and an export of it are what was signed, whichever key
// of the house is known.
func proved(t *testing.T, db *records.DB, c *Clerk) {
	t.Helper()
	keys, err := db.Keys(t.Context())
	must(t, err)
	var out bytes.Buffer
	_, err = campaigns.NewEvidenceDesk(db, c, db).Export(t.Context(), campaigns.User{Login: "eva", Role: campaigns.Compliance}, evidence.Selection{}, &out, nil)
	must(t, err)
	for _, k := range keys {
		f, err := db.VerifyWith(t.Context(), time.Now(), campaigns.Trust{Key: k.ID})
		must(t, err)
		if !f.Clean() {
			t.Errorf("pin %s: %+v", k.ID, f.Broken)
		}
		r, err := evidence.VerifyFile(t.Context(), bytes.NewReader(out.Bytes()), int64(out.Len()), evidence.Known{Key: k.ID})
		must(t, err)
		if !r.Clean() || r.Signer != last(keys) {
			t.Errorf("export, pin %s: signed by %s, %+v", k.ID, r.Signer, r.Bad)
		}
	}
}

func signed(t *testing.T, db *records.DB, c *Clerk) evidence.Checkpoint {
	t.Helper()
	write(t, db)
	p, err := c.Sign(t.Context())
	must(t, err)
	return p
}

// TestEveryNodeSignsWithTheNewKeyOnceOneHasExchangedIt: also one that held the old one,
// and one that was not there; the key lies in no folder.
func TestEveryNodeSignsWithTheNewKeyOnceOneHasExchangedIt(t *testing.T) {
	db, _ := house(t)
	leads, follows := clerkOf(t, db, 7), clerkOf(t, db, 7)
	old := signed(t, db, leads)
	for _, by := range []*Clerk{leads, follows, follows} {
		k, err := by.Rotate(t.Context(), "eva")
		must(t, err)
		for _, c := range []*Clerk{follows, leads, clerkOf(t, db, 7)} {
			if p := signed(t, db, c); p.Key != k.ID || p.Key == old.Key {
				t.Errorf("signed by %s, the key is %s", p.Key, k.ID)
			}
			proved(t, db, c)
		}
	}
	if left, err := filepath.Glob(filepath.Join(leads.s.Folder, "*")); err != nil || len(left) > 0 {
		t.Errorf("%v lie in the folder of a node", left)
	}
}

// house opens records, with the ledger as keyring sees it.
func house(t *testing.T) (*records.DB, *hurried) {
	t.Helper()
	folder := t.TempDir()
	db := openRecords(t, folder)
	return db, &hurried{DB: db}
}

// hurried is a ledger that something happens to just before a write.
type hurried struct {
	*records.DB

	before func()
}

func (h *hurried) hurry() {
	if f := h.before; f != nil {
		h.before = nil
		f()
	}
}

func (h *hurried) SaveCheckpoint(ctx context.Context, c evidence.Checkpoint) error {
	h.hurry()
	return h.DB.SaveCheckpoint(ctx, c)
}

func (h *hurried) AddKey(ctx context.Context, k evidence.Key, by string) error {
	h.hurry()
	return h.DB.AddKey(ctx, k, by)
}

// TestNothingIsSignedByAKeyThatIsExchangedAtThatMoment: between the signature and the
// write of a checkpoint.
func TestNothingIsSignedByAKeyThatIsExchangedAtThatMoment(t *testing.T) {
	db, slow := house(t)
	c, other := clerkOf(t, slow, 7), clerkOf(t, db, 7)
	signed(t, db, c)
	slow.before = func() {
		_, err := other.Rotate(t.Context(), "eva")
		must(t, err)
	}
	if p := signed(t, db, c); p.Key != keyOf(t, other) {
		t.Errorf("signed by %s, which was replaced", p.Key)
	}
	proved(t, db, c)
}

func TestOfTwoExchangesAtOnceOneIsMade(t *testing.T) {
	db, slow := house(t)
	c, other := clerkOf(t, slow, 7), clerkOf(t, db, 7)
	slow.before = func() {
		for range 2 { // the first would be the same key
			_, err := other.Rotate(t.Context(), "eva")
			must(t, err)
		}
	}
	if _, err := c.Rotate(t.Context(), "dora"); !errors.Is(err, evidence.ErrReplaced) {
		t.Errorf("introduced by a key that is the last no more: %v", err)
	}
	signed(t, db, c)
	proved(t, db, c)
}

// TestTheFirstSecretIsThatOfTheHouse: a node with another is refused, though both
// start at once.
func TestTheFirstSecretIsThatOfTheHouse(t *testing.T) {
	db, slow := house(t)
	slow.before = func() { clerkOf(t, db, 7) }
	if err := Introduce(t.Context(), Settings{Folder: t.TempDir(), Seed: seedOf(8), Ledger: slow}); !errors.Is(err, ErrStranger) {
		t.Errorf("a second secret: %v", err)
	}
	slow.before = func() { t.Error("a node writes that has the secret of the house") }
	must(t, Introduce(t.Context(), Settings{Folder: t.TempDir(), Seed: seedOf(7), Ledger: slow}))
	must(t, Check(t.Context(), Settings{Seed: seedOf(7), Ledger: db}))
	if err := Check(t.Context(), Settings{Seed: seedOf(8), Ledger: db}); !errors.Is(err, ErrStranger) {
		t.Errorf("another secret: %v", err)
	}
}

// TestTheSecretOfAHouseIsChangedByWhoKnowsTheOldOne: there and back, and what was signed
// before stays proved.
func TestTheSecretOfAHouseIsChangedByWhoKnowsTheOldOne(t *testing.T) {
	db, _ := house(t)
	old := clerkOf(t, db, 7)
	signed(t, db, old)
	_, err := old.Rotate(t.Context(), "eva")
	must(t, err)
	signed(t, db, old)
	next := Settings{Folder: t.TempDir(), Seed: seedOf(8), Ledger: db}
	if _, err := Succeed(t.Context(), next, seedOf(9), "eva"); !errors.Is(err, ErrStranger) {
		t.Errorf("by who does not know it: %v", err)
	}
	for i, s := range []Settings{next, {Folder: t.TempDir(), Seed: seedOf(7), Ledger: db}} {
		before := seedOf(7 + byte(i))
		k, err := Succeed(t.Context(), s, before, "eva")
		must(t, err)
		if again, err := Succeed(t.Context(), s, before, "eva"); err != nil || again.ID != "" {
			t.Errorf("once more: %+v, %v", again, err)
		}
		if p := signed(t, db, clerkOf(t, db, 8-byte(i))); p.Key != k.ID {
			t.Errorf("signed by %s, the key is %s", p.Key, k.ID)
		}
		if _, err := Open(t.Context(), Settings{Folder: t.TempDir(), Seed: before, Ledger: db}); !errors.Is(err, ErrStranger) {
			t.Errorf("a node with the old secret starts: %v", err)
		}
	}
	proved(t, db, clerkOf(t, db, 7))
	if _, err := clerkOf(t, db, 7).Rotate(t.Context(), "eva"); err != nil {
		t.Error(err)
	}
	proved(t, db, clerkOf(t, db, 7))
}
