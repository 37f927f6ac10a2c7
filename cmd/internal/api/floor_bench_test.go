package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
)

// crowd is a floor of a hundred agents as a busy hour changes it: ten agents
// change their state in a second, and forty calls are placed and end.
type crowd struct {
	campaigns.FloorSnapshot
	n int
}

func newCrowd(campaignsOn, agents, calls int) *crowd {
	c := &crowd{}
	for i := range campaignsOn {
		c.Campaigns = append(c.Campaigns, campaigns.CampaignStatus{
			ID: int64(i + 1), Name: fmt.Sprint("Campaign ", i), Status: campaigns.Running, Mode: campaigns.Predictive, Cap: 0.03,
			Decision: pacing.Decision{Why: pacing.ReasonLossOverTheta},
		})
	}
	for i := range agents {
		c.Agents = append(c.Agents, campaigns.AgentStatus{
			Agent: int64(i + 1), Login: fmt.Sprint("agent", i), Name: fmt.Sprint("Name of agent ", i), State: campaigns.AgentTalking, Since: time.Now(),
			Campaign: c.Campaigns[i%campaignsOn].Name, Attempt: fmt.Sprintf("01a1fec4-0000-7000-8000-%012d", i),
		})
	}
	for range calls {
		c.place()
	}
	return c
}

func (c *crowd) place() {
	c.n++
	c.Calls = append(c.Calls, campaigns.AirCall{
		Attempt: fmt.Sprintf("01a1fec4-1000-7000-8000-%012d", c.n), Campaign: c.Campaigns[c.n%len(c.Campaigns)].Name, Contact: "Somebody Else",
		Number: "+34600111222", State: "ringing", Since: time.Now(), Trunk: "carrier-a",
	})
}

// step is a tenth of a second. The mark is when it happened, for who measures.
func (c *crowd) step(mark string) campaigns.FloorSnapshot {
	c.Agents, c.Calls, c.Last, c.Campaigns = slices.Clone(c.Agents), slices.Clone(c.Calls), slices.Clone(c.Last), slices.Clone(c.Campaigns)
	for range 4 {
		ended := c.Calls[0]
		c.Calls = c.Calls[1:]
		c.Last = append([]campaigns.EndedCall{{Attempt: ended.Attempt, Campaign: ended.Campaign, Contact: ended.Contact, Number: ended.Number, Outcome: campaigns.NoAnswer, At: time.Now()}}, c.Last...)
		c.Last = c.Last[:min(len(c.Last), 50)]
		c.place()
	}
	a := &c.Agents[c.n%len(c.Agents)]
	a.State = []campaigns.AgentState{campaigns.AgentReady, campaigns.AgentTalking, campaigns.AgentWrapUp}[c.n%3]
	a.Since = time.Now()
	c.Agents[0].Reason = mark
	for i := range c.Campaigns {
		c.Campaigns[i].Placed++
		c.Campaigns[i].Decision.InAir = c.n % 40
	}
	c.At = time.Now()
	return c.FloorSnapshot
}

// used is the processor time of this process.
func used(t *testing.T) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// late reads a stream of the floor and sends how old each mark is that comes.
func late(ctx context.Context, c caller, ages chan<- time.Duration) {
	lines := c.lines(ctx, "/v1/floor/events")
	if lines == nil {
		return
	}
	mark := []byte(`"reason":"mark `)
	for lines.Scan() {
		_, after, found := bytes.Cut(lines.Bytes(), mark)
		if !found {
			continue
		}
		digits, _, _ := bytes.Cut(after, []byte(`"`))
		var at int64
		if json.Unmarshal(digits, &at) != nil {
			continue
		}
		select {
		case ages <- time.Since(time.UnixMicro(at)):
		case <-ctx.Done():
		}
	}
}

// lines are what comes over a stream, until ctx is done; nil when it cannot be
// opened.
func (c caller) lines(ctx context.Context, path string) *bufio.Scanner {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, nil)
	if err != nil {
		return nil
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusOK {
		c.Errorf("%s: %v %v", path, res, err)
		return nil
	}
	context.AfterFunc(ctx, func() { _ = res.Body.Close() })
	s := bufio.NewScanner(res.Body)
	s.Buffer(make([]byte, 1<<16), 1<<22)
	return s
}

// TestAHundredDesksAreMeasured opens a hundred pages of the floor and a hundred
// of agents on a floor of a hundred agents, for ten seconds, and logs how much
// of a core the server and these clients take together, and how late updates
// came. It is run when FORECALL_MEASURE is set, and asserts no speed.
func TestAHundredDesksAreMeasured(t *testing.T) {
	if os.Getenv("FORECALL_MEASURE") == "" {
		t.Skip("a measurement: set FORECALL_MEASURE=1")
	}
	const desks, steps = 100, 100 // steps of a tenth of a second
	h := newHouse(t).staff()
	agents := make([]campaigns.User, desks)
	for i := range agents {
		agents[i] = h.hire(fmt.Sprint("desk", i), campaigns.Agent)
		h.must(h.floor.SignIn(t.Context(), agents[i], nil, ""))
	}
	crowd := newCrowd(4, desks, 60)
	h.floor.show(crowd.step("mark 0"))
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	ages := make(chan time.Duration, 1000)
	boss := h.as("supervisor")
	for i := range desks {
		wg.Go(func() { late(ctx, boss, ages) })
		wg.Go(func() {
			for s := h.as(agents[i].Login).lines(ctx, "/v1/agent/events"); s != nil && s.Scan(); {
			}
		})
	}
	var all []time.Duration
	for range desks { // every page has its first sight
		select {
		case age := <-ages:
			all = append(all, age)
		case <-time.After(20 * time.Second):
			t.Fatalf("%d of %d pages have seen the floor", len(all), desks)
		}
	}
	all = all[:0]
	before, began := used(t), time.Now()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for n := 0; n < steps; {
		select {
		case age := <-ages:
			all = append(all, age)
		case <-tick.C:
			n++
			h.floor.show(crowd.step(fmt.Sprint("mark ", time.Now().UnixMicro())))
			h.must(h.floor.state(agents[n%desks].ID, []campaigns.AgentState{campaigns.AgentReady, campaigns.AgentPaused}[n%2], "lunch"))
		}
	}
	took, wall := used(t)-before, time.Since(began)
	stop()
	wg.Wait()
	slices.Sort(all)
	t.Logf("%d desks: %.1f %% of a core; %d updates, p50 %s, p99 %s, latest %s", 2*desks, 100*took.Seconds()/wall.Seconds(),
		len(all), all[len(all)/2].Round(time.Millisecond), all[len(all)*99/100].Round(time.Millisecond), all[len(all)-1].Round(time.Millisecond))
}
