package sipua_test

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/forecall/forecall/dialer/sipua"
)

// cpu is what this process has used so far.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSetup places calls at a fixed rate, signalling only: INVITE, 180,
// 200, ACK, a tenth of a second, BYE, 200. Against sipp the CPU is that of the calling
// side alone; against ourselves it is that of both sides.
//
//	go test -run - -bench Setup -benchtime 6000x ./dialer/sipua
func BenchmarkSetup(b *testing.B) {
	for _, rate := range []int{300, 1000} {
		b.Run(fmt.Sprintf("to sipp/%d a second", rate), func(b *testing.B) {
			to := sippUAS(b)
			place(b, to, rate)
		})
		b.Run(fmt.Sprintf("to ourselves/%d a second", rate), func(b *testing.B) {
			far := listenB(b, sipua.Settings{Serve: sipua.HandlerFunc(func(inc *sipua.Incoming) {
				_ = inc.Ring(180, nil)
				if _, err := inc.AnswerNow(inc.Offer()); err != nil {
					b.Error(err)
				}
			})})
			place(b, targetOf(far, "udp"), rate)
		})
		b.Run(fmt.Sprintf("sipp to sipp/%d a second", rate), func(b *testing.B) { sippToSipp(b, rate) })
	}
}

func listenB(b *testing.B, s sipua.Settings) *sipua.UA {
	b.Helper()
	s.Listen = []sipua.Listener{{Transport: "udp", Addr: anyPort}}
	ua, err := sipua.Listen(s)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = ua.Close() })
	return ua
}

func place(b *testing.B, to sipua.Target, rate int) {
	ua := listenB(b, sipua.Settings{})
	warm(b, ua, to)
	inv := invite(b, to)
	var failed atomic.Int64
	var wg sync.WaitGroup
	start, used := time.Now(), cpu()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	b.ResetTimer()
	for placed := 0; placed < b.N; {
		<-tick.C
		for due := int(time.Since(start).Seconds() * float64(rate)); placed < min(due, b.N); placed++ {
			wg.Go(func() {
				if !oneCall(ua, inv) {
					failed.Add(1)
				}
			})
		}
	}
	took := time.Since(start)
	wg.Wait()
	b.StopTimer()
	report(b, cpu()-used, took, failed.Load())
}

func oneCall(ua *sipua.UA, inv sipua.Invite) bool {
	call, err := ua.Invite(context.Background(), inv)
	if err != nil {
		return false
	}
	t := time.NewTimer(100 * time.Millisecond)
	defer t.Stop()
	<-t.C
	return call.Bye(context.Background()) == nil
}

func warm(b *testing.B, ua *sipua.UA, to sipua.Target) {
	inv := invite(b, to)
	inv.TransportTimeout = time.Second
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if oneCall(ua, inv) {
			return
		}
	}
	b.Fatal("the far side does not answer")
}

func report(b *testing.B, used, took time.Duration, failed int64) {
	b.ReportMetric(float64(used.Microseconds())/1000/float64(b.N), "cpu-ms/call")
	b.ReportMetric(float64(b.N)/took.Seconds(), "calls/s")
	b.ReportMetric(float64(failed), "failed")
}

// sippToSipp is the yardstick beside it: the CPU of sipp as the calling side.
func sippToSipp(b *testing.B, rate int) {
	to := sippUAS(b)
	path := program(b, "sipp", "sip-tester")
	warm(b, listenB(b, sipua.Settings{}), to)
	cmd := exec.Command(path, "-sn", "uac", fmt.Sprintf("127.0.0.1:%d", to.Port), "-i", "127.0.0.1", "-mi", "127.0.0.1", "-mp", fmt.Sprint(freePort(b)), "-p", fmt.Sprint(freePort(b)),
		"-r", strconv.Itoa(rate), "-m", strconv.Itoa(b.N), "-d", "100", "-l", "60000", "-nostdin", "-buff_size", "4000000")
	cmd.Dir = b.TempDir()
	start := time.Now()
	b.ResetTimer()
	err := cmd.Run()
	b.StopTimer()
	var failed int64
	if err != nil {
		failed = 1 // sipp exits with 1 when a call failed, and counts on its screen
	}
	report(b, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), time.Since(start), failed)
}
