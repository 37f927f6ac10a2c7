package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/storage/postgres"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/spool"
)

// lastKnown answers what the desks of agents read from the store with what it
// answered last, while it is away: conversations go on then, and people want their
// card, their script and to say what came of it. Nothing else is read through it, and
// no rule that decides on a call.
//
//	read --> store --answers--> kept, given
//	           |
//	           +--away, or silent for a moment--> kept answer, not older than an hour
//	                                              none kept: nothing known, or the error
//
// A session that was ended, a right that was taken away elsewhere is not known here
// meanwhile; that is the price, for an hour at most. Without a Postgres, whose disk
// is elsewhere, nothing is kept.
type lastKnown struct {
	on bool

	mu    sync.Mutex // guards what follows
	young map[string]kept
	old   map[string]kept // filled up before young was begun
	quiet time.Time       // until when the store is not asked for what is known

	asking sync.WaitGroup // of what nobody waits for any more
}

type kept struct {
	value any
	at    time.Time
}

const (
	// readWithin is how long a desk waits for a store that says nothing.
	readWithin = 2 * time.Second
	// loneWithin is how long it waits for what cannot be done without.
	loneWithin = 10 * time.Second
	// keyWithin is how long it waits for the key of a request to be written.
	keyWithin = 4 * time.Second
	// quietFor is how long it is left alone after that.
	quietFor = 2 * time.Second
	// keptFor is how old an answer may be.
	keptFor = time.Hour
	// keptMost bounds the answers, of two generations each.
	keptMost = 20_000
)

func newLastKnown(c config.Config) *lastKnown {
	return &lastKnown{on: c.Storage == config.StoragePostgres, young: map[string]kept{}}
}

// storeAway tells whether an error says that the store is away, or that it is not
// known what became of a write.
func storeAway(err error) bool {
	return errors.Is(err, postgres.ErrAway) || errors.Is(err, records.ErrInDoubt) || errors.Is(err, context.DeadlineExceeded)
}

// recall reads through the store, or out of memory. With unknown it answers that
// while the store is away and nothing is kept; without, it fails.
func recall[T any](ctx context.Context, k *lastKnown, key string, unknown *T, read func(context.Context) (T, error)) (T, error) {
	if !k.on {
		return read(ctx)
	}
	before, there := k.find(key)
	limit := readWithin
	switch {
	case there && k.isQuiet():
		return before.(T), nil //nolint:forcetypeassert // a key has one type
	case unknown != nil && k.isQuiet():
		return *unknown, nil
	case !there && unknown == nil: // there is nothing to answer but the error
		limit = loneWithin
	}
	v, err := patiently(ctx, k, limit, read)
	switch {
	case err == nil:
		k.keep(key, v)
		return v, nil
	case !storeAway(err) || ctx.Err() != nil:
		return v, err
	}
	k.hush()
	switch {
	case there:
		return before.(T), nil //nolint:forcetypeassert // a key has one type
	case unknown != nil:
		return *unknown, nil
	}
	return v, err
}

// patiently asks the store no longer than a desk waits. What it began may still be
// done then: a store that hangs ends it.
func patiently[T any](ctx context.Context, k *lastKnown, limit time.Duration, ask func(context.Context) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	answered := make(chan answer, 1)
	k.asking.Go(func() {
		v, err := ask(within)
		answered <- answer{v, err}
	})
	select {
	case a := <-answered:
		return a.value, a.err
	case <-within.Done():
		var none T
		return none, within.Err()
	}
}

func (k *lastKnown) find(key string) (any, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, there := k.young[key]
	if !there {
		v, there = k.old[key]
	}
	return v.value, there && time.Since(v.at) < keptFor
}

func (k *lastKnown) keep(key string, v any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.young) >= keptMost {
		k.old, k.young = k.young, map[string]kept{}
	}
	k.young[key] = kept{v, time.Now()}
	k.quiet = time.Time{}
}

func (k *lastKnown) forget(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.young, key)
	delete(k.old, key)
}

func (k *lastKnown) hush() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.quiet = time.Now().Add(quietFor)
}

func (k *lastKnown) isQuiet() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return time.Now().Before(k.quiet)
}

// deskStore is the store of calls as an agent's desk wants it.
type deskStore struct {
	*records.DB
	spool *spool.Spool
	known *lastKnown
	floor *dialer.Engine
}

func (s deskStore) Dispose(ctx context.Context, d campaigns.Disposition) (created bool, err error) {
	return s.spool.Dispose(ctx, d)
}

// Attempt reads a call. One that was begun elsewhere, and that nobody has read here
// before the store went away, is as the floor has it.
func (s deskStore) Attempt(ctx context.Context, id string) (campaigns.Call, error) {
	c, err := recall(ctx, s.known, "call "+id, new(campaigns.Call), func(ctx context.Context) (campaigns.Call, error) { return s.DB.Attempt(ctx, id) })
	if err != nil {
		return c, err
	}
	if c.ID == "" {
		at, there := s.onFloor(id)
		if !there {
			return c, fmt.Errorf("read attempt %s: %w", id, postgres.ErrAway)
		}
		c = at
	}
	return s.spool.With(c), nil
}

// onFloor is a call before an agent.
func (s deskStore) onFloor(id string) (campaigns.Call, bool) {
	for _, a := range s.floor.Snapshot().Agents {
		if a.Call == nil || a.Call.Attempt != id {
			continue
		}
		if at, there := s.floor.Current(a.ID); there && at.Attempt == id {
			var c campaigns.Call
			c.ID, c.Attempt.Campaign, c.Contact, c.Number, c.Agent = id, at.Campaign, at.Contact.ID, at.Number, a.ID
			c.List, c.Zones, c.BridgedAt = at.Contact.List, at.Contact.Zones, at.BridgedAt
			return c, true
		}
	}
	return campaigns.Call{}, false
}

func (s deskStore) History(ctx context.Context, contact int64, limit int) ([]campaigns.Call, error) {
	return recallAll(ctx, s.known, fmt.Sprint("history ", contact, limit), func(ctx context.Context) ([]campaigns.Call, error) {
		return s.DB.History(ctx, contact, limit)
	})
}

// recallAll is recall for lists; nothing is known of one that was not read before.
func recallAll[T any](ctx context.Context, k *lastKnown, key string, read func(context.Context) ([]T, error)) ([]T, error) {
	var none []T
	all, err := recall(ctx, k, key, &none, read)
	return slices.Clone(all), err
}

// past is what a card tells of a person.
type past struct {
	*records.DB
	known *lastKnown
}

func (s past) Cases(ctx context.Context, f campaigns.CaseFilter) ([]campaigns.Case, error) {
	return recallAll(ctx, s.known, fmt.Sprintf("cases %+v", f), func(ctx context.Context) ([]campaigns.Case, error) { return s.DB.Cases(ctx, f) })
}

func (s past) Bookings(ctx context.Context, f campaigns.BookingFilter) ([]campaigns.Booking, error) {
	return recallAll(ctx, s.known, fmt.Sprintf("bookings %+v", f), func(ctx context.Context) ([]campaigns.Booking, error) { return s.DB.Bookings(ctx, f) })
}

func (s past) Callbacks(ctx context.Context, f campaigns.CallbackFilter) ([]campaigns.Callback, error) {
	return recallAll(ctx, s.known, fmt.Sprintf("callbacks %+v", f), func(ctx context.Context) ([]campaigns.Callback, error) { return s.DB.Callbacks(ctx, f) })
}

func (s past) IsDoNotCall(ctx context.Context, number string) (bool, error) {
	return recall(ctx, s.known, "listed "+number, new(bool), func(ctx context.Context) (bool, error) { return s.DB.IsDoNotCall(ctx, number) })
}

func (s past) LoadColumns(ctx context.Context, load int64) ([]string, error) {
	return recallAll(ctx, s.known, fmt.Sprint("columns ", load), func(ctx context.Context) ([]string, error) { return s.DB.LoadColumns(ctx, load) })
}

func (s past) User(ctx context.Context, id int64) (campaigns.User, error) {
	return recall(ctx, s.known, fmt.Sprint("user ", id), nil, func(ctx context.Context) (campaigns.User, error) { return s.DB.User(ctx, id) })
}

// scriptStore is the store of scripts as their service wants it.
type scriptStore struct {
	deskStore
}

func (s scriptStore) SaveWalk(ctx context.Context, attempt string, w campaigns.CallWalk) error {
	err := s.spool.SaveWalk(ctx, attempt, w)
	if err == nil && s.known.on {
		s.known.keep("walk "+attempt, w)
	}
	return err
}

// Walk reads where an agent stands; nowhere, when that is not known while the store
// is away: the script begins again.
func (s scriptStore) Walk(ctx context.Context, attempt string) (campaigns.CallWalk, error) {
	w, err := recall(ctx, s.known, "walk "+attempt, new(campaigns.CallWalk), func(ctx context.Context) (campaigns.CallWalk, error) { return s.spool.Walk(ctx, attempt) })
	if err == nil && w.Version == "" && len(w.Trail) == 0 {
		err = fmt.Errorf("walk of attempt %s: %w", attempt, campaigns.ErrNotFound)
	}
	return w, err
}

func (s scriptStore) ScriptVersion(ctx context.Context, campaign, no int64) (campaigns.ScriptVersion, error) {
	return recall(ctx, s.known, fmt.Sprint("script ", campaign, no), new(campaigns.ScriptVersion), func(ctx context.Context) (campaigns.ScriptVersion, error) {
		return s.DB.ScriptVersion(ctx, campaign, no)
	})
}

func (s scriptStore) Wordings(ctx context.Context, campaign, agent int64) ([]campaigns.Wording, error) {
	return recallAll(ctx, s.known, fmt.Sprint("wordings ", campaign, agent), func(ctx context.Context) ([]campaigns.Wording, error) {
		return s.DB.Wordings(ctx, campaign, agent)
	})
}

// drafts are what agents have filled in so far.
type drafts struct{ deskStore }

func (s drafts) SaveDraft(ctx context.Context, d campaigns.CallDraft) error {
	err := s.spool.SaveDraft(ctx, d)
	if err == nil && s.known.on {
		s.known.keep("draft "+d.Attempt, d)
	}
	return err
}

func (s drafts) Draft(ctx context.Context, attempt string) (campaigns.CallDraft, error) {
	d, err := recall(ctx, s.known, "draft "+attempt, new(campaigns.CallDraft), func(ctx context.Context) (campaigns.CallDraft, error) { return s.spool.Draft(ctx, attempt) })
	if err == nil && d.Attempt == "" {
		err = fmt.Errorf("draft of attempt %s: %w", attempt, campaigns.ErrNotFound)
	}
	return d, err
}

// mail is what supervisors write to agents.
type mail struct {
	*records.DB
	known *lastKnown
}

func (s mail) Unread(ctx context.Context, agent int64, since time.Time) ([]campaigns.Message, error) {
	return recallAll(ctx, s.known, fmt.Sprint("mail ", agent), func(ctx context.Context) ([]campaigns.Message, error) { return s.DB.Unread(ctx, agent, since) })
}
