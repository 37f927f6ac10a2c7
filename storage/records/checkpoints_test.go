package records

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
)

// signs makes the store's key and signs where its chain stands.
func signs(t testing.TB, db *DB) (evidence.Signer, evidence.Checkpoint) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	must(t, err)
	s := evidence.NewSigner(key)
	must(t, db.AddKey(t.Context(), evidence.Introduce(s, s, time.Now().UTC().Truncate(time.Microsecond)), "test"))
	return s, checkpoint(t, db, s)
}

func checkpoint(t testing.TB, db *DB, s evidence.Signer) evidence.Checkpoint {
	t.Helper()
	head, err := db.Head(t.Context())
	must(t, err)
	c := s.Sign(evidence.Checkpoint{
		Size: head.Seq, Head: hex.EncodeToString(head.Hash[:]), At: time.Now().UTC().Truncate(time.Microsecond), Zones: "2025c", Program: "test",
	})
	must(t, db.SaveCheckpoint(t.Context(), c))
	return c
}

func TestVerifyHoldsTheChainAgainstItsCheckpoints(t *testing.T) {
	db := openTest(t)
	soldCall(t, db)
	s, first := signs(t, db)
	must(t, db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+34699999997"}))
	last := checkpoint(t, db, s)
	trust := campaigns.Trust{Key: s.ID(), Outside: []evidence.Checkpoint{first, last}}
	f, err := db.VerifyWith(t.Context(), time.Now(), trust)
	must(t, err)
	if !f.Clean() || f.Checkpoints != 4 {
		t.Fatalf("findings %+v", f)
	}
	for name, trust := range map[string]campaigns.Trust{
		"a stranger's key":             {Key: "0123456789abcdef"},
		"a checkpoint of another":      {Outside: []evidence.Checkpoint{s.Sign(evidence.Checkpoint{Size: first.Size, Head: last.Head, At: first.At})}},
		"a checkpoint beyond the end":  {Outside: []evidence.Checkpoint{s.Sign(evidence.Checkpoint{Size: last.Size + 1, Head: last.Head, At: last.At})}},
		"a checkpoint nobody signed":   {Outside: []evidence.Checkpoint{{Size: first.Size, Head: first.Head, At: first.At, Key: s.ID()}}},
		"a checkpoint of a stranger":   {Outside: []evidence.Checkpoint{{Size: first.Size, Head: first.Head, At: first.At, Key: "0123456789abcdef"}}},
		"a checkpoint that was edited": {Outside: []evidence.Checkpoint{edited(first)}},
	} {
		if f, err = db.VerifyWith(t.Context(), time.Now(), trust); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(f.Broken, func(b campaigns.Finding) bool { return b.Law == campaigns.LawCheckpoint }) {
			t.Errorf("%s passes", name)
		}
	}
}

func edited(c evidence.Checkpoint) evidence.Checkpoint {
	c.At = c.At.Add(time.Second)
	return c
}

func TestWhoCutsTheEndOffTheChainIsFoundByTheCheckpointBeyond(t *testing.T) {
	db := openTest(t)
	s, _ := signs(t, db)
	must(t, db.AddAudit(t.Context(), campaigns.AuditEntry{Kind: "test", Detail: "the last word"}))
	last := checkpoint(t, db, s)
	tamper(t, db, `DELETE FROM audit WHERE detail = 'the last word'`)
	tamper(t, db, `DELETE FROM chain WHERE seq = (SELECT MAX(seq) FROM chain)`)
	f, err := db.Verify(t.Context(), time.Now())
	must(t, err)
	if !slices.ContainsFunc(f.Broken, func(b campaigns.Finding) bool { return b.Law == campaigns.LawCheckpoint && b.Record == last.Size }) {
		t.Errorf("a chain whose end was cut off verifies: %+v", f)
	}
}

func TestALedgerThatAStrangerSignedDoesNotPassForTheHouseWhoseKeyIsKnown(t *testing.T) {
	db := openTest(t)
	soldCall(t, db)
	_, own, err := ed25519.GenerateKey(nil)
	must(t, err)
	house := evidence.NewSigner(own) // its public key is known to everybody
	_, other, err := ed25519.GenerateKey(nil)
	must(t, err)
	forger, at := evidence.NewSigner(other), time.Now().UTC().Truncate(time.Microsecond)
	follows := evidence.Introduce(house, forger, at)
	follows.Accepted = forger.SignText("forecall key follows 1", nil) // the house's own he cannot make
	must(t, db.AddKey(t.Context(), evidence.Introduce(forger, forger, at), "x"))
	checkpoint(t, db, forger)
	must(t, db.AddKey(t.Context(), follows, "x"))
	f, err := db.VerifyWith(t.Context(), time.Now(), campaigns.Trust{Key: house.ID()})
	must(t, err)
	if f.Clean() {
		t.Error("it passes")
	}
}

func TestAKeyThatWasReplacedSignsNoFurtherCheckpoint(t *testing.T) {
	db := openTest(t)
	first, _ := signs(t, db)
	_, key, err := ed25519.GenerateKey(nil)
	must(t, err)
	second := evidence.NewSigner(key)
	must(t, db.AddKey(t.Context(), evidence.Introduce(second, first, time.Now().UTC().Truncate(time.Microsecond)), "test"))
	checkpoint(t, db, second)
	clean(t, db)
	must(t, db.AddAudit(t.Context(), campaigns.AuditEntry{Kind: "test"}))
	head, err := db.Head(t.Context())
	must(t, err)
	p := first.Sign(evidence.Checkpoint{Size: head.Seq, Head: hex.EncodeToString(head.Hash[:]), At: time.Now().UTC().Truncate(time.Microsecond)})
	if err := db.SaveCheckpoint(t.Context(), p); !errors.Is(err, evidence.ErrReplaced) {
		t.Errorf("the store takes it: %v", err)
	}
	_, key, err = ed25519.GenerateKey(nil)
	must(t, err)
	if err := db.AddKey(t.Context(), evidence.Introduce(evidence.NewSigner(key), first, time.Now()), "test"); !errors.Is(err, evidence.ErrReplaced) {
		t.Errorf("it introduces another: %v", err)
	}
	clean(t, db)
	tamper(t, db, fmt.Sprintf(`INSERT INTO checkpoints (size, head, at, key, tzdb, program, signature) VALUES (%d, '%s', %d, '%s', '', '', X'%X')`,
		p.Size, p.Head, p.At.UnixMicro(), p.Key, p.Signature))
	unclean(t, db, "a key that was replaced signs on")
}
