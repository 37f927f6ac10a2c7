package redis

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/forecall/forecall/campaigns"
)

//go:embed stream.lua
var streamText string

var streamScript = redis.NewScript(streamText)

const (
	streamKeeps = 10_000 // events, about
	maxPayload  = 4 << 10
	streamBlock = 500 * time.Millisecond // then a reader asks whether the stream is still the one it read
	streamBatch = 256
	streamRetry = 100 * time.Millisecond
)

// Event is something small that happened, for whom it may concern: a page that
// shows it, a loop that looks again. Whatever matters is in the records.
type Event struct {
	Kind     string          `json:"kind"`
	Campaign int64           `json:"campaign,omitempty"`
	Node     string          `json:"node,omitempty"` // who tells it
	Payload  json.RawMessage `json:"payload,omitempty"`
}

// Tell tells all nodes of an event. It returns within 50 ms; after an error it may
// have been told all the same. A payload of more than 4 KB is a *campaigns.Problem.
func (h *House) Tell(ctx context.Context, e Event) error {
	if len(e.Payload) > maxPayload {
		return &campaigns.Problem{
			Kind: campaigns.KindInvalid, Code: "event_too_long",
			Text: fmt.Sprintf("An event of %d octets is not told: 4096 are the most. Tell where it is to be read.", len(e.Payload)),
		}
	}
	text, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("tell an event of kind %s: %w", e.Kind, err)
	}
	_, err = bounded(ctx, func(ctx context.Context) (any, error) {
		return streamScript.Run(ctx, h.client, h.streamKeys(), "tell", streamKeeps, text).Result()
	})
	if err != nil {
		return fmt.Errorf("tell an event of kind %s: %w", e.Kind, err)
	}
	return nil
}

func (h *House) streamKeys() []string {
	return []string{h.key("events", ""), h.key("events", "number")}
}

// Heard is what a reader hears: an event, or that some may have been missed and
// everything is to be read anew.
type Heard struct {
	Resync bool
	Event
}

// Reader hears the events of the house in their order, each once, from when it
// was made. It belongs to one goroutine.
//
//	start --> Resync --> event, event, ...
//	           ^            |  Redis gone: it goes on behind the last one when it is back
//	           +------------+  a number is missing, or the stream is behind us: trimmed, emptied, failed over
type Reader struct {
	house *House
	queue []Heard
	at    mark // behind which to read; its id is empty when that is not known
}

// mark is a place in a stream: which stream, and which of its events.
type mark struct {
	born, id string
	number   int64
}

// Reader makes a reader. The first that it hears is Resync.
func (h *House) Reader() *Reader { return &Reader{house: h} }

// Next waits for the next event. Its error is that of ctx: while Redis is gone it
// waits.
func (r *Reader) Next(ctx context.Context) (Heard, error) {
	for len(r.queue) == 0 {
		if err := ctx.Err(); err != nil {
			return Heard{}, context.Cause(ctx)
		}
		if err := r.read(ctx); err != nil {
			wait(ctx, streamRetry)
		}
	}
	next := r.queue[0]
	r.queue = r.queue[1:]
	return next, nil
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// read fills the queue with what came, if anything did.
func (r *Reader) read(ctx context.Context) error {
	if r.at.id == "" {
		return r.begin(ctx)
	}
	ctx, stop := context.WithTimeout(ctx, streamBlock+answerTimeout)
	defer stop()
	streams, err := r.house.client.XRead(ctx, &redis.XReadArgs{
		Streams: []string{r.house.streamKeys()[0], r.at.id}, Count: streamBatch, Block: streamBlock,
	}).Result()
	switch {
	case errors.Is(err, redis.Nil):
		return r.look(ctx)
	case err != nil:
		return err
	}
	for _, s := range streams {
		for _, m := range s.Messages {
			r.take(m)
		}
	}
	return nil
}

// begin starts at the end of the stream.
func (r *Reader) begin(ctx context.Context) error {
	top, err := r.top(ctx)
	if err != nil {
		return err
	}
	r.resync(top)
	return nil
}

func (r *Reader) resync(at mark) {
	r.at = at
	r.queue = append(r.queue, Heard{Resync: true})
}

// look finds out, when nothing came, whether the stream is the one that was read:
// one that was emptied, or has lost its end, is behind us.
func (r *Reader) look(ctx context.Context) error {
	top, err := r.top(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	switch {
	case top.born == r.at.born && top.number >= r.at.number && compareIDs(top.id, r.at.id) >= 0:
	case r.at.born == "" && compareIDs(r.at.id, top.id) < 0: // its first event has come since; the next read has it
	default:
		r.resync(top)
	}
	return nil
}

func (r *Reader) top(ctx context.Context) (mark, error) {
	answer, err := within(ctx, ownWait, func(ctx context.Context) ([]any, error) {
		return streamScript.Run(ctx, r.house.client, r.house.streamKeys(), "top").Slice()
	})
	if err != nil {
		return mark{}, err
	}
	if len(answer) == 3 {
		number, isNumber := answer[0].(int64)
		id, isID := answer[1].(string)
		born, isBorn := answer[2].(string)
		if isNumber && isID && isBorn {
			return mark{number: number, id: id, born: born}, nil
		}
	}
	return mark{}, fmt.Errorf("stream: an answer of another kind: %v", answer)
}

// take queues one event, and Resync before it when one is missing, or the stream
// is another. Of one that was not there at first, the first event is no surprise.
func (r *Reader) take(m redis.XMessage) {
	text, _ := m.Values["n"].(string)
	born, _ := m.Values["born"].(string)
	words, _ := m.Values["e"].(string)
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || number != r.at.number+1 || born != r.at.born && r.at.born != "" {
		r.queue = append(r.queue, Heard{Resync: true})
	}
	r.at = mark{born: born, id: m.ID, number: number}
	var e Event
	if err := json.Unmarshal([]byte(words), &e); err != nil {
		r.queue = append(r.queue, Heard{Resync: true}) // it speaks otherwise than we do
		return
	}
	r.queue = append(r.queue, Heard{Event: e})
}

// compareIDs orders two ids of a stream, milliseconds-number.
func compareIDs(a, b string) int {
	aMs, aN := idOf(a)
	bMs, bN := idOf(b)
	return cmp.Or(cmp.Compare(aMs, bMs), cmp.Compare(aN, bN))
}

func idOf(id string) (ms, n uint64) {
	first, second, _ := strings.Cut(id, "-")
	ms, _ = strconv.ParseUint(first, 10, 64)
	n, _ = strconv.ParseUint(second, 10, 64)
	return ms, n
}
