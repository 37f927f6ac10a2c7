package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/report"
	"github.com/forecall/forecall/cmd/internal/chart"
	"github.com/forecall/forecall/pacing/sim"
	"github.com/forecall/forecall/storage/records"
)

// campaignModel is a simulation of a campaign that has dialed already.
type campaignModel struct {
	where  location
	name   string
	days   int
	caps   []float64 // percent
	write  string
	replay string
	zone   string
	speed  float64

	location *time.Location // read from zone
}

// defaultCaps are what --from-campaign shows, in percent.
var defaultCaps = []float64{0.5, 1, 2, 3, 5}

func (m *campaignModel) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&m.name, "from-campaign", "", "fit the scenario to the recorded calls of this campaign")
	f.IntVar(&m.days, "days", 5, "with --from-campaign: of the newest days on which it dialed")
	f.Float64SliceVar(&m.caps, "caps", defaultCaps, "with --from-campaign: abandonment caps to compare, in percent")
	f.Lookup("caps").DefValue = "0.5,1,2,3,5" // pflag would write each with six zeros
	f.StringVar(&m.write, "write", "", "with --from-campaign: write the fitted scenario into this file, to change and run it")
	f.StringVar(&m.replay, "replay", "", "with --from-campaign: a recorded day, as 2026-11-21; what would --policy have decided?")
	f.StringVar(&m.zone, "zone", "", "with --from-campaign: time zone of the day, as Europe/Madrid (default: this machine's)")
	f.Float64Var(&m.speed, "speed", 1, "with --from-campaign: how many times faster than life it dialed, for the data of a demo")
	m.where.flags(c)
}

func (m *campaignModel) asked() bool { return m.name != "" }

// check reads the flags.
func (m *campaignModel) check(c *cobra.Command, s *simulating, files []string) error {
	if !m.asked() {
		for _, flag := range []string{"days", "caps", "write", "replay", "zone", "speed", "data", "server", "user", "password-file", configFlag} {
			if c.Flags().Changed(flag) {
				return usage("--%s goes with --from-campaign", flag)
			}
		}
		return nil
	}
	switch {
	case len(files) > 0 || s.table || len(s.sizes) > 0:
		return usage("--from-campaign makes its own scenario: no file, --table or --sizes with it")
	case m.days < 1:
		return usage("--days %d: at least 1", m.days)
	case !(m.speed >= 1 && m.speed <= 1000):
		return usage("--speed %g: 1 to 1000", m.speed)
	case len(m.caps) == 0:
		return usage("--caps: name at least one, in percent, as 1,3,5")
	}
	for _, percent := range m.caps {
		if !(percent > 0 && percent <= 100) {
			return usage("--caps %g: more than 0 and at most 100, in percent", percent)
		}
	}
	m.location = time.Local
	if m.zone != "" {
		var err error
		if m.location, err = time.LoadLocation(m.zone); err != nil {
			return usage("--zone %s: no such time zone; write one as Europe/Madrid", m.zone)
		}
	}
	return nil
}

func (m *campaignModel) run(c *cobra.Command, s *simulating) error {
	fit := m.fitHere
	switch {
	case m.replay != "" && m.where.remote():
		return usage("--replay reads the decisions in a data folder; it does not go with --server")
	case m.replay != "":
		return m.inStore(c.Context(), func(db *records.DB, campaign campaigns.Campaign) error { return m.runReplay(c, s, db, campaign) })
	case m.where.remote():
		fit = m.fitThere
	}
	fitted, err := fit(c.Context())
	if err != nil {
		return err
	}
	if m.write != "" {
		err := whole(m.write, func(w io.Writer) error { _, err := io.WriteString(w, scenarioText(fitted)); return err })
		if err != nil {
			return err
		}
	}
	return m.whatIf(c, s, fitted)
}

// inStore does something with the campaign in the data folder.
func (m *campaignModel) inStore(ctx context.Context, do func(*records.DB, campaigns.Campaign) error) (err error) {
	db, err := m.where.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	campaign, err := db.CampaignByName(ctx, m.name)
	if err != nil {
		return noCampaign(m.name, err)
	}
	return do(db, campaign)
}

// fitHere reads the calls of the data folder. Simulations may be long: it is closed before they begin.
func (m *campaignModel) fitHere(ctx context.Context) (fit report.Fit, err error) {
	err = m.inStore(ctx, func(db *records.DB, campaign campaigns.Campaign) (err error) {
		calls := db.Calls(ctx, campaigns.CallFilter{Campaign: campaign.ID, Newest: true})
		fit, err = m.fitCalls(calls, report.FitOptions{Campaign: campaign, NewestFirst: true})
		return err
	})
	return fit, err
}

func (m *campaignModel) fitCalls(calls iter.Seq2[campaigns.Call, error], o report.FitOptions) (report.Fit, error) {
	o.Zone, o.Days, o.Speed = m.location, m.days, m.speed
	fit, err := report.FitScenario(calls, o)
	if err != nil {
		return fit, fmt.Errorf("--from-campaign %s: %w", m.name, err)
	}
	return fit, nil
}

// scenarioText is the fitted scenario as a file, with what stands behind it in comments.
func scenarioText(f report.Fit) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Fitted to %d attempts of %s, %s to %s.\n", f.Attempts, count(f.Days, "day"), f.From.Format(time.DateOnly), f.To.Format(time.DateOnly))
	fmt.Fprintf(&b, "# Behind it: %d answered (ring from %d), %d rang out, %d failed at once, talk from %d, wrap-up from %d; %s.\n",
		f.Answered, f.Rings, f.NoAnswers, f.FastFails, f.Talks, f.Wraps, count(f.People, "agent"))
	fmt.Fprintf(&b, "# Recorded: occupancy %s, wait %.1f s, abandoned %s.\n", share(f.Occupancy, 1), f.Wait.Seconds(), share(f.Abandonment, 2))
	for _, note := range f.Notes {
		fmt.Fprintf(&b, "# %s\n", note)
	}
	return b.String() + string(f.Scenario.YAML())
}

// whatIf runs the fitted scenario under each cap and shows the curve.
func (m *campaignModel) whatIf(c *cobra.Command, s *simulating, fit report.Fit) error {
	if !s.asJSON {
		if _, err := fmt.Fprintf(c.OutOrStdout(), "%s\n", scenarioText(fit)); err != nil {
			return err
		}
	}
	scenarios := make([]sim.Scenario, len(m.caps))
	for i, percent := range m.caps {
		scenarios[i] = fit.Scenario
		scenarios[i].Cap = percent / 100
	}
	r := s.runner(c, scenarios)
	defer r.hide()
	t := grid{{"policy", "cap", "occupancy", "abandoned", "over cap", "wait mean", "wait p95", "dials/connect", "people an hour"}}
	for _, policy := range s.policies {
		for _, scenario := range scenarios {
			result, err := r.run(c.Context(), scenario, policy)
			if err != nil {
				r.hide()
				return stoppedEarly(c.Context(), errors.Join(printCurve(c.OutOrStdout(), t, s.asJSON), err))
			}
			t = append(t, curveRow(scenario, result))
			if s.asJSON {
				if err := printJSON(c.OutOrStdout(), capped{scenario.Cap, result}); err != nil {
					return err
				}
			}
		}
	}
	r.hide()
	if err := printCurve(c.OutOrStdout(), t, s.asJSON); err != nil || s.chart == "" {
		return err
	}
	return whole(s.chart, func(w io.Writer) error { return capFigure(m.name, fit, r.done).Write(w) })
}

// capped is a result with the cap that it was made under.
type capped struct {
	Cap float64 `json:"cap"`
	sim.Result
}

func curveRow(s sim.Scenario, r sim.Result) []string {
	hours := s.Shift.Hours() * float64(r.Shifts)
	return []string{
		policyOf(r), share(s.Cap, 1), fmt.Sprintf("%s ± %.2f", share(r.Occupancy, 1), 100*standardError(r)), share(r.Abandonment, 2),
		fmt.Sprintf("%d of %d", r.ShiftsOverCap, r.Shifts), fmt.Sprintf("%.1f s", r.WaitMean), fmt.Sprintf("%.1f s", r.WaitP95),
		fmt.Sprintf("%.2f", r.DialsPer), fmt.Sprintf("%.0f", float64(r.Connects)/hours),
	}
}

func printCurve(w io.Writer, t grid, asJSON bool) error {
	if asJSON || len(t) == 1 {
		return nil
	}
	return t.print(w)
}

// capFigure draws occupancy and wait against the cap.
func capFigure(name string, fit report.Fit, runs []ran) chart.Figure {
	x := chart.Axis{Label: "abandonment cap", Suffix: " %"}
	for _, r := range runs {
		x.Ticks = append(x.Ticks, round(100*r.scenario.Cap))
	}
	occupancy := chart.Panel{X: x, Y: chart.Axis{Label: "occupancy", Suffix: " %"}}
	wait := chart.Panel{X: x, Y: chart.Axis{Label: "mean wait of an agent between calls", Suffix: " s"}}
	for _, r := range runs {
		at, over := round(100*r.scenario.Cap), overTooOften(r.result)
		addPoint(&occupancy, r.policy, chart.Point{X: at, Y: 100 * r.result.Occupancy, Over: over})
		addPoint(&wait, r.policy, chart.Point{X: at, Y: r.result.WaitMean, Over: over})
	}
	f := chart.Figure{Title: name + ": what another cap would bring", Panels: []chart.Panel{occupancy, wait}}
	f.Notes = []string{
		fmt.Sprintf("Fitted to %d attempts of %s; recorded: occupancy %s, wait %.1f s, abandoned %s.", fit.Attempts, count(fit.Days, "day"),
			share(fit.Occupancy, 1), fit.Wait.Seconds(), share(fit.Abandonment, 2)),
	}
	f.Desc = describe(f)
	return f
}

func round(v float64) float64 { return math.Round(v*1e6) / 1e6 }
