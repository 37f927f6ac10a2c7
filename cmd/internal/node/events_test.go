package node

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/pacing/sim"
)

// TestEventsOfAPageGoOnWhenTheNodeThatLeadsEnds: a page that another node serves asks
// anew, as browsers do, until it has the whole floor again. It is never told anything
// but to try again.
func TestEventsOfAPageGoOnWhenTheNodeThatLeadsEnds(t *testing.T) {
	far := folk(t, filepath.Join(t.TempDir(), "carrier.log"), 24000, 25999, sim.Callees{Busy: 1})
	o := openTown(t, far.Addr("udp"), 2)
	first := o.leader()
	other := o.nodes[0]
	if other == first {
		other = o.nodes[1]
	}
	page := client.New(other.node.URL())
	if _, err := page.Login(within(t), managerLogin, o.secret); err != nil {
		t.Fatal(err)
	}
	var wholes atomic.Int64
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan struct{})
	go func() {
		defer close(left)
		for ctx.Err() == nil {
			for e, err := range page.Events(ctx, "/v1/floor/events") {
				var refused *client.Refusal
				switch {
				case errors.As(err, &refused) && refused.Status != http.StatusServiceUnavailable:
					t.Errorf("the page is told %v", err)
				case err == nil && e.Name == "snapshot":
					wholes.Add(1)
				}
			}
			rest(ctx, 200*time.Millisecond) // a browser waits longer
		}
	}()
	defer func() { leave(); await(t, "the page is closed", left) }()
	eventually(t, "the page has the floor", func() bool { return wholes.Load() == 1 })
	first.end(t)
	ended := time.Now()
	eventually(t, "the page has the whole floor again", func() bool { return wholes.Load() == 2 })
	t.Logf("after %s", time.Since(ended).Round(time.Millisecond))
}
