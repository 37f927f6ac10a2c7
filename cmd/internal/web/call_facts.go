package web

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/web/catalog"
)

// factsOf are what is known of a call beside its time line; what is not known
// is left out.
func factsOf(c *catalog.Catalog, d campaigns.CallDetail) []fact {
	var out []fact
	add := func(name, value string) {
		if value != "" {
			out = append(out, fact{name, value})
		}
	}
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	add(c.T("Campaign"), d.CampaignName)
	add(c.T("List"), d.ListName)
	add(c.T("Contact"), d.ContactName)
	add(c.T("Customer's own id"), d.External)
	add(c.T("Number"), d.Number)
	add(c.T("Number shown"), d.CallerID)
	add(c.T("Time zone of the contact"), strings.Join(d.Zones, ", "))
	add(c.T("Agent"), d.AgentLogin)
	add(c.T("Second agent"), d.SecondLogin)
	add(c.T("Mode"), c.T(words(d.Mode)))
	add(c.T("Attempt at this contact"), number(d.Try))
	add(c.T("Attempt at the number within 24 hours"), number(d.DayNo))
	if !d.BridgedAt.IsZero() {
		add(c.T("From answered to an agent"), c.T("%d ms", d.ConnectDelay.Milliseconds()))
	}
	add(c.T("Trunk"), d.Trunk)
	add(c.T("SIP answer"), number(d.Code))
	add(c.T("Cause (Q.850)"), number(d.Q850))
	add(c.T("Said by the carrier"), d.Reason)
	add(c.T("Ended by"), c.T(words(d.EndedBy)))
	if d.MOS > 0 {
		add(c.T("Quality of the line (MOS)"), fmt.Sprintf("%.1f", d.MOS))
	}
	add(c.T("Script version"), d.ScriptVer)
	if d.Attempt.Settings != 0 {
		add(c.T("Version of the settings"), strconv.FormatInt(d.Attempt.Settings, 10))
	}
	if d.OptOut {
		add(c.T("Opt-out"), c.T("the person pressed 9"))
	}
	add(c.T("Error"), d.Error)
	for _, s := range d.Sides {
		add(c.T("Call to an outside number"), strings.Join([]string{s.Number, c.T(words(cmp.Or(string(s.Outcome), "goes on"))), s.IntentAt.UTC().Format(time.TimeOnly)}, " · "))
	}
	if rec := d.Recording; rec != nil {
		add(c.T("Recording"), c.T("%s, %d kB, SHA-256 %s", elapsed(rec.Duration), rec.Octets/1000, rec.SHA256))
		if rec.Repaired {
			add(c.T("Completed after a crash"), c.T("yes"))
		}
	}
	add(c.T("Link in the ledger's chain"), d.Hash)
	add(c.T("Call id"), d.ID)
	return out
}
