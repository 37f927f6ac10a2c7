package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
)

// explaining is what an explanation is asked for.
type explaining struct {
	where    location
	campaign string
	at       string
	asJSON   bool
}

func newExplain() *cobra.Command {
	var x explaining
	c := &cobra.Command{
		Use: "explain NUMBER --campaign NAME", Short: "Why is a number called by a campaign, or not, and when would it answer", Args: cobra.ExactArgs(1),
		Long: `Says of a number what every rule says, as the service asks them before a call;
where its contact stands; how likely an answer is and why; and the best hours of
the next day. Nothing is called and nothing is changed. The number is written in
E.164, as +34600111222.

Exit status 0 whether it may be called or not; --json tells it as "allowed".`,
		Example: `  forecall explain +34600111222 --campaign Spring
  forecall explain +34600111222 --campaign Spring --at 2026-11-23T18:30:00Z --json
  forecall explain +34600111222 --campaign Spring --server http://127.0.0.1:8080 --user mia`,
		RunE: func(c *cobra.Command, args []string) error { return x.run(c, args[0]) },
	}
	x.where.flags(c)
	f := c.Flags()
	f.StringVar(&x.campaign, "campaign", "", "name of the campaign")
	f.StringVar(&x.at, "at", "", "moment that is meant, as 2026-11-22T18:30:00Z (default: now)")
	f.BoolVar(&x.asJSON, "json", false, "print JSON, as GET /v1/campaigns/{id}/explain answers it")
	return c
}

func (x *explaining) run(c *cobra.Command, number string) error {
	if x.campaign == "" {
		return usage("--campaign: which campaign is meant?")
	}
	at, err := instant("--at", x.at)
	if err != nil {
		return err
	}
	ask := x.read
	if x.where.remote() {
		ask = x.download
	}
	e, err := ask(c.Context(), api.Dialed(number), at)
	if err != nil {
		return err
	}
	if x.asJSON {
		return printJSON(c.OutOrStdout(), e)
	}
	return printExplanation(c.OutOrStdout(), e)
}

// read asks the data folder.
func (x *explaining) read(ctx context.Context, number string, at time.Time) (e api.Explanation, err error) {
	db, err := x.where.open(ctx)
	if err != nil {
		return e, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	campaign, err := db.CampaignByName(ctx, x.campaign)
	if err != nil {
		return e, noCampaign(x.campaign, err)
	}
	shelf, err := openShelf(ctx, x.where, db)
	if err != nil {
		return e, err
	}
	defer func() { err = errors.Join(err, shelf.Close()) }()
	db.SetRegisters(shelf)
	found, err := campaigns.NewLookup(db, db, db).Explain(ctx, operator, campaign.ID, number, at)
	if p, told := errors.AsType[*campaigns.Problem](err); told && p.Kind == campaigns.KindInvalid {
		return e, usage("%s: %w; write it in E.164, as +34600111222", number, err)
	}
	if err != nil {
		return e, err
	}
	return api.ExplanationOf(found), nil
}

// download asks a service that runs.
func (x *explaining) download(ctx context.Context, number string, at time.Time) (e api.Explanation, err error) {
	session, err := x.where.login(ctx)
	if err != nil {
		return e, err
	}
	id, err := campaignThere(ctx, session, x.campaign)
	if err != nil {
		return e, err
	}
	query := url.Values{"number": {number}}
	if !at.IsZero() {
		query.Set("at", at.UTC().Format(time.RFC3339))
	}
	err = session.Read(ctx, fmt.Sprintf("/v1/campaigns/%d/explain?%s", id, query.Encode()), &e)
	return e, err
}

// printExplanation writes an explanation for people.
func printExplanation(w io.Writer, e api.Explanation) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in campaign %s (%s), %s\n%s: %s\n", e.Number, e.Campaign, e.Status, clockTime(e.At), strings.ToUpper(e.Verdict()), strings.TrimPrefix(e.Summary, "It is not called: "))
	if len(e.Contacts) == 0 {
		b.WriteByte('\n')
		writePlace(&b, e.Place)
		writeVerdicts(&b, e.Verdicts)
		if !e.Next.IsZero() {
			fmt.Fprintf(&b, "  The rules allow it from %s.\n", clockTime(e.Next))
		}
	}
	for _, c := range e.Contacts {
		writeContact(&b, c)
	}
	writeRulebook(&b, e.Rulebook)
	writePast(&b, e.Past)
	_, err := io.WriteString(w, b.String())
	return err
}

func clockTime(t time.Time) string { return t.UTC().Format("Mon 2 Jan 2006 15:04") + " UTC" }

func writeContact(b *strings.Builder, c api.Explained) {
	fmt.Fprintf(b, "\n%s, list %s, phone %d", c.Name, c.List, c.Phone)
	if !c.ListActive {
		b.WriteString("; the list is switched off")
	}
	if !c.Turn {
		b.WriteString("; it is another phone's turn")
	}
	fmt.Fprintf(b, "\n%s\n", c.State)
	writePlace(b, c.Place)
	writeVerdicts(b, c.Verdicts)
	if c.ReservedOnly {
		b.WriteString("  It may be called with an agent who is reserved for this call alone.\n")
	}
	if !c.Allowed && !c.Next.IsZero() {
		fmt.Fprintf(b, "  The rules allow it from %s.\n", clockTime(c.Next))
	}
	writeChance(b, c)
	writeHours(b, c)
}

func writeChance(b *strings.Builder, x api.Explained) {
	c := x.Chance
	if !x.Learned() {
		fmt.Fprintf(b, "  Chance of an answer: %s is assumed; %.0f calls are too few to know\n", share(c.Answer, 1), c.Trials)
		return
	}
	fmt.Fprintf(b, "  Chance of an answer: %s, %.2f times the campaign's mean of %s (learned from %.0f calls)\n", share(c.Answer, 1), c.Odds, share(c.Mean, 1), c.Trials)
	for _, f := range c.Why {
		if math.Abs(f.Times-1) < 0.005 {
			continue // it makes no difference that the two decimals would show
		}
		fmt.Fprintf(b, "    %-28s x %.2f  (%.0f calls)\n", strings.TrimSpace(f.Name+" "+f.Value), f.Times, f.Trials)
	}
}

// bestShown is how many hours of the next day are named.
const bestShown = 5

func writeHours(b *strings.Builder, x api.Explained) {
	open := slices.DeleteFunc(slices.Clone(x.Hours), func(h api.HourChance) bool { return !h.Open })
	switch {
	case len(open) == 0:
		b.WriteString("  No calling window opens within a day.\n")
	case !x.Learned():
		fmt.Fprintf(b, "  The calling window is open in %d of the next 24 hours, first at %s.\n", len(open), open[0].Local)
	default:
		slices.SortStableFunc(open, func(x, y api.HourChance) int { return cmp.Compare(y.Answer, x.Answer) })
		parts := make([]string, 0, bestShown)
		for _, h := range open[:min(bestShown, len(open))] {
			parts = append(parts, fmt.Sprintf("%s %s", h.Local, share(h.Answer, 1)))
		}
		fmt.Fprintf(b, "  Best hours of the next day: %s\n", strings.Join(parts, ", "))
	}
}
