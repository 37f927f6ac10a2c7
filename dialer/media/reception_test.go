package media

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
)

func TestReceptionCountsByRFC3550(t *testing.T) {
	sequence := func(from uint16, n int) (seqs []uint16) {
		for i := range n {
			seqs = append(seqs, from+uint16(i))
		}
		return seqs
	}
	for _, c := range []struct {
		name           string
		seqs           []uint16
		received, lost uint64
	}{
		{"all of them", sequence(10, 1000), 1000, 0},
		{"around the wrap", sequence(65000, 2000), 2000, 0},
		{"three full cycles", sequence(7, 200000), 200000, 0},
		{"a hole of 10", append(sequence(0, 10), sequence(20, 10)...), 20, 10},
		{"a hole at the wrap", []uint16{65534, 1}, 2, 2},
		{"reordered over the wrap", []uint16{65534, 0, 65535, 1}, 4, 0},
		{"the first comes second", []uint16{5, 4, 6}, 3, 0},
		{"twice each", []uint16{1, 1, 2, 2, 3, 3}, 3, 0},
		{"a source that began anew", append(sequence(100, 10), sequence(30000, 10)...), 9, 0},
		{"one stray number", append(sequence(100, 10), append([]uint16{40000}, sequence(110, 10)...)...), 20, 0},
		{"too late to tell", append(sequence(100, 90), 100), 90, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r reception
			r.begin(1, c.seqs[0])
			for _, seq := range c.seqs[1:] {
				r.take(seq)
			}
			if r.received != c.received || r.lost() != c.lost {
				t.Errorf("received %d, lost %d; want %d, %d", r.received, r.lost(), c.received, c.lost)
			}
		})
	}
}

func TestLostShareSinceTheLastReport(t *testing.T) {
	var r reception
	r.begin(1, 0)
	for seq := uint16(1); seq < 100; seq++ {
		if seq%4 != 0 {
			r.take(seq)
		}
	}
	// 0, then 1 to 99 without the 24 multiples of 4: 24 of 100.
	if got := r.sinceReport(); got != 61 {
		t.Errorf("%d/256 lost, want 61", got)
	}
	for seq := uint16(100); seq < 200; seq++ {
		r.take(seq)
	}
	if got := r.sinceReport(); got != 0 {
		t.Errorf("%d/256 lost since, want none", got)
	}
}

func TestJitterIsThatOfRFC3550(t *testing.T) {
	var steady, shaken reception
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 1000 {
		at := time.Duration(i) * frameTime
		steady.arrive(uint32(i)*frameSamples, at)
		late := time.Duration(random.IntN(40)) * time.Millisecond
		shaken.arrive(uint32(i)*frameSamples, at+late)
	}
	if steady.jitter != 0 {
		t.Errorf("a steady source has a jitter of %v samples", steady.jitter)
	}
	// The mean distance of two draws from 0 to 40 ms is a third of 40.
	if got := jitterMS(shaken.jitter); math.Abs(got-40.0/3) > 4 {
		t.Errorf("jitter is %.1f ms, want about 13.3", got)
	}
}

func TestJitterSurvivesTheWrapOfTheClock(t *testing.T) {
	var r reception
	for i := range 100 {
		r.arrive(math.MaxUint32-50*frameSamples+uint32(i)*frameSamples, time.Duration(i)*frameTime)
	}
	if r.jitter != 0 || r.maxJitter != 0 {
		t.Errorf("jitter %v, at most %v", r.jitter, r.maxJitter)
	}
}

func TestMOSByTheEModel(t *testing.T) {
	for _, c := range []struct {
		loss  float64
		delay time.Duration
		want  float64
	}{
		{0, 0, 4.41}, // R 93.2: the default of G.107
		{0, 150 * time.Millisecond, 4.34},
		{0, 400 * time.Millisecond, 3.08},
		{0.01, 20 * time.Millisecond, 4.32},
		{0.05, 20 * time.Millisecond, 3.95},
		{0.20, 20 * time.Millisecond, 2.60},
		{1, time.Second, 1},
	} {
		if got := EstimateMOS(c.loss, c.delay); math.Abs(got-c.want) > 0.05 {
			t.Errorf("loss %v, delay %v: MOS %.2f, want %.2f", c.loss, c.delay, got, c.want)
		}
	}
}

// F56: what a bad line does to a leg, and what leaves on the other side.
func TestABadLineIsMeasuredAndPassedOnAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leg, net := memoryLeg(t, Remote{Addr: far, EventPT: 101})
		other := openLeg(t, net)
		farther := rtpAddr("127.0.0.1:6004")
		start(t, other, Remote{Addr: farther, Codec: PCMA})
		leg.Connect(other)

		random := rand.New(rand.NewPCG(3, 4))
		const drift = 300e-6 // F56: 300 ppm
		var sent, kept int
		var last uint32
		for sent = range 3000 { // one minute
			time.Sleep(frameTime)
			if random.IntN(10) == 0 {
				continue // 10 % lost
			}
			kept++
			law := PCMU
			if sent > 1500 {
				law = PCMA // changes without a word
			}
			last = uint32(float64(sent*frameSamples) * (1 + drift))
			receiveOn(t, leg, rtp.Packet{
				Header:  rtp.Header{SSRC: 9, PayloadType: uint8(law), SequenceNumber: uint16(sent), Timestamp: last},
				Payload: law.Encode(nil, Tone(440, frameTime).PCM()),
			})
		}
		got := net.taken(t, farther)
		if len(got) != kept {
			t.Fatalf("%d packets went on, %d came", len(got), kept)
		}
		first, end := got[0], got[len(got)-1]
		if length := end.Timestamp - first.Timestamp; math.Abs(float64(length)-float64(last)) > frameSamples*3 {
			t.Errorf("a minute is %d samples long, the source said %d", length, last)
		}
		for i, p := range got {
			if p.PayloadType != uint8(PCMA) {
				t.Fatalf("packet %d has payload type %d", i, p.PayloadType)
			}
			if i > 0 && p.Marker {
				t.Errorf("packet %d begins a talk spurt: the source was taken for a new one", i)
			}
		}
		q := leg.Quality()
		if math.Abs(q.LossShare-0.1) > 0.02 || q.MOS > 3.9 || q.MOS < 3 {
			t.Errorf("loss %.3f, MOS %.2f", q.LossShare, q.MOS)
		}
	})
}

func TestFramesOf10To60MillisecondsPassThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leg, net := memoryLeg(t, Remote{Addr: far})
		other := openLeg(t, net)
		farther := rtpAddr("127.0.0.1:6004")
		start(t, other, Remote{Addr: farther})
		leg.Connect(other)
		var seq uint16
		var timestamp uint32
		for _, ms := range []int{10, 20, 30, 40, 60} {
			for range 3 {
				time.Sleep(time.Duration(ms) * time.Millisecond)
				receiveOn(t, leg, rtp.Packet{Header: rtp.Header{SSRC: 9, SequenceNumber: seq, Timestamp: timestamp}, Payload: make([]byte, ms*8)})
				seq++
				timestamp += uint32(ms) * 8
				got := net.taken(t, farther)
				if len(got) != 1 || len(got[0].Payload) != ms*8 {
					t.Fatalf("%d ms: %+v", ms, got)
				}
			}
		}
		if q := leg.Quality(); q.Lost != 0 || q.JitterMS > 4 { // a longer frame comes later: it must fill first
			t.Errorf("%+v", q)
		}
	})
}

// F56: a jitter of 200 ms turns ten packets around; nothing is lost to it, and
// the far end gets what it needs to put them in order.
func TestALineThatJittersBy200MillisecondsLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leg, net := memoryLeg(t, Remote{Addr: far})
		other := openLeg(t, net)
		farther := rtpAddr("127.0.0.1:6004")
		start(t, other, Remote{Addr: farther})
		other.KeepAlive(true) // must not take a late packet for silence
		leg.Connect(other)

		type arrival struct {
			seq uint16
			at  time.Duration
		}
		random := rand.New(rand.NewPCG(5, 6))
		arrivals := []arrival{{0, 0}}
		for i := 1; i < 1000; i++ {
			arrivals = append(arrivals, arrival{uint16(i), time.Duration(i)*frameTime + time.Duration(random.IntN(200))*time.Millisecond})
		}
		slices.SortStableFunc(arrivals, func(a, b arrival) int { return int(a.at - b.at) })
		begin := time.Now()
		for _, a := range arrivals {
			time.Sleep(time.Until(begin.Add(a.at)))
			receiveOn(t, leg, rtp.Packet{Header: rtp.Header{SSRC: 9, SequenceNumber: a.seq, Timestamp: uint32(a.seq) * frameSamples}, Payload: voice20(1)})
		}
		got := net.taken(t, farther)
		if len(got) != 1000 {
			t.Fatalf("%d packets went on, want 1,000", len(got))
		}
		for i, p := range got {
			if want := arrivals[i].seq; p.SequenceNumber-got[0].SequenceNumber != want || p.Timestamp-got[0].Timestamp != uint32(want)*frameSamples {
				t.Fatalf("packet %d went on as sequence +%d", want, p.SequenceNumber-got[0].SequenceNumber)
			}
		}
		q := leg.Quality()
		if q.Lost != 0 || q.Duplicated != 0 || q.Reordered < 300 || math.Abs(q.JitterMS-200.0/3) > 25 {
			t.Errorf("lost %d, duplicated %d, reordered %d, jitter %.1f ms; want 0, 0, many, about 67", q.Lost, q.Duplicated, q.Reordered, q.JitterMS)
		}
	})
}
