package node

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/dialer/media"
)

// watcher listens at an agent's phone for two moments of each call: the first
// frame of the connect tone, and the first of the person's voice.
type watcher struct {
	mu          sync.Mutex
	tone, voice time.Time
	frames      int           // of the voice
	heard       chan struct{} // closed at the first frame of the voice
	steady      chan struct{} // closed when the voice has gone on for steadyFrames
}

// steadyFrames of voice prove that a person is heard on, not a click.
const steadyFrames = 10

func newWatcher() *watcher {
	w := &watcher{}
	w.reset()
	return w
}

// reset forgets the call that is over.
func (w *watcher) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tone, w.voice, w.frames = time.Time{}, time.Time{}, 0
	w.heard, w.steady = make(chan struct{}), make(chan struct{})
}

// WriteFrame notes what a frame is. It runs when the frame has just come.
func (w *watcher) WriteFrame(f media.Frame) error {
	now := time.Now()
	pcm := f.Codec.Decode(nil, f.Payload)
	if media.Level(pcm) < 500 {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case media.ToneShare(pcm, voiceHertz) > 0.8:
		w.frames++
		if w.frames == 1 {
			w.voice = now
			close(w.heard)
		}
		if w.frames == steadyFrames {
			close(w.steady)
		}
	case media.ToneShare(pcm, toneHertz) > 0.8 && w.tone.IsZero():
		w.tone = now
	}
	return nil
}

// await waits until the person is heard, and returns both moments.
func (w *watcher) await(ctx context.Context) (tone, voice time.Time, err error) {
	w.mu.Lock()
	heard := w.heard
	w.mu.Unlock()
	select {
	case <-heard:
	case <-ctx.Done():
		return tone, voice, fmt.Errorf("the person was not heard: %w", ctx.Err())
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tone, w.voice, nil
}

// delays of one call, from the moment just before its 200 left the callee.
type delays struct {
	tone  time.Duration // to the first frame of the connect tone at the agent's phone
	voice time.Duration // to the first frame of the person's own voice there
	agent time.Duration // to the first frame of the agent's voice at the person
}

// shift is so many calls of people who speak from their 200 on, shared out
// among agents who are always ready, at the speed of life.
type shift struct {
	village *village
	over    context.CancelFunc

	mu   sync.Mutex
	left int
	all  []delays
}

// measure works a shift and returns what was measured, and the ledger.
func measure(t testing.TB, calls, agents int) ([]delays, []campaigns.Call) {
	t.Helper()
	v := openVillage(t, func(number string) time.Duration { // 40 to 139 ms: answers do not march in step
		tens, ones := number[len(number)-2]-'0', number[len(number)-1]-'0'
		return time.Duration(40+10*int(tens)+int(ones)) * time.Millisecond
	})
	logins, numbers := make([]string, agents), make([]string, calls)
	for i := range logins {
		logins[i] = fmt.Sprintf("agent%d", i+1)
	}
	for i := range numbers {
		numbers[i] = fictional(i)
	}
	o := openOffice(t, v.addr(), logins...)
	ctx, over := context.WithTimeout(context.Background(), patience+time.Duration(calls)*time.Second)
	defer over()
	s := &shift{village: v, over: over, left: calls}
	work, ctx := errgroup.WithContext(ctx)
	for _, login := range logins {
		w := newWatcher()
		o.plug(t, login, w)
		d := o.seat(t, login)
		work.Go(func() error { return s.serve(ctx, d, w) })
	}
	o.dial(t, numbers...)
	if err := work.Wait(); err != nil {
		t.Fatal(err)
	}
	o.soft()
	o.end(t)
	if s.left > 0 {
		t.Fatalf("%d calls were not measured in time", s.left)
	}
	return s.all, o.ledger(t)
}

// serve is one agent at work, until the shift is over.
func (s *shift) serve(ctx context.Context, d *desk, w *watcher) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, open := <-d.events:
			if !open {
				return fmt.Errorf("the stream of events ended")
			}
			if err := s.react(ctx, d, w, e); err != nil && ctx.Err() == nil {
				return fmt.Errorf("%s: %w", e.Name, err)
			}
		}
	}
}

// react measures a person who is connected and lets them go; a call that has
// ended is disposed of at once.
func (s *shift) react(ctx context.Context, d *desk, w *watcher, e client.Event) error {
	var card api.Card
	switch e.Name {
	case "call_connected":
		if err := json.Unmarshal(e.Data, &card); err != nil {
			return err
		}
		tone, voice, err := w.await(ctx)
		if err != nil {
			return err
		}
		s.note(s.village.line(card.Number), tone, voice)
	case "call_ended":
		if err := json.Unmarshal(e.Data, &card); err != nil {
			return err
		}
		w.reset() // before the next person
		if err := d.Dispose(ctx, card.Attempt, api.Disposition{Attempt: card.Attempt, Code: "not_interested"}); err != nil {
			return err
		}
		s.disposed()
	}
	return nil
}

func (s *shift) note(l *line, tone, voice time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	since := func(at time.Time) time.Duration {
		if at.IsZero() {
			return -1 // not heard
		}
		return at.Sub(l.answered)
	}
	s.all = append(s.all, delays{tone: since(tone), voice: since(voice), agent: since(l.heardAgent())})
	close(l.enough)
}

func (s *shift) disposed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left--; s.left == 0 {
		s.over()
	}
}

// The person hears the agent at once, while the agent still hears the tone.
func TestAnAgentHearsTheToneFirstAndThenThePerson(t *testing.T) {
	t.Parallel()
	const calls = 8
	all, ledger := measure(t, calls, 2)
	if len(all) != calls || len(ledger) != calls {
		t.Fatalf("%d calls measured, %d in the ledger", len(all), len(ledger))
	}
	for _, d := range all {
		if d.tone <= 0 || d.voice <= d.tone || d.agent <= 0 || d.agent >= d.voice {
			t.Errorf("after the answer, tone %s, person %s, agent at the person %s", d.tone, d.voice, d.agent)
		}
	}
	for _, c := range ledger {
		between := c.BridgedAt.Sub(c.AnsweredAt)
		if c.Outcome != campaigns.Connected || c.Try != 1 || (c.ConnectDelay-between).Abs() > time.Millisecond {
			t.Errorf("outcome %q, try %d, connect delay %s of %s", c.Outcome, c.Try, c.ConnectDelay, between)
		}
	}
}

// BenchmarkAnswerToAgentAudio is how long a person who answers waits for the
// agent's ear: from the moment before the 200 leaves the callee to the first
// frame at the agent's phone, of the connect tone ("tone") and of the person's
// voice ("voice"); "agent" is the other way, to the first frame of the agent at
// the person. Everything between is real: SIP and RTP over loopback, the ledger
// on disk. An operation is a shift of 400 calls for four agents, all of which
// must be in the ledger as connected.
//
// The target is p95 <= 150 ms for the voice, of which 80 ms are the tone itself
// and up to 20 ms the wait for the person's next frame: theirs begin with the
// 200, so that one mostly just misses the end of the tone. "engine" is what the
// ledger says, answer to bridge; "late" is the machine: how late a bare timer of
// 20 ms fires in the same process.
func BenchmarkAnswerToAgentAudio(b *testing.B) {
	const calls, agents = 400, 4
	var tones, voices, agent, engine []time.Duration
	stop, late := make(chan struct{}), make(chan []time.Duration)
	go func() { late <- lateness(stop) }()
	for b.Loop() {
		all, ledger := measure(b, calls, agents)
		for _, d := range all {
			tones, voices, agent = append(tones, d.tone), append(voices, d.voice), append(agent, d.agent)
		}
		for _, c := range ledger {
			if c.Outcome != campaigns.Connected {
				b.Errorf("outcome %q", c.Outcome)
			}
			engine = append(engine, c.ConnectDelay)
		}
	}
	close(stop)
	for name, delays := range map[string][]time.Duration{"tone": tones, "voice": voices, "agent": agent, "engine": engine, "late": <-late} {
		slices.Sort(delays)
		for _, p := range []float64{50, 95, 99} {
			at := delays[int(math.Ceil(p/100*float64(len(delays))))-1]
			b.ReportMetric(float64(at)/float64(time.Millisecond), fmt.Sprintf("%s-p%g-ms", name, p))
		}
	}
}

// lateness is by how much each beat of 20 ms came late until stop.
func lateness(stop <-chan struct{}) (late []time.Duration) {
	const beat = 20 * time.Millisecond
	for {
		due := time.Now().Add(beat)
		select {
		case <-time.After(beat):
			late = append(late, time.Since(due))
		case <-stop:
			return late
		}
	}
}
