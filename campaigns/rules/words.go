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
		return "the clock of this machine jumped, so nobody can say what time it is; set it right, and acknowledge it"
	}
	return fmt.Sprintf("the clock of this machine is %s off; at most %s is allowed", c.Offset.Abs().Round(time.Millisecond), MaxClockOffset)
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
