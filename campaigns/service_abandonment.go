package campaigns

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns/abandonment"
	"github.com/forecall/forecall/campaigns/rules"
)

// AbandonStore counts calls as the law counts them, and again from the calls.
type AbandonStore interface {
	AbandonRules(ctx context.Context, campaign int64) ([]abandonment.Rule, error)
	AbandonStart(ctx context.Context, s AbandonScope) (time.Time, error)
	StandingIn(ctx context.Context, s AbandonScope, r abandonment.Rule, p abandonment.Period, now time.Time) (abandonment.Standing, error)
	RecountAbandonment(ctx context.Context, s AbandonScope, start abandonment.Start, within time.Duration, from, to time.Time) (Recount, error)
	AbandonCalls(ctx context.Context, s AbandonScope, start abandonment.Start, within time.Duration, from, to time.Time, classes []abandonment.Class, after int64, limit int) ([]AbandonCall, error)
	AddAudit(ctx context.Context, e AuditEntry) error
}

// AMDStore keeps the sample of calls that were taken for machines.
type AMDStore interface {
	DrawAMDSample(ctx context.Context, campaign int64, from, to time.Time, n int, by string) (int64, error)
	LabelAMD(ctx context.Context, attempt string, label AMDLabel, by string) error
	AMDCases(ctx context.Context, campaign int64, from, to time.Time, limit int) ([]AMDCase, error)
}

// CampaignLister knows all campaigns.
type CampaignLister interface {
	CampaignReader
	Campaigns(ctx context.Context) ([]Campaign, error)
}

// Abandonment is the report of abandoned calls, per campaign and legal period,
// with the calls behind each figure. It never says that a house complies: it says
// what was counted, how, and what a limit leaves.
type Abandonment struct {
	store     AbandonStore
	amd       AMDStore
	campaigns CampaignLister
	rules     *RuleDesk
}

// NewAbandonment returns the service. The desk knows what of the rules was
// loosened, which stands in every report.
func NewAbandonment(store AbandonStore, amd AMDStore, campaigns CampaignLister, rules *RuleDesk) *Abandonment {
	return &Abandonment{store: store, amd: amd, campaigns: campaigns, rules: rules}
}

// AbandonOverview is where one campaign stands now.
type AbandonOverview struct {
	Campaign  int64                  `json:"campaign_id"`
	Name      string                 `json:"campaign"`
	Status    Status                 `json:"status"`
	Zone      string                 `json:"zone"`
	Standings []abandonment.Standing `json:"standings"` // its own limit first
}

// Tightest is the standing that leaves the fewest calls, of those that bind.
func (o AbandonOverview) Tightest() abandonment.Standing {
	best := o.Standings[0]
	for _, st := range o.Standings[1:] {
		if st.Rule.Binds() && st.Budget < best.Budget {
			best = st
		}
	}
	return best
}

// Now is where every campaign that has called stands in the periods that run.
func (a *Abandonment) Now(ctx context.Context, by User) ([]AbandonOverview, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	all, err := a.campaigns.Campaigns(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the campaigns: %w", err)
	}
	var out []AbandonOverview
	for _, c := range all {
		o, err := a.standings(ctx, c, time.Now())
		if err != nil {
			return nil, err
		}
		if c.Status != Draft {
			out = append(out, o)
		}
	}
	return out, nil
}

func (a *Abandonment) standings(ctx context.Context, c Campaign, now time.Time) (AbandonOverview, error) {
	out := AbandonOverview{Campaign: c.ID, Name: c.Name, Status: c.Status, Zone: c.ReportingZone()}
	limits, err := a.store.AbandonRules(ctx, c.ID)
	if err != nil {
		return out, fmt.Errorf("limits of campaign %d: %w", c.ID, err)
	}
	for _, r := range limits {
		p, err := a.periods(ctx, c, r, now)
		if err != nil {
			return out, err
		}
		st, err := a.store.StandingIn(ctx, c.AbandonScope(r), r, p[0], now)
		if err != nil {
			return out, err
		}
		out.Standings = append(out.Standings, st)
	}
	return out, nil
}

// periods are the periods of a rule for a campaign, the one that runs first.
func (a *Abandonment) periods(ctx context.Context, c Campaign, r abandonment.Rule, now time.Time) ([]abandonment.Period, error) {
	first, err := a.store.AbandonStart(ctx, c.AbandonScope(r))
	if err != nil {
		return nil, err
	}
	zone, err := rules.Location(c.ReportingZone())
	if err != nil {
		return nil, fmt.Errorf("zone of campaign %d: %w", c.ID, err)
	}
	return r.Window.All(now, first, zone), nil
}

// AbandonReport is a campaign's periods under every limit.
type AbandonReport struct {
	Campaign int64         `json:"campaign_id"`
	Name     string        `json:"campaign"`
	Seller   string        `json:"seller"`
	Purpose  string        `json:"purpose"`
	Zone     string        `json:"zone"`
	First    time.Time     `json:"first_call_at,omitzero"`
	At       time.Time     `json:"at"`
	Lines    []AbandonLine `json:"rules"`
	Loosened []Loosening   `json:"loosened,omitempty"` // of all rules, ever
}

// AbandonLine is one limit with its periods, the one that runs first.
type AbandonLine struct {
	Rule    abandonment.Rule       `json:"rule"`
	Periods []abandonment.Standing `json:"periods"`
}

// mostPeriods bounds the periods of one rule in a report.
const mostPeriods = 120

// Report is a campaign's periods under every limit, the newest mostPeriods of each.
func (a *Abandonment) Report(ctx context.Context, by User, campaign int64) (AbandonReport, error) {
	c, err := a.campaign(ctx, by, campaign)
	if err != nil {
		return AbandonReport{}, err
	}
	now := time.Now()
	out := AbandonReport{Campaign: c.ID, Name: c.Name, Seller: c.Seller, Purpose: c.Purpose, Zone: c.ReportingZone(), At: now}
	if out.First, err = a.store.AbandonStart(ctx, AbandonScope{Campaign: c.ID}); err != nil {
		return out, err
	}
	if out.Loosened, err = a.rules.Loosenings(ctx); err != nil {
		return out, err
	}
	limits, err := a.store.AbandonRules(ctx, c.ID)
	if err != nil {
		return out, err
	}
	for _, r := range limits {
		line := AbandonLine{Rule: r}
		periods, err := a.periods(ctx, c, r, now)
		if err != nil {
			return out, err
		}
		for _, p := range periods[:min(len(periods), mostPeriods)] {
			st, err := a.store.StandingIn(ctx, c.AbandonScope(r), r, p, now)
			if err != nil {
				return out, err
			}
			line.Periods = append(line.Periods, st)
		}
		out.Lines = append(out.Lines, line)
	}
	return out, nil
}

func (a *Abandonment) campaign(ctx context.Context, by User, id int64) (Campaign, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return Campaign{}, err
	}
	c, err := a.campaigns.Campaign(ctx, id)
	return c, missing("campaign", err)
}

// AbandonAsked names one period of one limit of a campaign.
type AbandonAsked struct {
	Campaign int64
	Rule     string    // id; empty = the campaign's own
	At       time.Time // an instant in the period; zero = now
}

// AbandonPeriod is one period, as it was kept and as it was counted again from
// the calls.
type AbandonPeriod struct {
	Campaign    int64                    `json:"campaign_id"`
	Name        string                   `json:"campaign"`
	Zone        string                   `json:"zone"`
	Standing    abandonment.Standing     `json:"standing"`
	Recount     Recount                  `json:"recount"`
	Again       abandonment.Rate         `json:"recounted_rate"`
	Differences []abandonment.Difference `json:"differences"` // none = kept and recounted agree
}

// Period recounts one period from the calls and says where that differs from what
// was kept.
func (a *Abandonment) Period(ctx context.Context, by User, asked AbandonAsked) (AbandonPeriod, error) {
	c, r, p, err := a.find(ctx, by, asked)
	if err != nil {
		return AbandonPeriod{}, err
	}
	now := time.Now()
	out := AbandonPeriod{Campaign: c.ID, Name: c.Name, Zone: c.ReportingZone()}
	if out.Standing, err = a.store.StandingIn(ctx, c.AbandonScope(r), r, p, now); err != nil {
		return out, err
	}
	to := p.To
	if now.Before(to) {
		to = now
	}
	if out.Recount, err = a.store.RecountAbandonment(ctx, c.AbandonScope(r), r.Start, r.Wait(), p.From, to); err != nil {
		return out, err
	}
	out.Again = r.Formula.Rate(out.Recount.Counts, float64(out.Standing.Sample.FalsePositives(out.Recount.Counts.Machine)))
	out.Differences = out.Standing.Counts.Differ(out.Recount.Counts)
	return out, nil
}

// find looks up a limit and the period of it that holds an instant.
func (a *Abandonment) find(ctx context.Context, by User, asked AbandonAsked) (Campaign, abandonment.Rule, abandonment.Period, error) {
	c, err := a.campaign(ctx, by, asked.Campaign)
	if err != nil {
		return c, abandonment.Rule{}, abandonment.Period{}, err
	}
	limits, err := a.store.AbandonRules(ctx, c.ID)
	if err != nil {
		return c, abandonment.Rule{}, abandonment.Period{}, err
	}
	id := cmp.Or(asked.Rule, OwnLimitID)
	i := slices.IndexFunc(limits, func(r abandonment.Rule) bool { return r.ID == id })
	if i < 0 {
		return c, abandonment.Rule{}, abandonment.Period{}, problem(KindNotFound, "rule_not_found", "No rule %q counts abandoned calls of this campaign.", id)
	}
	at := asked.At
	if at.IsZero() || at.After(time.Now()) {
		at = time.Now()
	}
	periods, err := a.periods(ctx, c, limits[i], at)
	return c, limits[i], periods[0], err
}

// Calls lists the calls behind a figure, a page at a time.
func (a *Abandonment) Calls(ctx context.Context, by User, asked AbandonAsked, classes []abandonment.Class, after int64, limit int) ([]AbandonCall, error) {
	if err := by.Allow(SeeCalls); err != nil {
		return nil, err
	}
	for _, c := range classes {
		if !slices.Contains(abandonment.Classes(), c) {
			return nil, problem(KindInvalid, "class_unknown", "There is no class %q of answered calls; there are %v.", c, abandonment.Classes())
		}
	}
	c, r, p, err := a.find(ctx, by, asked)
	if err != nil {
		return nil, err
	}
	if limit <= 0 || limit > 1000 {
		limit = 100
	}
	return a.store.AbandonCalls(ctx, c.AbandonScope(r), r.Start, r.Wait(), p.From, p.To, classes, after, limit)
}

// Exported notes in the audit that a report was taken away.
func (a *Abandonment) Exported(ctx context.Context, by User, campaign int64, what string) error {
	if err := by.Allow(SeeCompliance); err != nil {
		return err
	}
	return a.store.AddAudit(ctx, AuditEntry{Kind: "abandonment.export", By: by.Login, Subject: fmt.Sprintf("campaign %d", campaign), Detail: what})
}

// mostDrawn bounds one draw of a sample.
const mostDrawn = 1000

// Draw draws n calls of a campaign that were taken for machines in a time, to be
// listened to; it returns how many there were.
func (a *Abandonment) Draw(ctx context.Context, by User, campaign int64, from, to time.Time, n int) (int64, error) {
	if err := by.Allow(ReviewAMD); err != nil {
		return 0, err
	}
	switch {
	case n < 1 || n > mostDrawn:
		return 0, problem(KindInvalid, "sample_size", "A sample has from 1 to %d calls.", mostDrawn)
	case !to.After(from):
		return 0, problem(KindInvalid, "sample_time", "A sample is drawn from a time that ends after it begins.")
	}
	if _, err := a.campaigns.Campaign(ctx, campaign); err != nil {
		return 0, missing("campaign", err)
	}
	return a.amd.DrawAMDSample(ctx, campaign, from, to, n, by.Login)
}

// Cases lists drawn calls, those that nobody has labelled first.
func (a *Abandonment) Cases(ctx context.Context, by User, campaign int64, from, to time.Time) ([]AMDCase, error) {
	if err := by.Allow(ReviewAMD); err != nil {
		return nil, err
	}
	return a.amd.AMDCases(ctx, campaign, from, to, mostDrawn)
}

// Label says what was heard in a drawn call.
func (a *Abandonment) Label(ctx context.Context, by User, attempt string, label AMDLabel) error {
	if err := by.Allow(ReviewAMD); err != nil {
		return err
	}
	if label != AMDHuman && label != AMDMachine {
		return problem(KindInvalid, "label_invalid", "A call is labelled human or machine.")
	}
	err := a.amd.LabelAMD(ctx, attempt, label, by.Login)
	if errors.Is(err, ErrNotFound) {
		return problem(KindNotFound, "not_drawn", "This call was not drawn: only those of a sample are labelled, or the estimate would be biased.")
	}
	return err
}
