package rules

import (
	"fmt"
	"strings"
	"time"
)

func (d *Decision) sayList(b *bound, r *result, v *Verdict) {
	name := b.rule.List
	if l := d.listed(b); r.why == reasonNotLoaded && l.Version != "" && l.SHA256 == [32]byte{} {
		v.Detail = fmt.Sprintf("version %s of the register is in force and is not on this node, so nobody may be called from here: it comes from the nodes that have it; else load the list anew", l.Version)
		return
	}
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
		v.Lifted = "grace of " + b.rule.Grace.String()
	default:
		v.Detail = fmt.Sprintf("not on the register %s, version %s, fetched on %s", name, l.Version, l.AccessedAt.UTC().Format(time.DateOnly))
	}
}

// listed is what the register of a rule says; the zero value when nobody was asked.
func (d *Decision) listed(b *bound) Listed {
	if b.index >= len(d.facts.Lists) {
		return Listed{}
	}
	return d.facts.Lists[b.index]
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
