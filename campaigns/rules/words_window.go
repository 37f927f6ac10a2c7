package rules

import (
	"fmt"
	"strings"
	"time"
)

func (d *Decision) sayWindow(b *bound, r *result, v *Verdict) {
	if r.why == reasonNone {
		v.Detail = d.openWords()
		return
	}
	if r.zone < 0 {
		v.Detail = "no time zone is known"
		return
	}
	z := d.plan.zones[r.zone]
	local := d.now.In(z.loc)
	v.Zone, v.Local = z.name, local.Format(time.RFC3339)
	v.Need = b.hoursOn(z.date(d.now.Add(b.margin).Unix()))
	switch clock := local.Format("Mon 15:04"); r.why {
	case reasonHoliday, reasonNoHolidays:
		v.Detail = b.holidayWords(z, d.now, clock)
	case reasonMargin:
		v.Detail = fmt.Sprintf("it is %s in %s, and the calling window (%s) ends within %s, while the call may still ring", clock, z.name, v.Need, b.margin)
	default:
		v.Detail = fmt.Sprintf("it is %s in %s, outside the calling window (%s)", clock, z.name, v.Need)
	}
}

// openWords names the local times at which the window is open.
func (d *Decision) openWords() string {
	texts := make([]string, len(d.plan.zones))
	for i, z := range d.plan.zones {
		texts[i] = d.now.In(z.loc).Format("Mon 15:04") + " in " + z.name
	}
	return strings.Join(texts, ", ")
}

// hoursOn are the hours of a date: Mon 08:00-21:00, or Sun closed.
func (b *bound) hoursOn(on day) string {
	hours := b.window.on(on)
	text := on.weekday().String()[:3] + " " + spansText(hours)
	if len(hours) == 0 {
		text += "closed"
	}
	if w := b.window; w.narrow && w.off.has(on+1) {
		text += ", the day before " + w.off.names[on+1]
	}
	return text
}

func (b *bound) holidayWords(z *zone, now time.Time, clock string) string {
	on := z.date(now.Unix())
	if off := b.window.off; off.covers(on) && !off.has(on) {
		on = z.date(now.Add(b.margin).Unix())
	}
	if !b.window.off.covers(on) {
		return fmt.Sprintf("no public holidays are known for %s, so nobody can say whether calls are allowed: add the year to the holiday data", on)
	}
	return fmt.Sprintf("it is %s in %s, and %s is a public holiday there: %s", clock, z.name, on, b.window.off.names[on])
}
