package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/timesource"
	"github.com/forecall/forecall/cmd/internal/web/catalog"
)

func (p *Pages) rulePages() []page {
	see, edit := need(campaigns.SeeCompliance), need(campaigns.EditRules)
	return []page{
		{"GET", "/compliance/rules", see, p.rulesInForce},
		{"GET", "/compliance/rules/{id}", see, p.ruleSet},
		{"POST", "/compliance/rules/weigh", see, p.weighRules},
		{"POST", "/compliance/rules/propose", edit, p.proposeRules},
		{"POST", "/compliance/rules/drop", edit, p.dropRules},
		{"POST", "/compliance/rules/approve", need(campaigns.ApproveRules), p.approveRules},
		{"POST", "/compliance/rules/refuse", see, p.refuseRules},
	}
}

// rulesView is which documents bind the house, and what somebody wants of them.
type rulesView struct {
	officeView
	InForce []campaigns.SetInForce
	Others  []*rules.Set // presets that are not in force
	Waiting []requestLine
	Decided []requestLine
	History []campaigns.Adoption
	Unruled []campaigns.UnruledCountry
	Ending  []rules.HolidaysEnding
}

// requestLine is a request with what it loosens.
type requestLine struct {
	campaigns.RuleRequest
	Loosened []rules.Change
	Mine     bool
}

func (p *Pages) rulesInForce(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showRules(w, r, u, rulesView{officeView: officeIn(r, p.frame(r, "Rules"))}, http.StatusOK)
}

func (p *Pages) showRules(w http.ResponseWriter, r *http.Request, u campaigns.User, v rulesView, status int) (err error) {
	if v.InForce, err = p.Compliance.Rules.InForce(r.Context(), u); err != nil {
		return err
	}
	for _, set := range rules.Presets() {
		if !slices.ContainsFunc(v.InForce, func(f campaigns.SetInForce) bool { return f.Set == set.ID }) {
			v.Others = append(v.Others, set)
		}
	}
	waiting, decided, err := p.Compliance.Rules.Requests(r.Context(), u)
	if err != nil {
		return err
	}
	v.Waiting, v.Decided = requestLines(waiting, u), requestLines(decided, u)
	if v.History, err = p.Compliance.Rules.History(r.Context(), u); err != nil {
		return err
	}
	if v.Unruled, err = p.Compliance.Rules.Unruled(r.Context(), u); err != nil {
		return err
	}
	if v.Ending, err = p.Compliance.Rules.HolidaysEnding(r.Context(), u, time.Now()); err != nil {
		return err
	}
	const shown = 50
	v.History = v.History[:min(shown, len(v.History))]
	return p.render(w, status, "compliance-rules.html", v)
}

func requestLines(all []campaigns.RuleRequest, u campaigns.User) []requestLine {
	out := make([]requestLine, len(all))
	for i, r := range all {
		out[i] = requestLine{RuleRequest: r, Loosened: campaigns.Loosened(r.Changes), Mine: r.By == u.Login}
	}
	return out
}

// ruleSetView is one document: its rules, its source, and a form to change it.
type ruleSetView struct {
	officeView
	Set     *rules.Set
	InForce bool
	Source  string // as it stands in the form
	Reason  string
	Weighed *campaigns.Weighed
}

func (p *Pages) ruleSet(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showRuleSet(w, r, u, ruleSetView{officeView: officeIn(r, p.frame(r, "Rules"))}, r.PathValue("id"), http.StatusOK)
}

func (p *Pages) showRuleSet(w http.ResponseWriter, r *http.Request, u campaigns.User, v ruleSetView, id string, status int) error {
	set, err := p.Compliance.Rules.RuleSet(r.Context(), u, id, nil)
	if err != nil {
		return err
	}
	now, err := p.Compliance.Rules.InForce(r.Context(), u)
	if err != nil {
		return err
	}
	v.Set = set
	v.InForce = slices.ContainsFunc(now, func(f campaigns.SetInForce) bool { return f.Set == set.ID })
	if v.Source == "" {
		v.Source = string(set.Source)
	}
	return p.render(w, status, "compliance-rule-set.html", v)
}

// weighRules shows what a document would change, before anything does.
func (p *Pages) weighRules(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := ruleSetView{officeView: officeIn(r, p.frame(r, "Rules")), Source: r.PostFormValue("source"), Reason: typed(r, "reason")}
	weighed, err := p.Compliance.Rules.Weigh(r.Context(), u, []byte(v.Source))
	if err == nil {
		v.Weighed = &weighed
		return p.showRuleSet(w, r, u, v, typed(r, "id"), http.StatusOK)
	}
	return p.led(w, r, err, "", "", func(status int, wrong string) error {
		v.Wrong = wrong
		return p.showRuleSet(w, r, u, v, typed(r, "id"), status)
	})
}

func (p *Pages) proposeRules(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := ruleSetView{officeView: officeIn(r, p.frame(r, "Rules")), Source: r.PostFormValue("source"), Reason: typed(r, "reason")}
	request, err := p.Compliance.Rules.Propose(r.Context(), u, []byte(v.Source), v.Reason)
	done := "inforce"
	if request != nil {
		done = "asked"
	}
	return p.led(w, r, err, "/compliance/rules", done, func(status int, wrong string) error {
		v.Wrong = wrong
		return p.showRuleSet(w, r, u, v, typed(r, "id"), status)
	})
}

func (p *Pages) dropRules(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	_, err := p.Compliance.Rules.Drop(r.Context(), u, typed(r, "id"), typed(r, "reason"))
	return p.ledRules(w, r, u, err, "asked")
}

func (p *Pages) approveRules(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	id, err := strconv.ParseInt(typed(r, "request"), 10, 64)
	if err != nil {
		return p.nothing(w, r, u)
	}
	return p.ledRules(w, r, u, p.Compliance.Rules.Approve(r.Context(), u, id, typed(r, "word")), "inforce")
}

func (p *Pages) refuseRules(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	id, err := strconv.ParseInt(typed(r, "request"), 10, 64)
	if err != nil {
		return p.nothing(w, r, u)
	}
	return p.ledRules(w, r, u, p.Compliance.Rules.Refuse(r.Context(), u, id, typed(r, "word")), "saved")
}

func (p *Pages) ledRules(w http.ResponseWriter, r *http.Request, u campaigns.User, err error, done string) error {
	return p.led(w, r, err, "/compliance/rules", done, func(status int, wrong string) error {
		v := rulesView{officeView: officeIn(r, p.frame(r, "Rules"))}
		v.Wrong = wrong
		return p.showRules(w, r, u, v, status)
	})
}

// rulesToday is what stands of the rules: how many bind, which nobody has
// compared with the law for long, and what waits for a second person.
func (p *Pages) rulesToday(ctx context.Context, u campaigns.User, lang *catalog.Catalog) ([]complianceLine, error) {
	all, err := p.Compliance.Rules.InForce(ctx, u)
	if err != nil {
		return nil, err
	}
	waiting, _, err := p.Compliance.Rules.Requests(ctx, u)
	if err != nil {
		return nil, err
	}
	var out []complianceLine
	if len(all) == 0 {
		out = append(out, complianceLine{"bad", lang.T("No rule set is in force: calls are judged by the base rules alone")})
	} else if out, err = p.unruledToday(ctx, u, lang); err != nil {
		return nil, err
	}
	old := 0
	for _, f := range all {
		if f.Stale {
			old++
		}
	}
	if old > 0 {
		out = append(out, complianceLine{"wait", lang.T("%d rule sets were not compared with the law for 180 days", old)})
	}
	if len(waiting) > 0 {
		out = append(out, complianceLine{"wait", lang.T("%d changes wait for a second person", len(waiting))})
	}
	if len(all) > 0 {
		out = append(out, complianceLine{"on", lang.T("%d rule sets in force", len(all))})
	}
	ending, err := p.Compliance.Rules.HolidaysEnding(ctx, u, time.Now())
	if len(ending) > 0 {
		out = append(out, complianceLine{"wait", lang.T("The holidays of %d countries end within 60 days", len(ending))})
	}
	return append(p.clockToday(lang), out...), err
}

// clockToday is said of our clock when it is off, by which calling hours are law.
func (p *Pages) clockToday(lang *catalog.Catalog) []complianceLine {
	if p.Compliance.Clock == nil {
		return nil
	}
	switch by, server, known := p.Compliance.Clock(); {
	case !known || by.Abs() <= timesource.Alarm:
		return nil
	case by.Abs() > rules.MaxClockOffset:
		return []complianceLine{{"bad", lang.T("The clock of this machine is %s off by %s: nobody is called", by.Round(time.Millisecond), server)}}
	default:
		return []complianceLine{{"wait", lang.T("The clock of this machine is %s off by %s", by.Round(time.Millisecond), server)}}
	}
}

// unruledToday is which countries are called without a law; where no set is in
// force at all, that is said already.
func (p *Pages) unruledToday(ctx context.Context, u campaigns.User, lang *catalog.Catalog) ([]complianceLine, error) {
	unruled, err := p.Compliance.Rules.Unruled(ctx, u)
	if err != nil || len(unruled) == 0 {
		return nil, err
	}
	codes := make([]string, len(unruled))
	for i, c := range unruled {
		codes[i] = c.Country
	}
	return []complianceLine{{"bad", lang.T("Countries called without a rule set made for them: %s", strings.Join(codes, ", "))}}, nil
}
