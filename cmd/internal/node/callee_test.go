package node

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
)

// voiceHertz is the voice of callees, toneHertz what an agent hears before them,
// agentHertz the voice of agents.
const (
	voiceHertz = 1000
	toneHertz  = 660
	agentHertz = 440
)

// village is the far end of the trunk: everybody in it rings for a moment,
// answers, and says 1000 Hz from the very 200 on until they hang up.
type village struct {
	ua    *sipua.UA
	media media.Settings
	ring  func(number string) time.Duration
	voice media.Prompt
	heard ear                                                        // what all of them heard
	acts  func(ctx context.Context, l *line, session *media.Session) // what a person does beside speaking; nil = nothing

	mu    sync.Mutex
	lines map[string]*line
	rang  int
}

// line is one call to the village.
type line struct {
	answered time.Time     // just before the 200 left
	enough   chan struct{} // closed to make the person hang up
	over     chan struct{} // closed when the call has ended
	end      sipua.Ending  // valid then

	hears media.Sink
	mu    sync.Mutex
	first time.Time // when the agent was heard first
}

// WriteFrame notes when the agent is heard first, and passes all on.
func (l *line) WriteFrame(f media.Frame) error {
	now := time.Now()
	if pcm := f.Codec.Decode(nil, f.Payload); media.Level(pcm) > 500 && media.ToneShare(pcm, agentHertz) > 0.8 {
		l.mu.Lock()
		if l.first.IsZero() {
			l.first = now
		}
		l.mu.Unlock()
	}
	return l.hears.WriteFrame(f)
}

// heardAgent is when the agent was heard first; zero = never.
func (l *line) heardAgent() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.first
}

func openVillage(t testing.TB, ring func(number string) time.Duration) *village {
	t.Helper()
	v := &village{media: soundOn(t, 24000, 25999), ring: ring, voice: media.Tone(voiceHertz, time.Minute), lines: map[string]*line{}}
	var err error
	v.ua, err = sipua.Listen(sipua.Settings{
		Name: "village", Listen: []sipua.Listener{{Transport: "udp", Addr: netip.AddrPortFrom(loopback, 0)}},
		Serve: sipua.HandlerFunc(v.incoming),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.ua.Close() })
	return v
}

func (v *village) addr() netip.AddrPort { return v.ua.Addr("udp") }

// line is the call to a number, nil before its answer.
func (v *village) line(number string) *line {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.lines[number]
}

// calls is how many INVITEs came.
func (v *village) calls() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.rang
}

func (v *village) incoming(inc *sipua.Incoming) {
	v.mu.Lock()
	v.rang++
	v.mu.Unlock()
	number := inc.To().User
	session, sdp, err := carrier.OpenSound(inc.Offer(), v.media)
	if err != nil {
		_ = inc.Reject(488, "")
		return
	}
	defer session.Close()
	if inc.Ring(180, nil) != nil {
		return
	}
	ringing := time.NewTimer(v.ring(number))
	defer ringing.Stop()
	select {
	case <-ringing.C:
	case <-inc.Cancelled():
		return
	}
	v.talk(inc, session, sdp, number)
}

// talk answers and speaks in the same moment, until one side hangs up.
func (v *village) talk(inc *sipua.Incoming, session *media.Session, sdp []byte, number string) {
	l := &line{answered: time.Now(), enough: make(chan struct{}), over: make(chan struct{}), hears: &v.heard}
	defer close(l.over)
	session.Connect(l)
	ctx, hush := context.WithCancel(context.Background())
	var speaking sync.WaitGroup
	defer speaking.Wait()
	defer hush()
	speaking.Go(func() { _ = media.Play(ctx, session, v.voice) })
	if v.acts != nil {
		speaking.Go(func() { v.acts(ctx, l, session) })
	}
	v.mu.Lock()
	v.lines[number] = l
	v.mu.Unlock()
	call, err := inc.Answer(ctx, sdp)
	if err != nil {
		return
	}
	select {
	case <-call.Done():
	case <-l.enough:
		bye, stop := context.WithTimeout(context.Background(), 5*time.Second)
		defer stop()
		_ = call.Bye(bye)
	}
	l.end = call.End()
}
