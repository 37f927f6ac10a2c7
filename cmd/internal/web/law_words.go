package web

import (
	"context"
	"slices"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/web/catalog"
)

// Rules of the law have ids, which officers quote (es.robinson); what a rule is
// about is said beside it, in the reader's language.

// typeWords says what the rules of a type ask about; nothing for one that it
// does not know.
func typeWords(c *catalog.Catalog, t rules.Type) string {
	switch t {
	case rules.TypeList:
		return c.T("Do-not-call register")
	case rules.TypeConsent:
		return c.T("Permission of the person")
	case rules.TypeWindow:
		return c.T("Hours of calling")
	case rules.TypeCap:
		return c.T("How often somebody is called")
	case rules.TypeCooldown:
		return c.T("Silence after a call")
	case rules.TypeGuard:
		return c.T("Silence after an abandoned call")
	case rules.TypeRate:
		return c.T("Share of abandoned calls")
	case rules.TypeRing:
		return c.T("How long it rings")
	case rules.TypeConnect:
		return c.T("How soon somebody speaks")
	case rules.TypeCLI:
		return c.T("Number shown")
	case rules.TypeRecord:
		return c.T("Recording and records")
	case rules.TypeExternal:
		return c.T("Check by somebody else")
	case rules.TypeLineType:
		return c.T("Kind of line")
	case rules.TypeZone:
		return c.T("Where the person is")
	case rules.TypeCustom:
		return c.T("Condition of its own")
	}
	return ""
}

// ruleTitle is what a rule is about: the words of a base rule, else its type
// with its own label; its id, where nothing is known of it.
func ruleTitle(c *catalog.Catalog, id rules.ID, label string, t rules.Type) string {
	if words := ruleWords(id); words != string(id) {
		return c.T(words)
	}
	switch words := typeWords(c, t); {
	case words != "" && label != "":
		return words + ": " + label
	case words != "":
		return words
	case label != "":
		return label
	}
	return string(id)
}

// verdictTitle is what the rule of a verdict is about.
func verdictTitle(c *catalog.Catalog, v rules.Verdict) string {
	return ruleTitle(c, v.Rule, v.Label, v.Type)
}

// weightiest puts what refuses first, then what only advises, then what is lifted
// for this call; the order within each is that of the rules.
func weightiest(verdicts []rules.Verdict) []rules.Verdict {
	weight := func(v rules.Verdict) int {
		switch {
		case !v.OK && !v.Advisory && v.Lifted == "":
			return 0
		case v.Advisory:
			return 1
		case v.Lifted != "":
			return 2
		}
		return 3
	}
	out := slices.Clone(verdicts)
	slices.SortStableFunc(out, func(a, b rules.Verdict) int { return weight(a) - weight(b) })
	return out
}

// lawNames are what the rules are about of all documents in force, and of those
// that come with the program, by id.
func (p *Pages) lawNames(ctx context.Context, u campaigns.User, c *catalog.Catalog) (map[rules.ID]string, error) {
	out := map[rules.ID]string{}
	add := func(set *rules.Set) {
		for _, r := range set.Rules {
			out[r.ID] = ruleTitle(c, r.ID, r.Label, r.Type)
		}
	}
	for _, set := range rules.Presets() {
		add(set)
	}
	if p.Compliance.Rules == nil || u.Allow(campaigns.SeeCompliance) != nil {
		return out, nil
	}
	now, err := p.Compliance.Rules.InForce(ctx, u)
	for _, f := range now {
		add(f.Document)
	}
	return out, err
}

// classWords says what became of an answered call, as reports of abandonment
// count it.
func classWords(c *catalog.Catalog, class abandonment.Class) string {
	switch class {
	case abandonment.Met:
		return c.T("An agent came in time")
	case abandonment.Late:
		return c.T("An agent came too late")
	case abandonment.Told:
		return c.T("No agent; the message began in time")
	case abandonment.ToldLate:
		return c.T("No agent; the message began too late")
	case abandonment.Silent:
		return c.T("Silence: neither an agent nor the message")
	case abandonment.HungUp:
		return c.T("The person hung up before the time was over")
	case abandonment.Machine:
		return c.T("Taken for a machine")
	}
	return c.T(words(class))
}

// formulaWords says how a share of abandoned calls is reckoned.
func formulaWords(c *catalog.Catalog, f abandonment.Formula) string {
	switch f {
	case abandonment.US, abandonment.CA:
		return c.T("abandoned and wrongly taken for machines, over all that people answered")
	case abandonment.UK2010:
		return c.T("abandoned, over abandoned and all that agents answered")
	case abandonment.UKAMD:
		return c.T("abandoned and wrongly taken for machines, over these and all that agents answered")
	case abandonment.UKAdjusted:
		return c.T("abandoned less the share of machines that agents meet, over these and the people whom agents met")
	}
	return string(f)
}

// startWords says from when the time runs in which somebody has to speak.
func startWords(c *catalog.Catalog, s abandonment.Start) string {
	switch s {
	case abandonment.FromGreetingStart:
		return c.T("when the person begins to speak")
	case abandonment.FromGreetingEnd:
		return c.T("when the person has greeted")
	}
	return c.T("when the call is answered")
}

// groupWords says which calls are counted together.
func groupWords(c *catalog.Catalog, g abandonment.Group) string {
	switch g {
	case abandonment.BySeller:
		return c.T("all campaigns of the seller for this purpose")
	case abandonment.ByCentre:
		return c.T("every call of the house")
	}
	return c.T("this campaign")
}

// windowWords says over which time a share is taken.
func windowWords(c *catalog.Catalog, w abandonment.Window) string {
	switch w.Unit {
	case abandonment.Blocks:
		return c.T("blocks of %d days from the campaign's first day", w.N)
	case abandonment.Rolling:
		return c.T("the last %d hours", w.N)
	case abandonment.Month:
		return c.T("the calendar month")
	}
	return c.T("the calendar day")
}
