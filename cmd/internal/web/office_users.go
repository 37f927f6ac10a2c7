package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// usersView is everybody who logs in.
type usersView struct {
	officeView
	Query string
	Users []campaigns.User
	All   int // without the query
	Roles []campaigns.Role
	Table []mayRow
}

// mayRow is one permission, and which roles hold it.
type mayRow struct {
	What string
	May  []bool // in the order of the roles
}

// users lists those whose login, name, team or role holds what was asked for.
func (p *Pages) users(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	all, err := p.Accounts.Users(r.Context(), u)
	if err != nil {
		return err
	}
	v := usersView{officeView: officeIn(r, p.frame(r, "Users and roles")), Query: strings.TrimSpace(r.URL.Query().Get("q")), All: len(all), Roles: campaigns.Roles()}
	for _, one := range all {
		if oneHolds(v.Query, one.Login, one.Name, one.Team, string(one.Role), one.Extension, strings.Join(one.Campaigns, " ")) {
			v.Users = append(v.Users, one)
		}
	}
	slices.SortFunc(v.Users, func(a, b campaigns.User) int {
		return strings.Compare(strings.ToLower(a.Login), strings.ToLower(b.Login))
	})
	v.Table = p.permissions(v.frame)
	return p.render(w, http.StatusOK, "office-users.html", v)
}

// oneHolds tells whether one of some texts holds what somebody looks for.
func oneHolds(query string, texts ...string) bool {
	query = strings.ToLower(query)
	return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(strings.ToLower(s), query) })
}

// permissions is the table of what roles may do, in words.
func (p *Pages) permissions(f frame) []mayRow {
	lang := f.Lang
	var out []mayRow
	for _, line := range []struct {
		permission campaigns.Permission
		text       string
	}{
		{campaigns.DoCalls, lang.T("Take calls and say what came of them")},
		{campaigns.DialManually, lang.T("Call a number by hand, where the campaign allows it")},
		{campaigns.SeeFloor, lang.T("See the floor: agents, calls, rates")},
		{campaigns.SteerAgents, lang.T("Pause agents and log them out")},
		{campaigns.MonitorAgents, lang.T("Listen, whisper, barge and take over")},
		{campaigns.SendMessages, lang.T("Send a message to desks")},
		{campaigns.PlanShifts, lang.T("Plan shifts")},
		{campaigns.SeePerformance, lang.T("See performance")},
		{campaigns.SeeCalls, lang.T("See calls, one by one, and complaints")},
		{campaigns.HearRecordings, lang.T("Hear recordings")},
		{campaigns.ScoreCalls, lang.T("Score calls")},
		{campaigns.SeeCampaigns, lang.T("See campaigns")},
		{campaigns.EditCampaigns, lang.T("Change campaigns, messages, calendars")},
		{campaigns.StartCampaigns, lang.T("Start, pause and stop campaigns")},
		{campaigns.ImportLists, lang.T("Upload lists and undo it")},
		{campaigns.ExportCalls, lang.T("Export calls with numbers")},
		{campaigns.SeeDoNotCall, lang.T("See the do-not-call list")},
		{campaigns.AddDoNotCall, lang.T("Add to the do-not-call list")},
		{campaigns.RemoveDoNotCall, lang.T("Remove from the do-not-call list")},
		{campaigns.TestTrunks, lang.T("See trunks and place test calls")},
		{campaigns.EditWebhooks, lang.T("Change webhooks")},
		{campaigns.SeeNodes, lang.T("See the nodes")},
		{campaigns.DrainNodes, lang.T("Drain a node")},
		{campaigns.EditUsers, lang.T("Change users")},
		{campaigns.SeeLedger, lang.T("Verify the ledger")},
		{campaigns.AckClock, lang.T("Confirm the clock after it jumped")},
		{campaigns.SeeSystem, lang.T("See the health of the system")},
	} {
		row := mayRow{What: line.text}
		for _, role := range campaigns.Roles() {
			row.May = append(row.May, role.May(line.permission))
		}
		out = append(out, row)
	}
	return out
}

// userView is the form of one user.
type userView struct {
	officeView
	Who       campaigns.User
	New       bool
	Own       bool // of the one who looks
	HasPhone  bool // a secret of the phone is kept
	Roles     []campaigns.Role
	Campaigns []string // all that there are, and those the user has
	Teams     []string // that others are in
	Starts    []string
}

func (p *Pages) newUser(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showUser(w, r, u, userView{officeView: officeIn(r, p.frame(r, "New user")), Who: campaigns.User{Role: campaigns.Agent}, New: true}, http.StatusOK)
}

func (p *Pages) createUser(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in := account(r, typed(r, "login"))
	_, err := p.Accounts.Create(r.Context(), u, in)
	return p.led(w, r, err, "/office/users", "user", func(status int, wrong string) error {
		v := userView{officeView: officeIn(r, p.frame(r, "New user")), Who: in.User, New: true}
		v.Wrong = wrong
		return p.showUser(w, r, u, v, status)
	})
}

// user shows the form of somebody who is there.
func (p *Pages) user(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := userView{officeView: officeIn(r, p.frame(r, "User"))}
	v.Who.Login = r.PathValue("login")
	all, err := p.Accounts.Users(r.Context(), u)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(one campaigns.User) bool { return one.Login == v.Who.Login })
	if i < 0 {
		return p.nothing(w, r, u)
	}
	v.Who = all[i]
	return p.showUser(w, r, u, v, http.StatusOK)
}

func (p *Pages) changeUser(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in := account(r, r.PathValue("login"))
	_, err := p.Accounts.Update(r.Context(), u, in)
	return p.led(w, r, err, "/office/users", "user", func(status int, wrong string) error {
		v := userView{officeView: officeIn(r, p.frame(r, "User")), Who: in.User}
		v.Wrong = wrong
		return p.showUser(w, r, u, v, status)
	})
}

// account is the user that a form describes.
func account(r *http.Request, login string) campaigns.Account {
	_ = r.PostFormValue("") // reads the form
	var chosen []string
	for _, name := range r.PostForm["campaigns"] {
		if name != "" && !slices.Contains(chosen, name) {
			chosen = append(chosen, name)
		}
	}
	return campaigns.Account{
		User: campaigns.User{
			Login: login, Name: cut(typed(r, "name"), 200), Role: campaigns.Role(typed(r, "role")), Extension: cut(typed(r, "extension"), 64), Campaigns: chosen,
			Disabled: typed(r, "disabled") != "", Team: cut(typed(r, "team"), 64), Language: cut(typed(r, "language"), 35), Start: start(r), CreatedAt: time.Now().UTC(),
		},
		Password: r.PostFormValue("password"), PhoneSecret: r.PostFormValue("phone_secret"),
	}
}

// start is the page after the log-in; one that is none is the role's.
func start(r *http.Request) string {
	if s := typed(r, "start"); slices.Contains(startPages(), s) {
		return s
	}
	return ""
}

// startPages are where a user may begin.
func startPages() []string {
	return []string{"/desk", "/live", "/campaigns", "/calls", "/performance", "/compliance", "/office"}
}

// cut keeps the first characters of a text.
func cut(s string, most int) string {
	r := []rune(s)
	return string(r[:min(len(r), most)])
}

// showUser fills in what there is to choose from.
func (p *Pages) showUser(w http.ResponseWriter, r *http.Request, u campaigns.User, v userView, status int) error {
	v.Roles, v.Starts, v.Own = campaigns.Roles(), startPages(), !v.New && v.Who.Login == u.Login
	if !v.New {
		v.Title = v.Brief(v.Who.Login)
	}
	all, err := p.campaignsByName(r, u)
	if err != nil {
		return err
	}
	for _, c := range all {
		v.Campaigns = append(v.Campaigns, c.Name)
	}
	for _, name := range v.Who.Campaigns {
		if !slices.Contains(v.Campaigns, name) {
			v.Campaigns = append(v.Campaigns, name)
		}
	}
	users, err := p.Accounts.Users(r.Context(), u)
	if err != nil {
		return err
	}
	for _, one := range users {
		if one.Team != "" && !slices.Contains(v.Teams, one.Team) {
			v.Teams = append(v.Teams, one.Team)
		}
		if !v.New && one.Login == v.Who.Login {
			v.HasPhone = one.PhoneHA1 != campaigns.HA1{}
		}
	}
	slices.Sort(v.Teams)
	return p.render(w, status, "office-user.html", v)
}
