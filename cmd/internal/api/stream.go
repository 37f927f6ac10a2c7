package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// How streams of events behave (HTML Living Standard, section 9.2).
const (
	heartbeat  = 15 * time.Second // how often the session is asked whether it lives
	pulseEvery = 2 * time.Second  // an event named pulse, by which a client finds out that we are gone without a word
	retryAfter = 2 * time.Second  // for the client, after a cut
	sendWithin = 10 * time.Second // a client that takes longer to read is cut off
)

// stream is one client's stream of server-sent events. It has one user: the
// handler that opened it.
type stream struct {
	w    http.ResponseWriter
	out  *http.ResponseController
	err  error // the first that happened; nothing is sent after it
	last string
}

// openStream begins the answer to a request for events.
func openStream(w http.ResponseWriter, r *http.Request) *stream {
	s := &stream{w: w, out: http.NewResponseController(w), last: r.Header.Get("Last-Event-ID")}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy that buffers would hold events back
	s.err = s.out.SetReadDeadline(time.Time{})
	w.WriteHeader(http.StatusOK)
	s.write(fmt.Sprintf("retry: %d\n\n", retryAfter.Milliseconds()))
	return s
}

// send sends an event; an empty id is left out.
func (s *stream) send(id, event string, data any) {
	body, err := json.Marshal(data)
	if err != nil {
		panic(err) // our own structs always marshal
	}
	text := "event: " + event + "\n"
	if id != "" {
		text = "id: " + id + "\n" + text
	}
	s.write(text + "data: " + string(body) + "\n\n") // JSON holds no line break
}

// beat sends an event that says nothing but that we are here: scripts in a browser
// hear of events, and not of comments.
func (s *stream) beat() { s.write("event: pulse\ndata: {}\n\n") }

func (s *stream) write(text string) {
	if s.err != nil {
		return
	}
	if s.err = s.out.SetWriteDeadline(time.Now().Add(sendWithin)); s.err != nil {
		return
	}
	if _, s.err = s.w.Write([]byte(text)); s.err == nil {
		s.err = s.out.Flush()
	}
	if s.err == nil { // over HTTP/2 a deadline that passes ends the stream, also while nothing is written
		s.err = s.out.SetWriteDeadline(time.Time{})
	}
}

// follow runs a stream until the client or its session is gone: look is asked
// to send what is new whenever wake says so, and with each heartbeat. With
// each heartbeat the session is asked again, and a stream whose user may no
// longer see it ends. Between them it has a pulse.
func follow[T any](ctx context.Context, s *Server, st *stream, p campaigns.Permission, wake <-chan T, look func(campaigns.User) error) {
	u, asks, pulse := who(ctx), time.NewTicker(s.Heartbeat), time.NewTicker(pulseEvery)
	defer asks.Stop()
	defer pulse.Stop()
	for err := look(u); err == nil && st.err == nil; err = look(u) {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-wake:
			if !ok {
				return
			}
		case <-pulse.C:
			st.beat()
			continue
		case <-asks.C:
			var alive bool
			if u, alive = s.Sessions.Alive(ctx); !alive || u.Allow(p) != nil {
				return
			}
			st.beat()
		}
	}
}
