package web

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/web/catalog"
)

// refusalPages are what the rules refused.
func (p *Pages) refusalPages() []page {
	if p.Compliance.Refused == nil {
		return nil
	}
	return []page{
		{"GET", "/compliance/refusals", need(campaigns.SeeCompliance), p.refusals},
		{"GET", "/compliance/refusals/{id}", need(campaigns.SeeCompliance), p.refusal},
	}
}

// refusalsView counts refusals three ways, and lists the numbers.
type refusalsView struct {
	officeView
	Ask       refusalsAsked
	Campaigns []campaigns.Campaign
	Rules     []refusalSum
	ByWhom    []refusalSum // campaigns
	Days      []refusalSum
	Total     int64
	List      []campaigns.Denied
	More      int64
	Law       map[rules.ID]string // what the rules are about
}

// refusalsAsked is the form.
type refusalsAsked struct{ Campaign, Rule, From, To string }

// refusalSum is one line of a table: what it is, its share, and the way to the
// same for it alone.
type refusalSum struct {
	Name, Path string
	N          int64
	Share      float64
}

// refusalDays is how many days are looked at when nothing is said.
const refusalDays = 7

func refusalsAskedOf(r *http.Request, now time.Time) refusalsAsked {
	q := r.URL.Query()
	a := refusalsAsked{Campaign: q.Get("campaign"), Rule: q.Get("rule"), From: q.Get("from"), To: q.Get("to")}
	if a.From == "" {
		a.From = now.UTC().AddDate(0, 0, 1-refusalDays).Format(dayLayout) + "T00:00"
	}
	return a
}

func (a refusalsAsked) filter(now time.Time) (f campaigns.RefusalFilter, err error) {
	wrong := &campaigns.Problem{Kind: campaigns.KindInvalid, Code: "search_invalid", Text: "Write times as 2026-11-22T10:30, in UTC."}
	f = campaigns.RefusalFilter{Rule: a.Rule, To: now.UTC().Add(time.Minute), Limit: searchRows}
	if f.From, err = readMinute(a.From); err != nil {
		return f, wrong
	}
	if a.To != "" {
		if f.To, err = readMinute(a.To); err != nil {
			return f, wrong
		}
	}
	f.Campaign, _ = strconv.ParseInt(a.Campaign, 10, 64) // what is no number chooses nothing
	return f, nil
}

// With is the address of the same question with one thing changed.
func (a refusalsAsked) With(name, value string) string {
	q := url.Values{}
	for n, v := range map[string]string{"campaign": a.Campaign, "rule": a.Rule, "from": a.From, "to": a.To} {
		if v != "" {
			q.Set(n, v)
		}
	}
	q.Set(name, value)
	return "/compliance/refusals?" + q.Encode()
}

func (p *Pages) refusals(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	now := time.Now()
	v := refusalsView{officeView: officeIn(r, p.frame(r, "Calls that a rule refused")), Ask: refusalsAskedOf(r, now)}
	var err error
	if v.Campaigns, err = p.campaignsByName(r, u); err != nil {
		return err
	}
	if v.Law, err = p.lawNames(r.Context(), u, v.Lang); err != nil {
		return err
	}
	f, err := v.Ask.filter(now)
	if err == nil {
		f.Before, _ = strconv.ParseInt(r.URL.Query().Get("before"), 10, 64) // 0 is the first page
		err = p.countRefusals(r.Context(), u, f, &v)
	}
	if err == nil {
		return p.render(w, http.StatusOK, "compliance-refusals.html", v)
	}
	return p.led(w, r, err, "", "", func(status int, wrong string) error {
		v.Wrong = wrong
		return p.render(w, status, "compliance-refusals.html", v)
	})
}

func (p *Pages) countRefusals(ctx context.Context, u campaigns.User, f campaigns.RefusalFilter, v *refusalsView) error {
	rows, err := p.Compliance.Refused.Count(ctx, u, f)
	if err != nil {
		return err
	}
	byRule, byCampaign, byDay := map[string]int64{}, map[int64]int64{}, map[time.Time]int64{}
	for _, row := range rows {
		byRule[row.Rule] += row.N
		byCampaign[row.Campaign] += row.N
		byDay[row.Day] += row.N
		v.Total += row.N
	}
	v.Rules = sums(byRule, v.Total, func(rule string) (string, string) { return v.RuleName(rule), v.Ask.With("rule", rule) })
	v.ByWhom = sums(byCampaign, v.Total, func(id int64) (string, string) {
		return v.CampaignName(id), v.Ask.With("campaign", strconv.FormatInt(id, 10))
	})
	v.Days = sums(byDay, v.Total, func(day time.Time) (string, string) {
		a := v.Ask
		a.To = day.AddDate(0, 0, 1).Format(minuteLayout)
		return day.Format(dayLayout), a.With("from", day.Format(minuteLayout))
	})
	slices.SortFunc(v.Days, func(a, b refusalSum) int { return cmp.Compare(b.Name, a.Name) })
	if v.List, err = p.Compliance.Refused.List(ctx, u, f); err != nil {
		return err
	}
	if len(v.List) == f.Limit {
		v.More = v.List[len(v.List)-1].Seq
	}
	return nil
}

// sums are the lines of a table, the most first.
func sums[K comparable](of map[K]int64, total int64, name func(K) (name, path string)) []refusalSum {
	var out []refusalSum
	for key := range maps.Keys(of) {
		s := refusalSum{N: of[key], Share: float64(of[key]) / float64(max(total, 1))}
		s.Name, s.Path = name(key)
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b refusalSum) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name)) })
	return out
}

// RuleName says what a rule asks for, where the house knows it, and its id.
func (v refusalsView) RuleName(rule string) string {
	return quoted(v.Lang, v.Law, rule)
}

// quoted is what a rule is about, with its id, which officers quote.
func quoted(c *catalog.Catalog, law map[rules.ID]string, rule string) string {
	about := law[rules.ID(rule)]
	if words := ruleWords(rules.ID(rule)); words != rule {
		about = c.T(words)
	}
	if about == "" || about == rule {
		return rule
	}
	return about + " (" + rule + ")"
}

// CampaignName is what a campaign is called.
func (v refusalsView) CampaignName(id int64) string {
	return v.Brief(cmp.Or(campaignName(v.Campaigns, id), strconv.FormatInt(id, 10)))
}

// Is tells whether an option is the one that was chosen.
func (v refusalsView) Is(id int64) bool { return strconv.FormatInt(id, 10) == v.Ask.Campaign }

// NextPage is the address of the page after.
func (v refusalsView) NextPage() string { return v.Ask.With("before", strconv.FormatInt(v.More, 10)) }

// refusalView is one refusal with every verdict.
type refusalView struct {
	officeView
	Refused  campaigns.RefusedCall
	Campaign string
}

// Refusing are the verdicts for which the call was not placed.
func (v refusalView) Refusing() []rules.Verdict {
	return slices.DeleteFunc(slices.Clone(v.Refused.Verdicts), func(r rules.Verdict) bool { return r.OK || r.Advisory || r.Lifted != "" })
}

// Inputs are what a verdict was given on, in short.
func (v refusalView) Inputs(r rules.Verdict) string { return verdictInputs(v.frame, r) }

func (p *Pages) refusal(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	one, err := p.Compliance.Refused.One(r.Context(), u, r.PathValue("id"))
	if err != nil {
		return err
	}
	all, err := p.campaignsByName(r, u)
	if err != nil {
		return err
	}
	v := refusalView{officeView: officeIn(r, p.frame(r, "A call that a rule refused")), Refused: one, Campaign: campaignName(all, one.Campaign)}
	return p.render(w, http.StatusOK, "compliance-refusal.html", v)
}

// refusalsToday is what stands on the card.
func (p *Pages) refusalsToday(ctx context.Context, u campaigns.User, lang *catalog.Catalog) ([]complianceLine, error) {
	if p.Compliance.Refused == nil {
		return nil, nil
	}
	now := time.Now().UTC()
	rows, err := p.Compliance.Refused.Count(ctx, u, campaigns.RefusalFilter{From: now.Truncate(24 * time.Hour), To: now.Add(time.Minute)})
	if err != nil {
		return nil, err
	}
	total, byRule := int64(0), map[string]int64{}
	for _, r := range rows {
		total += r.N
		byRule[r.Rule] += r.N
	}
	if total == 0 {
		return []complianceLine{{"off", lang.T("none today")}}, nil
	}
	law, err := p.lawNames(ctx, u, lang)
	if err != nil {
		return nil, err
	}
	out := []complianceLine{{"off", lang.T("%d today", total)}}
	for _, s := range sums(byRule, total, func(rule string) (string, string) { return quoted(lang, law, rule), "" })[:min(3, len(byRule))] {
		out = append(out, complianceLine{"off", lang.T("%s: %d", s.Name, s.N)})
	}
	return out, nil
}
