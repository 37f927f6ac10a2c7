package media

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// The ways of hearing that a call has.
var (
	talk    = Hearing{"person": {"agent"}, "agent": {"person"}}
	monitor = Hearing{"person": {"agent"}, "agent": {"person"}, "supervisor": {"person", "agent"}}
	whisper = Hearing{"person": {"agent"}, "agent": {"person", "supervisor"}, "supervisor": {"person", "agent"}}
	barge   = Hearing{"person": {"agent", "supervisor"}, "agent": {"person", "supervisor"}, "supervisor": {"person", "agent"}}
	alone   = Hearing{"person": {"supervisor"}, "supervisor": {"person"}}
)

// everywhere plays a scene in a bubble and over UDP.
func everywhere(t *testing.T, scene func(*testing.T, *band)) {
	t.Run("bubble", func(t *testing.T) { inBubble(t, scene) })
	t.Run("loopback", func(t *testing.T) {
		t.Parallel() // it takes the time that it sounds
		onLoopback(t, scene)
	})
}

func TestASupervisorListensWhispersBargesAndTakesOver(t *testing.T) {
	everywhere(t, func(t *testing.T, b *band) {
		for _, act := range []struct {
			hearing                   Hearing
			person, agent, supervisor []float64
		}{
			{talk, []float64{agentHz}, []float64{personHz}, nil},
			{monitor, []float64{agentHz}, []float64{personHz}, []float64{personHz, agentHz}},
			{whisper, []float64{agentHz}, []float64{personHz, supervisorHz}, []float64{personHz, agentHz}},
			{barge, []float64{agentHz, supervisorHz}, []float64{personHz, supervisorHz}, []float64{personHz, agentHz}},
			{whisper, []float64{agentHz}, []float64{personHz, supervisorHz}, []float64{personHz, agentHz}},
			{alone, []float64{supervisorHz}, nil, []float64{personHz}},
		} {
			b.room.Hear(act.hearing)
			for who, tones := range map[*singer][]float64{b.person: act.person, b.agent: act.agent, b.supervisor: act.supervisor} {
				if tones != nil {
					settle(t, b, who)
					hears(t, who, tones...)
				}
			}
		}
		for _, s := range b.all() {
			oneStream(t, s)
		}
	})
}

// What is whispered must not reach the person in any frame, from the first on.
func TestThePersonNeverHearsAWhisper(t *testing.T) {
	everywhere(t, func(t *testing.T, b *band) {
		b.room.Hear(talk)
		b.person.listen(t, 5)
		for range 5 {
			b.room.Hear(whisper)
			b.agent.listen(t, 10)
			b.room.Hear(talk)
			b.agent.listen(t, 3)
		}
		for i, p := range b.person.packets() {
			pcm := pcmOf(b.person.packets()[i : i+1])
			if share := ToneShare(pcm, supervisorHz); share > 0.0005 {
				t.Fatalf("frame %d (sequence %d): %.5f of it is the supervisor", i, p.SequenceNumber, share)
			}
		}
	})
}

// Whoever is not concerned gets every frame of the other side, once and in order.
func TestThoseWhomAChangeDoesNotConcernNoticeNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, b *band) {
		b.room.Hear(talk)
		b.person.listen(t, 3)
		from := len(b.person.packets())
		for range 10 {
			b.room.Hear(monitor)
			time.Sleep(70 * time.Millisecond)
			b.room.Hear(whisper)
			time.Sleep(70 * time.Millisecond)
			b.room.Leave("supervisor")
			time.Sleep(30 * time.Millisecond)
			b.room.Enter("supervisor", b.supervisor.leg)
		}
		packets := b.person.packets()[from:]
		for i, p := range packets[1:] {
			if p.Timestamp != packets[i].Timestamp+frameSamples || p.Marker {
				t.Fatalf("packet %d: timestamp +%d, marker %v", i+1, p.Timestamp-packets[i].Timestamp, p.Marker)
			}
		}
		if steps := steepest(pcmOf(packets)); steps > steepest(pureTone(agentHz))*11/10 {
			t.Errorf("the tone steps by %d between samples, %d is its own", steps, steepest(pureTone(agentHz)))
		}
	})
}

func pureTone(hz float64) []int16 {
	pcm := make([]int16, SampleRate)
	for i := range pcm {
		pcm[i] = int16(toneLevel * math.Sin(2*math.Pi*hz*float64(i)/SampleRate))
	}
	return PCMA.Decode(nil, PCMA.Encode(nil, pcm))
}

// steepest is the highest step from a sample to the next: a click is one.
func steepest(pcm []int16) (step int) {
	for i := range len(pcm) - 1 {
		d := int(pcm[i+1]) - int(pcm[i])
		step = max(step, d, -d)
	}
	return step
}

func TestWhoGoesFromAMixToOneSpeakerLosesNothingOfHim(t *testing.T) {
	inBubble(t, func(t *testing.T, b *band) {
		numbered := &numbering{}
		b.room.Enter("person", numbered)
		b.room.Hear(whisper)
		b.room.Leave("supervisor") // mixes of one are none
		b.room.Enter("supervisor", &numbering{})
		numbered.say(t, 30)
		b.room.Hear(talk)
		numbered.say(t, 10)
		levels := levelsOf(b.agent.packets())
		for n := 1; n <= 40; n++ {
			if levels[n] != 1 {
				t.Errorf("frame %d was heard %d times", n, levels[n])
			}
		}
	})
}

// numbering is a port whose n-th frame is of the n-th level of the mu-law.
type numbering struct {
	mu   sync.Mutex
	sink Sink
	n    int
}

func (p *numbering) WriteFrame(Frame) error { return nil }
func (p *numbering) Quality() Quality       { return Quality{} }
func (p *numbering) Connect(s Sink) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sink = s
}

func (p *numbering) say(t *testing.T, frames int) {
	t.Helper()
	for range frames {
		p.n++
		p.mu.Lock()
		sink := p.sink
		p.mu.Unlock()
		_ = sink.WriteFrame(Frame{Payload: voice20(^byte(p.n + 20)), Source: 9, Seq: uint16(p.n), Timestamp: uint32(p.n) * frameSamples})
		time.Sleep(frameTime)
	}
}

// levelsOf counts the frames of numbered levels, by their last sample: the first
// ones of a frame may be faded in.
func levelsOf(packets []rtp.Packet) map[int]int {
	by := make(map[byte]int)
	for n := range 100 {
		by[muLawToALaw[^byte(n+20)]] = n
	}
	levels := make(map[int]int)
	for _, p := range packets {
		levels[by[p.Payload[len(p.Payload)-1]]]++
	}
	return levels
}

func TestAPersonOnHoldHearsMusicAndIsStillHeardByNobody(t *testing.T) {
	everywhere(t, func(t *testing.T, b *band) {
		b.room.Hear(talk)
		settle(t, b, b.person)
		ctx, stop := context.WithCancel(t.Context())
		var playing sync.WaitGroup
		playing.Go(func() {
			if err := b.room.Play(ctx, "person", NewPrompt(pureTone(musicHz)), true); !errors.Is(err, context.Canceled) {
				t.Errorf("music ended with %v", err)
			}
		})
		defer playing.Wait()
		defer stop()
		settle(t, b, b.person)
		hears(t, b.person, musicHz)
		hears(t, b.agent, personHz) // what the person says goes on
		stop()
		playing.Wait()
		settle(t, b, b.person)
		hears(t, b.person, agentHz)
		oneStream(t, b.person)
	})
}

func TestMusicLoopsWithoutAGap(t *testing.T) {
	inBubble(t, func(t *testing.T, b *band) {
		ctx, stop := context.WithTimeout(t.Context(), 3*time.Second)
		defer stop()
		short := pureTone(1000)[:8*100+8*4] // no whole number of frames, but of waves
		_ = b.room.Play(ctx, "person", NewPrompt(short), true)
		pcm := pcmOf(b.person.packets())
		if len(pcm) < 3*SampleRate-2*frameSamples {
			t.Fatalf("%d samples in 3 s", len(pcm))
		}
		if share := ToneShare(pcm, 1000); share < 0.99 {
			t.Errorf("%.3f of it is the tone", share)
		}
	})
}

func TestOfTwoPromptsTheLaterIsHeard(t *testing.T) {
	inBubble(t, func(t *testing.T, b *band) {
		ctx, stop := context.WithCancel(t.Context())
		var playing sync.WaitGroup
		playing.Go(func() { _ = b.room.Play(ctx, "agent", Tone(musicHz, time.Second), true) })
		settle(t, b, b.agent)
		hears(t, b.agent, musicHz)
		playing.Go(func() {
			if err := b.room.Play(ctx, "agent", Tone(supervisorHz, time.Second), false); err != nil {
				t.Error(err)
			}
		})
		settle(t, b, b.agent)
		hears(t, b.agent, supervisorHz)
		time.Sleep(time.Second)
		hears(t, b.agent, musicHz)
		stop()
		playing.Wait()
	})
}

func TestWhoLeavesIsSilentAndUnconnected(t *testing.T) {
	everywhere(t, func(t *testing.T, b *band) {
		b.room.Hear(barge)
		settle(t, b, b.all()...)
		var playing sync.WaitGroup
		playing.Go(func() {
			if err := b.room.Play(t.Context(), "supervisor", Tone(musicHz, time.Second), true); !errors.Is(err, ErrNotInRoom) {
				t.Errorf("play ended with %v", err)
			}
		})
		settle(t, b, b.supervisor)
		b.room.Leave("supervisor")
		playing.Wait()
		said := len(b.supervisor.packets())
		settle(t, b, b.person, b.agent)
		hears(t, b.person, agentHz)
		hears(t, b.agent, personHz)
		if now := len(b.supervisor.packets()); now > said+1 { // one may be on the wire
			t.Errorf("%d frames were said to who had left", now-said)
		}
		if b.supervisor.leg.sink.Load() != nil {
			t.Error("who has left is connected")
		}
		if err := b.room.Play(t.Context(), "supervisor", Tone(musicHz, time.Second), false); !errors.Is(err, ErrNotInRoom) {
			t.Errorf("play to who is not there: %v", err)
		}
		b.room.Leave("supervisor")
		b.room.Close()
		b.room.Close()
		for _, s := range b.all() {
			if s.leg.sink.Load() != nil {
				t.Error("connected to a room that is closed")
			}
		}
		b.room.Enter("person", b.person.leg)
		if b.person.leg.sink.Load() != nil {
			t.Error("a closed room let somebody in")
		}
	})
}

// An agent whose phone was lost is replaced: the name stays.
func TestAnotherPortTakesTheSamePlace(t *testing.T) {
	inBubble(t, func(t *testing.T, b *band) {
		b.room.Leave("supervisor")
		b.room.Hear(talk)
		hears(t, b.person, agentHz)
		b.room.Enter("agent", b.supervisor.leg)
		settle(t, b, b.person)
		hears(t, b.person, supervisorHz)
		hears(t, b.supervisor, personHz)
		if b.agent.leg.sink.Load() != nil {
			t.Error("the former port is still connected")
		}
		oneStream(t, b.person)
	})
}

func TestTapsHearWhatIsSaidAndWhatIsHeard(t *testing.T) {
	everywhere(t, func(t *testing.T, b *band) {
		var said, given tapEar
		remove := b.room.Tap("person", &said, &given)
		b.room.Hear(whisper)
		settle(t, b, b.person)
		hears(t, b.person, agentHz)
		if share := ToneShare(said.pcm(), personHz); share < 0.99 {
			t.Errorf("%.3f of what the person says is the person", share)
		}
		if share := ToneShare(given.pcm(), agentHz); share < 0.99 {
			t.Errorf("%.3f of what the person hears is the agent", share)
		}
		if share := ToneShare(given.pcm(), supervisorHz); share > 0.0005 {
			t.Errorf("%.4f of what the person hears is a whisper", share)
		}
		remove()
		n := len(said.pcm())
		settle(t, b, b.person)
		if now := len(said.pcm()); now > n+frameSamples {
			t.Error("a tap hears on after it was removed")
		}
	})
}

type tapEar struct {
	mu    sync.Mutex
	heard []int16
}

func (e *tapEar) WriteFrame(f Frame) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = f.Codec.Decode(e.heard, f.Payload)
	return nil
}

func (e *tapEar) pcm() []int16 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]int16(nil), e.heard...)
}

func TestAPortThatHasGoneOnToAnotherRoomStaysThere(t *testing.T) {
	wires := NewWires()
	defer wires.Close()
	w := wires.Open(PCMU, 0, func([]byte) error { return nil })
	defer w.Close()
	former, next := NewRoom(), NewRoom()
	defer next.Close()
	former.Enter("supervisor", w)
	next.Enter("supervisor", w)
	there := w.sink.Load()
	former.Leave("supervisor")
	if now := w.sink.Load(); now == nil || now != there {
		t.Error("leaving the first room has muted the party in the second")
	}
	former.Close()
	if next.Leave("supervisor"); w.sink.Load() != nil {
		t.Error("still connected")
	}
}
