package rules

import "time"

// Static fills d with the rules that time will not change soon: the number, our
// list and the registers, consents, the kind of line, what is known of the
// place, the right to the caller ID (when one is chosen) and the campaign's
// settings. An import counts by them who of a list is not dialable before
// anybody is called. What changes from hour to hour is left out of d: its
// Verdicts do not name it.
func (p *Plan) Static(f *Facts, now time.Time, d *Decision) {
	d.begin(p, f, now)
	for i := range p.rules {
		if b := &p.rules[i]; !b.static(f) {
			d.results[i] = result{state: skipped, zone: -1, ref: -1, grant: -1}
			continue
		}
		p.judge(&p.rules[i], f, d, &d.results[i])
		d.note(i)
	}
}

func (b *bound) static(f *Facts) bool {
	switch b.kind {
	case kindNumber, kindDNC, kindZone, kindPlace, kindList, kindConsentRule, kindFixed, kindExternal:
		return true
	case kindCLI:
		return f.CLI.Number != ""
	}
	return false
}

// Consented judges the consent rules alone at an instant, which may lie in the
// future: ok tells whether all of them are met, else by names the first that is
// not. With it the ledger foresees who loses a permission when.
func (p *Plan) Consented(f *Facts, at time.Time) (ok bool, by ID) {
	d, r := Decision{now: at}, result{}
	for i := range p.rules {
		if b := &p.rules[i]; b.kind == kindConsentRule {
			if p.judge(b, f, &d, &r); r.state == refuses {
				return false, b.id
			}
		}
	}
	return true, ""
}
