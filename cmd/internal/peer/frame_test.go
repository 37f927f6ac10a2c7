package peer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestAFrameReadsAsItWasWritten(t *testing.T) {
	for _, f := range []frame{
		{}, {number: 1, ack: 2, kind: "claim", payload: []byte(`{"n":1}`)}, {number: 1<<64 - 1, ack: 1<<64 - 1},
		{kind: string(make([]byte, maxKind)), payload: make([]byte, maxPayload)},
	} {
		got, err := readFrame(bytes.NewReader(f.append(nil)))
		if err != nil || got.number != f.number || got.ack != f.ack || got.kind != f.kind || !bytes.Equal(got.payload, f.payload) {
			t.Errorf("frame %d of %d octets: %v", f.number, f.size(), err)
		}
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add(frame{number: 1, ack: 2, kind: "claim", payload: []byte(`{"n":1}`)}.append(nil))
	f.Add([]byte{0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		got, err := readFrame(r)
		if err != nil {
			return
		}
		if read := data[:len(data)-r.Len()]; !bytes.Equal(got.append(nil), read) {
			t.Errorf("%x reads as %+v", read, got)
		}
	})
}

// Whatever a peer sends after the greeting, a link keeps to its numbers.
func FuzzHear(f *testing.F) {
	f.Add(frame{number: 1, kind: "n"}.append(frame{number: 2, ack: 1, kind: "n"}.append(nil)))
	f.Add(frame{number: 2, kind: "n"}.append(nil))
	f.Add(frame{ack: 9}.append(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		l := newLink(Peer{Node: "b"}, "1", terms{words: 3, octets: 1000}, now)
		for range 2 {
			if err := l.keep(frame{kind: "n"}); err != nil {
				t.Fatal(err)
			}
			l.next(false)
		}
		r := bytes.NewReader(data)
		for {
			fr, err := readFrame(r)
			if err != nil || l.hear(fr, now) != nil {
				break
			}
		}
		for i, word := range l.in {
			if word.number != uint64(i+1) {
				t.Fatalf("word %d has number %d", i+1, word.number)
			}
		}
		if len(l.in) > 6 || l.acked > 2 || int(l.acked)+len(l.out) != 2 {
			t.Errorf("%d words came, %d are acknowledged, %d wait", len(l.in), l.acked, len(l.out))
		}
	})
}

func TestNumbersThatSkipAreRefusedAndThoseThatCameAreNotTakenTwice(t *testing.T) {
	now := time.Now()
	l := newLink(Peer{}, "1", terms{words: 10, octets: 1000}, now)
	for _, n := range []uint64{1, 2, 1, 2, 3} {
		if err := l.hear(frame{number: n}, now); err != nil {
			t.Fatalf("word %d: %v", n, err)
		}
	}
	if l.overdraw != 2 || len(l.in) != 3 {
		t.Errorf("%d came twice, %d are kept", l.overdraw, len(l.in))
	}
	for _, bad := range []frame{{number: 5}, {number: 4, ack: 1}} {
		if err := l.hear(bad, now); !errors.Is(err, errProtocol) {
			t.Errorf("word %d acknowledging %d: %v", bad.number, bad.ack, err)
		}
	}
	for _, theirs := range []uint64{1, 7} { // it has more than was said
		if err := l.resume(theirs); !errors.Is(err, errProtocol) {
			t.Errorf("resumed at %d: %v", theirs, err)
		}
	}
}

// choppy is a connection that is cut after some octets, in the middle of whatever
// they are.
type choppy struct {
	net.Conn
	mu   sync.Mutex
	left int
}

func (c *choppy) Write(b []byte) (int, error) {
	c.mu.Lock()
	n := min(c.left, len(b))
	c.left -= n
	c.mu.Unlock()
	n, err := c.Conn.Write(b[:n])
	if err == nil && n < len(b) {
		_ = c.Conn.Close()
		err = io.ErrClosedPipe
	}
	return n, err
}

// In virtual time, connections are cut after every number of octets and at every
// moment, on either side: each word is heard once and in order.
func FuzzCutTimes(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, uint16(50))
	}
	f.Fuzz(func(t *testing.T, seed uint64, words uint16) {
		synctest.Test(t, func(t *testing.T) { cutAndContinue(t, rand.New(rand.NewPCG(seed, 1)), int(words%500)) })
	})
}

func cutAndContinue(t *testing.T, r *rand.Rand, words int) {
	bounds := terms{beat: 500 * time.Millisecond, gone: 2 * time.Second, keep: time.Hour, words: 20, octets: 1 << 20}
	a, b := newLink(Peer{Node: "b"}, "1", bounds, time.Now()), newLink(Peer{Node: "a"}, "1", bounds, time.Now())
	var live, talk sync.WaitGroup
	over := make(chan struct{})
	for _, l := range []*Link{a, b} {
		live.Go(l.live)
		pauses := rand.New(rand.NewPCG(r.Uint64(), 2))
		talk.Go(func() {
			for i := 0; i < words; {
				err := l.Send("n", i)
				if err == nil {
					i++
				} else if !errors.Is(err, ErrFull) {
					t.Errorf("word %d: %v", i, err)
					return
				}
				<-time.After(time.Duration(pauses.IntN(20)) * time.Millisecond)
			}
		})
		talk.Go(func() {
			for i := range words {
				w, err := l.Receive(t.Context())
				var n int
				if err == nil {
					err = json.Unmarshal(w.Payload, &n)
				}
				if err != nil || n != i {
					t.Errorf("word %d is %s: %v", i, w.Payload, err)
					return
				}
			}
		})
	}
	live.Go(func() {
		for {
			select {
			case <-over:
				return
			case <-time.After(time.Duration(r.IntN(300)) * time.Millisecond):
				once(r, a, b)
			}
		}
	})
	talk.Wait()
	close(over)
	a.end(ErrClosed)
	b.end(ErrClosed)
	live.Wait()
}

// once carries both links over one connection until it is cut.
func once(r *rand.Rand, a, b *Link) {
	near, far := net.Pipe()
	ends := [2]net.Conn{&choppy{Conn: near, left: r.IntN(4000)}, &choppy{Conn: far, left: r.IntN(4000)}}
	leaveA, err := a.enter(ends[0])
	if err != nil {
		return
	}
	defer leaveA()
	leaveB, err := b.enter(ends[1])
	if err != nil {
		return
	}
	defer leaveB()
	gotA, gotB := a.progress(), b.progress()
	cut := time.AfterFunc(time.Duration(r.IntN(3000))*time.Millisecond, func() { _ = near.Close() })
	defer cut.Stop()
	var wg sync.WaitGroup
	wg.Go(func() { _ = a.carry(ends[0], gotB) }) // they end with the cut
	wg.Go(func() { _ = b.carry(ends[1], gotA) })
	wg.Wait()
}

func TestSilenceIsNoticedAfterTwoSecondsAndNotBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bounds := terms{beat: 500 * time.Millisecond, gone: 2 * time.Second, keep: 10 * time.Second, words: 20, octets: 1 << 20}
		a, b := newLink(Peer{Node: "b"}, "1", bounds, time.Now()), newLink(Peer{Node: "a"}, "1", bounds, time.Now())
		near, far := net.Pipe()
		leaveA, _ := a.enter(near)
		leaveB, _ := b.enter(far)
		var wg sync.WaitGroup
		wg.Go(a.live)
		wg.Go(b.live)
		wg.Go(func() { _ = a.carry(near, 0); leaveA() })
		wg.Go(func() { _ = b.carry(far, 0); leaveB() })
		<-time.After(time.Minute + bounds.beat/2) // nothing but beats, and none in this instant
		here, changed := a.Here()
		if !here {
			t.Fatal("gone, with a connection that stands")
		}
		lost := a.Heard()
		_ = near.Close()
		<-changed
		if after := time.Since(lost); after <= 2*time.Second || after > 2200*time.Millisecond {
			t.Errorf("gone after %s", after)
		}
		<-a.Done()
		if after := time.Since(lost); after <= 10*time.Second || after > 10200*time.Millisecond || !errors.Is(a.Err(), ErrAway) {
			t.Errorf("ended after %s: %v", after, a.Err())
		}
		<-b.Done()
		wg.Wait()
	})
}
