package campaigns

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns/odds"
	"github.com/forecall/forecall/campaigns/rules"
)

// Leaser is where a hopper gets contacts from. Lease marks them as leased and
// returns them in the order in which they are to be dialed; Release gives back
// what was not dialed; Postpone gives back what must not be dialed before a
// time; Depth says why there is nothing to lease.
type Leaser interface {
	Lease(ctx context.Context, campaign int64, now time.Time, n int) ([]Contact, error)
	Release(ctx context.Context, ids []int64) error
	Postpone(ctx context.Context, ids []int64, until time.Time) error
	Depth(ctx context.Context, campaign int64, now time.Time) (Depth, error)
}

// HopperSettings bound a hopper. The zero value means the defaults.
type HopperSettings struct {
	// Size is how many callable contacts are kept in memory; 0 = 400.
	Size int
	// Low is the level at which more are leased; 0 = half of Size.
	Low int
	// Aside is how many contacts whose window is closed, or that were put off,
	// are kept as well; 0 = 200. All others are handed back until their time.
	Aside int
	// Poll is how often an empty hopper looks for new contacts; 0 = 2 s.
	Poll time.Duration
	// Patience is how long a contact may be passed over for others whose time is
	// better; 0 = 4 h. Then it goes first.
	Patience time.Duration
	// Judge asks the rules of contacts before they take a place; nil = only the
	// campaign's calling windows are judged here. The ledger judges all again.
	Judge Judge
	// Memory keeps what is learned of who answers; nil = for this run only.
	Memory OddsMemory
	Log    *slog.Logger
}

func (s HopperSettings) filled() HopperSettings {
	if s.Size <= 0 {
		s.Size = 400
	}
	if s.Low <= 0 || s.Low > s.Size {
		s.Low = max(1, s.Size/2)
	}
	if s.Aside <= 0 {
		s.Aside = 200
	}
	if s.Poll <= 0 {
		s.Poll = 2 * time.Second
	}
	if s.Patience <= 0 {
		s.Patience = 4 * time.Hour
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	return s
}

const (
	// amdMargin is added to the ring time: a call must still be greeted inside
	// the window (compliance: close minus ring time minus 5 s).
	amdMargin = 5 * time.Second
	// releaseTimeout bounds the hand-back at the end of a hopper's life.
	releaseTimeout = 10 * time.Second
	// freshen is how often a full hopper asks for a few contacts more, and
	// freshenBatch for how many; as many go back from its end.
	freshen      = 15 * time.Second
	freshenBatch = 20
	// releaseBatch is how many contacts are handed back in one call.
	releaseBatch = 500
	// longestAway is how long a closed contact is handed back for at most: when
	// the campaign's windows are changed, it is judged anew within that time.
	longestAway = 15 * time.Minute
)

// Hopper keeps contacts that may be dialed now in memory, so that a loop never
// waits for a query.
//
//	store --Lease--> callable --Next--> dialed
//	  ^       |         ^
//	  |       v         | its window opens
//	  |     aside ------+      on stop: Release what is left
//	  |       | more than a few
//	  +-------+ Postpone until the window opens
//
// However many contacts are closed, and wherever they stand in the list, those
// that are open are found: nothing that waits for its window takes their place.
//
// A campaign that knows odds dials, within a rank, those first whose hour it
// is: see Odds. All campaigns learn them, from what Resolved tells.
//
// Run owns the reading; Next, Pick, Return and State take the memory's lock
// and never wait for the store.
type Hopper struct {
	leaser   Leaser
	settings HopperSettings
	wake     chan struct{}

	mu       sync.Mutex // guards what follows
	campaign Campaign
	callable []*queued // in dial order
	personal []Contact // callbacks agreed with one agent
	aside    []asideContact
	opens    time.Time             // when the first of aside may be dialed
	back     []int64               // to be handed back
	later    map[time.Time][]int64 // to be handed back until then
	away     map[time.Time]away    // handed back until then, and why
	windows  map[string]window
	barred   map[barKey]barrier // handed back by a rule
	ended    map[string]barrier // done by a rule, since the start
	waiting  int                // contacts in barred
	// barredBack are contacts that a rule refused, to be handed back.
	barredBack []Back
	depth      Depth
	sounded    time.Time // when the depth was read
	leased     time.Time // when contacts were leased last
	asked      bool      // the store was asked at least once
	err        error

	learned *odds.Model
	read    bool       // what was learned before is in it
	dirty   bool       // it has learned since it was kept
	kept    time.Time  // when it was kept
	ranked  time.Time  // when callable was put into the order of best times
	best    [2]float64 // what the best hour of the week adds, for a landline and for a mobile
	shown   []*queued  // the window that Odds gave last
}

// queued is a contact that may be dialed.
type queued struct {
	Contact
	since  time.Time // when it could be dialed first; zero = goes before all others of its rank
	prefer int       // how good this hour is for it, in steps of log-odds: 0 = the best of its week
	judged bool      // prefer is set
	taken  bool
	odds   float64 // at the minute of oddsAt
	oddsAt int64
}

type asideContact struct {
	contact Contact
	until   time.Time // zero = its window never opens
	putOff  bool      // not a matter of windows
}

// window remembers when the calling window of a set of zones opens next, since
// looking for it costs up to eight days of minutes.
type window struct{ opens time.Time }

// away is how many contacts were handed back because their window is closed,
// and when it opens for the first of them; zero = never, as far as can be seen.
type away struct {
	contacts int
	opens    time.Time
}

// NewHopper returns the hopper of a campaign; Run fills it.
func NewHopper(leaser Leaser, c Campaign, s HopperSettings) *Hopper {
	return &Hopper{
		leaser: leaser, settings: s.filled(), campaign: c,
		wake: make(chan struct{}, 1), windows: make(map[string]window),
		later: make(map[time.Time][]int64), away: make(map[time.Time]away),
		barred: make(map[barKey]barrier), ended: make(map[string]barrier),
		learned: odds.New(),
	}
}

// Set changes the campaign's settings: windows and ring time from now on.
func (h *Hopper) Set(c Campaign) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.Filter != h.campaign.Filter {
		h.empty()
	}
	h.campaign = c
	clear(h.windows)
	for i := range h.aside {
		if !h.aside[i].putOff {
			h.aside[i].until = time.Time{} // judged anew
		}
	}
	h.sortAside(time.Now())
	h.rank(time.Now())
	h.nudge()
}

// empty hands back whom another filter might leave out: callbacks stay.
func (h *Hopper) empty() {
	kept := h.callable[:0]
	for _, q := range h.callable {
		if q.Callback != 0 {
			kept = append(kept, q)
			continue
		}
		q.taken = true
		h.back = append(h.back, q.ID)
	}
	clear(h.callable[len(kept):])
	h.callable = kept
	h.aside = slices.DeleteFunc(h.aside, func(a asideContact) bool {
		if a.contact.Callback == 0 {
			h.back = append(h.back, a.contact.ID)
		}
		return a.contact.Callback == 0
	})
}

// Next returns the contact to dial now and takes it out of the hopper; false
// when there is none that may be dialed. It never blocks, and it judges the
// calling window again, at this last moment.
func (h *Hopper) Next(now time.Time) (Contact, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.opens.IsZero() && !now.Before(h.opens) {
		h.sortAside(now)
	}
	for len(h.callable) > 0 {
		if p, ok := h.take(0, now); ok {
			return p, true
		}
	}
	return Contact{}, false
}

// take takes the contact at a place out of the queue; false when its calling
// window is closed.
func (h *Hopper) take(place int, now time.Time) (Contact, bool) {
	q := h.callable[place]
	q.taken = true
	if place == 0 {
		h.callable = h.callable[1:]
	} else {
		h.callable = slices.Delete(h.callable, place, place+1)
	}
	if len(h.callable) == h.low()-1 || len(h.callable) == 0 {
		h.nudge()
	}
	if h.open(q.Contact, now) {
		return q.Contact, true
	}
	h.putAside(q.Contact, now)
	return Contact{}, false
}

// Personal returns, and takes out, the contacts that one agent alone may call:
// callbacks agreed with somebody by name that have become due.
func (h *Hopper) Personal() []Contact {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := h.personal
	h.personal = nil
	return out
}

// Return gives back a contact that was not dialed. It is offered again at
// once, or not before a time.
func (h *Hopper) Return(p Contact, notBefore time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if notBefore.IsZero() {
		h.admit([]Contact{p}, time.Time{})
		return
	}
	h.keepAside(asideContact{contact: p, until: notBefore, putOff: true})
}

// HopperState is what a hopper holds, and why it holds nothing.
type HopperState struct {
	Callable int       `json:"callable"`          // contacts that could be dialed now
	Aside    int       `json:"aside"`             // leased, but closed or put off
	Closed   int       `json:"closed"`            // handed back until their window opens
	Opens    time.Time `json:"opens,omitzero"`    // when the first of those may be dialed
	Barred   []Barred  `json:"barred,omitempty"`  // kept out by the rules, the most frequent first
	Depth    Depth     `json:"depth"`             // of the store, when it was last asked
	Asked    bool      `json:"asked"`             // false before the first answer of the store
	Failing  string    `json:"failing,omitempty"` // what the store said last, when it failed
}

// State returns what the hopper holds now.
func (h *Hopper) State() HopperState {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := HopperState{Callable: len(h.callable), Aside: len(h.aside), Opens: h.opens, Depth: h.depth, Asked: h.asked}
	for until, a := range h.away {
		if time.Now().Before(until) {
			s.Closed += a.contacts
			s.Opens = earliest(s.Opens, a.opens)
		}
	}
	s.keptOut(h.barriers(time.Now()))
	if h.err != nil {
		s.Failing = h.err.Error()
	}
	return s
}

// Why says in a sentence why there is nothing to dial.
func (s HopperState) Why() string {
	d, barred := s.Depth, s.barredWhy()
	switch {
	case s.Callable > 0:
		return fmt.Sprintf("%d contacts can be dialed", s.Callable)
	case s.Failing != "":
		return "contacts cannot be read: " + s.Failing
	case !s.Asked:
		return "the first contacts are being read"
	case barred != "":
		return barred
	case s.Aside+s.Closed > 0:
		return fmt.Sprintf("the calling window is closed for all %d contacts at hand", s.Aside+s.Closed)
	case d.Total == 0:
		return "the campaign has no contacts; import a list"
	case d.Filter && d.Ready > 0:
		return fmt.Sprintf("the campaign's filter leaves out all %d contacts that are ready; %d wait for their next try", d.Ready, d.Waiting)
	case d.Waiting > 0:
		return fmt.Sprintf("%d contacts wait for their next try, %d of %d are done", d.Waiting, d.Done, d.Total)
	case d.Inactive > 0:
		return fmt.Sprintf("%d contacts are on lists that are switched off", d.Inactive)
	case d.Live > 0:
		return fmt.Sprintf("the last %d contacts are in calls", d.Live)
	case d.Done == d.Total:
		return fmt.Sprintf("all %d contacts are done", d.Total)
	default:
		return fmt.Sprintf("nothing is due: %d ready, %d leased, %d done of %d", d.Ready, d.Leased, d.Done, d.Total)
	}
}

// Everything below holds the lock.

func (h *Hopper) margin() time.Duration { return h.campaign.RingTime + amdMargin }

func (h *Hopper) open(p Contact, now time.Time) bool {
	_, zones := p.Dial()
	return rules.OpenAt(h.campaign.Windows, zones, now, h.margin())
}

func (h *Hopper) nextOpen(p Contact, now time.Time) time.Time {
	_, zones := p.Dial()
	key := strings.Join(zones, ",")
	if w, known := h.windows[key]; known && (w.opens.IsZero() || now.Before(w.opens)) {
		return w.opens
	}
	at, _ := rules.NextOpen(h.campaign.Windows, zones, now, h.margin())
	h.windows[key] = window{opens: at}
	return at
}

func (h *Hopper) putAside(p Contact, now time.Time) {
	h.keepAside(asideContact{contact: p, until: h.nextOpen(p, now)})
}

// keepAside keeps a few contacts at hand; the others go back to the store
// until their time.
func (h *Hopper) keepAside(a asideContact) {
	if len(h.aside) < h.settings.Aside {
		h.aside = append(h.aside, a)
		h.opens = earliest(h.opens, a.until)
		return
	}
	h.sendAway(a, time.Now())
	h.nudge()
}

func (h *Hopper) sendAway(a asideContact, now time.Time) {
	until := a.until
	if limit := now.Add(longestAway); !a.putOff && (until.IsZero() || until.After(limit)) {
		until = limit
	}
	h.later[until] = append(h.later[until], a.contact.ID)
	if a.putOff {
		return
	}
	gone := h.away[until]
	gone.contacts++
	gone.opens = earliest(gone.opens, a.until)
	h.away[until] = gone
	maps.DeleteFunc(h.away, func(until time.Time, _ away) bool { return !now.Before(until) })
}

// earliest is the earlier of two instants, of which either may be unknown.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// sortAside takes back those whose time has come.
func (h *Hopper) sortAside(now time.Time) {
	kept := h.aside[:0]
	var due []Contact
	h.opens = time.Time{}
	for _, a := range h.aside {
		if a.until.IsZero() || !now.Before(a.until) {
			if h.open(a.contact, now) {
				due = append(due, a.contact)
				continue
			}
			a.until, a.putOff = h.nextOpen(a.contact, now), false
		}
		kept = append(kept, a)
		h.opens = earliest(h.opens, a.until)
	}
	clear(h.aside[len(kept):])
	h.aside = kept
	h.admit(due, now)
}

// admit takes in contacts that may be dialed since then; at equal rank they go
// before those that came later.
func (h *Hopper) admit(batch []Contact, since time.Time) {
	h.callable = merged(h.queue(batch, since), h.callable)
	h.reorder(time.Now())
}

// queue makes places in the queue for contacts that anybody may call, and puts
// those that one agent alone may call where that agent finds them.
func (h *Hopper) queue(batch []Contact, since time.Time) []*queued {
	anyone := make([]*queued, 0, len(batch))
	for _, p := range batch {
		if p.Agent != 0 {
			h.personal = append(h.personal, p)
		} else {
			anyone = append(anyone, &queued{Contact: p, since: since})
		}
	}
	return anyone
}

// merged joins two queues, each in dial order; at equal rank, the first goes
// first.
func merged(a, b []*queued) []*queued {
	switch {
	case len(b) == 0:
		return a
	case len(a) == 0:
		return b
	}
	out := make([]*queued, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if b[0].Rank > a[0].Rank {
			out, b = append(out, b[0]), b[1:]
		} else {
			out, a = append(out, a[0]), a[1:]
		}
	}
	return append(append(out, a...), b...)
}

func (h *Hopper) nudge() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}
