package redis_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/storage/redis"
	"github.com/forecall/forecall/storage/redis/redistest"
	"github.com/forecall/forecall/storage/storagetest/tally"
)

// Each figure of ours stands beside one that redis-benchmark reaches on the same
// server within the same seconds, turn by turn, with as many clients and no
// pipeline, and is the median of its turns.
//
//	go test -run '^$' -bench . -benchtime 1x ./storage/redis
const (
	turns    = 3
	turnTime = 1500 * time.Millisecond
)

// beside is what redis-benchmark reaches on this machine in this moment.
type beside struct{ rate, p50, p99 float64 } // a second, milliseconds

func asked(b *testing.B, s *redistest.Server, clients int, command ...string) (out beside) {
	b.Helper()
	_, port, err := net.SplitHostPort(s.Addr)
	must(b, err)
	n := "30000"
	if clients == 1 {
		n = "10000"
	}
	args := append([]string{"-p", port, "-n", n, "-P", "1", "-c", strconv.Itoa(clients), "--csv"}, command...)
	text, err := exec.Command("redis-benchmark", args...).Output()
	if err != nil {
		b.Skipf("redis-benchmark: %v\n%s", err, text)
	}
	// "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	fields := strings.Split(lines[len(lines)-1], `","`)
	if len(fields) < 8 {
		b.Fatalf("redis-benchmark says %q", text)
	}
	fields = fields[len(fields)-8:]
	for i, into := range map[int]*float64{1: &out.rate, 4: &out.p50, 6: &out.p99} {
		*into, err = strconv.ParseFloat(fields[i], 64)
		must(b, err)
	}
	return out
}

// spread are times that something took.
type spread []time.Duration

// at is the time in milliseconds within which a share of them were done.
func (s spread) at(share float64) float64 {
	if len(s) == 0 {
		return 0
	}
	slices.Sort(s)
	return float64(s[int(share*float64(len(s)-1))].Microseconds()) / 1000
}

// BenchmarkLimiter is lines and turns of a trunk that three nodes share, taken by so
// many callers: one has every question to itself, many share one. Beside it the
// simplest limiter there is, one script that counts, asked once a call.
func BenchmarkLimiter(b *testing.B) {
	for _, callers := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			for range b.N {
				compareTakes(b, callers)
			}
		})
	}
}

func compareTakes(b *testing.B, callers int) {
	s := redistest.Start(b)
	f := newFloor(b, redis.Trunk{Name: "main", Lines: 100_000, CPS: 400_000}, s.URL(), s.URL(), s.URL())
	eventually(b, "the parts are pooled", func() bool {
		return f.all(func(st redis.Standing) bool { return st.Together && st.CPS > 399_000 })
	})
	figures := tally.Turns{}
	for range turns {
		set := asked(b, s, callers, "set", "k", "1")
		eval := asked(b, s, callers, "eval", "return redis.call('INCR', KEYS[1])", "1", "k")
		figures.Add("set/s", set.rate)
		figures.Add("eval/s", eval.rate)
		figures.Add("eval-p99-ms", eval.p99)
		rate, refused, took := takes(f, callers)
		figures.Add("takes/s", rate)
		figures.Add("refused/take", refused)
		figures.Add("take-p50-ms", took.at(0.5))
		figures.Add("take-p99-ms", took.at(0.99))
	}
	figures.Report(b)
	figures.Ratio(b, "eval", "takes/s", "eval/s")
}

// takes lets callers take and give back a line for a turn.
func takes(f *floor, callers int) (rate, refused float64, took spread) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	tried := 0
	began := time.Now()
	for i := range callers {
		h := f.nodes[i%len(f.nodes)]
		wg.Go(func() {
			var own spread
			n := 0
			for time.Since(began) < turnTime {
				n++
				start := time.Now()
				if _, _, err := h.Take(context.Background(), "main", true); err != nil {
					pause(time.Millisecond)
					continue
				}
				own = append(own, time.Since(start))
				h.Free("main")
			}
			mu.Lock()
			defer mu.Unlock()
			took, tried = append(took, own...), tried+n
		})
	}
	wg.Wait()
	rate = float64(len(took)) / time.Since(began).Seconds()
	return rate, float64(tried-len(took)) / float64(max(1, len(took))), took
}

// BenchmarkFanOut is events that ten tell and a reader at each node hears, as fast as
// all of them hear them, and how late they are when a hundred come a second. Beside
// it an XADD of the same size, by ten clients and by one.
func BenchmarkFanOut(b *testing.B) {
	for _, nodes := range []int{1, 3, 10} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			for range b.N {
				compareFanOut(b, nodes)
			}
		})
	}
}

const saying = `{"kind":"moved","campaign":1,"node":"a","payload":{"agent":7,"said":123456789}}`

func compareFanOut(b *testing.B, nodes int) {
	s := redistest.Start(b)
	h := newHearing(b, s, nodes)
	figures := tally.Turns{}
	for range turns {
		ten := asked(b, s, 10, "xadd", "k", "MAXLEN", "~", "10000", "*", "n", "1", "born", "1234567890.123456", "e", saying)
		figures.Add("xadd/s", ten.rate)
		rate := h.flood(b)
		figures.Add("events/s", rate)
		figures.Add("heard/s", rate*float64(nodes))
		one := asked(b, s, 1, "xadd", "k", "MAXLEN", "~", "10000", "*", "n", "1", "born", "1234567890.123456", "e", saying)
		figures.Add("xadd-p50-ms", one.p50)
		figures.Add("xadd-p99-ms", one.p99)
		late := h.paced(b)
		figures.Add("late-p50-ms", late.at(0.5))
		figures.Add("late-p99-ms", late.at(0.99))
		figures.Add("late-max-ms", late.at(1))
	}
	figures.Report(b)
	figures.Ratio(b, "xadd", "events/s", "xadd/s")
}

// hearing is a house in which one node tells and some hear.
type hearing struct {
	began  time.Time
	teller *redis.House
	heard  []atomic.Int64 // by reader
	told   atomic.Int64

	mu   sync.Mutex
	late spread
}

func newHearing(b *testing.B, s *redistest.Server, nodes int) *hearing {
	b.Helper()
	h := &hearing{began: time.Now(), heard: make([]atomic.Int64, nodes), teller: house(b, s.URL())}
	var ready sync.WaitGroup
	ready.Add(nodes)
	for i := range nodes {
		r := house(b, s.URL()).Reader()
		running(b, func(ctx context.Context) {
			first := true
			for {
				e, err := r.Next(ctx)
				switch {
				case err != nil:
					return
				case !e.Resync:
					h.hear(i, e.Event)
				case first:
					first = false
					ready.Done()
				default:
					b.Error("a reader was not fast enough")
				}
			}
		})
	}
	ready.Wait()
	return h
}

// moved is what an event carries.
type moved struct {
	Agent int64 `json:"agent"`
	Said  int64 `json:"said"` // nanoseconds since the house was opened
}

func (h *hearing) hear(reader int, e redis.Event) {
	now := time.Since(h.began)
	var m moved
	if json.Unmarshal(e.Payload, &m) == nil && m.Said > 0 {
		h.mu.Lock()
		h.late = append(h.late, now-time.Duration(m.Said))
		h.mu.Unlock()
	}
	h.heard[reader].Add(1)
}

// tell tells one event until it is told.
func (h *hearing) tell(said time.Duration) {
	e := redis.Event{Kind: "moved", Campaign: 1, Node: "a", Payload: fmt.Appendf(nil, `{"agent":7,"said":%d}`, said)}
	for h.teller.Tell(context.Background(), e) != nil {
		pause(time.Millisecond)
	}
	h.told.Add(1)
}

// behind is how many events the slowest reader has not heard yet.
func (h *hearing) behind() int64 {
	least := h.heard[0].Load()
	for i := range h.heard {
		least = min(least, h.heard[i].Load())
	}
	return h.told.Load() - least
}

// flood tells as fast as all hear it, and returns how many a second that is.
func (h *hearing) flood(b *testing.B) float64 {
	b.Helper()
	const ahead = 2000 // a fifth of what the stream keeps
	began, before := time.Now(), h.told.Load()
	var telling sync.WaitGroup
	for range 10 {
		telling.Go(func() {
			for time.Since(began) < turnTime {
				if h.behind() > ahead {
					pause(time.Millisecond)
					continue
				}
				h.tell(0)
			}
		})
	}
	telling.Wait()
	h.done(b)
	return float64(h.told.Load()-before) / time.Since(began).Seconds()
}

// paced tells a hundred events a second and returns how late each reader heard each.
func (h *hearing) paced(b *testing.B) spread {
	b.Helper()
	h.mu.Lock()
	h.late = nil
	h.mu.Unlock()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < turnTime; <-tick.C {
		h.tell(time.Since(h.began))
	}
	h.done(b)
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.late)
}

// done waits until everybody has heard everything.
func (h *hearing) done(b *testing.B) {
	b.Helper()
	eventually(b, "everything is heard", func() bool { return h.behind() <= 0 })
}
