package web

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// dossierPages is one call with all that is known of it, to be handed over.
func (p *Pages) dossierPages() []page {
	if p.Compliance.Dossiers == nil {
		return nil
	}
	return []page{{"GET", "/compliance/calls/{attempt}", need(campaigns.SeeCompliance), p.dossier}}
}

// dossierView is the document.
type dossierView struct {
	officeView
	Dossier campaigns.Dossier
	Facts   []fact
	MayHear bool
}

func (p *Pages) dossier(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	d, err := p.Compliance.Dossiers.Of(r.Context(), u, r.PathValue("attempt"))
	if err != nil {
		return err
	}
	v := dossierView{officeView: officeIn(r, p.frame(r, "Dossier of a call")), Dossier: d}
	v.MayHear = d.Recording != nil && u.Role.May(campaigns.HearRecordings)
	v.Facts = v.facts()
	return p.render(w, http.StatusOK, "compliance-dossier.html", v)
}

// facts are what stands beside the times; what is not known is left out.
func (v dossierView) facts() []fact {
	d, c := v.Dossier, v.Lang
	detail := campaigns.CallDetail{Call: d.Call, Events: d.Events, Talks: d.Talks, Sides: d.Sides, Recording: d.Recording}
	out := factsOf(c, detail)
	add := func(name, value string) {
		if value != "" {
			out = append(out, fact{name, value})
		}
	}
	if s := d.Call.Settings; s != nil {
		add(c.T("Seller"), s.Seller)
		add(c.T("Called on behalf of the seller by"), s.Telemarketer)
		add(c.T("Purpose"), s.Purpose)
		add(c.T("Goods or service"), s.Goods)
	}
	add(c.T("Jurisdictions"), strings.Join(d.Call.Jurisdictions, ", "))
	add(c.T("Zones are known by"), d.Call.ZoneSource)
	if d.Call.Reserved {
		add(c.T("Reserved agent"), c.T("yes"))
	}
	add(c.T("What answered"), d.Call.AMD)
	add(c.T("Attestation (STIR/SHAKEN)"), strings.TrimSpace(d.Call.Attestation+" "+d.Call.Verstat))
	add(c.T("SIP Call-ID"), d.Call.CallID())
	if len(d.Call.MessageSHA256) > 0 {
		add(c.T("SHA-256 of the message that was played"), d.Call.MessageSHA256.String())
	}
	return out
}

// Zones are the clocks of the person.
func (v dossierView) Zones() []string { return v.Dossier.Call.Zones }

// ScriptPath is where the text of the script stands that was read; empty = the
// call had none.
func (v dossierView) ScriptPath() string {
	if v.Dossier.Call.ScriptVer == "" || v.Dossier.Call.Campaign == 0 {
		return ""
	}
	return fmt.Sprintf("/campaigns/%d/script/versions/%s", v.Dossier.Call.Campaign, v.Dossier.Call.ScriptVer)
}

// Took writes how long something lasted.
func (dossierView) Took(d time.Duration) string { return fmt.Sprintf("%.3f s", d.Seconds()) }

// Clock writes an instant in UTC with milliseconds.
func (dossierView) Clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000") }

// Inputs are what a verdict was given on, in short.
func (v dossierView) Inputs(r rules.Verdict) string { return verdictInputs(v.frame, r) }

// Signed tells whether every record of the call stands under a checkpoint.
func (v dossierView) Signed() bool {
	for _, l := range v.Dossier.Links {
		if l.Checkpoint == 0 {
			return false
		}
	}
	return len(v.Dossier.Links) > 0
}

// Seller is whom a consent is for.
func (v dossierView) Seller(c campaigns.Consent) string {
	return cmp.Or(c.Seller, v.Lang.T("the whole house"))
}

// verdictInputs are what a verdict was given on: the clock there, how often of
// how often, which version of a list, which consent.
func verdictInputs(f frame, r rules.Verdict) string {
	var out []string
	if r.Zone != "" {
		out = append(out, strings.TrimSpace(r.Zone+" "+r.Local))
	}
	if r.Need != "" {
		out = append(out, f.Lang.T("needs %s", r.Need))
	}
	if r.Max > 0 {
		out = append(out, f.Lang.T("%d of %d", r.Used, r.Max))
	}
	if r.Version != "" {
		out = append(out, f.Lang.T("list version %s, %d days old", r.Version, r.AgeDays))
	}
	if r.Grant != "" {
		out = append(out, f.Lang.T("consent %s", r.Grant))
	}
	if r.Lifted != "" {
		out = append(out, f.Lang.T("lifted by %s", r.Lifted))
	}
	return strings.Join(out, " · ")
}
