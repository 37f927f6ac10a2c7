package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/chart"
	"github.com/forecall/forecall/pacing"
	"github.com/forecall/forecall/pacing/tape"
	"github.com/forecall/forecall/storage/records"
)

// slice is how long one row of a replay is.
const slice = 30 * time.Minute

// errReplays ends a replay in which the recorded policy decides otherwise than it did.
var errReplays = errors.New("the recorded policy decides otherwise now: this program is not the one that recorded the day")

// policyChange makes the policy to compare with of the recorded one.
type policyChange func(pacing.Policy) pacing.Policy

// replayed is half an hour of a recorded day.
type replayed struct {
	From        time.Time      `json:"from"`
	Placed      int            `json:"placed"`
	OtherPlaced float64        `json:"other_placed"`
	Seconds     int            `json:"seconds"`
	InAir       float64        `json:"in_air"`       // mean
	OtherInAir  float64        `json:"other_in_air"` // that the other policy would have had
	Held        map[string]int `json:"held_back_by"` // seconds, by reason
	OtherHeld   map[string]int `json:"other_held_back_by"`

	wanted, otherWanted int
}

// replay gathers a recorded day.
type replay struct {
	zone  *time.Location
	parts []*replayed
	total tape.Report
}

// runReplay plays the tapes of a day and shows what another policy would have decided.
func (m *campaignModel) runReplay(c *cobra.Command, s *simulating, db *records.DB, campaign campaigns.Campaign) error {
	day, err := time.ParseInLocation(time.DateOnly, m.replay, m.location)
	if err != nil {
		return usage("--replay %q: write the day as 2026-11-21", m.replay)
	}
	policy := s.policies[0]
	if !c.Flags().Changed("policy") {
		policy = "progressive"
	}
	change, err := m.change(c, s, policy)
	if err != nil {
		return err
	}
	r := replay{zone: m.location}
	if err := r.play(c.Context(), db, campaign.ID, day, change); err != nil {
		return fmt.Errorf("--replay %s: %w", m.replay, err)
	}
	if r.total.Looks == 0 {
		return fmt.Errorf("--replay %s: campaign %s has no decisions on record for that day; they are kept for two days unless the service is told otherwise", m.replay, m.name)
	}
	if err := r.show(c.OutOrStdout(), s.asJSON, fmt.Sprintf("%s on %s", m.name, m.replay), policy); err != nil {
		return err
	}
	if s.chart != "" {
		if err := whole(s.chart, func(w io.Writer) error { return r.figure(m.name, m.replay, policy).Write(w) }); err != nil {
			return err
		}
	}
	if r.total.Different > 0 && !r.total.Inexact {
		return errReplays
	}
	return nil
}

// change is what --policy and --caps ask to be otherwise.
func (m *campaignModel) change(c *cobra.Command, s *simulating, policy string) (policyChange, error) {
	if len(s.policies) > 1 && c.Flags().Changed("policy") {
		return nil, usage("--replay compares one policy with what was recorded: --policy %s", s.policies[0])
	}
	var limit float64
	if c.Flags().Changed("caps") {
		if len(m.caps) != 1 {
			return nil, usage("--replay takes one cap: --caps %g", m.caps[0])
		}
		limit = m.caps[0] / 100
	}
	mode, cancel := pacing.Predictive, policy == "predictive-cancel"
	switch policy {
	case "progressive":
		mode = pacing.Progressive
	case "predictive", "predictive-cancel":
	default:
		return nil, usage("--policy %s: a recorded day can be decided again by predictive, predictive-cancel or progressive", policy)
	}
	return func(p pacing.Policy) pacing.Policy {
		p.Mode, p.Cancel = mode, cancel
		if limit > 0 {
			p.Cap, p.Target = limit, 0
		}
		return p
	}, nil
}

// play reads the tapes of a day, in the order of time.
func (r *replay) play(ctx context.Context, db *records.DB, campaign int64, day time.Time, change policyChange) error {
	player := tape.NewPlayer(change)
	err := db.Tapes(ctx, campaign, day, day.AddDate(0, 0, 1), func(_ time.Time, minute []byte) error {
		err := player.Play(minute, r.take)
		if _, cut := errors.AsType[*tape.TruncatedError](err); cut {
			return nil // the report says that something is missing
		}
		return err
	})
	r.total = player.Report()
	return err
}

func (r *replay) take(s tape.Second) error {
	from := s.At.In(r.zone).Truncate(slice)
	if n := len(r.parts); n == 0 || !r.parts[n-1].From.Equal(from) {
		r.parts = append(r.parts, &replayed{From: from, Held: map[string]int{}, OtherHeld: map[string]int{}})
	}
	p := r.parts[len(r.parts)-1]
	p.Seconds++
	p.Placed += s.Placed
	p.wanted, p.otherWanted = p.wanted+s.Wanted, p.otherWanted+s.OtherWanted
	p.Held[s.Recorded.Why.String()]++
	p.OtherHeld[s.Other.Why.String()]++
	return nil
}

// sum fills what follows from the counts. Calls stay in the air for as long, whoever places them, so that calls placed are
// in the ratio of calls in the air (Little's law).
func (p *replayed) sum() {
	p.InAir, p.OtherInAir = float64(p.wanted)/float64(p.Seconds), float64(p.otherWanted)/float64(p.Seconds)
	p.OtherPlaced = float64(p.Placed)
	if p.wanted > 0 {
		p.OtherPlaced *= float64(p.otherWanted) / float64(p.wanted)
	}
}

// show prints the day.
func (r *replay) show(w io.Writer, asJSON bool, title, policy string) error {
	t := grid{{"from", "placed", policy, "in the air", policy, "recorded: held back by", policy + ": held back by"}}
	for _, p := range r.parts {
		p.sum()
		if asJSON {
			if err := printJSON(w, p); err != nil {
				return err
			}
			continue
		}
		t = append(t, []string{
			p.From.Format("15:04"), fmt.Sprint(p.Placed), fmt.Sprintf("%.0f", p.OtherPlaced), fmt.Sprintf("%.1f", p.InAir), fmt.Sprintf("%.1f", p.OtherInAir),
			mostly(p.Held, p.Seconds), mostly(p.OtherHeld, p.Seconds),
		})
	}
	if asJSON {
		return printJSON(w, map[string]any{
			"from": r.total.From, "to": r.total.To, "decisions": r.total.Looks, "different": r.total.Different, "inexact": r.total.Inexact,
			"tapes_lost": r.total.Lost, "placed": r.total.Placed, "other_placed": r.total.OtherPlaced,
		})
	}
	t = append(t, []string{"in all", fmt.Sprint(r.total.Placed), fmt.Sprintf("%.0f", r.total.OtherPlaced), "", "", "", ""})
	if _, err := fmt.Fprintf(w, "%s: calls placed as recorded, and as %s would have placed them\n", title, policy); err != nil {
		return err
	}
	if err := t.print(w); err != nil {
		return err
	}
	return r.verdict(w)
}

// mostly is the reason that held for most of the time, and for how much of it.
func mostly(reasons map[string]int, seconds int) string {
	var most string
	for _, why := range slices.Sorted(maps.Keys(reasons)) {
		if reasons[why] > reasons[most] {
			most = why
		}
	}
	return fmt.Sprintf("%s %d %%", most, (100*reasons[most]+seconds/2)/max(1, seconds))
}

// verdict says whether the recorded policy replays.
func (r *replay) verdict(w io.Writer) error {
	t := r.total
	switch {
	case t.Different == 0:
		fmt.Fprintf(w, "%d recorded decisions made again by the same code: every one is the same.\n", t.Looks)
	case t.Inexact:
		fmt.Fprintf(w, "%d of %d recorded decisions come out otherwise; something is missing (%s of the tape), so that need not mean anything.\n", t.Different, t.Looks, count(t.Lost, "minute"))
	default:
		fmt.Fprintf(w, "DIFFERENT: %d of %d recorded decisions come out otherwise.\n", t.Different, t.Looks)
	}
	if d := t.First; d != nil {
		_, err := fmt.Fprintf(w, "The first, at %s: recorded %d (%s), now %d (%s).\n", d.At.In(r.zone).Format("15:04:05"),
			d.Recorded.Place, d.Recorded.Why, d.Replayed.Place, d.Replayed.Why)
		return err
	}
	return nil
}

// figure draws calls placed by the half hour.
func (r *replay) figure(name, day, policy string) chart.Figure {
	panel := chart.Panel{X: chart.Axis{Label: "hour of the day"}, Y: chart.Axis{Label: "calls placed in half an hour"}}
	for _, p := range r.parts {
		hour := p.From.Sub(r.parts[0].From).Hours() + float64(r.parts[0].From.Hour()) + float64(r.parts[0].From.Minute())/60
		addPoint(&panel, "recorded", chart.Point{X: hour, Y: float64(p.Placed)})
		addPoint(&panel, policy, chart.Point{X: hour, Y: p.OtherPlaced})
	}
	f := chart.Figure{Title: fmt.Sprintf("%s on %s: as recorded, and as %s would have dialed", name, day, policy), Panels: []chart.Panel{panel}}
	f.Desc = describe(f)
	return f
}
