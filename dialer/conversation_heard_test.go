package dialer

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
)

// The voices of those who talk in these tests, in hertz: none is a multiple of
// another, nor of a tone of the house.
const (
	personHertz     = 400
	firstHertz      = 700
	secondHertz     = 1100
	supervisorHertz = 1500
	outsideHertz    = 1900
)

var everyVoice = []float64{personHertz, firstHertz, secondHertz, supervisorHertz, outsideHertz}

// singer is a port that says its note all the time and keeps what it hears.
type singer struct {
	*memPort
	hertz float64
	law   media.Codec

	mu    sync.Mutex
	heard []int16
}

func newSinger(t testing.TB, name string, hertz float64, law media.Codec) *singer {
	return &singer{memPort: &memPort{t: t, name: name}, hertz: hertz, law: law}
}

// sing says the note, 20 ms a frame, until ctx is done.
func (s *singer) sing(ctx context.Context) {
	note := s.law.Encode(nil, media.Tone(s.hertz, time.Minute).PCM()[800:8800])
	f := media.Frame{Codec: s.law, Source: rand.Uint32() | 1, Seq: uint16(rand.Uint32()), Timestamp: rand.Uint32()}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		f.Payload = note[i%50*160 : i%50*160+160]
		s.memPort.mu.Lock()
		sink := s.memPort.sink
		s.memPort.mu.Unlock()
		if sink != nil {
			_ = sink.WriteFrame(f)
		}
		f.Seq++
		f.Timestamp += 160
	}
}

// Codec is the law that the phone speaks.
func (s *singer) Codec() media.Codec { return s.law }

// WriteFrame keeps what is heard.
func (s *singer) WriteFrame(f media.Frame) error {
	s.mu.Lock()
	s.heard = f.Codec.Decode(s.heard, f.Payload)
	s.mu.Unlock()
	return s.memPort.WriteFrame(f)
}

// listen is what is heard in the next second, after a moment to settle.
func (s *singer) listen() []int16 {
	time.Sleep(200 * time.Millisecond)
	s.mu.Lock()
	s.heard = nil
	s.mu.Unlock()
	time.Sleep(time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.heard)
}

// hears asserts whose voices are heard, and that nobody else's is: not even a
// ten-thousandth of the sound.
func hears(t *testing.T, who *singer, want ...float64) {
	t.Helper()
	pcm := who.listen()
	for _, hz := range everyVoice {
		share := media.ToneShare(pcm, hz)
		switch in := slices.Contains(want, hz); {
		case in && share < 0.8/float64(len(want)):
			t.Errorf("%s: only %.3f of what is heard is %g Hz", who.name, share, hz)
		case !in && share > 0.0001:
			t.Errorf("%s hears %g Hz: %.5f of the sound", who.name, hz, share)
		}
	}
}

// opera is a house whose people can be heard.
type opera struct {
	*house
	person, outside *singer
	first, second   *singer
	supervisor      *singer
}

// opera's trunk gives the person a voice, and every other number the outside one.
type operaTrunk struct {
	*memTrunk
	o *opera
}

type voiceLeg struct {
	*memLeg
	voice *singer
}

func (l voiceLeg) Audio() media.Port { return l.voice }

func (tr operaTrunk) Dial(ctx context.Context, r Request) (Leg, error) {
	leg, err := tr.memTrunk.Dial(ctx, r)
	if err != nil {
		return nil, err
	}
	l := leg.(*memLeg)
	l.timer.Stop() // nobody here hangs up by the clock
	if r.Number == "+15550000001" {
		return voiceLeg{l, tr.o.person}, nil
	}
	return voiceLeg{l, tr.o.outside}, nil
}

type voiceStation struct {
	*memStation
	voice *singer
}

func (s voiceStation) Audio() media.Port { return s.voice }

// newOpera opens a house in which agent 1 talks with the person, agent 2 is
// ready, and user 5 has a headset. Phones speak both laws.
func newOpera(t *testing.T, change func(*campaigns.Campaign)) *opera {
	t.Helper()
	o := &opera{
		house: newHouse(t, func(string) callee { return answers(2*time.Second, time.Hour) }), person: newSinger(t, "person", personHertz, media.PCMA),
		outside: newSinger(t, "outside", outsideHertz, media.PCMA), first: newSinger(t, "agent 1", firstHertz, media.PCMU),
		second: newSinger(t, "agent 2", secondHertz, media.PCMA), supervisor: newSinger(t, "supervisor", supervisorHertz, media.PCMU),
	}
	settings := o.engine.settings
	settings.Recordings = t.TempDir()
	o.engine = NewEngine(settings, o.store, operaTrunk{o.trunk, o})
	o.store.load(1, 1)
	o.run()
	ctx, stop := context.WithCancel(t.Context())
	var singing sync.WaitGroup
	t.Cleanup(singing.Wait)
	t.Cleanup(stop)
	for _, s := range []*singer{o.person, o.outside, o.first, o.second, o.supervisor} {
		singing.Go(func() { s.sing(ctx) })
	}
	seats := map[int64]*singer{1: o.first, 2: o.second, 5: o.supervisor}
	for _, id := range []int64{1, 2, 5} {
		st := newStation(t, fmt.Sprintf("agent %d", id))
		o.phones[id] = st
		info := AgentInfo{ID: id, Login: fmt.Sprintf("agent%d", id), Name: fmt.Sprintf("Agent %d", id)}
		if id != 5 {
			info.Campaigns = []int64{id}
		}
		o.must(o.engine.SignIn(t.Context(), info, voiceStation{st, seats[id]}))
		if id != 5 {
			o.must(o.engine.Ready(t.Context(), id))
		}
	}
	for id := range int64(2) {
		o.apply(o.campaign(id+1, func(c *campaigns.Campaign) {
			c.Mode, c.Retry, c.OutsideTransfer = campaigns.Progressive, nil, true
			if change != nil {
				change(c)
			}
		}))
	}
	o.until(20*time.Second, "talking", func() bool { return o.state(1) == StateTalking })
	return o
}

// end stops the house.
func (o *opera) end() {
	o.t.Helper()
	o.customer().hangUpByCallee()
	o.until(time.Minute, "written", func() bool { return o.store.count() == 1 })
	for id := range o.phones {
		_ = o.engine.WrapUpDone(o.t.Context(), id)
	}
	o.stop()
}

func TestOnHoldThePersonHearsMusicAndNobodyHearsThePerson(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := newOpera(t, nil)
		hears(t, o.person, firstHertz)
		hears(t, o.first, personHertz)
		o.must(o.engine.Hold(t.Context(), 1, true))
		music := o.person.listen()
		if level := media.Level(music); level < 200 || media.ToneShare(music, firstHertz) > 0.2 {
			t.Errorf("on hold the person hears a level of %g", level)
		}
		if pcm := o.first.listen(); len(pcm) > 0 {
			t.Errorf("the agent hears %d samples of a person on hold", len(pcm))
		}
		o.must(o.engine.Hold(t.Context(), 1, false))
		o.must(o.engine.Mute(t.Context(), 1, true))
		if pcm := o.person.listen(); len(pcm) > 0 {
			t.Errorf("the person hears %d samples of a muted agent", len(pcm))
		}
		hears(t, o.first, personHertz)
		o.must(o.engine.Mute(t.Context(), 1, false))
		hears(t, o.person, firstHertz)
		o.end()
	})
}

func TestAWhisperIsHeardByTheAgentAloneAndABargeByAll(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := newOpera(t, nil)
		o.must(o.engine.Monitor(t.Context(), 5, 1, Listen))
		hears(t, o.supervisor, personHertz, firstHertz)
		hears(t, o.person, firstHertz)
		hears(t, o.first, personHertz)
		o.must(o.engine.Monitor(t.Context(), 5, 1, Whisper))
		hears(t, o.first, personHertz, supervisorHertz)
		hears(t, o.person, firstHertz)
		hears(t, o.supervisor, personHertz, firstHertz)
		o.must(o.engine.Monitor(t.Context(), 5, 1, Barge))
		hears(t, o.person, firstHertz, supervisorHertz)
		hears(t, o.first, personHertz, supervisorHertz)
		o.must(o.engine.Monitor(t.Context(), 5, 1, Listen))
		hears(t, o.person, firstHertz)
		o.must(o.engine.TakeOver(t.Context(), 5))
		o.until(time.Second, "taken over", func() bool { return o.state(1) == StateWrapUp })
		hears(t, o.person, supervisorHertz)
		hears(t, o.supervisor, personHertz)
		if pcm := o.first.listen(); len(pcm) > 0 {
			t.Errorf("the agent who gave the call up hears %d samples", len(pcm))
		}
		o.end()
	})
}

func TestWhoListensToAnAgentHearsACallThatIsPassedOnToThem(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := newOpera(t, nil)
		o.must(o.engine.Monitor(t.Context(), 5, 2, Whisper))
		o.must(o.engine.Transfer(t.Context(), 1, TransferTarget{Agent: 2}, true))
		o.until(time.Second, "rings", func() bool { return o.state(2) == StateReserved })
		o.must(o.engine.Accept(t.Context(), 2))
		o.until(time.Second, "they talk", func() bool { return o.state(2) == StateTalking })
		hears(t, o.second, firstHertz, supervisorHertz)
		hears(t, o.supervisor, firstHertz, secondHertz)
		hears(t, o.first, secondHertz)
		o.must(o.engine.CompleteTransfer(t.Context(), 1))
		o.until(time.Second, "passed on", func() bool { return o.state(1) == StateWrapUp })
		hears(t, o.person, secondHertz)
		hears(t, o.supervisor, personHertz, secondHertz)
		hears(t, o.second, personHertz, supervisorHertz)
		o.end()
	})
}

func TestInATransferEachHearsWhomTheyShould(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := newOpera(t, nil)
		o.must(o.engine.Transfer(t.Context(), 1, TransferTarget{Agent: 2}, true))
		o.until(time.Second, "rings", func() bool { return o.state(2) == StateReserved })
		for _, s := range []*singer{o.first, o.second} {
			if pcm := s.listen(); media.ToneShare(pcm, ringHertz) < 0.5 && media.Level(pcm) > 100 {
				t.Errorf("%s hears something else than ringing", s.name)
			}
		}
		o.must(o.engine.Accept(t.Context(), 2))
		time.Sleep(time.Second)
		hears(t, o.first, secondHertz)
		hears(t, o.second, firstHertz)
		if pcm := o.person.listen(); media.ToneShare(pcm, firstHertz) > 0.2 || media.ToneShare(pcm, secondHertz) > 0.2 || media.Level(pcm) < 200 {
			t.Error("the person hears the consultation, or no music")
		}
		o.must(o.engine.Conference(t.Context(), 1))
		hears(t, o.person, firstHertz, secondHertz)
		hears(t, o.first, personHertz, secondHertz)
		hears(t, o.second, personHertz, firstHertz)
		o.must(o.engine.Mute(t.Context(), 2, true))
		hears(t, o.person, firstHertz)
		o.must(o.engine.Mute(t.Context(), 2, false))
		o.must(o.engine.CompleteTransfer(t.Context(), 1))
		o.until(time.Second, "agent 1 is in wrap-up", func() bool { return o.state(1) == StateWrapUp })
		hears(t, o.person, secondHertz)
		hears(t, o.second, personHertz)
		o.must(o.engine.Transfer(t.Context(), 2, TransferTarget{Number: "+34911000001"}, false))
		o.until(10*time.Second, "passed on", func() bool { return o.state(2) == StateWrapUp })
		hears(t, o.person, outsideHertz)
		hears(t, o.outside, personHertz)
		o.end()
	})
}

func TestATransferThatIsNotAnsweredGivesThePersonBackToBeHeard(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := newOpera(t, nil)
		o.must(o.engine.Transfer(t.Context(), 1, TransferTarget{Agent: 2}, false))
		o.until(21*time.Second, "failed", func() bool { return o.talk(1).Transfer.Phase == TransferFailed })
		time.Sleep(time.Second)
		hears(t, o.person, firstHertz)
		hears(t, o.first, personHertz)
		o.end()
	})
}

func TestARecordingHasThePersonLeftWhatTheyHeardRightAndNoWhisper(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := newOpera(t, func(c *campaigns.Campaign) { c.Recording.Mode = campaigns.RecordOn })
		o.must(o.engine.Monitor(t.Context(), 5, 1, Whisper))
		time.Sleep(10 * time.Second)
		o.must(o.engine.Monitor(t.Context(), 5, 1, Barge))
		time.Sleep(10 * time.Second)
		o.end()
		saved := o.store.savedRecordings()
		if len(saved) != 1 {
			t.Fatalf("%d recordings", len(saved))
		}
		left, right := channels(t, o.engine.settings.Recordings, saved[0])
		sec := func(pcm []int16, from, to int) []int16 { return pcm[from*8000 : to*8000] }
		if share := media.ToneShare(sec(left, 2, 18), personHertz); share < 0.9 {
			t.Errorf("%.3f of the left channel is the person", share)
		}
		if agent, whisper := media.ToneShare(sec(right, 2, 8), firstHertz), media.ToneShare(sec(right, 2, 8), supervisorHertz); agent < 0.9 || whisper > 0.0001 {
			t.Errorf("while somebody whispers the right channel is %.3f agent and %.5f supervisor", agent, whisper)
		}
		if barge := media.ToneShare(sec(right, 13, 19), supervisorHertz); barge < 0.3 {
			t.Errorf("%.3f of the right channel is the supervisor who barges in", barge)
		}
	})
}

// channels reads a recording.
func channels(t *testing.T, folder string, r campaigns.Recording) (left, right []int16) {
	t.Helper()
	f, err := media.OpenPCM(filepath.Join(folder, filepath.FromSlash(r.Path)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	body, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	body = body[44:]
	for i := 0; i+3 < len(body); i += 4 {
		left = append(left, int16(binary.LittleEndian.Uint16(body[i:])))
		right = append(right, int16(binary.LittleEndian.Uint16(body[i+2:])))
	}
	return left, right
}
