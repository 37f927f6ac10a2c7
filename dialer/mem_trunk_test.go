package dialer

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
)

// callee is what one number does when it is called.
type callee struct {
	setup    time.Duration // until it rings
	ring     time.Duration // until it is taken, or refused
	fate     campaigns.Outcome
	talk     time.Duration // after the agent is heard
	patience time.Duration // without an agent; 0 = a minute
	mute     bool          // no audio ever comes
	silentIn time.Duration // audio stops so long after the answer; 0 = never
	heldTo   time.Duration // on hold from the moment the audio stops until so long after the answer
	key      byte          // pressed 2 s into the message
	crossing bool          // answers at the very moment it is withdrawn
}

// answers is a callee who takes the call.
func answers(ring, talk time.Duration) callee {
	return callee{setup: 300 * time.Millisecond, ring: ring, fate: campaigns.Connected, talk: talk}
}

// memTrunk is a carrier in memory.
type memTrunk struct {
	t       testing.TB
	callee  func(number string) callee
	lines   int
	down    string // why no line is free
	mu      sync.Mutex
	live    map[string]bool // numbers in a call
	dialed  int
	peak    int
	inCall  int
	dials   []time.Time
	legs    []*memLeg
	request []Request
}

func newMemTrunk(t testing.TB, callee func(string) callee) *memTrunk {
	return &memTrunk{t: t, callee: callee, lines: 1000, live: make(map[string]bool)}
}

func (m *memTrunk) Room([]string) (int, string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down != "" {
		return 0, m.down
	}
	return m.lines - m.inCall, "all lines are in use"
}

func (m *memTrunk) CallerID([]string) string { return "+15550009999" }

func (m *memTrunk) fail(why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = why
}

func (m *memTrunk) seize(r Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.live[r.Number] {
		m.t.Errorf("number %s is called twice at once", r.Number)
	}
	m.live[r.Number] = true
	m.dialed++
	m.inCall++
	m.peak = max(m.peak, m.inCall)
	m.dials = append(m.dials, time.Now())
	m.request = append(m.request, r)
}

func (m *memTrunk) free(number string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.live, number)
	m.inCall--
}

func (m *memTrunk) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dialed
}

func (m *memTrunk) Dial(ctx context.Context, r Request) (Leg, error) {
	m.seize(r)
	c := m.callee(r.Number)
	sent := time.Now()
	r.OnProgress(Progress{Step: StepSent, At: sent, Trunk: "mem"})
	failed := func(o campaigns.Outcome, code int, ringing time.Time) (Leg, error) {
		m.free(r.Number)
		e := &CallError{Outcome: o, Trunk: "mem", Code: code, SentAt: sent, RingingAt: ringing, Err: errors.New("mem")}
		if o == campaigns.Cancelled && c.crossing {
			e.AnsweredAt = time.Now()
		}
		return nil, e
	}
	if !sleep(ctx, c.setup) {
		return failed(campaigns.Cancelled, 487, time.Time{})
	}
	ringing := time.Now()
	r.OnProgress(Progress{Step: StepRinging, At: ringing, Trunk: "mem", Code: 180})
	if !sleep(ctx, min(c.ring, r.RingTime)) {
		return failed(campaigns.Cancelled, 487, ringing)
	}
	if c.ring >= r.RingTime {
		return failed(campaigns.NoAnswer, 487, ringing)
	}
	if c.fate != campaigns.Connected {
		return failed(c.fate, 486, ringing)
	}
	leg := &memLeg{
		trunk: m, number: r.Number, callee: c, done: make(chan struct{}),
		answer: Answer{Trunk: "mem", SentAt: sent, RingingAt: ringing, AnsweredAt: time.Now()},
	}
	leg.port = &memPort{t: m.t, name: r.Number, onConnect: leg.agentHeard, onFrame: leg.messageHeard}
	if c.patience == 0 {
		leg.callee.patience = time.Minute
	}
	leg.timer = time.AfterFunc(leg.callee.patience, leg.hangUpByCallee)
	m.mu.Lock()
	m.legs = append(m.legs, leg)
	m.mu.Unlock()
	r.OnProgress(Progress{Step: StepAnswered, At: time.Now(), Trunk: "mem", Code: 200})
	return leg, nil
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}

// memLeg is an answered call in memory.
type memLeg struct {
	trunk  *memTrunk
	number string
	callee callee
	answer Answer
	port   *memPort
	timer  *time.Timer

	mu      sync.Mutex
	done    chan struct{}
	ending  Ending
	digit   func(byte)
	pressed bool
	heardAg bool
}

func (l *memLeg) Audio() media.Port { return l.port }
func (l *memLeg) OnDigit(f func(byte)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.digit = f
}
func (l *memLeg) Answered() Answer       { return l.answer }
func (l *memLeg) Done() <-chan struct{}  { return l.done }
func (l *memLeg) Hangup(context.Context) { l.end(Ending{By: "us", At: time.Now()}) }
func (l *memLeg) hangUpByCallee()        { l.end(Ending{By: "callee", At: time.Now()}) }

func (l *memLeg) Ending() Ending {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ending
}

func (l *memLeg) Heard() time.Time {
	now := time.Now()
	switch {
	case l.callee.mute:
		return time.Time{}
	case l.callee.silentIn > 0 && now.Sub(l.answer.AnsweredAt) > l.callee.silentIn:
		return l.answer.AnsweredAt.Add(l.callee.silentIn)
	}
	return now
}

func (l *memLeg) Held() bool {
	since := time.Since(l.answer.AnsweredAt)
	return l.callee.heldTo > 0 && since > l.callee.silentIn && since < l.callee.heldTo
}

func (l *memLeg) end(e Ending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.done:
		return
	default:
	}
	l.ending = e
	close(l.done)
	l.timer.Stop()
	l.trunk.free(l.number)
}

// agentHeard starts the conversation's clock.
func (l *memLeg) agentHeard() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.heardAg {
		l.heardAg = true
		l.timer.Reset(l.callee.talk)
	}
}

// messageHeard lets the callee press a key two seconds into the message.
func (l *memLeg) messageHeard() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.callee.key == 0 || l.pressed {
		return
	}
	l.pressed = true
	time.AfterFunc(2*time.Second, func() {
		l.mu.Lock()
		press := l.digit
		l.mu.Unlock()
		if press != nil {
			press(l.callee.key)
		}
	})
}

// memPort is one side's sound. It sees to it that a side hears one source.
type memPort struct {
	t         testing.TB
	name      string
	onConnect func()
	onFrame   func()

	mu     sync.Mutex
	sink   media.Sink
	frames int
	more   uint64 // packets received beside the first 100
	lost   uint64
}

func (p *memPort) WriteFrame(media.Frame) error {
	p.mu.Lock()
	p.frames++
	p.mu.Unlock()
	if p.onFrame != nil {
		p.onFrame()
	}
	return nil
}

func (p *memPort) Connect(s media.Sink) {
	p.mu.Lock()
	if s != nil && p.sink != nil && p.sink != s {
		p.t.Errorf("%s is connected to two sides at once", p.name)
	}
	p.sink = s
	p.mu.Unlock()
	if s != nil && p.onConnect != nil {
		p.onConnect()
	}
}

func (p *memPort) connected() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sink != nil
}

func (p *memPort) heard() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.frames
}

func (p *memPort) Quality() media.Quality {
	p.mu.Lock()
	defer p.mu.Unlock()
	return media.Quality{PacketsReceived: 100 + p.more, PacketsSent: 90, Lost: p.lost, MOS: 4.2, LossShare: 0.01, JitterMS: 3}
}

// receive lets packets come, and others not.
func (p *memPort) receive(packets, lost uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.more, p.lost = p.more+packets, p.lost+lost
}

// memStation is an agent's phone in memory.
type memStation struct {
	port *memPort
	once sync.Once
	done chan struct{}
	hung bool
}

func newStation(t testing.TB, name string) *memStation {
	return &memStation{port: &memPort{t: t, name: name}, done: make(chan struct{})}
}

func (s *memStation) Audio() media.Port      { return s.port }
func (s *memStation) Done() <-chan struct{}  { return s.done }
func (s *memStation) Hangup(context.Context) { s.hung = true; s.vanish() }
func (s *memStation) vanish()                { s.once.Do(func() { close(s.done) }) }
