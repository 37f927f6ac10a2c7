package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
)

// abandonFields are the columns of WriteAbandonment.
var abandonFields = []string{
	"campaign", "seller", "purpose", "zone", "rule", "rule_set", "status", "citation", "formula", "start_point", "within_s", "window", "group", "countries",
	"period", "period_from", "period_to", "answered_by_person", "met", "late", "abandoned_message", "abandoned_message_late", "abandoned_silent",
	"hung_up_before_limit", "machine_by_detector", "machine_by_agent", "reserved_agent", "amd_sample", "amd_sample_humans", "amd_false_positive_bound",
	"amd_false_positives", "numerator", "denominator", "rate", "limit", "budget_left", "projected",
}

// abandonWords is how many of them, from the first, are text and not figures.
const abandonWords = 14

// WriteAbandonment writes the legal periods of a campaign under every limit as CSV,
// a row each, in the campaign's zone. No cell says that a limit is kept: rate and
// limit stand side by side.
func WriteAbandonment(w io.Writer, r campaigns.AbandonReport) error {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		return fmt.Errorf("zone %s: %w", r.Zone, err)
	}
	out := csv.NewWriter(w)
	header := abandonFields
	if len(r.Loosened) > 0 {
		header = append(slices.Clip(header), loosenedColumn)
	}
	_ = out.Write(header) // its error comes with Error
	for _, line := range r.Lines {
		for _, st := range line.Periods {
			row := abandonRow(r, st, zone)
			if len(r.Loosened) > 0 {
				row = append(row, Harmless(loosenedDuring(r.Loosened, st.Period)))
			}
			_ = out.Write(row)
		}
	}
	out.Flush()
	return out.Error()
}

// loosenedDuring names what was loosened of the rules while a period ran.
func loosenedDuring(all []campaigns.Loosening, p abandonment.Period) string {
	var out []string
	for _, l := range all {
		if l.During(p.From, p.To) {
			out = append(out, l.String())
		}
	}
	return strings.Join(out, "; ")
}

func abandonRow(r campaigns.AbandonReport, st abandonment.Standing, zone *time.Location) []string {
	rule, n := st.Rule, st.Counts
	whole := func(v int64) string { return strconv.FormatInt(v, 10) }
	figure := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	share := func(v float64) string { return strconv.FormatFloat(v, 'f', 6, 64) }
	at := func(t time.Time) string { return t.In(zone).Format(time.RFC3339) }
	period := ""
	if st.Period.N > 0 {
		period = strconv.Itoa(st.Period.N)
	}
	row := []string{
		r.Name, r.Seller, r.Purpose, r.Zone, rule.ID, rule.Set, rule.Status, rule.Cite, string(rule.Formula), string(rule.Start),
		figure(rule.Wait().Seconds()), rule.Window.String(), string(rule.Group), strings.Join(rule.Countries, " "),
		period, at(st.Period.From), at(st.Period.To), whole(n.Answered()), whole(n.Met), whole(n.Late), whole(n.Told), whole(n.ToldLate), whole(n.Silent),
		whole(n.HungUp), whole(n.Machine), whole(n.AgentMachine), whole(n.Reserved), whole(st.Sample.Labelled), whole(st.Sample.Humans),
		share(st.Sample.Upper()), whole(st.FalsePositives), figure(st.Rate.Above), figure(st.Rate.Below), share(st.Rate.Share()), figure(rule.Max),
		whole(st.Budget), share(st.Projected),
	}
	for i := range abandonWords {
		row[i] = Harmless(row[i])
	}
	return row
}

// WriteAbandonCalls writes the calls behind a figure as CSV.
func WriteAbandonCalls(w io.Writer, calls []campaigns.AbandonCall) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"seq", "attempt_id", "campaign_id", "started_at", "outcome", "class", "clock_started_at", "wait_s", "greeting_source", "agent_id", "reserved_agent", "agent_machine"})
	for _, c := range calls {
		wait := ""
		if c.Wait >= 0 {
			wait = strconv.FormatFloat(c.Wait.Seconds(), 'f', 3, 64)
		}
		_ = out.Write([]string{
			strconv.FormatInt(c.Seq, 10), c.Attempt, strconv.FormatInt(c.Campaign, 10), c.IntentAt.UTC().Format(time.RFC3339Nano), string(c.Outcome), string(c.Class),
			instantOf(c.Origin), wait, c.Greeting, strconv.FormatInt(c.Agent, 10), strconv.FormatBool(c.Reserved), strconv.FormatBool(c.ByAgent),
		})
	}
	out.Flush()
	return out.Error()
}

func instantOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
