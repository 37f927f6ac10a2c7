package dialer

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestNothingLeavesAfterTheCordIsPulled(t *testing.T) {
	why := errors.New("listed")
	c := new(cord)
	left, err := c.leave()
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.leave() // to another trunk, or with credentials
	if err != nil {
		t.Fatal(err)
	}
	clear := c.pull(why)
	for _, written := range []func(){left, again} {
		select {
		case <-clear:
			t.Fatal("clear while an INVITE is being written")
		default:
		}
		written()
	}
	<-clear
	if _, err := c.leave(); !errors.Is(err, why) {
		t.Errorf("left after the pull: %v", err)
	}
	<-c.pull(errors.New("another cause"))
	if _, err := c.leave(); !errors.Is(err, why) {
		t.Errorf("the cause is now %v", err)
	}
}

// TestACordHoldsUnderARace pulls while others leave: whoever was let through is
// written before the puller goes on.
func TestWhoWasLetThroughIsWrittenBeforeThePullerGoesOn(t *testing.T) {
	for range 2000 {
		c := new(cord)
		var written atomic.Int32
		var let atomic.Int32
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if left, err := c.leave(); err == nil {
					let.Add(1)
					written.Add(1)
					left()
				}
			})
		}
		<-c.pull(errors.New("listed"))
		before := written.Load()
		wg.Wait()
		if written.Load() != before || let.Load() != before {
			t.Fatalf("%d written when it was clear, %d at the end", before, written.Load())
		}
	}
}
