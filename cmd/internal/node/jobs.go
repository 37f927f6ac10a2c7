package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/intake"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/storage/records"
)

// jobs is what happens by itself: lists of the configuration are loaded,
// files in the watched folder are imported, schedules start and stop
// campaigns.
type jobs struct {
	db        *records.DB
	book      *campaigns.Book
	settings  config.Config
	scheduler *dialer.Scheduler
	log       *slog.Logger
}

// run works until ctx is done.
func (j *jobs) run(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { j.scheduler.Run(ctx) })
	work.Go(func() { j.loadLists(ctx) })
	if j.settings.Import.Watch != "" {
		work.Go(func() { j.watch(ctx) })
	}
}

// Act does what a schedule asks for (dialer.Actor).
func (j *jobs) Act(ctx context.Context, id int64, action string) error {
	switch action {
	case campaigns.ActionStart:
		return j.move(ctx, id, campaigns.Running, j.book.Start)
	case campaigns.ActionPause:
		return j.move(ctx, id, campaigns.Paused, j.book.Pause)
	case campaigns.ActionStop:
		return j.move(ctx, id, campaigns.Stopped, j.book.Stop)
	case campaigns.ActionReload:
		return j.reload(ctx, id)
	case campaigns.ActionRecycle:
		return j.recycle(ctx, id)
	}
	return fmt.Errorf("action %q is not known", action)
}

// move sets a status; one that holds already, or cannot be reached from where
// the campaign stands, is left as it is.
func (j *jobs) move(ctx context.Context, id int64, to campaigns.Status,
	set func(context.Context, campaigns.User, int64) (campaigns.Campaign, error),
) error {
	c, err := j.db.Campaign(ctx, id)
	if err != nil || c.Status == to || !c.Status.May(to) {
		return err
	}
	_, err = set(ctx, scheduler, id)
	return err
}

// scheduler is who did it, in the audit trail, when a schedule did.
var scheduler = campaigns.User{Login: "schedule", Role: campaigns.Admin}

// recycle makes contacts callable again whose last outcome may be retried.
func (j *jobs) recycle(ctx context.Context, id int64) error {
	c, err := j.db.Campaign(ctx, id)
	if err != nil {
		return err
	}
	var again []campaigns.Outcome
	for outcome := range c.Retry {
		if outcome != campaigns.Invalid {
			again = append(again, outcome)
		}
	}
	n, err := j.db.Recycle(ctx, id, again, scheduler.Login)
	if err != nil {
		return fmt.Errorf("make contacts of campaign %s callable again: %w", c.Name, err)
	}
	j.log.Info("contacts are callable again", "campaign", c.Name, "count", n)
	return nil
}

// loadLists imports the lists of the configuration that are not there yet, or that
// the end of a node left half: who is there already is brought up to date.
func (j *jobs) loadLists(ctx context.Context) {
	for _, in := range j.settings.Campaigns {
		c, err := j.db.CampaignByName(ctx, in.Name)
		if err == nil {
			err = j.loadMissing(ctx, c, in.Lists)
		}
		if err != nil && ctx.Err() == nil {
			j.log.Error("lists of the configuration", "campaign", in.Name, "error", err)
		}
	}
}

func (j *jobs) loadMissing(ctx context.Context, c campaigns.Campaign, wanted []config.List) error {
	there, err := j.db.Lists(ctx, c.ID)
	if err != nil {
		return err
	}
	loads, err := j.db.Loads(ctx, c.ID)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, l := range there {
		known[l.Name] = !half(loads, l.ID)
	}
	for _, l := range wanted {
		if !known[l.Name] {
			err = errors.Join(err, j.loadList(ctx, c, l))
		}
	}
	return err
}

// half tells whether the last load of the configuration into a list did not come to
// its end. One that runs still is of a node that leads no more.
func half(loads []campaigns.Load, list int64) bool {
	for _, l := range loads { // the newest first
		if l.List == list && l.By == bySystem && l.UndoneAt.IsZero() {
			return l.Cut != "" || l.EndedAt.IsZero()
		}
	}
	return false
}

// reload reads the files of a campaign again: who is new is added, who is
// there already is brought up to date.
func (j *jobs) reload(ctx context.Context, id int64) error {
	c, err := j.db.Campaign(ctx, id)
	if err != nil {
		return err
	}
	for _, in := range j.settings.Campaigns {
		if in.Name != c.Name {
			continue
		}
		for _, l := range in.Lists {
			err = errors.Join(err, j.loadList(ctx, c, l))
		}
	}
	return err
}

func (j *jobs) loadList(ctx context.Context, c campaigns.Campaign, l config.List) error {
	f, err := os.Open(l.File)
	if err != nil {
		return err
	}
	defer f.Close()
	list, err := j.listNamed(ctx, c, l.Name, l.Priority)
	if err != nil {
		return err
	}
	r, err := intake.Import(ctx, j.db, f, intake.Options{
		Campaign: c.ID, List: list, Source: l.File, By: bySystem, Duplicates: campaigns.UpdateDuplicates,
		DefaultRegion: regionOf(l.Region, j.settings.Import.Region),
	})
	j.tell(l.File, r, err)
	return err
}

func regionOf(own, otherwise string) string {
	if own != "" {
		return own
	}
	return otherwise
}

// listNamed finds a list of the campaign, or makes it.
func (j *jobs) listNamed(ctx context.Context, c campaigns.Campaign, name string, priority int) (int64, error) {
	lists, err := j.db.Lists(ctx, c.ID)
	if err != nil {
		return 0, err
	}
	for _, l := range lists {
		if l.Name == name {
			return l.ID, nil
		}
	}
	l, err := j.db.CreateList(ctx, campaigns.List{Campaign: c.ID, Name: name, Priority: priority, Active: true, CreatedAt: time.Now().UTC()})
	return l.ID, err
}

// watch imports what is put into the watched folder: each file is a list of
// its own, named after it.
func (j *jobs) watch(ctx context.Context) {
	w := &intake.Watch{
		Folder: j.settings.Import.Watch, Every: j.settings.Import.Every, Tell: j.tell,
		Import: func(ctx context.Context, f, report *os.File) (intake.Result, error) {
			c, err := j.db.CampaignByName(ctx, j.settings.Import.Campaign)
			if err != nil {
				return intake.Result{}, fmt.Errorf("import.campaign %q: %w", j.settings.Import.Campaign, err)
			}
			list, err := j.listNamed(ctx, c, filepath.Base(f.Name()), 0)
			if err != nil {
				return intake.Result{}, err
			}
			return intake.Import(ctx, j.db, f, intake.Options{
				Campaign: c.ID, List: list, Source: f.Name(), By: "watched folder", DefaultRegion: j.settings.Import.Region, Report: report,
			})
		},
	}
	if err := w.Run(ctx); err != nil && ctx.Err() == nil {
		j.log.Error("watched folder", "folder", w.Folder, "error", err)
	}
}

func (j *jobs) tell(name string, r intake.Result, err error) {
	if err != nil {
		j.log.Error("import failed", "file", name, "error", err)
		return
	}
	j.log.Info("imported", "file", name, "rows", r.Counts.Rows, "added", r.Counts.Added, "duplicates", r.Counts.Duplicates, "refused", r.Counts.Refused)
}
