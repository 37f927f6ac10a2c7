package media

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// talker is a source on a bad line: it loses, reorders and repeats nothing that
// the receiving half would not let through.
type talker struct {
	id        uint32
	seq       uint16
	timestamp uint32
	kept      []Frame // held back, to come late
}

func (s *talker) next(random *rand.Rand) (frames []Frame) {
	s.seq++
	s.timestamp += frameSamples
	f := Frame{Payload: voice20(1), Source: s.id, Seq: s.seq, Timestamp: s.timestamp}
	switch random.IntN(10) {
	case 0: // lost
		return nil
	case 1: // comes after the next
		s.kept = append(s.kept, f)
		return nil
	}
	frames = append([]Frame{f}, s.kept...)
	s.kept = nil
	return frames
}

// TestTheStreamOfALegHoldsWhateverIsConnected does all that can happen to an
// agent's leg, at random, and looks at what its phone gets.
func TestTheStreamOfALegHoldsWhateverIsConnected(t *testing.T) {
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			leg, net := memoryLeg(t, Remote{Addr: far, EventPT: 101})
			leg.KeepAlive(true)
			random := rand.New(rand.NewPCG(seed, 7))
			for range 20 {
				scene(t, leg, random)
			}
			packets := net.taken(t, far)
			if len(packets) < 100 {
				t.Fatalf("seed %d: only %d packets", seed, len(packets))
			}
			first, top := packets[0], packets[0].Header
			numbers := make(map[uint16]bool)
			for i, p := range packets {
				if p.SSRC != first.SSRC {
					t.Fatalf("seed %d packet %d: SSRC changed", seed, i)
				}
				if numbers[p.SequenceNumber] {
					t.Fatalf("seed %d packet %d: sequence %d a second time", seed, i, p.SequenceNumber)
				}
				numbers[p.SequenceNumber] = true
				step, pause := int16(p.SequenceNumber-top.SequenceNumber), int32(p.Timestamp-top.Timestamp)
				if step < 0 {
					if pause > 0 {
						t.Fatalf("seed %d packet %d: late by number, early by time", seed, i)
					}
					continue
				}
				if step > 20 {
					t.Fatalf("seed %d packet %d: sequence jumps by %d", seed, i, step)
				}
				if pause < 0 || pause > 3*SampleRate {
					t.Fatalf("seed %d packet %d: timestamp steps by %d", seed, i, pause)
				}
				top = p.Header
			}
		})
	}
}

// scene is a second or two in the life of a leg.
func scene(t *testing.T, leg *Session, random *rand.Rand) {
	t.Helper()
	remote := Remote{Addr: far, EventPT: 101}
	switch random.IntN(5) {
	case 0:
		time.Sleep(time.Duration(random.IntN(2000)) * time.Millisecond)
	case 1:
		if err := Play(t.Context(), leg, Tone(440, time.Duration(random.IntN(1000))*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	case 2:
		if err := leg.SendDigit(t.Context(), digits[random.IntN(len(digits))]); err != nil {
			t.Fatal(err)
		}
	case 3:
		remote.Hold = true
		if err := leg.Update(remote); err != nil {
			t.Fatal(err)
		}
		converse(leg, random)
		remote.Hold = false
		if err := leg.Update(remote); err != nil {
			t.Fatal(err)
		}
	}
	converse(leg, random)
}

// converse lets a new source speak for a while.
func converse(leg *Session, random *rand.Rand) {
	source := &talker{id: random.Uint32() | 1, seq: uint16(random.Uint32()), timestamp: random.Uint32()}
	for range random.IntN(80) {
		for _, f := range source.next(random) {
			_ = leg.WriteFrame(f)
		}
		time.Sleep(frameTime)
	}
}
