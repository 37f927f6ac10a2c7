package dialer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
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
	return media.Quality{PacketsReceived: 100, PacketsSent: 90, MOS: 4.2, LossShare: 0.01, JitterMS: 3}
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

// memStore is the ledger in memory, with its laws.
type memStore struct {
	t  testing.TB
	mu sync.Mutex

	contacts map[int64]*campaigns.Contact
	order    []int64
	begun    map[string]*campaigns.Attempt
	open     map[string]string // number -> attempt
	finished map[string]campaigns.Attempt
	dnc      map[string]campaigns.DoNotCall
	statuses map[int64]campaigns.Status
	saved    map[int64][]byte
	tally    campaigns.Tally
	campaign map[int64]campaigns.Campaign

	latency    time.Duration
	failBegin  error
	failFinish error
	failTally  error
	refuse     func(campaigns.Attempt) *rules.Refusal
	failures   int
}

func newMemStore(t testing.TB) *memStore {
	return &memStore{
		t: t, contacts: make(map[int64]*campaigns.Contact), begun: make(map[string]*campaigns.Attempt),
		open: make(map[string]string), finished: make(map[string]campaigns.Attempt),
		dnc: make(map[string]campaigns.DoNotCall), statuses: make(map[int64]campaigns.Status),
		saved: make(map[int64][]byte), campaign: make(map[int64]campaigns.Campaign), latency: time.Millisecond,
	}
}

// load adds contacts with numbers of their own.
func (s *memStore) load(campaign int64, n int) {
	for range n {
		id := int64(len(s.order) + 1)
		s.add(campaigns.Contact{
			ID: id, Campaign: campaign, List: 1, Name: fmt.Sprintf("Person %d", id), State: campaigns.ContactReady,
			Phones: []campaigns.Phone{{Number: fmt.Sprintf("+1555%07d", id), Zones: []string{"America/New_York"}}},
		})
	}
}

func (s *memStore) add(c campaigns.Contact) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.contacts[c.ID] = &c
	s.order = append(s.order, c.ID)
}

func (s *memStore) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func (s *memStore) Lease(_ context.Context, campaign int64, now time.Time, n int) ([]campaigns.Contact, error) {
	time.Sleep(s.latency)
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []campaigns.Contact
	for _, callback := range []bool{true, false} {
		for _, id := range s.order {
			c := s.contacts[id]
			due := c.State == campaigns.ContactReady || (c.State == campaigns.ContactWaiting && !now.Before(c.NextAt))
			if len(out) < n && c.Campaign == campaign && due && (c.Callback != 0) == callback {
				c.State = campaigns.ContactLeased
				lease := *c
				if callback {
					lease.Rank = 1000
				}
				out = append(out, lease)
			}
		}
	}
	return out, nil
}

func (s *memStore) Release(_ context.Context, ids []int64) error {
	time.Sleep(s.latency)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if c := s.contacts[id]; c.State == campaigns.ContactLeased {
			c.State = campaigns.ContactReady
		} else {
			s.t.Errorf("contact %d is released in state %s", id, c.State)
		}
	}
	return nil
}

func (s *memStore) Depth(_ context.Context, campaign int64, now time.Time) (campaigns.Depth, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var d campaigns.Depth
	for _, c := range s.contacts {
		if c.Campaign != campaign {
			continue
		}
		d.Total++
		switch c.State {
		case campaigns.ContactReady:
			d.Ready++
		case campaigns.ContactLeased:
			d.Leased++
		case campaigns.ContactLive:
			d.Live++
		case campaigns.ContactDone:
			d.Done++
		case campaigns.ContactWaiting:
			d.Waiting++
			if d.NextDue.IsZero() || c.NextAt.Before(d.NextDue) {
				d.NextDue = c.NextAt
			}
		}
	}
	return d, nil
}

func (s *memStore) Begin(_ context.Context, c campaigns.Campaign, a *campaigns.Attempt) error {
	time.Sleep(s.latency)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failBegin != nil {
		s.failures++
		return s.failBegin
	}
	if s.begun[a.ID] != nil {
		s.t.Errorf("attempt %s is begun twice", a.ID)
	}
	contact := s.contacts[a.Contact]
	if contact.State != campaigns.ContactLeased {
		s.t.Errorf("contact %d is called in state %s", a.Contact, contact.State)
	}
	if _, listed := s.dnc[a.Number]; listed {
		contact.State = campaigns.ContactDone
		return &rules.Refusal{Primary: rules.Verdict{Rule: rules.DNC}}
	}
	if s.refuse != nil {
		if r := s.refuse(*a); r != nil {
			contact.State = campaigns.ContactDone
			return r
		}
	}
	if s.open[a.Number] != "" {
		s.t.Errorf("number %s has two open attempts", a.Number)
	}
	row := *a
	s.begun[a.ID], s.open[a.Number] = &row, a.ID
	s.campaign[c.ID] = c
	contact.State = campaigns.ContactLive
	return nil
}

func (s *memStore) Finish(_ context.Context, a campaigns.Attempt) error {
	time.Sleep(s.latency)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failFinish != nil {
		s.failures++
		return s.failFinish
	}
	if s.begun[a.ID] == nil {
		return campaigns.ErrUnknownAttempt
	}
	if _, twice := s.finished[a.ID]; twice {
		s.t.Errorf("attempt %s gets a second outcome", a.ID)
		return campaigns.ErrFinished
	}
	if !a.Outcome.Known() {
		s.t.Errorf("attempt %s ends with outcome %q", a.ID, a.Outcome)
	}
	s.finished[a.ID] = a
	delete(s.open, a.Number)
	p := s.contacts[a.Contact]
	if a.Outcome.Counts() {
		p.Tries++
	}
	next := s.campaign[a.Campaign].After(a.Outcome, *p, p.Tries, 1, time.Now())
	p.State, p.NextAt, p.Phone, p.Callback, p.Agent = next.State, next.At, next.Phone, 0, 0
	return nil
}

func (s *memStore) Tally(context.Context, int64, time.Time, time.Time) (campaigns.Tally, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tally, s.failTally
}

func (s *memStore) Estimates(_ context.Context, id int64) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saved[id], nil
}

func (s *memStore) SaveEstimates(_ context.Context, id int64, b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saved[id] = b
	return nil
}

func (s *memStore) AddDoNotCall(_ context.Context, d campaigns.DoNotCall) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failFinish != nil {
		return s.failFinish
	}
	s.dnc[d.Number] = d
	return nil
}

func (s *memStore) SetStatus(_ context.Context, id int64, to campaigns.Status, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statuses[id] = to
	return nil
}

// outcomes counts what the ledger says.
func (s *memStore) outcomes() map[campaigns.Outcome]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[campaigns.Outcome]int)
	for _, a := range s.finished {
		out[a.Outcome]++
	}
	return out
}

func (s *memStore) rows() []campaigns.Attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]campaigns.Attempt, 0, len(s.finished))
	for _, a := range s.finished {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b campaigns.Attempt) int { return a.IntentAt.Compare(b.IntentAt) })
	return out
}

// checkLaws is what must hold when everything has ended.
func (s *memStore) checkLaws() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.begun {
		if _, ok := s.finished[id]; !ok {
			s.t.Errorf("attempt %s has no outcome", id)
		}
	}
	for _, c := range s.contacts {
		if c.State == campaigns.ContactLeased || c.State == campaigns.ContactLive {
			s.t.Errorf("contact %d is left in state %s", c.ID, c.State)
		}
	}
	for _, a := range s.finished {
		checkRow(s.t, a)
	}
}

// checkRow holds one row against what its outcome promises.
func checkRow(t testing.TB, a campaigns.Attempt) {
	t.Helper()
	connected := a.Outcome == campaigns.Connected || a.Outcome == campaigns.LateConnected
	switch {
	case a.EndedAt.IsZero() || a.EndedBy == "":
		t.Errorf("%s: no end: %+v", a.Outcome, a)
	case connected && (a.BridgedAt.IsZero() || a.Agent == 0 || a.AnsweredAt.IsZero()):
		t.Errorf("%s without an agent: %+v", a.Outcome, a)
	case a.Outcome == campaigns.Connected && a.ConnectDelay > 2*time.Second:
		t.Errorf("connected after %s", a.ConnectDelay)
	case a.Outcome == campaigns.AbandonedMsg && a.MessageAt.Sub(a.AnsweredAt) > 2*time.Second:
		t.Errorf("the message began %s after the answer", a.MessageAt.Sub(a.AnsweredAt))
	case a.Outcome == campaigns.NoAnswer && a.EndedAt.Sub(a.RingingAt) < 15*time.Second:
		t.Errorf("given up after %s of ringing", a.EndedAt.Sub(a.RingingAt))
	}
}

// house is an engine with everything around it in memory.
type house struct {
	t      testing.TB
	store  *memStore
	trunk  *memTrunk
	engine *Engine
	soft   context.CancelFunc
	hard   context.CancelFunc
	ended  chan struct{}
	phones map[int64]*memStation
	robots sync.WaitGroup
}

// always is a message of four seconds.
func message(campaigns.Campaign) (media.Prompt, error) { return media.Silence(4 * time.Second), nil }

func newHouse(t testing.TB, callee func(string) callee) *house {
	h := &house{t: t, store: newMemStore(t), ended: make(chan struct{}), phones: make(map[int64]*memStation)}
	h.trunk = newMemTrunk(t, callee)
	h.engine = NewEngine(Settings{Message: message, Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))}, h.store, h.trunk)
	return h
}

func (h *house) run() {
	soft, stopSoft := context.WithCancel(context.Background())
	hard, stopHard := context.WithCancel(context.Background())
	h.soft, h.hard = stopSoft, stopHard
	go func() {
		defer close(h.ended)
		if err := h.engine.Run(soft, hard); err != nil {
			h.t.Errorf("run: %v", err)
		}
	}()
}

// stop ends softly and checks the laws.
func (h *house) stop() {
	h.t.Helper()
	h.soft()
	<-h.ended
	h.hard()
	h.robots.Wait()
	h.store.checkLaws()
	if len(h.trunk.live) > 0 {
		h.t.Errorf("%d lines are left in use", len(h.trunk.live))
	}
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// campaign is a predictive one that is always open.
func (h *house) campaign(id int64, change func(*campaigns.Campaign)) campaigns.Campaign {
	c := campaigns.NewCampaign(fmt.Sprintf("campaign-%d", id))
	c.ID, c.Status, c.Windows, c.CreatedAt = id, campaigns.Running, rules.Always(), time.Now()
	c.Trunks = []string{"mem"}
	if change != nil {
		change(&c)
	}
	return c
}

func (h *house) apply(c campaigns.Campaign) {
	h.t.Helper()
	h.must(h.engine.Apply(context.Background(), c))
}

// agent signs an agent in and, when ready, makes them take calls.
func (h *house) agent(id int64, ready bool, campaigns ...int64) *memStation {
	h.t.Helper()
	st := newStation(h.t, fmt.Sprintf("agent %d", id))
	h.phones[id] = st
	info := AgentInfo{ID: id, Login: fmt.Sprintf("agent%d", id), Name: fmt.Sprintf("Agent %d", id), Campaigns: campaigns}
	h.must(h.engine.SignIn(context.Background(), info, st))
	if ready {
		h.must(h.engine.Ready(context.Background(), id))
	}
	return st
}

// wrapUps makes every agent finish wrap-up after d, and dial previews.
func (h *house) wrapUps(d func() time.Duration) {
	notices := h.engine.Subscribe(context.Background())
	h.robots.Go(func() {
		for n := range notices {
			if n.Kind == NoticeResync {
				h.t.Error("the robots were too slow")
			}
			if n.Kind != NoticeAgent {
				continue
			}
			id := n.Agent.ID
			switch n.Agent.State {
			case StateWrapUp:
				time.AfterFunc(d(), func() { _ = h.engine.WrapUpDone(context.Background(), id) })
			case StatePreview:
				time.AfterFunc(d(), func() { _ = h.engine.Dial(context.Background(), id) })
			}
		}
	})
}

func (h *house) view(id int64) CampaignView {
	h.t.Helper()
	for _, c := range h.engine.Snapshot().Campaigns {
		if c.ID == id {
			return c
		}
	}
	h.t.Fatalf("campaign %d is not shown", id)
	return CampaignView{}
}

func (h *house) state(agent int64) State {
	a, ok := h.engine.Agent(agent)
	if !ok {
		return StateOffline
	}
	return a.State
}

// until waits in the bubble's time until ok, at most limit.
func (h *house) until(limit time.Duration, what string, ok func() bool) {
	h.t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("after %s still not: %s", limit, what)
		}
	}
}

// mixed draws callees as a list has them: answered, not answered, busy, gone.
func mixed(seed uint64, answered float64, talk time.Duration) func(string) callee {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(seed, 7))
	return func(string) callee {
		mu.Lock()
		defer mu.Unlock()
		c := callee{
			setup: time.Duration(200+rng.IntN(1500)) * time.Millisecond,
			ring:  time.Duration(3000+rng.IntN(15000)) * time.Millisecond, fate: campaigns.Connected,
			talk:     time.Duration(float64(talk) * rng.ExpFloat64()),
			patience: time.Duration(500+rng.IntN(60000)) * time.Millisecond,
		}
		switch x := rng.Float64(); {
		case x < answered:
		case x < answered+(1-answered)*0.7:
			c.ring = time.Hour
		case x < answered+(1-answered)*0.9:
			c.fate, c.ring = campaigns.Busy, time.Second
		default:
			c.fate, c.ring = campaigns.Invalid, 0
		}
		return c
	}
}

func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// done counts contacts that are finished.
func (s *memStore) done() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, c := range s.contacts {
		if c.State == campaigns.ContactDone {
			n++
		}
	}
	return n
}
