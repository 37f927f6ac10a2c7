package api

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// eventPatience is how long an event may be in coming on a machine that is busy.
const eventPatience = 30 * time.Second

// event is one server-sent event as a client reads it.
type event struct{ id, name, data string }

// listener reads a stream of events.
type listener struct {
	*house
	events chan event
	cut    func()
}

// listen opens a stream; it ends with the test, or when it is cut.
func (c caller) listen(path, lastID string) *listener {
	c.Helper()
	ctx, cut := context.WithCancel(c.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, nil)
	c.must(err)
	req.Header.Set("Authorization", "Bearer "+c.token)
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	c.must(err)
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		c.Fatalf("stream: %d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	l := &listener{house: c.house, events: make(chan event, 64), cut: cut}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(l.events)
		defer res.Body.Close()
		readEvents(ctx, res, l.events)
	}()
	c.Cleanup(func() { cut(); <-done })
	return l
}

// readEvents ends with ctx also when nobody takes what comes.
func readEvents(ctx context.Context, res *http.Response, to chan<- event) {
	var e event
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data":
			e.data = value
		case "":
			if e.name != "" {
				select {
				case to <- e:
				case <-ctx.Done():
					return
				}
			}
			e = event{}
		}
	}
}

// next wants an event of a name and reads its data.
func (l *listener) next(name string, into any) event {
	l.Helper()
	select {
	case e, ok := <-l.events:
		if !ok || e.name != name {
			l.Fatalf("event %+v, want %s", e, name)
		}
		if into != nil {
			l.must(json.Unmarshal([]byte(e.data), into))
		}
		return e
	case <-time.After(eventPatience):
		l.Fatalf("no event %s", name)
	}
	return event{}
}

func TestAnAgentIsToldOfACallItsEndAndThatItIsClosed(t *testing.T) {
	h, c, u, camp, p := desk(t)
	l := c.listen("/v1/agent/events", "")
	var state Agent
	l.next("state", &state)
	if state.State != campaigns.AgentReady {
		t.Errorf("state %s", state.State)
	}
	a := h.talk(u, camp, p)
	l.next("state", &state)
	var card Card
	l.next("call_connected", &card)
	if state.State != campaigns.AgentTalking || card.Attempt != a.ID || card.Contact.Name != p.Name {
		t.Errorf("state %+v, card %+v", state, card)
	}
	h.hangUp(u, a)
	l.next("state", &state)
	var ref callRef
	l.next("call_ended", &ref)
	if ref.Attempt != a.ID || state.State != campaigns.AgentWrapUp {
		t.Errorf("state %+v, ended %+v", state, ref)
	}
	c.send("POST", "/v1/agent/call/disposition", map[string]any{"code": "survey", "attempt_id": a.ID}, "Idempotency-Key", "k").want(200)
	l.next("state", &state)
	l.next("call_closed", &ref)
	if ref.Attempt != a.ID || state.State != campaigns.AgentReady {
		t.Errorf("state %+v, closed %+v", state, ref)
	}
}

func TestAPreviewShowsItsCardAndBecomesTheCall(t *testing.T) {
	h, c, u, camp, p := desk(t)
	l := c.listen("/v1/agent/events", "")
	l.next("state", nil)
	call := campaigns.CurrentCall{Campaign: camp.ID, Contact: p, Number: "+34600111222"}
	h.floor.bridge(u.ID, call, campaigns.AgentPreview)
	l.next("state", nil)
	var card Card
	l.next("card", &card)
	if card.Attempt != "" || card.State != campaigns.AgentPreview {
		t.Errorf("card %+v", card)
	}
	call.Attempt = "01a2-attempt"
	h.floor.bridge(u.ID, call, campaigns.AgentReserved)
	l.next("state", nil)
	l.next("card", &card)
	h.floor.bridge(u.ID, call, campaigns.AgentTalking)
	l.next("state", nil)
	l.next("call_connected", &card)
	if card.Attempt != "01a2-attempt" {
		t.Errorf("card %+v", card)
	}
}

func TestAClientThatComesBackIsToldWhatItMissedAndNothingElse(t *testing.T) {
	h, c, u, camp, p := desk(t)
	l := c.listen("/v1/agent/events", "")
	known := l.next("state", nil)
	l.cut()

	a := h.talk(u, camp, p)
	h.hangUp(u, a)
	l = c.listen("/v1/agent/events", known.id)
	l.next("state", nil)
	l.next("call_connected", nil)
	now := l.next("call_ended", nil)
	l.cut()

	l = c.listen("/v1/agent/events", now.id)
	h.must(h.floor.WrapUpDone(t.Context(), u.ID))
	l.next("state", nil) // of the new state: what it knew was not told again
	l.next("call_closed", nil)
}

func TestTheFloorStreamsASnapshotAndThenWhatChanges(t *testing.T) {
	h := newHouse(t).staff()
	one := campaigns.CampaignStatus{ID: 1, Name: "One", Status: campaigns.Running, Mode: campaigns.Predictive, Cap: 0.03, Placed: 1}
	two := campaigns.CampaignStatus{ID: 2, Name: "Two", Status: campaigns.Running, Mode: campaigns.Preview}
	ana := campaigns.AgentStatus{Agent: 7, Login: "ana", Name: "Ana", State: campaigns.AgentReady}
	ring := campaigns.AirCall{Attempt: "a1", Campaign: "One", Number: "+34600111222", State: "ringing"}
	h.floor.show(campaigns.FloorSnapshot{
		Campaigns: []campaigns.CampaignStatus{one, two}, Agents: []campaigns.AgentStatus{ana}, Calls: []campaigns.AirCall{ring},
	})
	l := h.as("supervisor").listen("/v1/floor/events", "")
	var f Floor
	l.next("snapshot", &f)
	if len(f.Campaigns) != 2 || len(f.Agents) != 1 || len(f.Calls) != 1 || f.Calls[0].Number != "…222" || f.Last == nil {
		t.Errorf("snapshot %+v", f)
	}
	one.Placed = 2
	h.floor.show(campaigns.FloorSnapshot{
		Campaigns: []campaigns.CampaignStatus{one, two}, Agents: []campaigns.AgentStatus{ana},
		Last: []campaigns.EndedCall{{Attempt: "a1", Outcome: campaigns.Busy, Number: "+34600111222"}},
	})
	var p patch
	l.next("patch", &p)
	if len(p.Campaigns) != 1 || len(p.Agents) != 0 || len(p.Gone["calls"]) != 1 || p.Gone["calls"][0] != "a1" || p.Last == nil {
		t.Errorf("patch %+v", p)
	}
	contains(t, string(p.Campaigns[0]), `"placed":2`)
	contains(t, string(p.Last), `"…222"`)
}

func TestAStreamEndsWithItsSessionAndWithTheRightToSeeIt(t *testing.T) {
	h := newHouse(t, func(s *Settings, _ *http.Server) { s.Heartbeat = 20 * time.Millisecond }).staff()
	gone := h.as("supervisor")
	l := gone.listen("/v1/floor/events", "")
	l.next("snapshot", nil)
	gone.send("POST", "/v1/logout", nil).want(204)
	l.ended()

	h.as("admin").send("PUT", "/v1/users/manager", map[string]any{"name": "M", "role": "manager"}).want(200)
	l = h.as("manager").listen("/v1/floor/events", "")
	l.next("snapshot", nil)
	h.as("admin").send("PUT", "/v1/users/manager", map[string]any{"name": "M", "role": "agent"}).want(200)
	l.ended()
}

// ended wants the stream to end by itself.
func (l *listener) ended() {
	l.Helper()
	deadline := time.After(eventPatience)
	for {
		select {
		case _, more := <-l.events:
			if !more {
				return
			}
		case <-deadline:
			l.Fatal("the stream goes on")
		}
	}
}
