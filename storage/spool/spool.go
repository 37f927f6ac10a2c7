package spool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
)

var (
	// ErrInUse marks a folder that another process has.
	ErrInUse = errors.New("the spool is in use by another forecall")
	// ErrFull marks a spool that has reached its limit.
	ErrFull = errors.New("the spool has reached its limit")
	// ErrWaiting marks a call that is not begun because the store does not have yet
	// what earlier calls have come to.
	ErrWaiting = errors.New("what calls have come to waits on this machine's disk until the store takes it")

	errTooLarge = errors.New("too large")
	errDamaged  = errors.New("the record is damaged")
	errStuck    = errors.New("the store has not answered in time")
)

// Ledger is the store of attempts, as dialer.Journal, with reading one back.
type Ledger interface {
	Begin(ctx context.Context, c campaigns.Campaign, a *campaigns.Attempt) error
	Finish(ctx context.Context, a campaigns.Attempt) error
	Attempt(ctx context.Context, id string) (campaigns.Call, error)
}

// Reception is the store of calls that come in.
type Reception interface {
	Receive(ctx context.Context, a *campaigns.Attempt, phone campaigns.Phone) (campaigns.Received, error)
}

// Talks is the store of what happens during calls.
type Talks interface {
	AddCallEvents(ctx context.Context, events []campaigns.CallEvent) error
	CallEvents(ctx context.Context, attempt string) ([]campaigns.CallEvent, error)
	EndSide(ctx context.Context, s campaigns.SideLeg) error
}

// Tapes is the store of what recordings there are.
type Tapes interface {
	SaveRecording(ctx context.Context, r campaigns.Recording) error
}

// Words is the store of what agents enter.
type Words interface {
	Dispose(ctx context.Context, d campaigns.Disposition) (created bool, err error)
	SaveDraft(ctx context.Context, d campaigns.CallDraft) error
	Draft(ctx context.Context, attempt string) (campaigns.CallDraft, error)
}

// Walks is the store of where agents stand in the scripts of their calls.
type Walks interface {
	SaveWalk(ctx context.Context, attempt string, w campaigns.CallWalk) error
	Walk(ctx context.Context, attempt string) (campaigns.CallWalk, error)
}

// Refusers is the do-not-call list.
type Refusers interface {
	AddDoNotCall(ctx context.Context, d campaigns.DoNotCall) error
	DoNotCallHistory(ctx context.Context, number string) ([]campaigns.DoNotCallChange, error)
}

// Store is what a spool stands before. Writable tells whether it takes writes now.
type Store interface {
	Ledger
	Reception
	Talks
	Tapes
	Words
	Walks
	Refusers
	Writable(ctx context.Context) error
}

// Settings say where a spool lies and what it stands before.
type Settings struct {
	Folder string // of this node alone
	Store  Store
	Log    *slog.Logger // nil = silent
	// Away tells whether an error of the store says that it is away, or that it is not
	// known what became of a write; nil = none does.
	Away func(error) bool

	Segment  int64         // octets of a file; 0 = 4 MiB
	Limit    int64         // octets of all files; 0 = 1 GiB
	Patience time.Duration // how long the store may take for a write; 0 = 3 s
	Begins   time.Duration // how long it may take to begin a call; 0 = 5 s
}

// The limits of a spool that names none.
const (
	defaultSegment  = 4 << 20
	defaultLimit    = 1 << 30
	defaultPatience = 3 * time.Second
	defaultBegins   = 5 * time.Second
	// askWithin is how long the store may take to say that it takes writes.
	askWithin = time.Second
	// warnAt is the share of the limit from which the spool says so.
	warnAt = 0.5
)

// State is how a spool stands.
type State struct {
	Waiting int       // records that the store does not have yet
	Octets  int64     // of its files
	Limit   int64     // of these
	Since   time.Time // when the oldest that waits was kept; zero = none waits
	Aside   int64     // files set aside, of this and earlier runs, that no person has taken away
	Away    time.Time // since when the store is away; zero = it was there when it was last asked
}

// Spool stands before a store. It has the store's own methods for what it keeps.
type Spool struct {
	store   Store
	log     *slog.Logger
	folder  string
	limit   int64
	patient time.Duration
	begins  time.Duration
	gone    func(error) bool // see Settings.Away
	files   *journal

	living context.Context // done by Close: what waits for the store no longer does
	close  context.CancelFunc

	wake   chan struct{}
	flying atomic.Int64 // writes that the store has begun and not answered
	since  atomic.Int64 // Unix time in ns; 0 = nothing waits
	away   atomic.Int64 // since when the store is away; Unix time in ns, 0 = it is not
	warned atomic.Bool
	work   sync.WaitGroup
	replay sync.Mutex // one replay at a time

	mu     sync.Mutex // guards what follows
	words  map[string]campaigns.Disposition
	drafts map[string]campaigns.CallDraft
	walks  map[string]campaigns.CallWalk
	ends   map[string]campaigns.Attempt
}

// Open opens the spool in a folder, with whatever the last run left in it: Drain
// writes that to the store. ErrInUse when another process has the folder.
func Open(s Settings) (*Spool, error) {
	if s.Folder == "" || s.Store == nil {
		return nil, errors.New("open spool: it needs a folder and a store")
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Segment <= 0 {
		s.Segment = defaultSegment
	}
	if s.Limit <= 0 {
		s.Limit = defaultLimit
	}
	if s.Patience <= 0 {
		s.Patience = defaultPatience
	}
	if s.Begins <= 0 {
		s.Begins = defaultBegins
	}
	if s.Away == nil {
		s.Away = func(error) bool { return false }
	}
	files, broken, err := openJournal(s.Folder, s.Segment, s.Limit)
	if err != nil {
		return nil, fmt.Errorf("open spool %s: %w", s.Folder, err)
	}
	p := &Spool{
		store: s.Store, log: s.Log, folder: s.Folder, limit: s.Limit, patient: s.Patience, begins: s.Begins, gone: s.Away, files: files, wake: make(chan struct{}, 1),
		words: map[string]campaigns.Disposition{}, drafts: map[string]campaigns.CallDraft{}, walks: map[string]campaigns.CallWalk{}, ends: map[string]campaigns.Attempt{},
	}
	p.living, p.close = context.WithCancel(context.Background())
	if err := p.keepDamage(broken); err != nil {
		p.close()
		return nil, errors.Join(fmt.Errorf("open spool %s: %w", s.Folder, err), files.close())
	}
	if n, _ := files.waits(); n > 0 {
		p.since.Store(time.Now().UnixNano())
		p.log.Warn("the last run left what the store did not take", "records", n)
	}
	return p, nil
}

// State is how it stands.
func (p *Spool) State() State {
	s := State{Limit: p.limit, Aside: p.liesAside()}
	s.Waiting, s.Octets = p.files.waits()
	if at := p.since.Load(); at != 0 && s.Waiting > 0 {
		s.Since = time.Unix(0, at).UTC()
	}
	s.Away = p.awaySince()
	return s
}

// Waiting is nil when the store has everything, and else says what it does not
// have: an ErrWaiting.
func (p *Spool) Waiting() error {
	if n, _ := p.files.waits(); n > 0 {
		return fmt.Errorf("%w: %d records", ErrWaiting, n)
	}
	return nil
}

// Close ends it once the store has answered what it has begun; what waits stays
// on disk. The store is closed after it.
func (p *Spool) Close() error {
	p.close()
	p.work.Wait()
	return p.files.close()
}
