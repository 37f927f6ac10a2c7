package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Trunk is what a carrier allows all nodes together.
type Trunk struct {
	Name  string
	Lines int     // calls at once
	CPS   float64 // new calls a second
}

// Limits are one node's share in what all nodes have of their trunks together.
// It is safe for use by many goroutines; Run has to run.
type Limits struct {
	house *House // nil: there is no Redis, each node has its part and no more
	log   *slog.Logger
	kick  chan struct{} // somebody waits for an answer

	loaded bool // Redis knows the script; of Run's goroutine

	mu      sync.Mutex
	node    string
	stakes  map[string]*stake
	names   []string
	members []string
	told    time.Time // when the records were asked who is there
	sole    bool      // in this life no other node was there
	why     error     // of the last question that Redis did not answer
	contact
}

// How long things hold, see doc.go.
const (
	beatEvery    = 100 * time.Millisecond
	answerWithin = 20 * time.Millisecond  // then a caller is told that there is no answer
	wordCounts   = 300 * time.Millisecond // a word that is sent later may count for nothing; 400 ms at the server
	toldCounts   = 4 * time.Second        // a node that has not heard for so long who is there calls nobody
)

var errSilent = errors.New("redis does not answer: for a moment no node knows what the others do")

// Limits makes a node's share of the trunks. Node names one start of one node,
// as "name:epoch": a node that was started again is another one. Lines and calls a
// second are to be the same on all nodes; where they are not, each heeds its own.
func (h *House) Limits(node string, trunks []Trunk) (*Limits, error) {
	return newLimits(h, h.log, node, trunks)
}

// Parts are the limits of a node of a house that has no Redis: its own part of
// each, always.
func Parts(node string, trunks []Trunk) (*Limits, error) {
	return newLimits(nil, slog.New(slog.DiscardHandler), node, trunks)
}

func newLimits(h *House, log *slog.Logger, node string, trunks []Trunk) (*Limits, error) {
	if err := checkNode(node); err != nil {
		return nil, err
	}
	l := &Limits{house: h, node: node, log: log, kick: make(chan struct{}, 1), stakes: map[string]*stake{}, sole: true}
	for _, t := range trunks {
		if t.Name == "" || t.Lines < 1 || t.CPS <= 0 || l.stakes[t.Name] != nil {
			return nil, fmt.Errorf("limits of trunk %q: %d lines, %g calls a second: a name of its own and figures above 0 are needed", t.Name, t.Lines, t.CPS)
		}
		l.stakes[t.Name] = &stake{trunk: t}
	}
	l.names = slices.Sorted(maps.Keys(l.stakes))
	l.start(time.Now())
	return l, nil
}

func checkNode(name string) error {
	if name == "" || strings.ContainsAny(name, " \t\r\n") {
		return fmt.Errorf("limits of node %q: its name is empty or has spaces", name)
	}
	return nil
}

// start begins the talk with Redis; without one the node is apart for good.
func (l *Limits) start(now time.Time) {
	l.begin(now)
	l.apart = l.house == nil
}

// Rejoin begins another life of the node, under another name: others may have
// taken for theirs what the earlier one had. The lines in use are those of the new
// one as well; in Redis they count twice until the old name is forgotten.
func (l *Limits) Rejoin(node string) error {
	if err := checkNode(node); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	for _, s := range l.stakes {
		s.refuse(now, len(s.askers), errSilent)
		s.strand()
		s.born, s.cut = 0, false
	}
	l.node, l.members, l.told, l.sole = node, nil, time.Time{}, true
	l.start(now)
	return nil
}

// Nodes says which nodes are there, this one among them, as the records told when
// they were asked: a node that is on the list of no other may not be able to call.
// To be said every second; 4 s after the records were asked last the node calls
// nobody.
func (l *Limits) Nodes(members []string, asked time.Time) {
	members = slices.Compact(slices.Sorted(slices.Values(members)))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.members, l.told = members, asked
	l.sole = l.sole && len(members) == 1
	l.look(time.Now())
}

// Take asks for a line and, when the call goes out, for a turn among the calls a
// second: it may leave between from and until, and when that has passed the line
// is to be freed and asked for again. An error says why there is none; nothing was
// taken then, and from is when to ask again. It returns within 50 ms.
func (l *Limits) Take(ctx context.Context, trunk string, out bool) (from, until time.Time, err error) {
	a, now := l.ask(trunk, out)
	if a == nil {
		return now.from, now.until, now.err
	}
	select {
	case l.kick <- struct{}{}:
	default: // it is woken already
	}
	wait := time.NewTimer(answerWithin)
	defer wait.Stop()
	select {
	case g := <-a.answer:
		return g.from, g.until, g.err
	case <-wait.C:
		err = errSilent
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	g := l.withdraw(trunk, a, err)
	return g.from, g.until, g.err
}

// ask takes what the node has, or leaves an asker.
func (l *Limits) ask(trunk string, out bool) (*asker, grant) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	s := l.stakes[trunk]
	switch {
	case s == nil:
		return nil, grant{err: fmt.Errorf("no limits are known of the trunk %q", trunk)}
	case !l.fresh(now):
		return nil, grant{from: now.Add(ahead), err: errors.New("the record store does not tell which other nodes are there")}
	}
	a := &asker{line: !s.line(), turn: out, answer: make(chan grant, 1)}
	switch {
	case l.apart && a.line:
		return nil, grant{from: now.Add(ahead), err: fmt.Errorf("all %d lines that are this node's are in use, and %s", s.allotted, l.alone())}
	case !a.line && !out:
		return nil, grant{}
	case l.apart:
		g := s.own(now)
		if g.err != nil {
			s.held--
		}
		return nil, g
	case now.Sub(l.heard) > wordCounts:
		if !a.line {
			s.held--
		}
		return nil, grant{from: now.Add(beatEvery), err: errSilent}
	}
	s.askers = append(s.askers, a)
	return a, grant{}
}

// alone is why the node heeds its own part.
func (l *Limits) alone() string {
	if l.house == nil {
		return "the nodes have no Redis to share them by"
	}
	return "Redis is away"
}

// withdraw ends the wait of an asker, unless it was answered meanwhile.
func (l *Limits) withdraw(trunk string, a *asker, why error) grant {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case g := <-a.answer:
		return g
	default:
	}
	a.withdrawn = true
	if !a.line {
		l.stakes[trunk].held--
	}
	return grant{from: time.Now().Add(late), err: why}
}

// Free gives a line back.
func (l *Limits) Free(trunk string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.stakes[trunk]; s != nil && s.held > 0 {
		s.held--
	}
}

// Room is how many calls could leave from this node within so long, as far as it
// knows without asking; when that is none, why says the reason. What all nodes
// share is counted once: the rooms of all, added up, are what the trunk takes.
func (l *Limits) Room(trunk string, within time.Duration) (calls int, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	s := l.stakes[trunk]
	if s == nil || !l.fresh(now) {
		return 0, "the record store does not tell which other nodes are there"
	}
	if !l.apart && now.Sub(l.heard) > wordCounts {
		return 0, errSilent.Error()
	}
	lines, rate := s.allotted-s.held, s.pace.is
	turns := int(rate * within.Seconds())
	if !l.apart {
		rank, _ := rankOf(l.node, l.members)
		of := func(all int) int { return int(part(float64(all), rank, len(l.members))) }
		rate = s.rate
		lines = min(lines+of(s.free), s.trunk.Lines-s.held)
		if turns = 0; rate > 0 {
			turns = of(max(1, int(rate*within.Seconds())))
		}
	}
	calls = min(lines, turns)
	switch {
	case lines <= 0 && l.apart:
		return 0, fmt.Sprintf("%s: of %d lines this node's safe share is %d, and these are in use", l.alone(), s.trunk.Lines, s.allotted)
	case calls <= 0 && l.apart:
		return 0, fmt.Sprintf("%s: of %g calls a second this node's safe share is %.3g", l.alone(), s.trunk.CPS, rate)
	case lines <= 0 && s.free <= 0:
		return 0, fmt.Sprintf("all %d lines that nodes share are in use", s.trunk.Lines)
	case lines <= 0:
		return 0, fmt.Sprintf("of the %d lines that nodes share the %d that are free are for other nodes", s.trunk.Lines, s.free)
	case calls <= 0:
		return 0, fmt.Sprintf("the limit of %g calls a second is shared, and of it there is %.3g now", s.trunk.CPS, rate)
	}
	return calls, ""
}

// Standing is where a node stands with a trunk at one moment, for pages and metrics.
type Standing struct {
	Trunk    Trunk
	Together bool    // Redis says who may call
	Apart    bool    // the node heeds its own part; neither: it waits to know which, and calls nobody
	Held     int     // lines in use here
	Allotted int     // lines that nobody else will take
	Free     int     // lines of all that were free when Redis last told
	CPS      float64 // calls a second of all together, or of this node's part
}

// State returns all trunks by name.
func (l *Limits) State() []Standing {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	out := make([]Standing, 0, len(l.names))
	for _, name := range l.names {
		s := l.stakes[name]
		st := Standing{Trunk: s.trunk, Held: s.held, Allotted: s.allotted}
		switch {
		case l.apart:
			st.Apart, st.CPS = true, s.pace.is
		case now.Sub(l.heard) <= wordCounts:
			st.Together, st.Free, st.CPS = true, s.free, s.rate
		}
		out = append(out, st)
	}
	return out
}
