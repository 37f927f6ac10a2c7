package node

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/storage/redis/redistest"
)

// rounds is how often the six calls that ring on three nodes are withdrawn.
const rounds = 35

// TestHowSoonEveryNodeHears measures how long a call that rings goes on after a number
// was put on the do-not-call list, or a campaign was stopped, at a node that does not
// lead: from when the write is on disk to the CANCEL at the carrier, of the calls of
// each node. Once with Redis, once with Redis away. It asserts no speed:
//
//	FORECALL_MEASURE=1 go test -run HowSoonEveryNodeHears -v ./cmd/internal/node
func TestHowSoonEveryNodeHears(t *testing.T) {
	if os.Getenv("FORECALL_MEASURE") == "" {
		t.Skip("a measurement: set FORECALL_MEASURE=1")
	}
	for _, away := range []bool{false, true} {
		name := "with Redis"
		if away {
			name = "Redis away"
		}
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t)
			r := openRingers(t, 6*(rounds+2), func(c *config.Config) { c.Live, c.Redis.URL = config.LiveRedis, server.URL() })
			if away {
				server.Kill()
			}
			r.measure(t, name+", do-not-call", r.bar)
			r.measure(t, name+", kill switch", r.halt)
		})
	}
}

// bar puts numbers onto the do-not-call list of a node's store.
func (r *ringers) bar(t *testing.T, at *resident, numbers []string) (undo func()) {
	t.Helper()
	entries := make([]campaigns.DoNotCall, len(numbers))
	for i, number := range numbers {
		entries[i] = campaigns.DoNotCall{Number: number, At: time.Now(), By: "test", Reason: "asked"}
	}
	if _, err := at.node.db.ImportDoNotCall(within(t), entries); err != nil {
		t.Fatal(err)
	}
	return func() {}
}

// halt stops the campaign in a node's store. Whom the stop put off waits for minutes, so
// that fresh people come when it is lifted.
func (r *ringers) halt(t *testing.T, at *resident, _ []string) (undo func()) {
	t.Helper()
	db := at.node.db
	stop, err := db.ThrowStop(within(t), campaigns.Stop{Scope: campaigns.StopCampaign, Value: fmt.Sprint(r.campaign), Reason: "test", By: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := db.LiftStop(within(t), stop.ID, "test", "over"); err != nil {
			t.Fatal(err)
		}
		r.refill(t, at, 8)
	}
}

// refill gives the campaign so many people more.
func (r *ringers) refill(t *testing.T, at *resident, n int) {
	t.Helper()
	more(t, at, r.campaign, r.known, n)
	r.known += n
}

// more gives a campaign n people more: those whose fictional numbers begin with first.
func more(t *testing.T, at *resident, campaign int64, first, n int) {
	t.Helper()
	db := at.node.db
	l, err := db.CreateList(within(t), campaigns.List{Campaign: campaign, Name: fmt.Sprintf("more of %d", first), Active: true})
	if err != nil {
		t.Fatal(err)
	}
	load, err := db.BeginLoad(within(t), campaigns.Load{List: l.ID, Source: "test", Policy: campaigns.SkipDuplicates, By: "test"})
	if err != nil {
		t.Fatal(err)
	}
	people := make([]campaigns.Contact, n)
	for i := range people {
		people[i] = campaigns.Contact{Row: i + 2, Phones: []campaigns.Phone{{Number: fictional(first + i), Region: "US", Zones: []string{"America/New_York"}}}}
	}
	if _, err := db.AddContacts(within(t), load, people, campaigns.SkipDuplicates); err != nil {
		t.Fatal(err)
	}
}

// measure withdraws what rings, again and again, and says how long it rang on.
func (r *ringers) measure(t *testing.T, what string, write func(*testing.T, *resident, []string) (undo func())) {
	t.Helper()
	var all []time.Duration
	nodes := map[string]int{}
	for range rounds {
		numbers := r.rings(t)
		before := r.events(t)
		undo := write(t, r.follower(), numbers)
		wrote := time.Now()
		var fresh []carrier.Record
		eventually(t, "none of them rings", func() bool {
			fresh = cancelsOf(r.events(t)[len(before):], numbers)
			return len(fresh) == len(numbers)
		})
		for _, c := range fresh {
			all = append(all, max(0, c.At.Sub(wrote)))
			nodes[inviter(before, c.CallID)]++
		}
		undo()
	}
	slices.Sort(all)
	at := func(share float64) time.Duration {
		return all[int(share*float64(len(all)-1))].Round(time.Millisecond)
	}
	t.Logf("%s: %d calls, by node %v: p50 %s, p99 %s, at most %s", what, len(all), nodes, at(0.5), at(0.99), at(1))
}

// cancelsOf are the first withdrawals of calls to each of some numbers.
func cancelsOf(events []carrier.Record, numbers []string) (out []carrier.Record) {
	seen := map[string]bool{}
	for _, e := range events {
		if e.Event == carrier.Canceled && slices.Contains(numbers, e.Number) && !seen[e.Number] {
			seen[e.Number] = true
			out = append(out, e)
		}
	}
	return out
}

// inviter is the address from which a call was placed.
func inviter(events []carrier.Record, call string) string {
	i := slices.IndexFunc(events, func(e carrier.Record) bool { return e.CallID == call && e.Event == carrier.Invited })
	if i < 0 {
		return "unknown"
	}
	return events[i].From
}
