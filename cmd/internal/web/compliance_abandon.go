package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
	"github.com/forecall/forecall/campaigns/report"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/web/catalog"
)

func (p *Pages) abandonPages() []page {
	see, review := need(campaigns.SeeCompliance), need(campaigns.ReviewAMD)
	return []page{
		{"GET", "/compliance/abandonment", see, p.abandonNow},
		{"GET", "/compliance/abandonment/{id}", see, p.abandonReport},
		{"GET", "/compliance/abandonment/{id}/period", see, p.abandonPeriod},
		{"GET", "/compliance/abandonment/{id}/export.csv", see, p.abandonExport},
		{"GET", "/compliance/amd", review, p.amdCases},
		{"POST", "/compliance/amd", review, p.drawAMD},
		{"POST", "/compliance/amd/label", review, p.labelAMD},
	}
}

// abandonNowView is where every campaign stands.
type abandonNowView struct {
	officeView
	Rows []campaigns.AbandonOverview
}

func (p *Pages) abandonNow(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	rows, err := p.Compliance.Abandonment.Now(r.Context(), u)
	if err != nil {
		return err
	}
	return p.render(w, http.StatusOK, "compliance-abandonment.html", abandonNowView{officeIn(r, p.frame(r, "Abandoned calls")), rows})
}

// abandonReportView is the periods of a campaign.
type abandonReportView struct {
	officeView
	abandonZone
	Report campaigns.AbandonReport
}

// abandonZone writes instants in the zone of a campaign, whose days they begin and
// end.
type abandonZone struct{ zone *time.Location }

func zoneOf(name string) abandonZone {
	zone, err := rules.Location(name)
	if err != nil {
		zone = time.UTC
	}
	return abandonZone{zone}
}

// limitWords is a limit of abandonment for people: what it is, and the rule's id.
func limitWords(c *catalog.Catalog, r abandonment.Rule) string {
	switch {
	case r.ID == campaigns.OwnLimitID:
		return c.T("The campaign's own limit")
	case r.Label != "":
		return r.ID + ": " + r.Label
	}
	return r.ID
}

// Limit names a limit.
func (v abandonNowView) Limit(r abandonment.Rule) string { return limitWords(v.Lang, r) }

// Limit names a limit.
func (v abandonReportView) Limit(r abandonment.Rule) string { return limitWords(v.Lang, r) }

// Limit names a limit.
func (v abandonPeriodView) Limit(r abandonment.Rule) string { return limitWords(v.Lang, r) }

// Day writes an instant as people of the zone have it, with what it is off UTC by.
func (z abandonZone) Day(t time.Time) string { return t.In(z.zone).Format("2006-01-02 15:04 -07:00") }

// Date writes the end of a period: the date alone where it is that of a day.
func (z abandonZone) Date(t time.Time) string {
	if at := t.In(z.zone); at.Hour() != 0 || at.Minute() != 0 {
		return at.Format("2006-01-02 15:04")
	}
	return t.In(z.zone).Format(time.DateOnly)
}

// Share writes a share with two places: limits are 3 %.
func (abandonZone) Share(v float64) string { return fmt.Sprintf("%.2f %%", 100*v) }

// Figure writes a numerator or denominator, which an estimate may have made uneven.
func (abandonZone) Figure(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func (p *Pages) abandonReport(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return p.nothing(w, r, u)
	}
	rep, err := p.Compliance.Abandonment.Report(r.Context(), u, id)
	if err != nil {
		return err
	}
	v := abandonReportView{officeIn(r, p.frame(r, "Abandoned calls")), zoneOf(rep.Zone), rep}
	return p.render(w, http.StatusOK, "compliance-abandonment-campaign.html", v)
}

// abandonPeriodView is one period, recounted.
type abandonPeriodView struct {
	officeView
	abandonZone
	Period  campaigns.AbandonPeriod
	Classes []abandonClass
	Chosen  abandonment.Class // whose calls are listed
	Calls   []campaigns.AbandonCall
	More    string // address of the next page
}

// abandonClass is one class of calls as it was kept and as it was counted again.
type abandonClass struct {
	Class           abandonment.Class
	Kept, Recounted int64
	Path            string
}

// callsAPage is how many calls a page of them lists.
const callsAPage = 50

func (p *Pages) abandonPeriod(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return p.nothing(w, r, u)
	}
	q := r.URL.Query()
	asked := campaigns.AbandonAsked{Campaign: id, Rule: q.Get("rule")}
	if at := q.Get("at"); at != "" {
		if asked.At, err = time.Parse(time.RFC3339, at); err != nil {
			return p.nothing(w, r, u)
		}
	}
	period, err := p.Compliance.Abandonment.Period(r.Context(), u, asked)
	if err != nil {
		return err
	}
	v := abandonPeriodView{officeView: officeIn(r, p.frame(r, "Abandoned calls")), abandonZone: zoneOf(period.Zone), Period: period, Chosen: abandonment.Class(q.Get("class"))}
	path := func(class abandonment.Class, after int64) string {
		next := url.Values{"rule": {asked.Rule}, "at": {period.Standing.Period.From.UTC().Format(time.RFC3339)}, "class": {string(class)}}
		if after > 0 {
			next.Set("after", strconv.FormatInt(after, 10))
		}
		return r.URL.Path + "?" + next.Encode() + "#h-calls"
	}
	for _, c := range abandonment.Classes() {
		v.Classes = append(v.Classes, abandonClass{c, period.Standing.Counts.Of(c), period.Recount.Counts.Of(c), path(c, 0)})
	}
	if v.Chosen != "" && u.Allow(campaigns.SeeCalls) == nil {
		after, _ := strconv.ParseInt(q.Get("after"), 10, 64) // from the start when it is none
		if v.Calls, err = p.Compliance.Abandonment.Calls(r.Context(), u, asked, []abandonment.Class{v.Chosen}, after, callsAPage); err != nil {
			return err
		}
		if len(v.Calls) == callsAPage {
			v.More = path(v.Chosen, v.Calls[callsAPage-1].Seq)
		}
	}
	return p.render(w, http.StatusOK, "compliance-abandonment-period.html", v)
}

// Wait is how long a person waited, in words; empty when nobody came.
func (abandonPeriodView) Wait(c campaigns.AbandonCall) string {
	if c.Wait < 0 {
		return ""
	}
	return fmt.Sprintf("%.3f s", c.Wait.Seconds())
}

func (p *Pages) abandonExport(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return p.nothing(w, r, u)
	}
	rep, err := p.Compliance.Abandonment.Report(r.Context(), u, id)
	if err != nil {
		return err
	}
	if err := p.Compliance.Abandonment.Exported(r.Context(), u, id, "periods as CSV"); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="abandonment-%d.csv"`, id))
	return report.WriteAbandonment(w, rep)
}

// abandonToday is which campaigns stand over a limit now.
func (p *Pages) abandonToday(ctx context.Context, u campaigns.User, lang *catalog.Catalog) ([]complianceLine, error) {
	rows, err := p.Compliance.Abandonment.Now(ctx, u)
	if err != nil {
		return nil, err
	}
	var out []complianceLine
	for _, row := range rows {
		for _, st := range row.Standings {
			if mark := standingMark(st); mark != "" {
				out = append(out, complianceLine{mark, standingWords(lang, row.Name, st)})
			}
		}
	}
	if out == nil {
		out = []complianceLine{{"on", lang.T("No campaign is near a limit")}}
	}
	return out, nil
}

// standingMark is how soon somebody has to look at a limit; empty = it is far off.
func standingMark(st abandonment.Standing) string {
	switch {
	case !st.Rule.Binds():
		return ""
	case st.Over():
		return "bad"
	case st.Acts():
		return "wait"
	}
	return ""
}

func standingWords(lang *catalog.Catalog, campaign string, st abandonment.Standing) string {
	share, limit := fmt.Sprintf("%.2f %%", 100*st.Rate.Share()), fmt.Sprintf("%g %%", 100*st.Rule.Max)
	if st.Rule.ID == campaigns.OwnLimitID {
		return lang.T("%s: %s abandoned, the campaign's own limit is %s", campaign, share, limit)
	}
	return lang.T("%s: %s abandoned, the limit of %s is %s", campaign, share, st.Rule.ID, limit)
}
