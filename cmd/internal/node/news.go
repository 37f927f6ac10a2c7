package node

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/redis"
)

// newsEvery is how often a node looks for news that no bell has told it of. What it
// finds then is late, but within the second that the house promises.
const newsEvery = 700 * time.Millisecond

// newsRest is the least time between two looks for which the bell rang: a manager
// who uploads writes often.
const newsRest = 200 * time.Millisecond

// news is how a node of several hears what any of them has written: numbers that may
// not be called, stops, users, numbers to show, rules. The store has it in order,
// and each node knows how far it has read; the bell in Redis says only that there is
// something to read, and nothing is missed without it.
//
//	a node writes --> store --> its bell --> Redis --> bell of each --> look
//	                                                   each 0.7 s ----> look
//
// A look withdraws what rings here and may not, and reads anew what is kept in
// memory. It does not stand before a call: what is about to begin asks the store.
type news struct {
	store   *records.DB
	hands   *dialer.Hands
	house   *redis.House  // nil: there is no bell
	name    string        // of this node
	wrote   chan struct{} // a token: this process wrote some
	rung    chan struct{} // a token: somebody did
	anew    atomic.Bool   // the bell may have been missed
	follows []follower
	fail    func(what string, err error)

	mark records.Mark // of the looking goroutine, as is what follows
	off  bool         // the store did not answer

	looks, heard, late, gaps atomic.Int64 // for metrics
}

// follower reads something anew when a line of the audit begins with one of its
// kinds; none = at each line.
type follower struct {
	what  string
	kinds []string
	read  func(context.Context) error
}

func (f follower) of(kinds []string) bool {
	return len(f.kinds) == 0 || slices.ContainsFunc(kinds, func(kind string) bool {
		return slices.ContainsFunc(f.kinds, func(of string) bool { return strings.HasPrefix(kind, of) })
	})
}

// openNews makes what hears for a node of several.
func (s *several) openNews() *news {
	n := s.n
	w := &news{
		store: n.db, hands: s.hands, house: n.live.house, name: s.name, wrote: n.wrote, rung: make(chan struct{}, 1),
		fail: func(what string, err error) { n.log.Warn("news of the house: "+what, "error", err) },
	}
	w.follows = []follower{
		{"pulse", nil, n.db.Writable}, // the store's own memory, of rules and settings
		{"stops", []string{"stop."}, s.halt},
		{"secrets of phones", []string{"user."}, n.secrets.read},
		{"caller IDs", []string{"caller"}, n.learnCallers},
	}
	return w
}

// halt withdraws what rings and is stopped, and tells the floor if it is here.
func (s *several) halt(ctx context.Context) error {
	holding, err := s.n.db.Stops(ctx, true, 0)
	if err != nil {
		return err
	}
	s.hands.Halt(holding)
	if l := s.n.lead.Load(); l != nil && l.enter() {
		defer l.serving.Done()
		return l.stops.Tell(ctx)
	}
	return nil
}

// written rings after this process wrote news. It does not block.
func (n *Node) written() { token(n.wrote) }

// token leaves one, unless one is there.
func token(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run looks until ctx is done.
func (w *news) run(ctx context.Context) {
	w.anew.Store(true)
	for !w.begin(ctx) {
		if rest(ctx, newsEvery); ctx.Err() != nil {
			return
		}
	}
	tick := time.NewTicker(newsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.rung:
			w.look(ctx, false)
			rest(ctx, newsRest)
		case <-tick.C:
			w.look(ctx, true)
		}
	}
}

// rest waits, but not longer than ctx.
func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// begin takes the end of the news as it is: all memory is read anew after it.
func (w *news) begin(ctx context.Context) bool {
	within, cancel := context.WithTimeout(ctx, newsWithin)
	defer cancel()
	mark, err := w.store.Mark(within)
	w.mark = mark
	return err == nil
}

// newsWithin bounds one look.
const newsWithin = 5 * time.Second

// look reads the news and does what they ask for.
func (w *news) look(ctx context.Context, byItself bool) {
	within, cancel := context.WithTimeout(ctx, newsWithin)
	defer cancel()
	w.looks.Add(1)
	n, err := w.store.News(within, w.mark)
	if err != nil {
		if !w.off && ctx.Err() == nil {
			w.fail("the store does not tell", err)
		}
		w.off = true
		return
	}
	w.off = false
	fresh := n.Mark != w.mark
	w.mark = n.Mark
	if fresh && byItself && w.house != nil {
		w.late.Add(1)
	}
	w.bar(n.DoNotCall)
	all := w.anew.Swap(false) || n.Anew
	for _, f := range w.follows {
		if !all && (len(n.Kinds) == 0 || !f.of(n.Kinds)) {
			continue
		}
		if err := f.read(within); err != nil && ctx.Err() == nil {
			w.anew.Store(true) // again with the next look
			w.fail("read the "+f.what, err)
		}
	}
	if n.More {
		token(w.rung)
	}
}

// bar withdraws what rings to numbers that came onto the do-not-call list.
func (w *news) bar(changes []campaigns.DoNotCallChange) {
	var added []campaigns.DoNotCall
	for _, c := range changes {
		if !c.Removed {
			added = append(added, c.DoNotCall)
		}
	}
	if len(added) > 0 {
		w.hands.Bar(added)
	}
}

// The kinds of events.
const eventWritten = "written"

// tell rings for all nodes when this one wrote something, until ctx is done.
func (w *news) tell(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wrote:
		}
		token(w.rung)
		if w.house == nil {
			continue
		}
		if err := w.house.Tell(ctx, redis.Event{Kind: eventWritten, Node: w.name}); err != nil && ctx.Err() == nil {
			w.gaps.Add(1) // the others find it with their next look
		}
	}
}

// hear hears the bell until ctx is done.
func (w *news) hear(ctx context.Context) {
	if w.house == nil {
		return
	}
	bell := w.house.Reader()
	for {
		said, err := bell.Next(ctx)
		switch {
		case err != nil:
			return
		case said.Resync:
			w.gaps.Add(1)
			w.anew.Store(true)
		case said.Kind != eventWritten || said.Node == w.name:
			continue
		}
		w.heard.Add(1)
		token(w.rung)
	}
}
