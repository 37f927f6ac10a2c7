package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
	"github.com/forecall/forecall/campaigns/report"
	"github.com/forecall/forecall/campaigns/rules"
)

// abandoning is what the report of abandoned calls is asked for.
type abandoning struct {
	where         location
	campaign      string
	rule, at      string
	asCSV, asJSON bool
}

func newAbandonment() *cobra.Command {
	var x abandoning
	c := &cobra.Command{
		Use: "abandonment --campaign NAME", Short: "Abandoned calls per legal period, as the law counts them", Args: cobra.NoArgs,
		Long: `Says for every limit of a campaign - its own, and the rate rules in force - and
every legal period how many answered, how many were abandoned, by which formula and
from which start of the clock, what is left, and where it leads. With --rule or --at
one period is recounted from its calls, and where that differs from what was kept
is named.

Nothing in it says that a house complies. Exit status 0, or 1 when kept and
recounted differ.`,
		Example: `  forecall abandonment --campaign Spring
  forecall abandonment --campaign Spring --csv > spring.csv
  forecall abandonment --campaign Spring --rule us.fcc.abandon --at 2026-10-15T00:00:00Z
  forecall abandonment --campaign Spring --server http://127.0.0.1:8080 --user carla`,
		RunE: func(c *cobra.Command, _ []string) error { return x.run(c) },
	}
	x.where.flags(c)
	f := c.Flags()
	f.StringVar(&x.campaign, "campaign", "", "name of the campaign")
	f.StringVar(&x.rule, "rule", "", "recount one period of this limit (default with --at: the campaign's own)")
	f.StringVar(&x.at, "at", "", "recount the period that holds this moment, as 2026-10-15T00:00:00Z (default with --rule: now)")
	f.BoolVar(&x.asCSV, "csv", false, "print the periods as CSV")
	f.BoolVar(&x.asJSON, "json", false, "print JSON, as GET /v1/abandonment/{id} answers it")
	c.MarkFlagsMutuallyExclusive("csv", "json")
	return c
}

func (x *abandoning) run(c *cobra.Command) (err error) {
	if x.campaign == "" {
		return usage("--campaign: which campaign is meant?")
	}
	at, err := instant("--at", x.at)
	if err != nil {
		return err
	}
	ask, id, done, err := x.open(c.Context())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if x.rule != "" || x.at != "" {
		return x.recount(c, ask, campaigns.AbandonAsked{Campaign: id, Rule: x.rule, At: at})
	}
	r, err := ask.report(c.Context(), id)
	switch {
	case err != nil:
		return err
	case x.asJSON:
		return printJSON(c.OutOrStdout(), r)
	case x.asCSV:
		return report.WriteAbandonment(c.OutOrStdout(), r)
	}
	return printAbandonment(c.OutOrStdout(), r)
}

func (x *abandoning) recount(c *cobra.Command, ask abandonSource, asked campaigns.AbandonAsked) error {
	p, err := ask.period(c.Context(), asked)
	if err != nil {
		return err
	}
	if x.asJSON {
		err = printJSON(c.OutOrStdout(), p)
	} else {
		err = printAbandonPeriod(c.OutOrStdout(), p)
	}
	if err == nil && len(p.Differences) > 0 {
		return errors.New("what was kept and what was recounted differ")
	}
	return err
}

// abandonSource is where the report comes from: the data folder, or a service.
type abandonSource struct {
	report func(context.Context, int64) (campaigns.AbandonReport, error)
	period func(context.Context, campaigns.AbandonAsked) (campaigns.AbandonPeriod, error)
}

// open opens the source and finds the campaign in it.
func (x *abandoning) open(ctx context.Context) (src abandonSource, id int64, done func() error, err error) {
	if x.where.remote() {
		return x.remote(ctx)
	}
	db, err := x.where.open(ctx)
	if err != nil {
		return src, 0, nil, err
	}
	campaign, err := db.CampaignByName(ctx, x.campaign)
	if err != nil {
		return src, 0, nil, errors.Join(noCampaign(x.campaign, err), db.Close())
	}
	service := campaigns.NewAbandonment(db, db, db, campaigns.NewRuleDesk(db))
	src.report = func(ctx context.Context, id int64) (campaigns.AbandonReport, error) {
		return service.Report(ctx, operator, id)
	}
	src.period = func(ctx context.Context, asked campaigns.AbandonAsked) (campaigns.AbandonPeriod, error) {
		return service.Period(ctx, operator, asked)
	}
	return src, campaign.ID, db.Close, nil
}

func (x *abandoning) remote(ctx context.Context) (src abandonSource, id int64, done func() error, err error) {
	session, err := x.where.login(ctx)
	if err != nil {
		return src, 0, nil, err
	}
	if id, err = campaignThere(ctx, session, x.campaign); err != nil {
		return src, 0, nil, err
	}
	src.report = func(ctx context.Context, id int64) (r campaigns.AbandonReport, err error) {
		err = session.Read(ctx, fmt.Sprintf("/v1/abandonment/%d", id), &r)
		return r, err
	}
	src.period = func(ctx context.Context, asked campaigns.AbandonAsked) (p campaigns.AbandonPeriod, err error) {
		query := url.Values{"rule": {asked.Rule}}
		if !asked.At.IsZero() {
			query.Set("at", asked.At.UTC().Format(time.RFC3339))
		}
		err = session.Read(ctx, fmt.Sprintf("/v1/abandonment/%d/period?%s", id, query.Encode()), &p)
		return p, err
	}
	return src, id, func() error { return nil }, nil
}

// printAbandonment writes a report for people.
func printAbandonment(w io.Writer, r campaigns.AbandonReport) error {
	zone, err := rules.Location(r.Zone)
	if err != nil {
		zone = time.UTC
	}
	day := func(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04") }
	var b strings.Builder
	fmt.Fprintf(&b, "%s for %s, %s; periods by the clock of %s", r.Name, r.Seller, r.Purpose, r.Zone)
	if !r.First.IsZero() {
		fmt.Fprintf(&b, ", first call %s", day(r.First))
	}
	b.WriteByte('\n')
	for _, line := range r.Lines {
		fmt.Fprintf(&b, "\n%s\n", ruleLine(line.Rule))
		t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "from\tto\tabandoned\tanswered\tshare\tat most\tleft\tprojected\tmachines (people at most)")
		for _, st := range line.Periods {
			fmt.Fprintf(t, "%s\t%s\t%g\t%g\t%.2f %%\t%g %%\t%d\t%.2f %%\t%d (%d)\n", day(st.Period.From), day(st.Period.To), st.Rate.Above, st.Rate.Below,
				100*st.Rate.Share(), 100*st.Rule.Max, st.Budget, 100*st.Projected, st.Counts.Machine, st.FalsePositives)
		}
		_ = t.Flush() // into memory
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// ruleLine is a limit in one line.
func ruleLine(r abandonment.Rule) string {
	parts := []string{r.ID}
	for _, part := range []string{r.Label, r.Cite, r.Status} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return fmt.Sprintf("%s: formula %s, clock from %s, %s, %s, by %s", strings.Join(parts, ", "), r.Formula, r.Start, r.Wait(), r.Window, r.Group)
}

// printAbandonPeriod writes a recounted period for people.
func printAbandonPeriod(w io.Writer, p campaigns.AbandonPeriod) error {
	var b strings.Builder
	st := p.Standing
	fmt.Fprintf(&b, "%s\n%s to %s (%s)\n", ruleLine(st.Rule), clockTime(st.Period.From), clockTime(st.Period.To), p.Zone)
	fmt.Fprintf(&b, "kept       %g / %g = %.4f %%\nrecounted  %g / %g = %.4f %%\nat most    %g %%, %d left\n", st.Rate.Above, st.Rate.Below, 100*st.Rate.Share(),
		p.Again.Above, p.Again.Below, 100*p.Again.Share(), 100*st.Rule.Max, st.Budget)
	fmt.Fprintf(&b, "machines   %d, of which people at most %d (sample: %d of %d)\nlost       %d (in no share)\n", st.Counts.Machine, st.FalsePositives,
		st.Sample.Humans, st.Sample.Labelled, p.Recount.Lost)
	for _, c := range abandonment.Classes() {
		fmt.Fprintf(&b, "  %-10s %d\n", c, p.Recount.Counts.Of(c))
	}
	if len(p.Differences) == 0 {
		b.WriteString("kept and recounted agree\n")
	}
	for _, d := range p.Differences {
		fmt.Fprintf(&b, "DIFFERS: %s kept %d, recounted %d\n", d.What, d.Kept, d.Recounted)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
