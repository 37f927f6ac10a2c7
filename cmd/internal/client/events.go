package client

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
)

// longestEvent bounds one line of a stream: a card with a large contact.
const longestEvent = 4 << 20

// Event is one server-sent event.
type Event struct {
	ID, Name string
	Data     []byte
}

// Events reads a stream of events until ctx ends or the server closes it,
// which is the last pair's error.
func (c *Client) Events(ctx context.Context, path string) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
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
			if done := e.line(lines.Text()); done {
				if e.Name != "" && !yield(e, nil) {
					return
				}
				e = Event{}
			}
		}
		yield(Event{}, fmt.Errorf("stream %s ended: %w", path, orEOF(lines.Err())))
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

func orEOF(err error) error {
	if err == nil {
		return io.EOF
	}
	return err
}
