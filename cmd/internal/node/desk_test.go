package node

import (
	"context"
	"encoding/json"
	"sync"
	"testing"

	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
)

// desk is an agent who is signed in: the API, and what it tells them.
type desk struct {
	*client.Client
	events chan client.Event
	leave  func()
}

// seat logs an agent in, whose phone must be registered, signs in, makes them
// ready and follows their events.
func (o *office) seat(t testing.TB, login string) *desk {
	t.Helper()
	d := &desk{Client: client.New(o.node.URL()), events: make(chan client.Event, 64)}
	if _, err := d.Login(within(t), login, o.secret); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/agent/sign-in", "/v1/agent/ready"} {
		if err := d.Post(within(t), path, struct{}{}, nil); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(d.events)
		for e, err := range d.Events(ctx, "/v1/agent/events") {
			if err != nil {
				return
			}
			select {
			case d.events <- e:
			case <-ctx.Done():
				return
			}
		}
	})
	d.leave = func() {
		stop()
		reading.Wait()
	}
	t.Cleanup(d.leave)
	return d
}

// until waits for an event and passes over others.
func (d *desk) until(t testing.TB, name string) client.Event {
	t.Helper()
	for {
		e := await(t, "event "+name, d.events)
		switch e.Name {
		case name:
			return e
		case "":
			t.Fatalf("the stream of events ended before %s", name)
		}
	}
}

// connected waits for the next person and returns their card.
func (d *desk) connected(t testing.TB) api.Card {
	t.Helper()
	var card api.Card
	if err := json.Unmarshal(d.until(t, "call_connected").Data, &card); err != nil {
		t.Fatal(err)
	}
	return card
}

// dispose says what came of a call; the agent is ready again then.
func (d *desk) dispose(t testing.TB, attempt string, what api.Disposition) {
	t.Helper()
	what.Attempt = attempt
	if err := d.Dispose(within(t), attempt, what); err != nil {
		t.Fatal(err)
	}
}
