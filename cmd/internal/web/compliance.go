package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/api/edge"
	"github.com/forecall/forecall/cmd/internal/web/catalog"
)

// Compliance is the services of the compliance desk. A slice of the desk adds
// its own as one field here; where it is nil, as in a house without it, its
// card does not appear.
type Compliance struct {
	Search   *campaigns.CallSearcher
	Exports  *campaigns.Exports
	Dossiers *campaigns.Dossiers
	Refused  *campaigns.RefusalDesk
	Proof    campaigns.Proof // evidence, persons, holds, retention, audit
	Stops    *campaigns.Stops
	// Do-not-call lists: those of others, the files that are being loaded, and ours.
	Registry      *campaigns.Registry
	RegisterLoads *api.RegisterLoads
	DNC           *campaigns.Suppression
	Consents      *campaigns.Consents
	Outlook       *campaigns.ConsentOutlook
	Rules         *campaigns.RuleDesk
	Abandonment   *campaigns.Abandonment
	// Clock is how far our clock is ahead of the time servers, and which says so;
	// nil = nobody is asked.
	Clock func() (by time.Duration, server string, known bool)
}

// compliancePages are all pages under /compliance. A slice adds its function
// of pages to this list.
func (p *Pages) compliancePages() []page {
	return slices.Concat([]page{
		{"GET", "/compliance", need(campaigns.SeeCompliance), p.compliance},
	}, p.proofPages(), p.searchPages(), p.exportPages(), p.dossierPages(), p.refusalPages(), p.abandonPages(),
		p.callerRightPages(), p.consentPages(), p.stopPages(), p.registerPages(), p.rulePages())
}

// complianceCard is a door of the compliance desk, with what stands behind it
// today.
type complianceCard struct {
	Path, Name, Text string // in the words of the page's language
	Need             campaigns.Permission
	Group            string // complianceCalls, complianceRules or complianceProof
	// Lines says what stands today, the most urgent first; nil says nothing. It
	// is asked at every look at the page, and so answers within milliseconds:
	// from counters, never from a walk over calls.
	Lines func(context.Context, campaigns.User, *catalog.Catalog) ([]complianceLine, error)
}

// complianceLine is one thing that stands: Mark is on (well), off (nothing to
// say), wait (needs somebody soon) or bad (nobody is called, or should be,
// until somebody has acted). Those that are bad or wait stand at the top of the
// page as well.
type complianceLine struct{ Mark, Text string }

// The groups of cards, in the order of the page.
const (
	complianceCalls = "calls"
	complianceRules = "rules"
	complianceProof = "proof"
)

// complianceCards are the doors, in the order of the page. A slice adds one
// line for its page:
//
//	{"/compliance/lists", lang.T("Do-not-call lists"), lang.T("..."), campaigns.SeeCompliance, complianceRules, p.listsToday},
//
// with a method like p.listsToday in its own file, and, where its service can
// be missing, an if around it.
func (p *Pages) complianceCards(lang *catalog.Catalog) []complianceCard {
	return append([]complianceCard{
		{"/compliance/search", lang.T("Search calls"), lang.T("By number, campaign, agent, time, outcome and all else, over every call"), campaigns.SeeCompliance, complianceCalls, nil},
		{"/compliance/refusals", lang.T("Calls that a rule refused"), lang.T("Counted by rule, campaign and day, down to each number's verdicts"), campaigns.SeeCompliance, complianceRules, p.refusalsToday},
		{"/compliance/exports", lang.T("Exports"), lang.T("Files of calls: CSV, JSON lines, Parquet, signed evidence"), campaigns.ExportCalls, complianceProof, p.exportsToday},
		{"/why", lang.T("Why is a number called, or not?"), lang.T("Every rule's verdict on a number, at any time"), campaigns.SeeCampaigns, complianceRules, nil},
		{"/compliance/stops", lang.T("Kill switch"), lang.T("Stop every call, a campaign's, a number's or a country's, at once"), campaigns.StopCalls, complianceCalls, p.stopsToday},
		{"/compliance/abandonment", lang.T("Abandoned calls"), lang.T("Per campaign and legal period, recounted from the calls, with the calls behind each figure"), campaigns.SeeCompliance, complianceCalls, p.abandonToday},
		{"/compliance/amd", lang.T("Calls taken for machines"), lang.T("A sample to listen to: how many were people after all"), campaigns.ReviewAMD, complianceCalls, nil},
		{"/compliance/rules", lang.T("Rules"), lang.T("Which rule sets bind the house, by which law, and who changed them"), campaigns.SeeCompliance, complianceRules, p.rulesToday},
		{"/compliance/consents", lang.T("Consents"), lang.T("What people permitted and took back, by number, and what ends soon"), campaigns.SeeCompliance, complianceRules, p.consentsToday},
		{"/compliance/caller-ids", lang.T("Right to caller IDs"), lang.T("Which numbers people see, by which right, and whether they answer"), campaigns.SeeCompliance, complianceRules, p.callerIDsToday},
	}, append(p.proofCards(lang), p.registerCards(lang)...)...)
}

// complianceView is the first page of the desk.
type complianceView struct {
	officeView
	Urgent []urgentLine
	Groups []complianceGroup
}

// urgentLine is a line that somebody has to act on, with the door to it.
type urgentLine struct {
	complianceLine
	Path, Name string
}

// complianceGroup is cards that belong together.
type complianceGroup struct {
	Name  string
	Cards []standingCard
}

// standingCard is a card with what stands behind it.
type standingCard struct {
	complianceCard
	Standing []complianceLine
}

// compliance shows what stands today and where to go. A part that cannot be
// read says so on its card, and the rest of the page stands.
func (p *Pages) compliance(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	v := complianceView{officeView: officeIn(r, p.frame(r, "Compliance"))}
	groups := map[string]int{complianceCalls: 0, complianceRules: 1, complianceProof: 2}
	v.Groups = []complianceGroup{{Name: v.Lang.T("Calls")}, {Name: v.Lang.T("Rules and permissions")}, {Name: v.Lang.T("Proof")}}
	for _, c := range p.complianceCards(v.Lang) {
		if u.Allow(c.Need) != nil {
			continue
		}
		card := p.standing(r, u, c, v.Lang)
		for _, line := range card.Standing {
			if line.Mark == "bad" || line.Mark == "wait" {
				v.Urgent = append(v.Urgent, urgentLine{line, c.Path, c.Name})
			}
		}
		g := &v.Groups[groups[c.Group]]
		g.Cards = append(g.Cards, card)
	}
	return p.render(w, http.StatusOK, "compliance.html", v)
}

// standing asks a card what stands behind it.
func (p *Pages) standing(r *http.Request, u campaigns.User, c complianceCard, lang *catalog.Catalog) standingCard {
	card := standingCard{complianceCard: c}
	if c.Lines == nil {
		return card
	}
	lines, err := c.Lines(r.Context(), u, lang)
	if err != nil {
		edge.FaultOf(r.Context(), p.Log, err) // stands in the log with its reference
		lines = []complianceLine{{"bad", lang.T("This cannot be read now; ask your administrator.")}}
	}
	card.Standing = lines
	return card
}
