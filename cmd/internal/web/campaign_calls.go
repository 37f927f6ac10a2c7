package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/forecall/forecall/campaigns"
)

func (p *Pages) campaignCalls(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in, err := p.in(r, u, "calls", "Calls")
	if err != nil {
		return err
	}
	return p.showCalls(w, r, u, tradeView{within: in}, http.StatusOK)
}

func (p *Pages) showCalls(w http.ResponseWriter, r *http.Request, u campaigns.User, v tradeView, status int) error {
	var err error
	if v.Prompts, err = p.Office.Prompts.List(r.Context(), u); err != nil {
		return err
	}
	v.Teams = append(append([]campaigns.Department{}, v.Campaign.Departments...), make([]campaigns.Department, freshRows)...)
	return p.render(w, status, "campaign-calls.html", v)
}

// promptChoice is a message to choose, and the field it is chosen in.
type promptChoice struct {
	Name, Label, None string
	Choices           []choice
}

// Messages are the recorded messages of the campaign, each with its field.
func (v tradeView) Messages() []promptChoice {
	t, c := v.Lang.T, v.Campaign
	return []promptChoice{
		v.message("safe_harbor", t("Said when nobody is free"), t("Nothing is said"), c.SafeHarbor),
		v.message("hold_music", t("Music on hold"), t("The house's own"), c.HoldMusic),
		v.message("announcement", t("Announcement of recording"), t("None"), c.Recording.Announcement),
		v.message("greeting", t("Greeting of callers"), t("The house's words"), c.Inbound.Greeting),
		v.message("closed", t("Said to callers when nobody is there"), t("The house's words"), c.Inbound.Closed),
	}
}

func (v tradeView) message(name, label, none, is string) promptChoice {
	out := promptChoice{Name: name, Label: label, None: none}
	for _, f := range v.Prompts {
		out.Choices = append(out.Choices, choice{f.File, f.File, f.File == is})
	}
	if is != "" && !slices.ContainsFunc(out.Choices, func(c choice) bool { return c.Chosen }) {
		out.Choices = append(out.Choices, choice{is, is, true}) // a path of the configuration
	}
	return out
}

// Seconds are the lengths of time of the page, as the form takes them.
func (v tradeView) Seconds() map[string]string {
	in := v.Campaign.Inbound.Filled()
	return map[string]string{
		"queue": length(in.Queue), "last_agent_wait": length(in.LastAgentWait),
		"preview_dial": length(v.Campaign.PreviewDial), "callback_grace": length(v.Campaign.Grace()),
	}
}

// Places is how many callers may wait.
func (v tradeView) Places() int { return v.Campaign.Inbound.Filled().Places }

// Records is how calls are recorded.
func (v tradeView) Records(mode string) bool {
	is := v.Campaign.Recording.Mode
	if is == "" {
		is = campaigns.RecordOff
	}
	return string(is) == mode
}

// saveCalls takes what happens during calls, and to people who call.
func (p *Pages) saveCalls(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in, err := p.in(r, u, "calls", "Calls")
	if err != nil {
		return err
	}
	v, f := tradeView{within: in}, p.form(r)
	if v.Prompts, err = p.Office.Prompts.List(r.Context(), u); err != nil {
		return err
	}
	c, t := &v.Campaign, f.say.T
	c.Recording.Mode = campaigns.RecordingMode(f.text("recording"))
	for _, file := range []struct {
		name string
		to   *string
	}{
		{"announcement", &c.Recording.Announcement}, {"hold_music", &c.HoldMusic}, {"safe_harbor", &c.SafeHarbor},
		{"greeting", &c.Inbound.Greeting}, {"closed", &c.Inbound.Closed},
	} {
		v.take(f, file.name, file.to)
	}
	c.OutsideTransfer, c.ManualDial, c.Inbound.Off = f.on("outside_transfer"), f.on("manual_dial"), !f.on("inbound")
	c.Inbound.Queue, c.Inbound.Places = f.length(t("Longest wait"), f.text("queue")), f.whole(t("Callers at once"), f.text("places"))
	c.Inbound.LastAgentWait = f.length(t("Wait for the agent who spoke last"), f.text("last_agent_wait"))
	c.PreviewDial, c.CallbackGrace = f.length(t("Look at a card for"), f.text("preview_dial")), f.length(t("A personal callback waits for"), f.text("callback_grace"))
	c.Departments = nil
	names, agents, numbers := f.all("department"), f.all("department_agents"), f.all("department_number")
	for i := range names {
		if name := at(names, i); name != "" {
			c.Departments = append(c.Departments, campaigns.Department{Name: name, Agents: commas(at(agents, i)), Number: strings.ReplaceAll(at(numbers, i), " ", "")})
		}
	}
	return p.saved(w, r, u, f, &v.within, "/calls", func(status int) error { return p.showCalls(w, r, u, v, status) })
}

// take sets a message to one that lies among the prompts; what stands there
// already may be a path of the configuration, and stays.
func (v *tradeView) take(f *form, name string, to *string) {
	file := f.text(name)
	there := slices.ContainsFunc(v.Prompts, func(p campaigns.PromptFile) bool { return p.File == file })
	if file != "" && file != *to && !there {
		f.bad("%s is not one of the recorded messages.", brief(file))
		return
	}
	*to = file
}

// commas are the entries of a field, between commas.
func commas(text string) []string {
	var out []string
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one != "" {
			out = append(out, one)
		}
	}
	return out
}
