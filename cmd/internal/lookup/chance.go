package lookup

import (
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/odds"
	"github.com/forecall/forecall/campaigns/rules"
)

// forecast says how likely an answer is, now and in the hours to come.
func (x *Explained) forecast(c campaigns.Campaign, f rules.Facts, model *odds.Model, at time.Time) {
	x.Chance = model.Chance(facts(x.Contact, x.Phone, f.Zones, at))
	begin := at
	for range 24 {
		end := begin.Truncate(time.Hour).Add(time.Hour)
		answer, o := model.Answer(facts(x.Contact, x.Phone, f.Zones, begin))
		x.Hours = append(x.Hours, HourChance{
			At: begin, Local: hourThere(begin, f.Zones), Open: openWithin(c.Windows, f, begin, end), Answer: answer, Odds: o,
		})
		begin = end
	}
}

// openWithin tells whether a call may begin at some instant of an hour.
func openWithin(w rules.Week, f rules.Facts, begin, end time.Time) bool {
	if rules.OpenAt(w, f.Zones, begin, f.Margin) {
		return true
	}
	next, ok := rules.NextOpen(w, f.Zones, begin, f.Margin)
	return ok && next.Before(end)
}

// facts are what the odds are made of, as the hopper makes them.
func facts(p campaigns.Contact, phone int, zones []string, at time.Time) odds.Facts {
	f := odds.Facts{List: p.List, Tries: p.Tries, Last: string(p.Last), Phone: phone}
	if phone < len(p.Phones) {
		f.Region, f.Mobile = p.Phones[phone].Region, p.Phones[phone].Kind == "mobile"
	}
	if !p.TriedAt.IsZero() {
		f.SinceLast = at.Sub(p.TriedAt)
	}
	local := there(at, zones)
	if len(zones) > 0 {
		f.Zone = zones[0]
	}
	f.Weekday, f.Hour = local.Weekday(), local.Hour()
	return f
}

// there is a time in the first zone, or in UTC when none is known.
func there(t time.Time, zones []string) time.Time {
	if len(zones) > 0 {
		if loc, err := rules.Location(zones[0]); err == nil {
			return t.In(loc)
		}
	}
	return t.UTC()
}

func hourThere(t time.Time, zones []string) string { return there(t, zones).Format("Mon 15:04") }

// localTime writes a time as it is there, with the zone.
func localTime(t time.Time, zones []string) string {
	return there(t, zones).Format("Mon 2 Jan 15:04 MST")
}

// words writes an outcome for people.
func words(o campaigns.Outcome) string {
	if o == "" {
		return "nothing that is known"
	}
	return strings.ReplaceAll(string(o), "_", " ")
}

func standingOf(s campaigns.Status) string {
	if s == campaigns.Draft {
		return "a draft"
	}
	return string(s)
}

// summary is the answer in a sentence.
func (e *Explanation) summary(c campaigns.Campaign) string {
	for _, x := range e.Contacts {
		if x.Allowed {
			if c.Status == campaigns.Running {
				return "It may be called, and will be when its turn comes."
			}
			return "The rules allow it, but the campaign is " + standingOf(c.Status) + "."
		}
	}
	x := e.Contacts[0]
	switch v, refused := firstNo(x.Verdicts); {
	case e.DoNotCall:
		return "It is on the internal do-not-call list and is never called."
	case x.Contact.State == campaigns.ContactDone, x.Contact.State == campaigns.ContactLive:
		return x.State
	case !x.ListActive:
		return "Its list is switched off."
	case refused:
		return "A rule refuses it: " + v.Detail + "."
	case !x.Turn:
		return "It is another phone's turn."
	}
	return x.State
}
