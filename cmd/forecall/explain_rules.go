package main

import (
	"fmt"
	"strings"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// writePlace says where the person is taken to be, and what time it is there.
func writePlace(b *strings.Builder, p campaigns.Whereabouts) {
	if len(p.Jurisdictions)+len(p.Zones) == 0 {
		return
	}
	fmt.Fprintf(b, "  Where: %s", strings.Join(p.Jurisdictions, ", "))
	if p.LineType != "" {
		fmt.Fprintf(b, "; %s", p.LineType)
	}
	b.WriteByte('\n')
	for _, z := range p.Zones {
		fmt.Fprintf(b, "    %s there: %s (%s)\n", z.Time.Format("Mon 2 Jan 2006 15:04 -07:00"), z.Zone, p.ZoneSource)
	}
}

// writeVerdicts writes a line for each rule, and for a rule of a set a second
// one with the law that it is of.
func writeVerdicts(b *strings.Builder, verdicts []rules.Verdict) {
	wide := 16
	for _, v := range verdicts {
		wide = max(wide, len(v.Rule))
	}
	for _, v := range verdicts {
		line := fmt.Sprintf("  %-*s %s  %s", wide, v.Rule, verdictMark(v), v.Detail)
		if !v.OK && !v.Next.IsZero() {
			line += "; again from " + clockTime(v.Next)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
		if law := lawOf(v); law != "" {
			fmt.Fprintf(b, "  %-*s     %s\n", wide, "", law)
		}
	}
}

// verdictMark is a verdict in two letters: -- is a rule that is not met and only
// advises, .. one that is lifted for this call.
func verdictMark(v rules.Verdict) string {
	switch {
	case !v.OK:
		return "NO"
	case v.Advisory:
		return "--"
	case v.Lifted != "":
		return ".."
	}
	return "ok"
}

// lawOf names what a rule of a set stands on: the law, how sure it is, the
// document, and the version of a list that was asked.
func lawOf(v rules.Verdict) string {
	if v.Set == "" {
		return ""
	}
	parts := []string{v.Cite}
	if v.Status != "" {
		parts = append(parts, string(v.Status))
	}
	parts = append(parts, v.Set)
	if v.Version != "" {
		parts = append(parts, fmt.Sprintf("list version %s, %d days old", v.Version, v.AgeDays))
	}
	return "[" + strings.Join(parts, "; ") + "]"
}

func writeRulebook(b *strings.Builder, r campaigns.Rulebook) {
	if len(r.Sets) == 0 {
		fmt.Fprintf(b, "\nRules: the base rules alone, no rule set is in force (rule book %.16s)\n", r.SHA256)
		return
	}
	fmt.Fprintf(b, "\nRules in force (rule book %s)\n", r.SHA256)
	for _, s := range r.Sets {
		old := ""
		if s.Old {
			old = "; more than 180 days ago: have it reviewed"
		}
		fmt.Fprintf(b, "  %s@%d, reviewed %s%s; %.16s\n", s.ID, s.Version, s.ReviewedOn, old, s.SHA256)
	}
}

// writePast is what was decided of the number before.
func writePast(b *strings.Builder, past []campaigns.PastDecision) {
	if len(past) == 0 {
		return
	}
	b.WriteString("\nDecided before\n")
	for _, d := range past {
		what := "allowed; attempt " + d.ID
		if !d.Attempt {
			what = fmt.Sprintf("refused by %s: %s", d.Rule, d.Detail)
			if d.Cite != "" {
				what += " [" + d.Cite + "]"
			}
		}
		fmt.Fprintf(b, "  %s, campaign %d: %s; rule book %.16s\n", clockTime(d.At), d.Campaign, what, d.Book)
	}
}
