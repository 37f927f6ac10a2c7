package redis_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/redis"
	"github.com/forecall/forecall/storage/redis/redistest"
)

func hears(t *testing.T, r *redis.Reader) redis.Heard {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	h, err := r.Next(ctx)
	must(t, err)
	return h
}

func hearsResync(t *testing.T, r *redis.Reader) {
	t.Helper()
	if h := hears(t, r); !h.Resync {
		t.Fatalf("heard %+v, not that it should read anew", h)
	}
}

func hearsOf(t *testing.T, r *redis.Reader, campaign int64) {
	t.Helper()
	if h := hears(t, r); h.Resync || h.Campaign != campaign {
		t.Fatalf("heard %+v, want that of campaign %d", h, campaign)
	}
}

// tells an event once: when the answer is lost on a busy machine, it looks
// whether it was told all the same.
func tells(t *testing.T, s *redistest.Server, h *redis.House, campaign int64) {
	t.Helper()
	number := func() string { return fmt.Sprint(s.Must("HGET", "{forecall:test}:events:number", "n")) }
	before := number()
	eventually(t, "it is told", func() bool {
		err := h.Tell(t.Context(), redis.Event{Kind: "moved", Campaign: campaign, Node: "a", Payload: json.RawMessage(`{"x":1}`)})
		if err != nil {
			pause(200 * time.Millisecond)
		}
		return err == nil || number() != before
	})
}

func TestEveryReaderHearsEveryEventOnceAndInOrder(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	h := house(t, s.URL())
	tells(t, s, h, 99) // before anybody reads
	readers := []*redis.Reader{house(t, s.URL()).Reader(), house(t, s.URL()).Reader(), h.Reader()}
	for _, r := range readers {
		hearsResync(t, r)
	}
	for i := range int64(300) {
		tells(t, s, h, i)
	}
	for _, r := range readers {
		for i := range int64(300) {
			hearsOf(t, r, i)
		}
	}
	tells(t, s, h, 1000)
	heard := hears(t, readers[0])
	if heard.Kind != "moved" || heard.Node != "a" || string(heard.Payload) != `{"x":1}` {
		t.Errorf("%+v", heard)
	}
}

func TestAReaderCatchesUpAfterItWasCutOff(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	link := redistest.NewLink(t, s)
	h, r := house(t, s.URL()), house(t, link.URL()).Reader()
	hearsResync(t, r)
	tells(t, s, h, 1)
	hearsOf(t, r, 1)
	link.Cut()
	for i := range int64(100) {
		tells(t, s, h, 2+i)
	}
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	if got, err := r.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%+v, %v", got, err)
	}
	link.Lead(s)
	for i := range int64(100) {
		hearsOf(t, r, 2+i)
	}
}

func TestAReaderIsToldWhenWhatItMissedIsTrimmed(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	link := redistest.NewLink(t, s)
	h, r := house(t, s.URL()), house(t, link.URL()).Reader()
	hearsResync(t, r)
	tells(t, s, h, 1)
	hearsOf(t, r, 1)
	link.Cut()
	for i := range int64(10) {
		tells(t, s, h, 2+i)
	}
	s.Must("XTRIM", "{forecall:test}:events:", "MAXLEN", "2")
	link.Lead(s)
	hearsResync(t, r)
	hearsOf(t, r, 10)
	hearsOf(t, r, 11)
}

func TestAReaderIsToldWhenRedisIsEmptied(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	h := house(t, s.URL())
	r := h.Reader()
	hearsResync(t, r)
	tells(t, s, h, 1)
	hearsOf(t, r, 1)
	s.Flush() // and nobody says anything
	hearsResync(t, r)
	tells(t, s, h, 2)
	hearsOf(t, r, 2)
	s.Flush() // and at once somebody does
	tells(t, s, h, 3)
	hearsResync(t, r) // with what was said by then, or before it
	tells(t, s, h, 4)
	for got := hears(t, r); got.Campaign != 4; got = hears(t, r) {
		if got.Campaign != 3 && !got.Resync {
			t.Fatalf("%+v", got)
		}
	}
}

func TestAReaderIsToldWhenRedisRestartsEmpty(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	h := house(t, s.URL())
	r := h.Reader()
	hearsResync(t, r)
	tells(t, s, h, 1)
	hearsOf(t, r, 1)
	s.Kill()
	must(t, s.Again())
	hearsResync(t, r)
	tells(t, s, h, 2)
	hearsOf(t, r, 2)
}

func TestAReaderIsToldWhenAReplicaLacksTheLastEvents(t *testing.T) {
	t.Parallel()
	master, replica := redistest.Start(t), redistest.Start(t)
	replica.Follow(master)
	link := redistest.NewLink(t, master)
	h, r := house(t, link.URL()), house(t, link.URL()).Reader()
	hearsResync(t, r)
	tells(t, master, h, 1)
	hearsOf(t, r, 1)
	replica.Eventually("the replica has it", func() bool { return fmt.Sprint(replica.Must("HGET", "{forecall:test}:events:number", "n")) == "1" })
	replica.Promote()
	tells(t, master, h, 2)
	tells(t, master, h, 3)
	hearsOf(t, r, 2)
	hearsOf(t, r, 3)
	link.Lead(replica)
	hearsResync(t, r)
	tells(t, replica, h, 4)
	hearsOf(t, r, 4)
}

func TestAnEventThatIsTooLongIsRefused(t *testing.T) {
	t.Parallel()
	long := append(append([]byte{'"'}, bytes.Repeat([]byte{'x'}, 4096)...), '"')
	var p *campaigns.Problem
	if err := house(t, "redis://127.0.0.1:1").Tell(t.Context(), redis.Event{Kind: "a", Payload: long}); !errors.As(err, &p) {
		t.Errorf("%v", err)
	}
}
