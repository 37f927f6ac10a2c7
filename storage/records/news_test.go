package records

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func TestTheNewsAreWhatWasWrittenBehindAMark(t *testing.T) {
	db := openTest(t)
	rang := make(chan struct{}, 100)
	db.written = func() { rang <- struct{}{} } // before anything is written
	before, err := db.Mark(t.Context())
	must(t, err)
	if n, err := db.News(t.Context(), before); err != nil || n.Anew || n.More || len(n.Kinds)+len(n.DoNotCall) != 0 || n.Mark != before {
		t.Fatalf("nothing was written: %+v, %v", n, err)
	}
	must(t, db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+12025550101", At: time.Now(), By: "test"}))
	<-rang
	_, err = db.ThrowStop(t.Context(), campaigns.Stop{Scope: campaigns.StopHouse, Reason: "test", By: "test"})
	must(t, err)
	<-rang
	n, err := db.News(t.Context(), before)
	must(t, err)
	if len(n.DoNotCall) != 1 || n.DoNotCall[0].Number != "+12025550101" || n.DoNotCall[0].Removed || !slices.Contains(n.Kinds, "stop.throw") {
		t.Errorf("%+v", n)
	}
	if again, err := db.News(t.Context(), n.Mark); err != nil || len(again.Kinds)+len(again.DoNotCall) != 0 {
		t.Errorf("told twice: %+v, %v", again, err)
	}
	ahead := n.Mark
	ahead.Audit += 5
	if n, err := db.News(t.Context(), ahead); err != nil || !n.Anew {
		t.Errorf("the store is behind the mark: %+v, %v", n, err)
	}
}

func TestALongNewsOfTheListIsToldInParts(t *testing.T) {
	db := openTest(t)
	mark, err := db.Mark(t.Context())
	must(t, err)
	var batch []campaigns.DoNotCall
	for i := range newsMost + 1 {
		batch = append(batch, campaigns.DoNotCall{Number: fmt.Sprintf("+3460%07d", i), At: time.Now(), By: "test"})
	}
	_, err = db.ImportDoNotCall(t.Context(), batch)
	must(t, err)
	told := 0
	for more := true; more; {
		n, err := db.News(t.Context(), mark)
		must(t, err)
		told, mark, more = told+len(n.DoNotCall), n.Mark, n.More
		if len(n.DoNotCall) > newsMost {
			t.Fatalf("%d at once", len(n.DoNotCall))
		}
	}
	if told != len(batch) {
		t.Errorf("told %d of %d", told, len(batch))
	}
}
