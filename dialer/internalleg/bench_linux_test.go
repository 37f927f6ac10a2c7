package internalleg

import (
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forecall/forecall/dialer/media"
)

// BenchmarkDelay carries conversations for some seconds, each side of them 50
// frames a second, and reports how long a frame takes from the socket of the one
// that says it to the socket of the one that hears it, both ways taken together,
// and what it costs. "direct" joins person and phone in one node; "leg" has them
// at two. What the leg adds is the difference of the two in the same run:
//
//	go test -run=- -bench=Delay -benchtime=1x ./dialer/internalleg
func BenchmarkDelay(b *testing.B) {
	for _, calls := range []int{1, 100} {
		b.Run(fmt.Sprintf("calls=%d/direct", calls), func(b *testing.B) { benchCalls(b, calls, false) })
		b.Run(fmt.Sprintf("calls=%d/leg", calls), func(b *testing.B) { benchCalls(b, calls, true) })
	}
}

// benchTime is how long is measured.
const benchTime = 6 * time.Second

func benchCalls(b *testing.B, calls int, legs bool) {
	for range b.N {
		near, far := benchNode(b, "a"), benchNode(b, "b")
		var lines []*headset
		for i := range calls {
			agent := far.plug(b, fmt.Sprint(i), media.PCMU)
			person := &call{headset: newHeadset(b, media.PCMU)}
			if legs {
				person = near.talk(b, far, fmt.Sprint(i), media.PCMU)
			} else {
				person.session = person.line(b, near.media)
				person.session.Connect(agent.session)
				agent.session.Connect(person.session)
			}
			lines = append(lines, person.headset, agent.headset)
		}
		measure(b, lines)
	}
}

func benchNode(b *testing.B, name string) *node {
	b.Helper()
	poller, err := media.NewEpollPoller(1)
	if err != nil {
		b.Fatal(err)
	}
	n, err := newNode(name, poller, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = poller.Close() })
	b.Cleanup(func() { _ = n.Close() })
	return n
}

// measure lets each line say frames that carry their instant, and reports.
func measure(b *testing.B, lines []*headset) {
	b.Helper()
	var (
		mu     sync.Mutex
		delays []time.Duration
		wg     sync.WaitGroup
	)
	began := time.Now()
	for _, l := range lines {
		if err := l.conn.SetReadDeadline(began.Add(benchTime + time.Second)); err != nil {
			b.Fatal(err)
		}
		wg.Go(func() {
			heard := listenFor(l, began)
			mu.Lock()
			defer mu.Unlock()
			delays = append(delays, heard...)
		})
	}
	before := cpu(b)
	var late time.Duration // how far the measure itself was behind
	sent := 0
	for beat := 0; time.Since(began) < benchTime; beat++ {
		for i, l := range lines {
			due := began.Add(time.Duration(beat)*20*time.Millisecond + time.Duration(i)*20*time.Millisecond/time.Duration(len(lines)))
			if d := time.Until(due); d > 0 {
				<-time.After(d)
			}
			now := time.Since(began)
			late = max(late, now-due.Sub(began))
			frame := make([]byte, 160)
			copy(frame, clickMark)
			binary.BigEndian.PutUint64(frame[len(clickMark):], uint64(now))
			l.say(frame)
			sent++
		}
	}
	used, took := cpu(b)-before, time.Since(began)
	wg.Wait()
	slices.Sort(delays)
	if len(delays) == 0 {
		b.Fatal("nothing was heard")
	}
	at := func(share float64) float64 {
		return float64(delays[min(len(delays)-1, int(share*float64(len(delays))))]) / float64(time.Millisecond)
	}
	b.ReportMetric(0, "ns/op") // says nothing here
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(100*(1-float64(len(delays))/float64(sent)), "lost-%")
	b.ReportMetric(used.Seconds()*1000/took.Seconds()/float64(len(lines)/2), "cpu-ms/s/call")
	b.ReportMetric(float64(late)/float64(time.Millisecond), "held-up-ms")
}

const clickMark = "click"

// listenFor returns the delay of each click that comes.
func listenFor(l *headset, began time.Time) (heard []time.Duration) {
	packet := make([]byte, 2048)
	for {
		n, _, err := l.conn.ReadFromUDPAddrPort(packet)
		if err != nil {
			return heard
		}
		const head = 12
		if n < head+160 || string(packet[head:head+len(clickMark)]) != clickMark {
			continue
		}
		said := time.Duration(binary.BigEndian.Uint64(packet[head+len(clickMark):]))
		heard = append(heard, time.Since(began)-said)
	}
}

// cpu is what this process has used: both nodes, and those who talk, which are the
// same in both measures.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
