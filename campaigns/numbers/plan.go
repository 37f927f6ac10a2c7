package numbers

import (
	"fmt"
	"slices"

	"github.com/nyaruka/phonenumbers"
)

// plan is one region's numbering plan as machines, from the library's own
// metadata.
type plan struct {
	region  string
	calling int
	leading *machine // decides among regions that share a calling code; nil = by the kinds
	general desc
	kinds   []kindDesc // in the library's order of precedence
	fixed   desc
	mobile  desc
	same    bool // fixed and mobile have one pattern

	national *machine // what is stripped before a national number; nil = nothing
	rewrites bool     // the plan does more to national numbers than strip that
	exit     *machine // how one dials abroad from there
	zones    []string // of a region with one zone
}

type kindDesc struct {
	kind Kind
	desc
}

// desc is a pattern with the lengths that a number of it may have.
type desc struct {
	lengths uint32 // bit n: n digits; 0 = any that the pattern takes
	pattern *machine
}

func (d desc) match(digits []byte) bool {
	return d.pattern != nil && (d.lengths == 0 || d.lengths>>len(digits)&1 == 1) && d.pattern.whole(digits)
}

// length tells whether a number of the kind may have n digits.
func (d desc) length(n int) bool { return n < 32 && d.lengths>>n&1 == 1 }

// planOf compiles the metadata of one region.
func planOf(meta *phonenumbers.PhoneMetadata) (*plan, error) {
	c := compiler{}
	p := &plan{region: meta.GetId(), calling: int(meta.GetCountryCode()), same: meta.GetSameMobileAndFixedLinePattern()}
	p.general = c.desc(meta.GetGeneralDesc())
	p.fixed = c.desc(meta.GetFixedLine())
	p.mobile = c.desc(meta.GetMobile())
	for _, k := range []struct {
		kind Kind
		desc *phonenumbers.PhoneNumberDesc
	}{
		{PremiumRate, meta.GetPremiumRate()}, {TollFree, meta.GetTollFree()}, {Shared, meta.GetSharedCost()},
		{VoIP, meta.GetVoip()}, {Personal, meta.GetPersonalNumber()}, {Pager, meta.GetPager()},
		{Company, meta.GetUan()}, {Voicemail, meta.GetVoicemail()},
	} {
		if d := c.desc(k.desc); d.pattern != nil {
			p.kinds = append(p.kinds, kindDesc{k.kind, d})
		}
	}
	p.leading = c.machine(meta.GetLeadingDigits())
	p.national = c.machine(meta.GetNationalPrefixForParsing())
	p.rewrites = meta.GetNationalPrefixTransformRule() != ""
	p.exit = c.machine(meta.GetInternationalPrefix())
	if c.err != nil {
		return nil, fmt.Errorf("numbering plan of %s: %w", p.region, c.err)
	}
	return p, nil
}

// compiler compiles many patterns and keeps the first error.
type compiler struct{ err error }

func (c *compiler) machine(pattern string) *machine {
	if pattern == "" || c.err != nil {
		return nil
	}
	m, err := compile(pattern)
	c.err = err
	return m
}

func (c *compiler) desc(d *phonenumbers.PhoneNumberDesc) desc {
	if slices.Contains(d.GetPossibleLength(), -1) {
		return desc{} // the region has no numbers of the kind
	}
	out := desc{pattern: c.machine(d.GetNationalNumberPattern())}
	for _, n := range d.GetPossibleLength() {
		out.lengths |= 1 << n
	}
	return out
}

// kind tells what a national number is, in the order of the library's
// getNumberTypeHelper; empty = not valid in the region.
func (p *plan) kind(national []byte) Kind {
	if !p.general.match(national) {
		return ""
	}
	for _, k := range p.kinds {
		if k.match(national) {
			return k.kind
		}
	}
	if p.fixed.match(national) {
		if p.same || p.mobile.match(national) {
			return FixedOrMobile
		}
		return Fixed
	}
	if !p.same && p.mobile.match(national) {
		return Mobile
	}
	return ""
}

// viable tells whether the whole text is a number of the general pattern,
// lengths aside: the library's test before and after stripping a prefix.
func (p *plan) viable(national []byte) bool {
	return p.general.pattern != nil && p.general.pattern.whole(national)
}

// leads tells whether a national number belongs to the region by its first digits.
func (p *plan) leads(national []byte) bool {
	n, _ := p.leading.prefix(national)
	return n >= 0
}

// exits returns the length of the international prefix that the digits begin
// with, and in how many ways they do.
func (p *plan) exits(digits []byte) (n, matches int) {
	if p.exit == nil {
		return -1, 0
	}
	return p.exit.prefix(digits)
}
