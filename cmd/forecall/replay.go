package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/keyring"
)

// errDiffers ends replay when a decision does not come out as it was kept.
var errDiffers = errors.New("a decision does not come out as it was kept")

// replaying is what a replay is asked for.
type replaying struct {
	where    location
	campaign string
	from, to string
	key      string
	asJSON   bool
}

func newReplay() *cobra.Command {
	var x replaying
	c := &cobra.Command{
		Use: "replay [FILE]", Short: "Take every kept decision again by the rules of its time, and name what comes out otherwise", Args: cobra.MaximumNArgs(1),
		Long: `Each decision to call a number, or not to, was kept with what was known of the
number, the hash of the rules in force and what each rule said. Replay decides
again by those rules and facts and compares the bytes; of a decision that
allowed a call it also compares what the call's row in the chain commits to.

With FILE the decisions of an evidence export, or of the folder that it was
unpacked into, are taken again, without any data folder, once the export has been
found to be what was signed. It holds the calls that were placed, no refusals.

Decisions that were taken with another version of the time zones than this
program has, or by other rules than are in force now, are counted; one that
comes out otherwise says so.

Exit status 0 when every decision comes out identical, 1 when one does not.`,
		Example: `  forecall replay
  forecall replay --campaign Spring --from 2026-11-01 --to 2026-12-01
  forecall replay spring.zip --key 4f1c2a0b9d8e7f60
  forecall replay --server http://127.0.0.1:8080 --user clara --json`,
		RunE: func(c *cobra.Command, args []string) error { return x.run(c, args) },
	}
	x.where.flags(c)
	f := c.Flags()
	f.StringVar(&x.campaign, "campaign", "", "name of a campaign (default: all)")
	f.StringVar(&x.from, "from", "", "decided at or after: 2026-11-22, or 2026-11-22T18:30:00Z")
	f.StringVar(&x.to, "to", "", "decided before")
	f.StringVar(&x.key, "key", "", "with FILE: public key of the house that signed it, or its ID")
	f.BoolVar(&x.asJSON, "json", false, "print JSON, as POST /v1/replay answers it")
	return c
}

func (x *replaying) run(c *cobra.Command, args []string) error {
	from, err := instant("--from", x.from)
	if err != nil {
		return err
	}
	to, err := instant("--to", x.to)
	if err != nil {
		return err
	}
	began := time.Now()
	ask := x.read
	switch {
	case len(args) == 1 && (x.where.remote() || x.campaign != ""):
		return usage("FILE is all that is read: no --server, and no --campaign")
	case len(args) == 1:
		ask = func(ctx context.Context, from, to time.Time) (campaigns.Replay, error) {
			return x.readExport(c, args[0], from, to)
		}
	case x.key != "":
		return usage("--key goes with the file of an export")
	case x.where.remote():
		ask = x.download
	}
	r, err := ask(c.Context(), from, to)
	if err != nil {
		return err
	}
	if x.asJSON {
		err = printJSON(c.OutOrStdout(), r)
	} else {
		err = printReplay(c.OutOrStdout(), r, time.Since(began))
	}
	if err == nil && !r.Same() {
		err = errDiffers
	}
	return err
}

// read replays the decisions of a data folder.
func (x *replaying) read(ctx context.Context, from, to time.Time) (r campaigns.Replay, err error) {
	db, err := x.where.open(ctx)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	f := campaigns.DecisionFilter{From: from, To: to}
	if x.campaign != "" {
		c, err := db.CampaignByName(ctx, x.campaign)
		if err != nil {
			return r, noCampaign(x.campaign, err)
		}
		f.Campaign = c.ID
	}
	return campaigns.NewReplays(db, keyring.Zones()).Run(ctx, operator, f, nil)
}

// download has a service replay its decisions.
func (x *replaying) download(ctx context.Context, from, to time.Time) (r campaigns.Replay, err error) {
	session, err := x.where.login(ctx)
	if err != nil {
		return r, err
	}
	ask := api.ReplayAsk{From: from, To: to}
	if x.campaign != "" {
		if ask.Campaign, err = campaignThere(ctx, session, x.campaign); err != nil {
			return r, err
		}
	}
	return r, session.Post(ctx, "/v1/replay", ask, &r)
}

func printReplay(w io.Writer, r campaigns.Replay, took time.Duration) error {
	text := fmt.Sprintf("%d decisions (%d allowed, %d refused): all identical", r.Decisions, r.Allowed, r.Decisions-r.Allowed)
	if !r.Same() {
		text = fmt.Sprintf("%d decisions: %d identical, %d come out otherwise", r.Decisions, r.Identical, r.Decisions-r.Identical)
	}
	if r.Decisions > 0 {
		text += fmt.Sprintf("; %s to %s; %.0f/s", clockTime(r.From), clockTime(r.To), float64(r.Decisions)/max(took.Seconds(), 1e-3))
	}
	if r.OtherZones > 0 {
		text += fmt.Sprintf("\n%d were taken with other time zones than these (%s)", r.OtherZones, r.Zones)
	}
	if r.OtherRules > 0 {
		text += fmt.Sprintf("\n%d were taken by other rules than are in force now", r.OtherRules)
	}
	if _, err := fmt.Fprintln(w, text); err != nil {
		return err
	}
	for _, d := range r.Different {
		if _, err := fmt.Fprintf(w, "  %s, %s, campaign %d: %s\n", d.ID, clockTime(d.At), d.Campaign, d.Why); err != nil {
			return err
		}
	}
	if more := r.Decisions - r.Identical - int64(len(r.Different)); more > 0 {
		_, err := fmt.Fprintf(w, "  and %d more\n", more)
		return err
	}
	return nil
}
