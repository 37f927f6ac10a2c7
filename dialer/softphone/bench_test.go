package softphone

import (
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/forecall/forecall/dialer/media"
)

// BenchmarkLegs holds 50 headsets for ten seconds, each of which is said a tone,
// and reports the CPU of both ends, a leg and second. The far ends are pion as
// well, so that a leg of the server costs less than half:
//
//	go test -run=- -bench=Legs -benchtime=1x ./dialer/softphone
func BenchmarkLegs(b *testing.B) {
	for b.Loop() {
		const legs, lasting = 50, 10 * time.Second
		phones := open(b)
		pages := make([]*page, legs)
		for i := range pages {
			pages[i] = newPage(b, pageHz)
			st := call(b, phones, pages[i], int64(i))
			sayTo(b, st.Audio(), houseHz)
		}
		before, since := cpu(b), time.Now()
		<-time.After(lasting)
		used := cpu(b) - before
		b.ReportMetric(used.Seconds()*1000/time.Since(since).Seconds()/legs, "ms-CPU/s/leg-both-ends")
		worst := 0.0
		for i := range pages {
			worst = max(worst, phones.State(int64(i)).UpLoss)
		}
		b.ReportMetric(worst*100, "%lost-worst")
	}
}

// cpu is what this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkConnect is the time from the offer to the first sound that is heard:
//
//	go test -run=- -bench=Connect -benchtime=20x ./dialer/softphone
func BenchmarkConnect(b *testing.B) {
	phones := open(b)
	for user := int64(0); b.Loop(); user++ {
		b.StopTimer()
		p := newPage(b, pageHz)
		b.StartTimer()
		call(b, phones, p, user)
		b.StopTimer()
		p.close()
		b.StartTimer()
	}
}

// BenchmarkWayToThePage is the time of a frame from the station to the page:
// encryption, the network, decryption. It reports the 95th percentile:
//
//	go test -run=- -bench=WayToThePage -benchtime=500x ./dialer/softphone
func BenchmarkWayToThePage(b *testing.B) {
	phones := open(b)
	p := newPage(b, pageHz)
	st := call(b, phones, p, 7)
	var took []time.Duration
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := uint32(0); b.Loop(); n++ {
		<-tick.C
		from := p.count()
		at := time.Now()
		_ = st.Audio().WriteFrame(media.Frame{Payload: media.PCMU.Encode(nil, tone(houseHz, 0)), Source: 5, Seq: uint16(n), Timestamp: n * 160})
		for p.count() == from {
			runtime.Gosched()
		}
		took = append(took, time.Since(at))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "ms-p95")
}
