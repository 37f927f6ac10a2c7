package rules

import (
	"fmt"
	"strings"
	"time"
)

// Verdicts says in words what every rule says, in the order of the plan.
func (d *Decision) Verdicts() []Verdict {
	out := make([]Verdict, 0, len(d.results))
	for i := range d.results {
		if d.results[i].state != skipped {
			out = append(out, d.verdict(i))
		}
	}
	return out
}

// Primary is the verdict of the first refusing rule by stage; ok is false when
// none refuses.
func (d *Decision) Primary() (v Verdict, ok bool) {
	if d.Allowed() {
		return Verdict{}, false
	}
	return d.verdict(d.primary), true
}

// PrimaryRule names the first refusing rule by stage; empty = none refuses. It
// allocates nothing: counts are kept by it.
func (d *Decision) PrimaryRule() ID {
	if d.Allowed() {
		return ""
	}
	return d.plan.rules[d.primary].id
}

// Refusal is the decision as an error; nil = allowed.
func (d *Decision) Refusal() *Refusal {
	primary, refused := d.Primary()
	if !refused {
		return nil
	}
	return &Refusal{Primary: primary, Verdicts: d.Verdicts()}
}

func (d *Decision) verdict(i int) Verdict {
	b, r := &d.plan.rules[i], &d.results[i]
	v := Verdict{Rule: b.id, Type: TypeBase, OK: r.state != refuses && r.state != advises, Reason: reasonWords[r.why], Used: r.used, Max: b.max}
	if b.rule != nil {
		v.Type, v.Cite, v.Label, v.Status, v.Set = b.rule.Type, b.rule.Cite, b.rule.Label, b.rule.Status, b.set.Name()
	}
	if r.state == advises {
		v.OK, v.Advisory = true, true
	}
	v.Next = d.nextOf(i)
	d.say(b, r, &v)
	if r.state == lifted {
		v.Lifted = d.liftedBy(b, r, &v)
		v.Detail += "; lifted: " + v.Lifted
	}
	return v
}

// say writes what is wrong, or what was looked at.
func (d *Decision) say(b *bound, r *result, v *Verdict) {
	f, p := d.facts, d.plan
	switch b.kind {
	case kindWindow:
		d.sayWindow(b, r, v)
	case kindList:
		d.sayList(b, r, v)
	case kindConsentRule:
		d.sayConsent(b, r, v)
	case kindCap:
		v.Need = fmt.Sprintf("at most %d %s in %s", b.max, b.counted(), b.periodWords())
		v.Detail = fmt.Sprintf("%d of %d %s in %s used", r.used, b.max, b.counted(), b.periodWords())
	case kindSilence:
		d.saySilence(b, r, v)
	case kindFixed:
		d.sayFixed(b, v)
	case kindCLI:
		d.sayCLI(b, r, v)
	case kindRate:
		d.sayRate(b, r, v)
	case kindExternal:
		d.sayExternal(b, r, v)
	case kindCustom:
		v.Need = b.rule.Expr
		v.Detail = d.customWords(r)
	case kindNumber:
		v.Detail = numberWords(f, r)
	case kindStopped:
		v.Detail = either(r, "nothing is stopped", strings.Join(f.Stops, "; "))
	case kindLive:
		v.Detail = either(r, "in no other call", "the number is in a call that has not ended")
	case kindDNC:
		v.Detail = either(r, "not on the internal do-not-call list", "the number is on the internal do-not-call list")
	case kindZone:
		v.Detail = p.zoneWords()
	case kindPlace:
		v.Detail = p.placeWords()
	case kindAttempts:
		v.Max = int64(p.terms.MaxTries)
		v.Detail = fmt.Sprintf("%d of %d tries used", f.Tries, p.terms.MaxTries)
	case kindCooldownNumber:
		v.Detail = "never tried"
		if !f.LastTry.IsZero() {
			v.Detail = fmt.Sprintf("last tried %s ago, cool-down %s", d.now.Sub(f.LastTry).Round(time.Second), p.terms.Cooldown)
		}
	case kindClock:
		v.Detail = clockWords(f.Clock, r)
	}
}

// either chooses the words for a rule that is met, or not.
func either(r *result, met, not string) string {
	if r.why == reasonNone {
		return met
	}
	return not
}

func numberWords(f *Facts, r *result) string {
	switch {
	case r.why == reasonNone:
		return "E.164"
	case f.masked != maskNone:
		return ErrNumber.Error()
	}
	return Dialable(f.Number).Error()
}

func (p *Plan) zoneWords() string {
	switch {
	case p.unknown != "":
		_, err := zoneOf(p.unknown)
		return err.Error()
	case len(p.zones) == 0:
		return "no time zone is known for the number; give the contact a zone"
	}
	text := strings.Join(p.place.Zones, ", ")
	if p.place.ZoneSource != "" {
		text += " (by " + strings.ReplaceAll(p.place.ZoneSource, "_", " ") + ")"
	}
	return text
}

func (p *Plan) placeWords() string {
	if p.place.Country == "" && len(p.place.Jurisdictions) == 0 {
		return "the country of the number is not known, so no one can say which law binds; give the contact a country"
	}
	bind := p.place.Jurisdictions
	if len(bind) == 0 {
		bind = []string{p.place.Country}
	}
	return strings.Join(bind, ", ")
}

func clockWords(c ClockState, r *result) string {
	switch {
	case r.why == reasonNone:
		return "it can be trusted"
	case c.Jumped:
		return "the clock of this machine jumped, so nobody can say what time it is; set it right and start again"
	}
	return fmt.Sprintf("the clock of this machine is %s off; at most %s is allowed", c.Offset.Abs().Round(time.Millisecond), MaxClockOffset)
}

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

func (d *Decision) sayList(b *bound, r *result, v *Verdict) {
	name := b.rule.List
	if r.why == reasonNotLoaded {
		v.Detail = fmt.Sprintf("the register %s is not loaded, so nobody may be called: load it", name)
		return
	}
	l := &d.facts.Lists[b.index]
	age := d.now.Sub(l.AccessedAt)
	v.Version, v.AgeDays = l.Version, int64(age/(24*time.Hour))
	if b.maxAge > 0 {
		v.Need = "fetched within " + b.rule.MaxAge.String()
	}
	switch {
	case r.why == reasonStale:
		v.Detail = fmt.Sprintf("the register %s, version %s, was fetched %d days ago, the rule allows %s: load a newer one", name, l.Version, v.AgeDays, b.rule.MaxAge)
	case r.why == reasonListed:
		v.Detail = fmt.Sprintf("the number is on the register %s, version %s", name, l.Version)
	case l.Listed:
		end := l.RegisteredAt.Add(b.grace)
		v.Detail = fmt.Sprintf("registered in %s on %s; may be called until %s", name, l.RegisteredAt.UTC().Format(time.DateOnly), stamp(end))
	default:
		v.Detail = fmt.Sprintf("not on the register %s, version %s, fetched on %s", name, l.Version, l.AccessedAt.UTC().Format(time.DateOnly))
	}
}

func (d *Decision) sayConsent(b *bound, r *result, v *Verdict) {
	v.Need = b.rule.asks().String()
	switch {
	case r.why != reasonNone:
		v.Detail = "no " + v.Need + " is on record" + d.lapsed()
	case r.grant >= 0:
		g := &d.facts.Consents[r.grant]
		v.Grant, v.Detail = g.ID, grantWords(g)
	default:
		v.Detail = kindText(b.asks[r.lift].kind)
	}
}

// lapsed says what is there and does not do: the newest grant.
func (d *Decision) lapsed() string {
	var newest *Grant
	for i := range d.facts.Consents {
		if g := &d.facts.Consents[i]; newest == nil || g.At.After(newest.At) {
			newest = g
		}
	}
	switch {
	case newest == nil:
		return ""
	case !newest.Revoked.IsZero() && !newest.Revoked.After(d.now):
		return fmt.Sprintf("; the last, %s, was revoked on %s", grantWords(newest), newest.Revoked.UTC().Format(time.DateOnly))
	}
	return "; the last is " + grantWords(newest)
}

func grantWords(g *Grant) string {
	text := kindText(g.Kind)
	if g.Level != "" {
		text += " (" + strings.ReplaceAll(g.Level, "_", " ") + ")"
	}
	text += " of " + g.At.UTC().Format(time.DateOnly)
	if !g.RenewedAt.IsZero() {
		text += ", renewed " + g.RenewedAt.UTC().Format(time.DateOnly)
	}
	if g.Seller != "" {
		text += " for " + g.Seller
	}
	return text
}

func (d *Decision) saySilence(b *bound, r *result, v *Verdict) {
	what := strings.ReplaceAll(strings.Join(b.rule.After, " or "), "disposition.", "")
	v.Need = fmt.Sprintf("%s of silence after %s", b.period, what)
	if r.ref < 0 {
		v.Detail = "no such call: " + what
		return
	}
	h := &d.facts.History[r.ref]
	v.Detail = fmt.Sprintf("a call of %s ended as %s; %s of silence follow", stamp(h.At), pastWords(h), b.period)
}

func pastWords(h *Past) string {
	switch {
	case h.Refused:
		return "refused by the person"
	case h.Outcome == "":
		return "not known yet"
	}
	switch h.Outcome {
	case "abandoned_msg":
		return "abandoned with a message"
	case "abandoned_silent":
		return "abandoned in silence"
	case "late_connected":
		return "connected too late"
	}
	return strings.ReplaceAll(h.Outcome, "_", " ")
}

func (b *bound) counted() string {
	if b.rule.Count == "" {
		return "attempts"
	}
	return b.rule.Count
}

func (b *bound) periodWords() string {
	if b.dates {
		return fmt.Sprintf("%d calendar days", max(1, b.datePeriod().Days))
	}
	return b.period.String()
}

// stamp is an instant for people, with its zone.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }

// liftedBy names what lifts a rule for this call.
func (d *Decision) liftedBy(b *bound, r *result, v *Verdict) string {
	need := b.rule.Unless[b.lifts[r.lift].need]
	if r.grant < 0 {
		return need.String()
	}
	g := &d.facts.Consents[r.grant]
	v.Grant = g.ID
	return grantWords(g)
}
