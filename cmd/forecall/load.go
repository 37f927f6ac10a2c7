package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/intake"
	"github.com/forecall/forecall/storage/records"
)

// operator is who did it, in the audit trail, when the command line did: who
// can read the data folder may do everything with it.
var operator = campaigns.User{Login: "command line", Role: campaigns.Admin}

// load imports into the data folder.
func (im *importing) load(c *cobra.Command, in io.Reader, o intake.Options) (err error) {
	db, err := im.where.open(c.Context())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	campaign, err := db.CampaignByName(c.Context(), im.campaign)
	if err != nil {
		return noCampaign(im.campaign, err)
	}
	registers, err := openShelf(c.Context(), im.where, db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, registers.Close()) }()
	db.SetRegisters(registers) // whom they bar is counted
	o.Campaign, o.Foresight = campaign.ID, db
	if im.report != "" {
		f, err := os.Create(im.report)
		if err != nil {
			return usage("--report: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		o.Report = f
	}
	if bar := newBar(c.ErrOrStderr(), o.Size); bar != nil {
		o.Progress = func(p intake.Progress) {
			bar.Describe(fmt.Sprintf("%d rows", p.Counts.Rows))
			_ = bar.Set64(p.Bytes) // a terminal that is gone is no reason to stop
		}
	}
	result, err := intake.Import(c.Context(), &shelf{db, im.list, im.priority}, in, o)
	if _, unread := errors.AsType[*intake.FileError](err); unread {
		return err
	}
	return errors.Join(im.print(c.OutOrStdout(), result), im.interrupted(result, err))
}

// interrupted says what to do about a load that did not come to its end.
func (im *importing) interrupted(r intake.Result, err error) error {
	if err == nil || r.Load == 0 {
		return err
	}
	return fmt.Errorf("the import did not come to its end; what it added is in load %d: import the file again, which skips who is there, or take the load back with --undo %d: %w",
		r.Load, r.Load, err)
}

// shelf makes the list when the first row is stored: a file that cannot be
// read leaves no empty list behind.
type shelf struct {
	*records.DB
	list     string
	priority int
}

// BeginLoad finds or makes the list, and begins the load into it.
func (s *shelf) BeginLoad(ctx context.Context, l campaigns.Load) (int64, error) {
	lists := campaigns.NewLists(s.DB, s.DB, s.DB)
	id, err := lists.Named(ctx, operator, l.Campaign, s.list)
	if err == nil && id == 0 {
		var made campaigns.List
		made, err = lists.Create(ctx, operator, campaigns.List{Campaign: l.Campaign, Name: s.list, Priority: s.priority, Active: true})
		id = made.ID
	}
	if err != nil {
		return 0, fmt.Errorf("--list %s: %w", s.list, err)
	}
	l.List = id
	return s.DB.BeginLoad(ctx, l)
}

func noCampaign(name string, err error) error {
	if errors.Is(err, campaigns.ErrNotFound) {
		return usage("--campaign %s: no campaign is named so", name)
	}
	return fmt.Errorf("--campaign %s: %w", name, err)
}

// takeBack undoes a load, in the data folder or at the service.
func (im *importing) takeBack(c *cobra.Command) error {
	if im.where.remote() {
		return im.takeBackThere(c)
	}
	db, err := im.where.open(c.Context())
	if err != nil {
		return err
	}
	removed, kept, err := campaigns.NewLists(db, db, db).Undo(c.Context(), operator, im.undo)
	if err == nil {
		err = im.sayUndone(c.OutOrStdout(), removed, kept)
	} else {
		err = fmt.Errorf("--undo %d: %w", im.undo, err)
	}
	return errors.Join(err, db.Close())
}
