package web

import (
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/web/catalog"
)

// listsPath is where the do-not-call lists are: those of others, and our own.
const listsPath = "/compliance/lists"

func (p *Pages) registerPages() []page {
	if p.Compliance.Registry == nil {
		return nil
	}
	see, load, look := need(campaigns.SeeCompliance), need(campaigns.LoadRegisters), need(campaigns.SeeDoNotCall)
	return []page{
		{"GET", listsPath, look, p.registers},
		{"POST", listsPath, load, p.takeRegister},
		{"POST", listsPath + "/look", look, p.lookNumber},
		{"POST", listsPath + "/own", look, p.listNumber}, // answers with where the number stands; an agent lists people at the desk
		{"POST", listsPath + "/own/remove", need(campaigns.RemoveDoNotCall), p.unlistNumber},
		{"GET", listsPath + "/of/{list}", see, p.registerVersions},
		{"POST", listsPath + "/of/{list}", see, p.verifyRegister},
		{"GET", listsPath + "/loads/{id}", load, p.registerLoad},
		{"POST", listsPath + "/loads/{id}", load, p.workRegisterLoad},
		{"GET", listsPath + "/loads/{id}/rejects.csv", load, p.registerRejects},
	}
}

// registerCards is the door to the lists, where there are any.
func (p *Pages) registerCards(lang *catalog.Catalog) []complianceCard {
	if p.Compliance.Registry == nil {
		return nil
	}
	return []complianceCard{{
		listsPath, lang.T("Do-not-call lists"), lang.T("Registers with their age and versions, our own list, and where a number stood on any day"),
		campaigns.SeeCompliance, complianceRules, p.registersToday,
	}}
}

// registersView is the lists as they stand, a number looked up in all of them,
// and a form for a new version.
type registersView struct {
	officeView
	Lists   []campaigns.RegisterList
	Loads   []api.RegisterLoading
	Sellers []string

	Number   string // that was looked up, as typed; empty = none
	Standing []listStanding
	Own      []campaigns.DoNotCall
	History  []campaigns.DoNotCallChange
	Typed    map[string]string // into a form that was refused
}

// listStanding is where a number stood in the versions of one list.
type listStanding struct {
	List     string
	Versions []campaigns.RegisterStanding
}

// Days writes an age in days.
func (registersView) Days(d time.Duration) string { return days(d) }

// Age is how old a list is now, in days.
func (registersView) Age(at time.Time) string { return days(time.Since(at)) }

func days(d time.Duration) string { return strconv.FormatFloat(d.Hours()/24, 'f', 1, 64) }

func (p *Pages) registers(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := registersView{officeView: officeIn(r, p.frame(r, "Do-not-call lists"))}
	return p.showRegisters(w, r, u, v, http.StatusOK)
}

// showRegisters shows who may see the do-not-call list where a number stands,
// and who may see the compliance desk the registers themselves as well.
func (p *Pages) showRegisters(w http.ResponseWriter, r *http.Request, u campaigns.User, v registersView, status int) (err error) {
	if u.Allow(campaigns.SeeCompliance) == nil {
		if v.Lists, err = p.Compliance.Registry.Lists(r.Context(), u, time.Now()); err != nil {
			return err
		}
	}
	if u.Allow(campaigns.LoadRegisters) == nil {
		if v.Loads, err = p.Compliance.RegisterLoads.All(u); err != nil {
			return err
		}
	}
	if v.Sellers, err = p.sellers(r, u); err != nil {
		return err
	}
	return p.render(w, status, "compliance-lists.html", v)
}

// sellers are those that campaigns call for.
func (p *Pages) sellers(r *http.Request, u campaigns.User) ([]string, error) {
	if u.Allow(campaigns.SeeCampaigns) != nil {
		return nil, nil
	}
	all, err := p.Book.Campaigns(r.Context(), u)
	var out []string
	for _, c := range all {
		if c.Seller != "" && !slices.Contains(out, c.Seller) {
			out = append(out, c.Seller)
		}
	}
	slices.Sort(out)
	return out, err
}

// registersToday is what stands of the lists: those that are missing, damaged
// or too old first.
func (p *Pages) registersToday(ctx context.Context, u campaigns.User, lang *catalog.Catalog) ([]complianceLine, error) {
	lists, err := p.Compliance.Registry.Lists(ctx, u, time.Now())
	if err != nil {
		return nil, err
	}
	var bad, well []complianceLine
	for _, l := range lists {
		switch {
		case l.Fault != "":
			bad = append(bad, complianceLine{"bad", lang.T("The list %s is damaged: nobody is called on its account", l.List)})
		case !l.Loaded:
			bad = append(bad, complianceLine{"bad", lang.T("The list %s is not loaded, and rules ask it: nobody is called on its account", l.List)})
		case l.Stale:
			bad = append(bad, complianceLine{"bad", lang.T("The list %s is too old: nobody is called on its account", l.List)})
		case l.MaxAge > 0 && time.Until(l.StaleAt) < l.MaxAge/4:
			bad = append(bad, complianceLine{"wait", lang.T("The list %s will be too old soon", l.List)})
		default:
			well = append(well, complianceLine{"on", lang.T("The list %s is in force, %s days old", l.List, days(time.Since(l.AccessedAt)))})
		}
	}
	if len(lists) == 0 {
		well = append(well, complianceLine{"off", lang.T("No rule asks a list, and none is loaded")})
	}
	return append(bad, well...), nil
}

// registerOrder is what the form of a file says of it.
func registerOrder(values map[string]string) (campaigns.RegisterLoad, error) {
	accessed, err := typedDay(values["accessed"])
	if err != nil {
		return campaigns.RegisterLoad{}, err
	}
	l := campaigns.RegisterLoad{
		Version: campaigns.RegisterVersion{
			List: strings.ToLower(values["list"]), Kind: campaigns.RegisterKind(values["kind"]), SAN: values["san"], Seller: values["seller"], AccessedAt: accessed,
		},
		Reading: campaigns.RegisterReading{Country: strings.ToUpper(values["country"]), Only: values["only"]},
	}
	l.Version.Covers, l.CoversFile = api.CoversOf(values["covers"])
	return l, nil
}

// takeRegister takes a file, of any size, and leads to what it would change.
func (p *Pages) takeRegister(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	var typed map[string]string
	l, err := p.Compliance.RegisterLoads.Receive(w, r, u, func(values map[string]string) (campaigns.RegisterLoad, error) {
		typed = values
		return registerOrder(values)
	})
	return p.led(w, r, err, listsPath+"/loads/"+l.ID, "", func(status int, wrong string) error {
		v := registersView{officeView: officeIn(r, p.frame(r, "Do-not-call lists")), Typed: typed}
		v.Wrong = wrong
		return p.showRegisters(w, r, u, v, status)
	})
}

// lookNumber shows where a number stood in every version of every list, and on
// our own.
func (p *Pages) lookNumber(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := registersView{officeView: officeIn(r, p.frame(r, "Do-not-call lists")), Number: dialed(typed(r, "number"))}
	err := p.lookInto(r, u, &v)
	return p.registersAfter(w, r, u, v, err)
}

func (p *Pages) lookInto(r *http.Request, u campaigns.User, v *registersView) error {
	standing, err := p.Compliance.Registry.Standing(r.Context(), u, v.Number)
	if err != nil {
		return err
	}
	for _, list := range slices.Sorted(maps.Keys(standing)) {
		v.Standing = append(v.Standing, listStanding{list, standing[list]})
	}
	v.Own, v.History, err = p.Compliance.DNC.Entries(r.Context(), u, v.Number)
	return err
}

// registersAfter renders the page with what came of a form.
func (p *Pages) registersAfter(w http.ResponseWriter, r *http.Request, u campaigns.User, v registersView, err error) error {
	if err == nil {
		return p.showRegisters(w, r, u, v, http.StatusOK)
	}
	return p.led(w, r, err, "", "", func(status int, wrong string) error {
		v.Wrong = wrong
		return p.showRegisters(w, r, u, v, status)
	})
}

// listNumber puts a number on our own list.
func (p *Pages) listNumber(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	d := campaigns.DoNotCall{Number: dialed(typed(r, "number")), Seller: typed(r, "seller"), Reason: typed(r, "reason"), Reference: typed(r, "reference")}
	return p.changeOwn(w, r, u, d, p.Compliance.DNC.Add(r.Context(), u, d))
}

// unlistNumber takes a number off our own list.
func (p *Pages) unlistNumber(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	d := campaigns.DoNotCall{Number: dialed(typed(r, "number")), Seller: typed(r, "seller")}
	return p.changeOwn(w, r, u, d, p.Compliance.DNC.Remove(r.Context(), u, d.Number, d.Seller, typed(r, "reason")))
}

// changeOwn shows the number as it stands after a change. It is not led away:
// an address would have to hold the number.
func (p *Pages) changeOwn(w http.ResponseWriter, r *http.Request, u campaigns.User, d campaigns.DoNotCall, err error) error {
	v := registersView{officeView: officeIn(r, p.frame(r, "Do-not-call lists")), Number: d.Number}
	if err == nil {
		v.Done = "saved"
		if u.Allow(campaigns.SeeDoNotCall) == nil {
			err = p.lookInto(r, u, &v)
		}
	}
	return p.registersAfter(w, r, u, v, err)
}

// registerVersionsView is all versions of one list.
type registerVersionsView struct {
	officeView
	Versions []campaigns.RegisterVersion
	Checked  int // versions that were built anew just now
	Findings []string
}

func (p *Pages) registerVersions(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showVersions(w, r, u, registerVersionsView{officeView: officeIn(r, p.frame(r, "Versions of a list"))})
}

func (p *Pages) showVersions(w http.ResponseWriter, r *http.Request, u campaigns.User, v registerVersionsView) (err error) {
	if v.Versions, err = p.Compliance.Registry.Versions(r.Context(), u, r.PathValue("list")); err != nil {
		return err
	}
	return p.render(w, http.StatusOK, "compliance-list.html", v)
}

// verifyWithin is how long every version of a large list may take to be built
// anew.
const verifyWithin = 10 * time.Minute

func (p *Pages) verifyRegister(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(verifyWithin)); err != nil {
		return err
	}
	v := registerVersionsView{officeView: officeIn(r, p.frame(r, "Versions of a list"))}
	var err error
	if v.Checked, v.Findings, err = p.Compliance.Registry.Verify(r.Context(), u, r.PathValue("list")); err != nil {
		return err
	}
	return p.showVersions(w, r, u, v)
}

// registerLoadView is one file: how far it is read, what its version would
// change, and what speaks against it.
type registerLoadView struct {
	officeView
	Load api.RegisterLoading
}

func (p *Pages) registerLoad(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	return p.showRegisterLoad(w, r, u, registerLoadView{officeView: officeIn(r, p.frame(r, "A new version of a list"))}, http.StatusOK)
}

func (p *Pages) showRegisterLoad(w http.ResponseWriter, r *http.Request, u campaigns.User, v registerLoadView, status int) (err error) {
	if v.Load, err = p.Compliance.RegisterLoads.State(u, r.PathValue("id")); err != nil {
		return err
	}
	if v.Load.State == "reading" {
		w.Header().Set("Refresh", "1") // the page looks again, without a script
	}
	return p.render(w, status, "compliance-list-load.html", v)
}

// confirmWithin is how long other nodes may take to have a large list too.
const confirmWithin = 3 * time.Minute

func (p *Pages) workRegisterLoad(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	id := r.PathValue("id")
	if typed(r, "do") == "drop" {
		if err := p.Compliance.RegisterLoads.Drop(u, id); err != nil {
			return err
		}
		http.Redirect(w, r, listsPath, http.StatusSeeOther)
		return nil
	}
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(confirmWithin)); err != nil {
		return err
	}
	_, err := p.Compliance.RegisterLoads.Confirm(r.Context(), u, id, typed(r, "reason"))
	return p.led(w, r, err, listsPath+"/loads/"+id, "saved", func(status int, wrong string) error {
		v := registerLoadView{officeView: officeIn(r, p.frame(r, "A new version of a list"))}
		v.Wrong = wrong
		return p.showRegisterLoad(w, r, u, v, status)
	})
}

func (p *Pages) registerRejects(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	report, err := p.Compliance.RegisterLoads.Rejects(u, r.PathValue("id"))
	if err != nil {
		return err
	}
	defer report.Close()
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="rejects.csv"`)
	_, err = io.Copy(w, report)
	return err
}
