package node

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/storage/postgres"
)

func TestADeskIsToldWhatWasKnownLastWhileTheStoreIsAwayAndNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newLastKnown(config.Config{Storage: config.StoragePostgres})
		value, away, asked := "a", error(nil), 0
		read := func(key string, unknown *string) (string, error) {
			return recall(t.Context(), k, key, unknown, func(context.Context) (string, error) { asked++; return value, away })
		}
		for range 1000 { // an answer is an answer, however the two sides are woken
			if v, err := read("x", nil); v != "a" || err != nil {
				t.Fatalf("%q, %v", v, err)
			}
		}
		value, away = "", fmt.Errorf("read: %w", postgres.ErrAway)
		asked = 0
		for range 10 {
			if v, err := read("x", nil); v != "a" || err != nil {
				t.Errorf("while it is away: %q, %v", v, err)
			}
		}
		if asked != 1 {
			t.Errorf("a store that is away was asked %d times in a moment", asked)
		}
		if _, err := read("y", nil); !errors.Is(err, postgres.ErrAway) {
			t.Errorf("what was never read: %v", err)
		}
		if v, err := read("y", new(string)); v != "" || err != nil {
			t.Errorf("what may be unknown: %q, %v", v, err)
		}
		time.Sleep(keptFor)
		if _, err := read("x", nil); !errors.Is(err, postgres.ErrAway) {
			t.Errorf("after an hour: %v", err)
		}
		value, away = "b", nil
		if v, err := read("x", nil); v != "b" || err != nil {
			t.Errorf("when it is back: %q, %v", v, err)
		}
		k.asking.Wait()
	})
}

func TestAStoreThatSaysNothingIsWaitedForNoLongerThanADeskWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newLastKnown(config.Config{Storage: config.StoragePostgres})
		k.keep("x", 7)
		began := time.Now()
		v, err := recall(t.Context(), k, "x", nil, func(ctx context.Context) (int, error) {
			<-ctx.Done()
			time.Sleep(time.Minute) // it hangs whatever is asked of it
			return 0, ctx.Err()
		})
		if v != 7 || err != nil || time.Since(began) != readWithin {
			t.Errorf("%d, %v after %s", v, err, time.Since(began))
		}
		k.asking.Wait()
	})
}
