package redis_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/storage/redis"
	"github.com/forecall/forecall/storage/redis/redistest"
)

// beside is what redis-benchmark itself reaches on this machine in this moment.
func beside(b *testing.B, s *redistest.Server, clients int, command ...string) {
	b.Helper()
	_, port, err := net.SplitHostPort(s.Addr)
	must(b, err)
	args := append([]string{"-p", port, "-n", "20000", "-c", strconv.Itoa(clients), "-q"}, command...)
	out, err := exec.Command("redis-benchmark", args...).CombinedOutput()
	if err != nil {
		b.Skipf("redis-benchmark: %v\n%s", err, out)
	}
	all := regexp.MustCompile(`([0-9.]+) requests per second`).FindAllSubmatch(out, -1)
	if len(all) == 0 {
		b.Fatalf("redis-benchmark says %q", out)
	}
	rate, err := strconv.ParseFloat(string(all[len(all)-1][1]), 64)
	must(b, err)
	b.ReportMetric(rate, "redis-benchmark/s")
}

// BenchmarkLimiterTakes is lines and turns of three nodes for so many callers:
// one has every take to itself, many share a round trip.
func BenchmarkLimiterTakes(b *testing.B) {
	for _, callers := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) { takes(b, callers) })
	}
}

func takes(b *testing.B, callers int) {
	s := redistest.Start(b)
	f := newFloor(b, redis.Trunk{Name: "main", Lines: 100_000, CPS: 400_000}, s.URL(), s.URL(), s.URL())
	eventually(b, "the parts are pooled", func() bool {
		return f.all(func(st redis.Standing) bool { return st.Together && st.CPS > 399_000 })
	})
	var refused, left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var wg sync.WaitGroup
	for i := range callers {
		h := f.nodes[i%len(f.nodes)]
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				for {
					if _, _, err := h.Take(context.Background(), "main", true); err == nil {
						h.Free("main")
						break
					}
					refused.Add(1)
					pause(time.Millisecond)
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "takes/s")
	b.ReportMetric(float64(refused.Load())/float64(b.N), "refused/take")
	beside(b, s, callers, "eval", "return redis.call('INCR', KEYS[1])", "1", "k")
}

// BenchmarkStream is events that ten tell and three readers hear.
func BenchmarkStream(b *testing.B) {
	s := redistest.Start(b)
	var hearing sync.WaitGroup
	var began sync.WaitGroup
	var heard atomic.Int64
	for range 3 {
		r := house(b, s.URL()).Reader()
		began.Add(1)
		hearing.Go(func() {
			for n := 0; n < b.N; {
				h, err := r.Next(b.Context())
				switch {
				case err != nil:
					return
				case !h.Resync:
					n++
					heard.Add(1)
				case n == 0:
					began.Done()
				default:
					b.Error("a reader was not fast enough")
					return
				}
			}
		})
	}
	began.Wait()
	h := house(b, s.URL())
	left := atomic.Int64{}
	left.Store(int64(b.N))
	b.ResetTimer()
	var telling sync.WaitGroup
	for range 10 {
		telling.Go(func() {
			for left.Add(-1) >= 0 {
				for h.Tell(context.Background(), redis.Event{Kind: "moved", Campaign: 1, Node: "a", Payload: json.RawMessage(`{"agent":7,"state":"ready"}`)}) != nil {
					pause(time.Millisecond)
				}
			}
		})
	}
	telling.Wait()
	hearing.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(heard.Load())/b.Elapsed().Seconds(), "heard/s")
	beside(b, s, 10, "xadd", "k", "MAXLEN", "~", "10000", "*", "n", "1", "e", `{"kind":"moved","campaign":1,"node":"a","payload":{"agent":7,"state":"ready"}}`)
}
