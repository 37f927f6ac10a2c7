package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// sentence is what a refusal says to people.
func sentence(err error) (text string, refused bool) {
	problem, ok := errors.AsType[*campaigns.Problem](err)
	if !ok {
		return "", false
	}
	return problem.Text, true
}

// campaignView is the settings of a campaign, and what they come to.
type campaignView struct {
	within
	Stand   campaignStand
	Numbers []campaigns.CallerID
	Trunks  []campaigns.TrunkState
	Days    [7]string // windows as they were typed, when they could not be read
	Jobs    []campaigns.Job
}

func (p *Pages) campaign(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in, err := p.in(r, u, "", "Campaign")
	if err != nil {
		return err
	}
	v := campaignView{within: in, Jobs: in.Campaign.Schedule}
	for i, spans := range in.Campaign.Windows {
		v.Days[i] = spansText(spans)
	}
	return p.showCampaign(w, r, u, v, http.StatusOK)
}

func (p *Pages) showCampaign(w http.ResponseWriter, r *http.Request, u campaigns.User, v campaignView, status int) error {
	var err error
	if v.Stand, err = p.stand(r, u, v.Campaign); err != nil {
		return err
	}
	if s, err := p.Board.Snapshot(u); err == nil { // who may not see the floor sees the rest
		if i := slices.IndexFunc(s.Campaigns, func(c campaigns.CampaignStatus) bool { return c.ID == v.Campaign.ID }); i >= 0 {
			v.Stand.Floor, v.Stand.On = s.Campaigns[i], true
		}
	}
	if v.Numbers, err = p.Office.CallerIDs.List(r.Context(), u, time.Now().Add(-24*time.Hour)); err != nil {
		return err
	}
	if u.Role.May(campaigns.TestTrunks) {
		if v.Trunks, err = p.Office.Trunks.States(u); err != nil {
			return err
		}
	}
	v.Jobs = append(slices.Clone(v.Jobs), campaigns.Job{})
	return p.render(w, status, "campaign.html", v)
}

// weekday is a day of the week in the grid, Monday first.
type weekday struct {
	Key, Name string
	Text      string // its windows
	Cells     []gridCell
}

// gridCell is half an hour of the grid.
type gridCell struct {
	Minute int
	Open   bool
}

// spansText writes the windows of a day as they are typed.
func spansText(spans []rules.Span) string {
	texts := make([]string, len(spans))
	for i, s := range spans {
		texts[i] = s.String()
	}
	return strings.Join(texts, ", ")
}

// Weekdays are the days of the calling windows.
func (v campaignView) Weekdays() []weekday {
	t := v.Lang.T
	names := [7]string{t("Sunday"), t("Monday"), t("Tuesday"), t("Wednesday"), t("Thursday"), t("Friday"), t("Saturday")}
	var out []weekday
	for _, d := range []int{1, 2, 3, 4, 5, 6, 0} {
		out = append(out, weekday{Key: strings.ToLower(time.Weekday(d).String()[:3]), Name: names[d], Text: v.Days[d]})
	}
	return out
}

// OpenHours is how many hours a week people may be called.
func (v campaignView) OpenHours() float64 {
	minutes := 0
	for _, day := range v.Campaign.Windows {
		for _, s := range day {
			minutes += s.To - s.From
		}
	}
	return float64(minutes) / 60
}

// MoreMay is how many of the calls answered so far may still be abandoned.
func (v campaignView) MoreMay() int {
	return max(0, int(v.Campaign.Cap*float64(v.Stand.Floor.Answered))-v.Stand.Floor.Abandoned)
}

// retryRow is what happens after an outcome.
type retryRow struct {
	Outcome campaigns.Outcome
	Again   bool
	campaigns.RetryRule
}

// Retries are the outcomes after which a contact may be called again.
func (v campaignView) Retries() []retryRow {
	var out []retryRow
	for _, o := range retried() {
		rule, again := v.Campaign.Retry[o]
		out = append(out, retryRow{o, again, rule})
	}
	return out
}

// retried are the outcomes that can have a rule.
func retried() []campaigns.Outcome {
	out := slices.DeleteFunc(campaigns.Outcomes(), func(o campaigns.Outcome) bool { _, usual := campaigns.DefaultRetry()[o]; return !usual })
	return out
}

// saveCampaign takes the settings from the form.
func (p *Pages) saveCampaign(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in, err := p.in(r, u, "", "Campaign")
	if err != nil {
		return err
	}
	v, f := campaignView{within: in}, p.form(r)
	c := &v.Campaign
	c.Name, c.Mode, c.Priority = f.text("name"), campaigns.Mode(f.text("mode")), f.whole(f.say.T("Priority"), f.text("priority"))
	c.Zone = f.text("zone")
	c.Seller, c.Telemarketer, c.Purpose = f.text("seller"), f.text("telemarketer"), f.text("purpose")
	c.Goods, c.Subject, c.Party, c.Language = f.text("goods"), f.text("subject"), f.text("party"), f.text("language")
	v.readWeek(f)
	v.readPacing(f)
	v.readRetries(f)
	c.CallerIDs, c.CallerPools, c.Trunks = f.lines("caller_ids"), f.all("caller_pools"), f.all("trunks")
	v.Jobs = c.Schedule
	return p.saved(w, r, u, f, &v.within, "", func(status int) error { return p.showCampaign(w, r, u, v, status) })
}

// readWeek reads calling windows and the timetable.
func (v *campaignView) readWeek(f *form) {
	days := map[string][]string{}
	for d := range v.Days {
		key := strings.ToLower(time.Weekday(d).String()[:3])
		v.Days[d] = f.text("open_" + key)
		for span := range strings.SplitSeq(v.Days[d], ",") {
			if span = strings.TrimSpace(span); span != "" {
				days[key] = append(days[key], span)
			}
		}
	}
	week, err := rules.ParseWeek(days)
	if err != nil {
		f.errs = append(f.errs, err)
	} else {
		v.Campaign.Windows = week
	}
	specs, zones, actions := f.all("job_spec"), f.all("job_zone"), f.all("job_action")
	v.Campaign.Schedule = nil
	for i := range specs {
		if spec := at(specs, i); spec != "" {
			v.Campaign.Schedule = append(v.Campaign.Schedule, campaigns.Job{Spec: spec, Zone: at(zones, i), Action: at(actions, i)})
		}
	}
}

// readPacing reads how fast is dialed.
func (v *campaignView) readPacing(f *form) {
	c, t := &v.Campaign, f.say.T
	c.Cap, c.Target = f.percent(t("Abandonment at most"), f.text("cap")), f.percent(t("Aim at"), f.text("target"))
	c.Ceiling = f.percent(t("Occupancy at most"), f.text("ceiling"))
	c.RingTime, c.Hold = f.length(t("Ring for"), f.text("ring_time")), f.length(t("Hold an answered person for"), f.text("hold"))
	c.WrapUp, c.MaxLines = f.length(t("Wrap-up at most"), f.text("wrap_up")), f.whole(t("Lines at most"), f.text("max_lines"))
	c.KnowOdds, c.Cancel = f.on("best_time"), f.on("cancel")
}

// readRetries reads who is called again, and when.
func (v *campaignView) readRetries(f *form) {
	c := &v.Campaign
	c.MaxAttempts, c.Cooldown = f.whole(f.say.T("Tries at most"), f.text("max_attempts")), f.length(f.say.T("Rest of a number"), f.text("cooldown"))
	kept := map[campaigns.Outcome]campaigns.RetryRule{}
	for o, rule := range c.Retry {
		if !slices.Contains(retried(), o) {
			kept[o] = rule
		}
	}
	for _, o := range retried() {
		if name := string(o); f.on("retry_" + name) {
			what := f.say.T(words(o))
			kept[o] = campaigns.RetryRule{
				Delay: f.length(what, f.text("delay_"+name)), Max: f.whole(what, f.text("max_"+name)), NextPhone: f.on("next_" + name),
			}
		}
	}
	c.Retry = kept
}

// InPercent writes a share as the form takes it.
func (v campaignView) InPercent(share float64) string { return inPercent(share) }

// Length writes a length of time as the form takes it.
func (v campaignView) Length(d time.Duration) string { return length(d) }

// Aim is the share of abandoned calls that is aimed at.
func (v campaignView) Aim() float64 { return targetOfCap * v.Campaign.Cap }

// CallerLines are the caller IDs as the form takes them.
func (v campaignView) CallerLines() string { return strings.Join(v.Campaign.CallerIDs, "\n") }

// PoolChoices are the pools of caller IDs; those that are chosen stay, whether or
// not a number is in them.
func (v campaignView) PoolChoices() []choice {
	var out []choice
	add := func(name string) {
		if name != "" && !slices.ContainsFunc(out, func(c choice) bool { return c.Value == name }) {
			out = append(out, choice{name, name, slices.Contains(v.Campaign.CallerPools, name)})
		}
	}
	for _, n := range v.Numbers {
		add(n.Pool)
	}
	for _, name := range v.Campaign.CallerPools {
		add(name)
	}
	return out
}

// TrunkChoices are the trunks that calls may leave by; those that are chosen
// stay, whether or not the user sees trunks.
func (v campaignView) TrunkChoices() []choice {
	var out []choice
	for _, s := range v.Trunks {
		out = append(out, choice{s.Name, s.Name, slices.Contains(v.Campaign.Trunks, s.Name)})
	}
	for _, name := range v.Campaign.Trunks {
		if !slices.ContainsFunc(out, func(c choice) bool { return c.Value == name }) {
			out = append(out, choice{name, name, true})
		}
	}
	return out
}
