package dialer

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Engine runs the loops of all campaigns and lends each of them the agents it
// can use. Its goroutine owns which campaign runs and which agent is where.
type Engine struct {
	settings Settings
	store    Store
	trunk    Trunk
	log      *slog.Logger
	mail     *mailbox
	show     *showcase
	hub      *hub
	hands    *Hands                           // of this node
	own      *crew                            // the same, as every node's
	asked    asks[word]                       // of hands
	crews    crewList                         // of all nodes
	atWork   directory                        // whom words about calls are for
	ended    chan struct{}                    // closed when Run has returned
	stops    atomic.Pointer[[]campaigns.Stop] // kill switches that hold
	gaveUp   atomic.Bool                      // the hands of other nodes are the next brain's

	// What follows is owned by the goroutine of Run.

	roster   map[int64]*post
	running  map[int64]*stage
	latest   map[int64]applied
	totals   map[int64]Totals     // of campaigns whose loop has ended
	pending  map[int64][]adoption // calls of campaigns that do not run yet
	beating  []string             // nodes that have to be heard, as the house says
	settled  time.Time            // from when on all of them were, and had their say; zero = not yet
	wanted   map[int64]want       // agents of adopted calls who have not been heard of yet
	stopping bool
	work     sync.WaitGroup // hosts of loops
	host     func(*stage)
}

// stage is a campaign that runs, with what its loop last said of itself.
type stage struct {
	loop     *Loop
	hopper   *campaigns.Hopper
	up       bool // the loop has said something: it can take agents
	canDial  bool
	wants    map[int64]bool // agents whose callbacks are due
	late     []arrival      // who called as it ended
	priority int
}

// applied is the last word on a campaign.
type applied struct {
	campaign campaigns.Campaign
	messages messages
	warning  string
	voices   voices // what callers hear
	sounds   sounds
}

// NewEngine returns an engine; Run makes it work. What is asked of it before
// waits.
func NewEngine(s Settings, store Store, trunk Trunk) *Engine {
	s = s.filled()
	e := &Engine{
		settings: s, store: store, trunk: trunk, log: s.Log,
		mail: newMailbox(), show: newShowcase(), hub: newHub(), ended: make(chan struct{}),
		roster: make(map[int64]*post), running: make(map[int64]*stage),
		latest: make(map[int64]applied), pending: make(map[int64][]adoption), wanted: make(map[int64]want), totals: make(map[int64]Totals),
		hands: newHands(s.Node, s, store, trunk, houseSounds()),
	}
	e.own = &crew{node: s.Node, do: e.hands.do, asked: &e.asked}
	e.hands.tell = func(w word) int64 { e.listen(e.own, w); return 0 }
	e.hands.hasBrain()
	e.crews.add(e.own)
	return e
}

// Run works until soft is done and everything has drained: no new calls,
// conversations and their wrap-ups end by themselves. When hard is done, or
// the drain limit is over, calls are ended. When Run returns, every goroutine
// of the engine is gone.
func (e *Engine) Run(soft, hard context.Context) error {
	defer close(e.ended)
	defer e.hub.close()
	soft, stopSoft := context.WithCancel(soft)
	defer stopSoft()
	cut, cutNow := context.WithCancel(hard)
	defer cutNow()
	write, giveUp := context.WithCancel(context.WithoutCancel(hard))
	defer giveUp()
	e.host = func(s *stage) { e.work.Go(func() { e.runLoop(soft, cut, write, s) }) }
	e.work.Go(func() { e.dropTapes(soft) })
	e.hands.settings, e.hands.trunk, e.own.trunk = e.settings, e.trunk, e.trunk
	lastWord := e.hands.open(cut, write)

	look := time.NewTicker(beat)
	defer look.Stop()
	var drain, grace <-chan time.Time
	asked, forced := soft.Done(), cut.Done()
	for !e.stopping || len(e.running) > 0 {
		select {
		case <-e.mail.wake:
		case now := <-look.C:
			e.keepTimes(now)
			e.keepHands(now)
		case <-asked:
			asked, e.stopping = nil, true
			e.show.stopping.Store(true)
			drain = time.After(e.settings.DrainLimit)
			e.log.Info("stopping: no new calls", "limit", e.settings.DrainLimit)
		case <-drain:
			e.log.Warn("drain limit is over; calls are ended")
			cutNow()
		case <-forced:
			forced = nil
			stopSoft()
			e.leaveHands()
			grace = time.After(e.settings.LedgerGrace)
		case <-grace:
			giveUp()
		}
		e.hear()
	}
	e.sendHome()
	e.work.Wait()
	lastWord()
	for _, do := range e.mail.close() {
		do()
	}
	return nil
}

// hear does what others have left for the engine, until nothing is left.
func (e *Engine) hear() {
	for work := e.mail.take(); len(work) > 0; work = e.mail.take() {
		for _, do := range work {
			do()
		}
	}
}

// tell leaves work for the engine's goroutine.
func (e *Engine) tell(do func()) bool { return e.mail.put(do) }

// ask leaves work that answers, and waits for the answer.
func (e *Engine) ask(ctx context.Context, do func(reply chan error)) error {
	reply := make(chan error, 1)
	if !e.tell(func() { do(reply) }) {
		return ErrStopped
	}
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-e.ended:
		select {
		case err := <-reply:
			return err
		default:
			return ErrStopped
		}
	}
}

// Apply takes the settings and the status of a campaign: it starts, pauses,
// drains, stops or changes accordingly. It is idempotent. The safe-harbour
// messages are read here; one that cannot be read is the error, and the campaign
// is not started.
func (e *Engine) Apply(ctx context.Context, c campaigns.Campaign) error {
	next, err := read(e.settings, e.hands.house, c)
	if err != nil {
		return err
	}
	if c.Mode == campaigns.Predictive && !next.messages.forAll(c) {
		next.warning = "there is no safe-harbour message for everybody, so calls are placed one to one"
	}
	return e.ask(ctx, func(reply chan error) { reply <- e.apply(next) })
}

// read reads what a campaign plays.
func read(s Settings, house sounds, c campaigns.Campaign) (next applied, err error) {
	byLanguage, err := s.Messages(c)
	if err != nil {
		return next, err
	}
	own, err := s.Sounds(c)
	if err != nil {
		return next, err
	}
	said, err := s.Voices(c)
	if err != nil {
		return next, err
	}
	return applied{campaign: c, messages: newMessages(byLanguage), sounds: house.with(own), voices: newVoices(said)}, nil
}

func (e *Engine) apply(next applied) error {
	id := next.campaign.ID
	e.latest[id] = next
	if s := e.running[id]; s != nil {
		s.hopper.Set(next.campaign)
		s.priority = next.campaign.Priority
		if !s.loop.tell(func() { s.loop.set(next) }) {
			return nil // it has just ended; its end looks at latest
		}
		e.assign()
		return nil
	}
	if next.campaign.Status != campaigns.Running {
		if len(e.pending[id]) > 0 {
			e.openFor(next)
			return nil
		}
		e.showIdle(next)
		return nil
	}
	if e.stopping {
		return ErrStopping
	}
	e.open(next)
	return nil
}

// open starts the loop of a campaign.
func (e *Engine) open(next applied) {
	s := e.newStage(next)
	e.running[next.campaign.ID] = s
	e.atWork.set(next.campaign.ID, s.loop)
	e.show.putCampaign(s.loop.view(time.Now(), true))
	e.host(s)
}

// loopEnded hears that a loop is over and its hopper empty.
func (e *Engine) loopEnded(s *stage, c campaigns.Campaign, t Totals) {
	delete(e.running, s.loop.id)
	e.atWork.drop(s.loop.id)
	e.totals[s.loop.id] = t
	next := e.latest[s.loop.id]
	if next.campaign.Status == campaigns.Draining {
		next.campaign.Status = c.Status // stopped, if the store took it
		e.latest[s.loop.id] = next
	}
	defer e.receiveLate(s)
	if next.campaign.Status == campaigns.Running && !e.stopping {
		e.open(next) // it was started again while it ended
		return
	}
	if len(e.pending[s.loop.id]) > 0 {
		e.openFor(next)
		return
	}
	e.showIdle(next)
	e.assign()
}

// showIdle lays out a campaign that does not run.
func (e *Engine) showIdle(next applied) {
	c := next.campaign
	v := CampaignView{
		ID: c.ID, Name: c.Name, Status: c.Status, Mode: c.Mode, Priority: c.Priority, Cap: c.Cap,
		Why: closedWhy(c.Status, e.stopping, 0), Warning: next.warning, Totals: e.totals[c.ID].clone(),
	}
	if before, ok := e.show.campaign(c.ID); ok {
		v.Period, v.Last = before.Period, before.Last
	}
	e.show.putCampaign(v)
	e.hub.tell(Notice{Kind: NoticeCampaign, At: time.Now(), Campaign: c.ID, Why: &v.Why})
}

// Snapshot returns the whole floor as it was published last; it never waits.
func (e *Engine) Snapshot() Snapshot { return e.show.snapshot(time.Now()) }

// Subscribe returns the changes on the floor from now on, until ctx is done or
// the engine has ended. A reader who is slow is told to resync.
func (e *Engine) Subscribe(ctx context.Context) <-chan Notice { return e.hub.subscribe(ctx) }
