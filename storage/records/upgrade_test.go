package records

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/sqlite"
)

// oldStore unpacks a data file that the program of schema 1 wrote: two
// campaigns, 43 calls that ended, one whose process died, a sale, numbers on the
// do-not-call list, a user and estimates.
func oldStore(t *testing.T) string {
	t.Helper()
	packed, err := os.Open("testdata/v1.db.gz")
	must(t, err)
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	must(t, err)
	path := filepath.Join(t.TempDir(), "forecall.db")
	file, err := os.Create(path)
	must(t, err)
	_, err = io.Copy(file, z)
	must(t, err)
	must(t, file.Close())
	return path
}

func TestAStoreOfTheFirstVersionIsTakenOverWithAllThatIsInIt(t *testing.T) {
	path := oldStore(t)
	db, err := Open(t.Context(), Settings{Engine: sqlite.At(path)})
	must(t, err)
	defer func() { must(t, db.Close()) }()
	lost, err := db.Recover(t.Context(), time.Now())
	must(t, err)
	if len(lost) != 1 {
		t.Errorf("%d attempts were lost, not 1", len(lost))
	}
	found, err := db.Verify(t.Context(), time.Now())
	must(t, err)
	if !found.Clean() || found.Attempts != 44 || found.Outcomes != 44 || found.Open != 0 {
		t.Fatalf("findings %+v", found)
	}
	all, err := db.Campaigns(t.Context())
	must(t, err)
	if len(all) != 2 || all[1].Name != "winter" || all[1].KnowOdds || all[1].Ceiling != 0 || all[1].Cancel {
		t.Errorf("campaigns %+v", all)
	}
	tried(t, db)
	estimates, err := db.Estimates(t.Context(), all[1].ID)
	must(t, err)
	if string(estimates) != `{"v":1}` {
		t.Errorf("estimates %s", estimates)
	}
	must(t, db.SaveTape(t.Context(), 1, time.Now(), []byte("tape")))
	must(t, db.SaveOdds(t.Context(), 1, []byte("odds")))
	calls := 0
	for c, err := range db.Calls(t.Context(), campaigns.CallFilter{}) {
		must(t, err)
		if c.Settings == nil {
			t.Errorf("call %d: its settings cannot be read any more", c.Seq)
		}
		calls++
	}
	if calls != 44 {
		t.Errorf("%d calls", calls)
	}
}

// tried asserts that each contact knows when it was tried last, as the ledger
// has it.
func tried(t *testing.T, db *DB) {
	t.Helper()
	for id := int64(1); ; id++ {
		p, err := db.Contact(t.Context(), id)
		if ignoreMissing(err) == nil && err != nil {
			if id < 60 {
				t.Errorf("only %d contacts", id-1)
			}
			return
		}
		must(t, err)
		history, err := db.History(t.Context(), id, 1)
		must(t, err)
		switch {
		case len(history) == 0 && !p.TriedAt.IsZero():
			t.Errorf("contact %d was tried at %s, says nobody", id, p.TriedAt)
		case len(history) > 0 && !p.TriedAt.Equal(history[0].IntentAt):
			t.Errorf("contact %d was tried at %s, not %s", id, history[0].IntentAt, p.TriedAt)
		}
	}
}

func TestAnUpgradedStoreIsOpenedAgainAsItIs(t *testing.T) {
	path := oldStore(t)
	var heads [2]string
	for i := range heads {
		db, err := Open(t.Context(), Settings{Engine: sqlite.At(path)})
		must(t, err)
		_, err = db.Recover(t.Context(), time.Now())
		must(t, err)
		found, err := db.Verify(t.Context(), time.Now())
		must(t, err)
		heads[i] = found.Head
		must(t, db.Close())
	}
	if heads[0] != heads[1] {
		t.Errorf("the chain's head was %s and is %s", heads[0], heads[1])
	}
}
