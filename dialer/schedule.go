package dialer

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/robfig/cron/v3"

	"github.com/forecall/forecall/campaigns"
)

// Actor does what a campaign's schedule asks for: one of the actions of a
// campaigns.Job. Starting what runs already is no error.
type Actor interface {
	Act(ctx context.Context, campaign int64, action string) error
}

// Scheduler runs the jobs of all campaigns by the clock, each in its own time
// zone. A job that is still at work when it is due again is skipped, and one
// that panics is logged.
//
// In the hour that a zone skips in spring, jobs of that hour do not run; in
// the hour that it repeats in autumn, they run once (robfig/cron).
type Scheduler struct {
	actor Actor
	log   *slog.Logger
	chain cron.Chain
	cron  *cron.Cron

	mu   sync.Mutex // guards what follows
	jobs map[int64]scheduled
	ctx  func() context.Context
}

type scheduled struct {
	jobs    []campaigns.Job
	entries []cron.EntryID
}

// NewScheduler returns a scheduler without jobs; Run makes it work.
func NewScheduler(actor Actor, log *slog.Logger) *Scheduler {
	logger := cronLog{log}
	return &Scheduler{
		actor: actor, log: log, jobs: make(map[int64]scheduled),
		cron: cron.New(cron.WithLogger(logger)),
		// Recover stands inside: a panic that passed through SkipIfStillRunning
		// would keep its token, and the job would never run again.
		chain: cron.NewChain(cron.SkipIfStillRunning(logger), cron.Recover(logger)),
		ctx:   context.Background,
	}
}

// Run runs the jobs until ctx is done, and returns when those at work have
// ended; their context is ctx.
func (s *Scheduler) Run(ctx context.Context) {
	s.mu.Lock()
	s.ctx = func() context.Context { return ctx }
	s.mu.Unlock()
	// Not cron's Run in a goroutine of ours: a Stop that comes before it has begun
	// would be lost, and it would run for ever. Its goroutine ends with the Stop.
	s.cron.Start()
	<-ctx.Done()
	<-s.cron.Stop().Done()
}

// Set replaces the jobs of a campaign by those of its settings; the same again
// changes nothing. Nothing is changed when one of them is not valid.
func (s *Scheduler) Set(c campaigns.Campaign) error {
	schedules := make([]cron.Schedule, 0, len(c.Schedule))
	for _, job := range c.Schedule {
		if err := job.Validate(); err != nil {
			return err
		}
		schedule, err := cron.ParseStandard("CRON_TZ=" + job.Zone + " " + job.Spec)
		if err != nil {
			return fmt.Errorf("schedule %q in %s: %w", job.Spec, job.Zone, err)
		}
		schedules = append(schedules, schedule)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.jobs[c.ID]
	if slices.Equal(before.jobs, c.Schedule) {
		return nil
	}
	next := scheduled{jobs: slices.Clone(c.Schedule)}
	for _, id := range before.entries {
		s.cron.Remove(id)
	}
	for i, schedule := range schedules {
		job := s.chain.Then(cron.FuncJob(func() { s.act(c.ID, c.Schedule[i]) }))
		next.entries = append(next.entries, s.cron.Schedule(schedule, job))
	}
	s.jobs[c.ID] = next
	return nil
}

func (s *Scheduler) act(campaign int64, job campaigns.Job) {
	s.mu.Lock()
	ctx := s.ctx()
	s.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	if err := s.actor.Act(ctx, campaign, job.Action); err != nil {
		s.log.Error("scheduled action failed", "campaign", campaign, "action", job.Action, "spec", job.Spec, "zone", job.Zone, "error", err)
		return
	}
	s.log.Info("scheduled action done", "campaign", campaign, "action", job.Action)
}

// cronLog gives cron's words to slog: its chatter is not ours.
type cronLog struct{ log *slog.Logger }

func (l cronLog) Info(msg string, kv ...any) { l.log.Debug("cron: "+msg, kv...) }

func (l cronLog) Error(err error, msg string, kv ...any) {
	l.log.Error("cron: "+msg, append(kv, "error", err)...)
}
