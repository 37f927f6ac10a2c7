package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"
)

// longestEvent bounds one line of a stream: a card with a large contact.
const longestEvent = 4 << 20

// quiet is how long a stream may be silent: the server has a pulse of two
// seconds, and one whose machine or network is gone closes nothing.
const quiet = 5 * time.Second

// pulse is the event that says nothing but that the server is there.
const pulse = "pulse"

// ErrQuiet is why a stream ends from which nothing came.
var ErrQuiet = errors.New("the server has been silent for too long")

// Event is one server-sent event.
type Event struct {
	ID, Name string
	Data     []byte
}

// Events reads a stream of events until ctx ends or the server closes it,
// which is the last pair's error.
func (c *Client) Events(ctx context.Context, path string) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		ctx, cut := context.WithCancelCause(ctx)
		defer cut(nil)
		watch := time.AfterFunc(quiet, func() { cut(ErrQuiet) })
		defer watch.Stop()
		res, err := c.send(ctx, http.MethodGet, path, nil, "", http.Header{"Accept": {"text/event-stream"}})
		if err != nil {
			yield(Event{}, err)
			return
		}
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, longestEvent)
		var e Event
		for lines.Scan() {
			watch.Reset(quiet)
			if done := e.line(lines.Text()); done {
				if e.Name != "" && e.Name != pulse && !yield(e, nil) {
					return
				}
				watch.Reset(quiet) // whoever reads it may have taken their time
				e = Event{}
			}
		}
		yield(Event{}, fmt.Errorf("stream %s ended: %w", path, ended(ctx, lines.Err())))
	}
}

// line takes one line of the stream; an empty one ends the event.
func (e *Event) line(text string) (done bool) {
	if text == "" {
		return true
	}
	field, value, _ := strings.Cut(text, ":")
	value = strings.TrimPrefix(value, " ")
	switch field {
	case "id":
		e.ID = value
	case "event":
		e.Name = value
	case "data":
		e.Data = append(e.Data, value...)
	}
	return false
}

// ended is why a stream ended.
func ended(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), ErrQuiet) {
		return ErrQuiet
	}
	if err == nil {
		return io.EOF
	}
	return err
}
