package records

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/sqlite"
)

func TestVerifyFindsCallsThatNobodyIsThereToEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "forecall.db")
	db, err := Open(t.Context(), Settings{Engine: sqlite.At(path)})
	must(t, err)
	c, l := newCampaign(t, db, "c")
	fill(t, db, l, 1)
	a := campaigns.NewAttempt(c, leaseAll(t, db, c)[0], "", time.Now())
	must(t, db.Begin(t.Context(), c, a))
	// A conversation may be long while its process lives.
	if f, err := db.Verify(t.Context(), a.IntentAt.Add(time.Hour)); err != nil || !f.Clean() || f.Open != 1 {
		t.Fatalf("in the process of the call: %+v, %v", f, err)
	}
	must(t, db.Close())
	db, err = Open(t.Context(), Settings{Engine: sqlite.At(path)})
	must(t, err)
	defer db.Close()
	for _, tt := range []struct {
		after time.Duration
		clean bool
	}{{89 * time.Second, true}, {91 * time.Second, false}} {
		f, err := db.Verify(t.Context(), a.IntentAt.Add(tt.after))
		must(t, err)
		if f.Clean() != tt.clean || f.Open != 1 {
			t.Errorf("%s after its process ended: %+v", tt.after, f)
		}
		if !tt.clean && f.Broken[0].Law != campaigns.LawOutcome {
			t.Errorf("broken is %+v, want %s", f.Broken, campaigns.LawOutcome)
		}
	}
	_, err = db.Recover(t.Context(), time.Now())
	must(t, err)
	if f, err := db.Verify(t.Context(), time.Now().Add(time.Hour)); err != nil || !f.Clean() || f.Open != 0 {
		t.Errorf("after Recover: %+v, %v", f, err)
	}
}
