package keyring

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/sqlite"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, folder, copies string) (*records.DB, *Clerk) {
	t.Helper()
	db := openRecords(t, folder)
	c, err := Open(t.Context(), Settings{Folder: folder, CopyTo: copies, Ledger: db, Program: "test"})
	must(t, err)
	return db, c
}

func openRecords(t *testing.T, folder string) *records.DB {
	t.Helper()
	db, err := records.Open(t.Context(), records.Settings{Engine: sqlite.At(filepath.Join(folder, "forecall.db"))})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

// keyOf is the name of the key that a clerk signs with.
func keyOf(t *testing.T, c *Clerk) string {
	t.Helper()
	s, keys, err := c.Signer(t.Context())
	must(t, err)
	if last(keys) != s.ID() {
		t.Errorf("%s signs, the last is %s", s.ID(), last(keys))
	}
	return s.ID()
}

func write(t *testing.T, db *records.DB) {
	t.Helper()
	must(t, db.AddAudit(t.Context(), campaigns.AuditEntry{Kind: "test"}))
}

func TestTheChainIsSignedCopiedAndStillVerifiesAfterTheKeyWasExchanged(t *testing.T) {
	folder, copies := t.TempDir(), t.TempDir()
	db, c := open(t, folder, copies)
	first := keyOf(t, c)
	p, err := c.Sign(t.Context())
	must(t, err)
	if again, err := c.Sign(t.Context()); err != nil || again.Size != p.Size {
		t.Errorf("nothing was written, and signed again: %+v, %v", again, err)
	}
	write(t, db)
	k, err := c.Rotate(t.Context(), "eva")
	must(t, err)
	last, err := c.Sign(t.Context())
	must(t, err)
	if last.Key == first || last.Key != k.ID || k.SignedBy != first {
		t.Errorf("signed by %s, introduced %+v", last.Key, k)
	}
	info, err := os.Stat(filepath.Join(folder, privateFile))
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key may be read by others: %v", info.Mode())
	}
	points, err := Outside(copies)
	must(t, err)
	if len(points) != 2 || points[1].Size != last.Size {
		t.Fatalf("copies %+v", points)
	}
	for _, pin := range []string{"", first, k.ID} {
		f, err := db.VerifyWith(t.Context(), time.Now(), campaigns.Trust{Key: pin, Outside: points})
		must(t, err)
		if !f.Clean() || f.Checkpoints != 4 {
			t.Errorf("pin %q: %+v", pin, f)
		}
	}
}

func TestALedgerThatWasWrittenAnewIsFoundByTheCopies(t *testing.T) {
	copies := t.TempDir()
	db, c := open(t, t.TempDir(), copies)
	write(t, db)
	_, err := c.Sign(t.Context())
	must(t, err)
	points, err := Outside(copies)
	must(t, err)
	other, d := open(t, t.TempDir(), "")
	write(t, other)
	write(t, other)
	_, err = d.Sign(t.Context())
	must(t, err)
	f, err := other.VerifyWith(t.Context(), time.Now(), campaigns.Trust{Outside: points})
	must(t, err)
	if f.Clean() {
		t.Error("another ledger passes for the one that was signed")
	}
}

func TestAKeyThatTheLedgerDoesNotKnowIsRefused(t *testing.T) {
	folder := t.TempDir()
	db, _ := open(t, folder, "")
	must(t, os.Remove(filepath.Join(folder, privateFile)))
	if _, err := Open(t.Context(), Settings{Folder: folder, Ledger: db}); !errors.Is(err, ErrStranger) {
		t.Errorf("a new key signs an old ledger: %v", err)
	}
	must(t, os.WriteFile(filepath.Join(folder, privateFile), []byte("junk"), 0o600))
	if _, err := Open(t.Context(), Settings{Folder: folder, Ledger: db}); err == nil {
		t.Error("junk passes for a key")
	}
}

func TestACheckpointIsDueAfterAMinuteOrAThousandRecords(t *testing.T) {
	_, c := open(t, t.TempDir(), "")
	_, err := c.Sign(t.Context())
	must(t, err)
	for _, tt := range []struct {
		fresh int64
		after time.Duration
		want  bool
	}{{0, time.Hour, false}, {1, 59 * time.Second, false}, {1, time.Minute, true}, {999, time.Second, false}, {1000, 0, true}} {
		if got := c.due(c.last.Size+tt.fresh, c.last.At.Add(tt.after)); got != tt.want {
			t.Errorf("%d records after %s: due %t", tt.fresh, tt.after, got)
		}
	}
}

func TestACopyThatFailsIsMadeWithTheNext(t *testing.T) {
	folder := t.TempDir()
	copies := filepath.Join(folder, "copies")
	must(t, os.WriteFile(copies, nil, 0o600)) // no folder can be made here
	db, c := open(t, t.TempDir(), copies)
	_, err := c.Sign(t.Context())
	must(t, err)
	must(t, os.Remove(copies))
	write(t, db)
	_, err = c.Sign(t.Context())
	must(t, err)
	points, err := Outside(copies)
	must(t, err)
	if len(points) != 2 {
		t.Errorf("%d copies", len(points))
	}
}

func TestAnExchangeOfTheKeyThatWasCutShortIsFinishedAtTheNextStart(t *testing.T) {
	for name, cut := range map[string]func(t *testing.T, folder string){
		"before the new key was drawn": func(*testing.T, string) {},
		"before the ledger knew it": func(t *testing.T, folder string) {
			_, err := create(folder, filepath.Join(folder, privateFile))
			must(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			db, c := open(t, folder, "")
			_, err := c.Sign(t.Context())
			must(t, err)
			must(t, os.Rename(filepath.Join(folder, privateFile), oldFile(folder, keyOf(t, c))))
			cut(t, folder)
			again, err := Open(t.Context(), Settings{Folder: folder, Ledger: db, Program: "test"})
			must(t, err)
			write(t, db)
			_, err = again.Sign(t.Context())
			must(t, err)
			for _, pin := range []string{keyOf(t, c), keyOf(t, again)} {
				f, err := db.VerifyWith(t.Context(), time.Now(), campaigns.Trust{Key: pin})
				must(t, err)
				if !f.Clean() {
					t.Errorf("pin %s: %+v", pin, f.Broken)
				}
			}
		})
	}
}

// TestTheKeyOfAFolderIntroducesThatOfTheNodesToWhomItsRecordsWereMoved: once, by the
// move or by the node that has the old key in its folder; and nobody else's.
func TestTheKeyOfAFolderIntroducesThatOfTheNodesToWhomItsRecordsWereMoved(t *testing.T) {
	folder, other := t.TempDir(), t.TempDir()
	seed := seedOf(7)
	db, c := open(t, folder, "")
	write(t, db)
	_, err := c.Sign(t.Context())
	must(t, err)
	open(t, other, "") // has a key of its own
	for _, wrong := range []string{t.TempDir(), other} {
		if err := HandOver(t.Context(), Settings{Folder: wrong, Seed: seed, Ledger: db}); !errors.Is(err, ErrStranger) {
			t.Errorf("handed over without the key: %v", err)
		}
		if _, err := Open(t.Context(), Settings{Folder: wrong, Seed: seed, Ledger: db}); !errors.Is(err, ErrStranger) {
			t.Errorf("a node signs without it: %v", err)
		}
	}
	for range 2 {
		must(t, HandOver(t.Context(), Settings{Folder: folder, Seed: seed, Ledger: db}))
	}
	keys, err := db.Keys(t.Context())
	must(t, err)
	if len(keys) != 2 {
		t.Fatalf("%d keys", len(keys))
	}
	again, err := Open(t.Context(), Settings{Folder: other, Seed: seed, Ledger: db})
	must(t, err)
	write(t, db)
	_, err = again.Sign(t.Context())
	must(t, err)
	found, err := db.Verify(t.Context(), time.Now())
	must(t, err)
	if !found.Clean() {
		t.Errorf("%+v", found.Broken)
	}
}
