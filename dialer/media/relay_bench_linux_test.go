package media

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkRelay carries 500 and 1,000 two-way G.711 calls for some seconds and
// reports the cores the relay uses, the delay from the far end that sends to the
// one that hears, and what was lost. "direct" is the same load without a relay:
// the delay that is not the relay's. Run it alone:
//
//	go test -run=- -bench=Relay -benchtime=1x ./dialer/media
func BenchmarkRelay(b *testing.B) {
	for _, calls := range []int{500, 1000} {
		b.Run(fmt.Sprintf("calls=%d", calls), func(b *testing.B) {
			b.Run("direct", func(b *testing.B) { benchDirect(b, calls) })
			b.Run("plain", func(b *testing.B) { benchSessions(b, calls, NewPlainPoller()) })
			b.Run("epoll", func(b *testing.B) {
				poller, err := NewEpollPoller(1)
				if err != nil {
					b.Fatal(err)
				}
				benchSessions(b, calls, poller)
			})
			b.Run("rtpengine", func(b *testing.B) { benchRTPEngine(b, calls) })
		})
	}
}

const benchWarmUp = time.Second

// benchDuration is how long is measured; -short finds a quiet moment sooner.
func benchDuration() time.Duration {
	if testing.Short() {
		return 3 * time.Second
	}
	return 8 * time.Second
}

// benchDirect lets the two far ends of each call send to each other.
func benchDirect(b *testing.B, calls int) {
	for range b.N {
		far := startGenerator(b, calls)
		to := make([]uint16, 0, 2*calls)
		for i := range calls {
			to = append(to, far.ports[2*i+1], far.ports[2*i])
		}
		far.measure(b, to, func() time.Duration { return 0 })
	}
}

// benchSessions relays through sessions of this process.
func benchSessions(b *testing.B, calls int, poller Poller) {
	closing(b, poller)
	ports, err := NewPortRange(20000, 29999)
	if err != nil {
		b.Fatal(err)
	}
	for range b.N {
		far := startGenerator(b, calls)
		var to []uint16
		var legs []*Session
		for call := range calls {
			var pair [2]*Session
			for side := range pair {
				leg, err := Open(Settings{IP: loopback, Ports: ports, Poller: poller})
				if err != nil {
					b.Fatal(err)
				}
				start(b, leg, Remote{Addr: netip.AddrPortFrom(loopback, far.ports[2*call+side]), EventPT: 101})
				pair[side] = leg
				to = append(to, leg.LocalAddr().Port())
			}
			pair[0].Connect(pair[1])
			pair[1].Connect(pair[0])
			legs = append(legs, pair[:]...)
		}
		far.measure(b, to, ownCPU)
		for _, leg := range legs {
			if err := leg.Close(); err != nil {
				b.Error(err)
			}
		}
	}
}

// ownCPU is what this process has used: the generator is another.
func ownCPU() time.Duration {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// ownSession starts a program in a session of its own: the kernel then shares the
// processors between it and us as between strangers (sched_autogroup).
var ownSession = &syscall.SysProcAttr{Setsid: true}

// generatorProcess is the benchmark's end of a generator.
type generatorProcess struct {
	ports   []uint16
	orders  *json.Encoder
	answers *json.Decoder
	stdin   io.Closer
	cmd     *exec.Cmd
}

func startGenerator(b *testing.B, calls int) *generatorProcess {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), generatorEnv+"=1")
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = ownSession
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill() }) // ended long since, unless the benchmark failed
	g := &generatorProcess{orders: json.NewEncoder(stdin), answers: json.NewDecoder(bufio.NewReader(stdout)), stdin: stdin, cmd: cmd}
	g.order(b, generatorSetup{Sockets: 2 * calls})
	var ports generatorPorts
	g.answer(b, &ports)
	g.ports = ports.Ports
	return g
}

func (g *generatorProcess) order(b *testing.B, order any) {
	b.Helper()
	if err := g.orders.Encode(order); err != nil {
		b.Fatal(err)
	}
}

func (g *generatorProcess) answer(b *testing.B, answer any) {
	b.Helper()
	if err := g.answers.Decode(answer); err != nil {
		b.Fatalf("generator: %v", err)
	}
}

// measure runs the load and reports; cpu is asked before and after for what the relay has used.
func (g *generatorProcess) measure(b *testing.B, to []uint16, cpu func() time.Duration) {
	b.Helper()
	g.order(b, generatorOrder{To: to, WarmUp: benchWarmUp, Duration: benchDuration()})
	var phase generatorPhase
	g.answer(b, &phase)
	before, began := cpu(), time.Now()
	g.answer(b, &phase)
	used, took := cpu()-before, time.Since(began)
	var result generatorResult
	g.answer(b, &result)
	g.stdin.Close()
	if err := g.cmd.Wait(); err != nil {
		b.Errorf("generator: %v", err)
	}
	generated := g.cmd.ProcessState.UserTime() + g.cmd.ProcessState.SystemTime()
	if result.Sent == 0 || result.Received == 0 {
		b.Fatalf("nothing went through: %+v", result)
	}
	b.ReportMetric(0, "ns/op") // says nothing here
	b.ReportMetric(used.Seconds()/took.Seconds(), "cores")
	b.ReportMetric(float64(result.P50)/float64(time.Millisecond), "p50-ms")
	b.ReportMetric(float64(result.P99)/float64(time.Millisecond), "p99-ms")
	b.ReportMetric(100*(1-float64(result.Received)/float64(result.Sent)), "lost-%")
	// How far to trust the rest: what the generator took, and how long it was
	// itself kept from the processor.
	b.ReportMetric(generated.Seconds()/(benchWarmUp+benchDuration()).Seconds(), "generator-cores")
	b.ReportMetric(float64(result.LateSends), "held-up-ms")
}
