package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/report"
	"github.com/forecall/forecall/storage/sqlite"
)

// exporting is what an export is asked for.
type exporting struct {
	where                    location
	campaign, agent, outcome string
	from, to                 string
	format, out              string
	raw                      bool
}

func newExport() *cobra.Command {
	var ex exporting
	c := &cobra.Command{
		Use: "export", Short: "Write the call log as CSV or JSON lines", Args: cobra.NoArgs,
		Long: `Streams every call with the fields that the law asks for, times in UTC and in
the contact's own zone, what the agent said of it, and its link in the hash
chain. Cells that a spreadsheet would run as formulas are made harmless.`,
		RunE: func(c *cobra.Command, _ []string) error { return ex.run(c) },
	}
	ex.where.flags(c)
	f := c.Flags()
	f.StringVar(&ex.campaign, "campaign", "", "name of a campaign (default: all)")
	f.StringVar(&ex.agent, "agent", "", "login of an agent (default: all)")
	f.StringVar(&ex.outcome, "outcome", "", "only calls that ended so")
	f.StringVar(&ex.from, "from", "", "calls begun at or after, as 2026-11-22 or 2026-11-22T08:00:00Z")
	f.StringVar(&ex.to, "to", "", "calls begun before")
	f.StringVar(&ex.format, "format", "csv", "csv or jsonl")
	f.BoolVar(&ex.raw, "raw", false, "for programs: CSV cells as they are, without the guard against spreadsheet formulas")
	f.StringVar(&ex.out, "out", "", "file to write (default: standard output)")
	return c
}

func (ex *exporting) run(c *cobra.Command) (err error) {
	if ex.format != "csv" && ex.format != "jsonl" {
		return &exitError{exitUsage, fmt.Errorf("--format %q: csv or jsonl", ex.format)}
	}
	if o := campaigns.Outcome(ex.outcome); ex.outcome != "" && !o.Known() {
		return &exitError{exitUsage, fmt.Errorf("--outcome %q: one of %v", ex.outcome, campaigns.Outcomes())}
	}
	w := c.OutOrStdout()
	if ex.out != "" {
		f, err := os.Create(ex.out)
		if err != nil {
			return fmt.Errorf("--out: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		w = f
	}
	if ex.where.remote() {
		return ex.download(c.Context(), w)
	}
	return ex.write(c.Context(), w)
}

func (ex *exporting) write(ctx context.Context, w io.Writer) error {
	db, err := ex.where.open(ctx)
	if err != nil {
		return err
	}
	filter, err := ex.filter(ctx, db)
	options := report.Options{Raw: ex.raw, Campaign: func(id int64) (campaigns.Campaign, bool) {
		c, err := db.Campaign(ctx, id)
		return c, err == nil
	}}
	if err == nil && ex.format == "csv" {
		_, err = report.WriteCSV(w, db.Calls(ctx, filter), options)
	} else if err == nil {
		_, err = report.WriteJSONLines(w, db.Calls(ctx, filter), options)
	}
	return errors.Join(err, db.Close())
}

func (ex *exporting) filter(ctx context.Context, db *sqlite.DB) (campaigns.CallFilter, error) {
	f := campaigns.CallFilter{}
	if ex.outcome != "" {
		f.Outcomes = []campaigns.Outcome{campaigns.Outcome(ex.outcome)}
	}
	if ex.campaign != "" {
		c, err := db.CampaignByName(ctx, ex.campaign)
		if err != nil {
			return f, fmt.Errorf("--campaign %s: %w", ex.campaign, err)
		}
		f.Campaign = c.ID
	}
	if ex.agent != "" {
		u, err := db.UserByLogin(ctx, ex.agent)
		if err != nil {
			return f, fmt.Errorf("--agent %s: %w", ex.agent, err)
		}
		f.Agent = u.ID
	}
	var errFrom, errTo error
	f.From, errFrom = instant("--from", ex.from)
	f.To, errTo = instant("--to", ex.to)
	return f, errors.Join(errFrom, errTo)
}

// instant reads a date or a moment; empty is the zero time.
func instant(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, &exitError{exitUsage, fmt.Errorf("%s %q: write 2026-11-22 or 2026-11-22T08:00:00Z", flag, text)}
}

// download asks the service for the log.
func (ex *exporting) download(ctx context.Context, w io.Writer) error {
	session, err := ex.where.login(ctx)
	if err != nil {
		return err
	}
	query := url.Values{"format": {ex.format}}
	if ex.campaign != "" {
		id, err := session.CampaignID(ctx, ex.campaign)
		if err != nil {
			return err
		}
		query.Set("campaign", fmt.Sprint(id))
	}
	if ex.agent != "" {
		return &exitError{exitUsage, errors.New("--agent goes with --data, not with --server")}
	}
	if ex.outcome != "" {
		query.Set("outcome", ex.outcome)
	}
	for key, text := range map[string]string{"from": ex.from, "to": ex.to} {
		t, err := instant("--"+key, text)
		if err != nil {
			return err
		}
		if !t.IsZero() {
			query.Set(key, t.UTC().Format(time.RFC3339))
		}
	}
	return session.Download(ctx, "/v1/calls/export", query, w)
}
