package numbers

import (
	"fmt"
	"strconv"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// Parser reads many numbers: the numbering plans of the regions it meets are
// compiled once and kept. It is safe for use by many goroutines.
type Parser struct {
	policy Policy
	meta   map[string]*phonenumbers.PhoneMetadata
	codes  sync.Map // calling code (int) -> func() *code
}

// code is what shares a country calling code: its regions in the library's
// order, the main one first.
type code struct {
	plans []*plan
}

// NewParser reads the library's metadata; the error says that it is broken.
func NewParser(policy Policy) (*Parser, error) {
	collection, err := phonenumbers.MetadataCollection()
	if err != nil {
		return nil, fmt.Errorf("read the numbering plans: %w", err)
	}
	p := &Parser{policy: policy, meta: make(map[string]*phonenumbers.PhoneMetadata, 256)}
	for _, m := range collection.GetMetadata() {
		if m.GetId() != phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
			p.meta[m.GetId()] = m
		}
	}
	return p, nil
}

// Parse reads a number as Policy.Parse does, faster.
func (p *Parser) Parse(text, defaultRegion string) (Number, error) {
	var buf [maxDigits + 1]byte
	digits, plus, refusal := clean(text, buf[:0])
	if refusal != nil {
		return Number{}, refusal
	}
	r, zones, ok := p.read(text, digits, plus, defaultRegion)
	if !ok {
		return p.policy.finish(digits, plus, defaultRegion)
	}
	if refusal := p.policy.admit(r.region, r.kind, r.calling, defaultRegion); refusal != nil {
		return Number{}, refusal
	}
	if zones == nil {
		zones = zonesOf(r)
	}
	return Number{E164: r.e164, Region: r.region, Kind: r.kind, Zones: zones}, nil
}

// read answers ordinary valid numbers from the tables; ok false leaves the
// number to the library, whatever is the matter with it.
func (p *Parser) read(text string, digits []byte, plus bool, defaultRegion string) (r reading, zones []string, ok bool) {
	if len(digits) <= longestShort+1 {
		return reading{}, nil, false // may be a service
	}
	if _, known := p.meta[defaultRegion]; !known && defaultRegion != "" {
		return reading{}, nil, false
	}
	national := digits
	var home *plan
	if !plus {
		if home = p.home(defaultRegion); home == nil {
			return reading{}, nil, false
		}
		if national, plus, ok = home.dialed(digits); !ok {
			return reading{}, nil, false
		}
	}
	var c *code
	if plus { // the calling code decides, and its main region strips
		var n int
		if c, n = p.split(national); c == nil {
			return reading{}, nil, false
		}
		national, home = national[n:], c.plans[0]
	} else if c = p.code(home.calling); c == nil {
		return reading{}, nil, false
	}
	if national, ok = home.strip(national); !ok || len(national) < 2 || len(national) > 17 {
		return reading{}, nil, false
	}
	return c.judge(text, national)
}

// judge finds the region of a national number among those of the code.
func (c *code) judge(text string, national []byte) (reading, []string, bool) {
	for _, plan := range c.plans {
		var kind Kind
		switch {
		case len(c.plans) == 1 || plan.leading == nil:
			kind = plan.kind(national)
		case plan.leads(national):
			if kind = plan.kind(national); kind == "" {
				return reading{}, nil, false // the region is decided, the number is not valid in it
			}
		}
		if kind == "" {
			continue
		}
		r := reading{e164: e164(text, plan.calling, national), region: plan.region, calling: plan.calling, kind: kind}
		if len(r.e164) < 8 || len(r.e164) > 16 {
			return reading{}, nil, false
		}
		zones := plan.zones
		if kind == TollFree {
			zones = nil
		}
		return r, zones, true
	}
	return reading{}, nil, false
}

// e164 writes the number, or returns the text itself when it is written so
// already, which saves the copy.
func e164(text string, calling int, national []byte) string {
	var buf [1 + 3 + maxDigits]byte
	out := append(strconv.AppendInt(append(buf[:0], '+'), int64(calling), 10), national...)
	if text == string(out) {
		return text
	}
	return string(out)
}

// home is the plan of a region.
func (p *Parser) home(region string) *plan {
	meta, ok := p.meta[region]
	if !ok {
		return nil
	}
	c := p.code(int(meta.GetCountryCode()))
	if c == nil {
		return nil
	}
	for _, plan := range c.plans {
		if plan.region == region {
			return plan
		}
	}
	return nil
}

// split finds the calling code that the digits begin with and its length.
func (p *Parser) split(digits []byte) (*code, int) {
	calling := 0
	for n := 1; n <= 3 && n <= len(digits); n++ {
		calling = calling*10 + int(digits[n-1]-'0')
		if calling == 0 {
			return nil, 0
		}
		if c := p.code(calling); c != nil {
			return c, n
		}
	}
	return nil, 0
}

// code returns the regions of a calling code, compiled at the first call; nil
// where there is none, or where a pattern does not compile and the library
// has to answer.
func (p *Parser) code(calling int) *code {
	build, ok := p.codes.Load(calling)
	if !ok {
		build, _ = p.codes.LoadOrStore(calling, sync.OnceValue(func() *code { return p.compile(calling) }))
	}
	return build.(func() *code)()
}

func (p *Parser) compile(calling int) *code {
	c := &code{}
	for _, region := range phonenumbers.GetRegionCodesForCountryCode(calling) {
		meta, ok := p.meta[region]
		if !ok {
			return nil
		}
		plan, err := planOf(meta)
		if err != nil {
			return nil
		}
		plan.zones = oneZone[region]
		c.plans = append(c.plans, plan)
	}
	if len(c.plans) == 0 {
		return nil
	}
	return c
}

// dialed reads a number as it would be dialed at home: with the exit code, it
// is international; with the own country code and no plus sign, too.
func (p *plan) dialed(digits []byte) (rest []byte, international, ok bool) {
	if n, matches := p.exits(digits); matches > 0 {
		if matches > 1 || len(digits) <= n+3 || digits[n] == '0' {
			return nil, false, false
		}
		return digits[n:], true, true
	}
	own := strconv.Itoa(p.calling)
	if len(digits) <= len(own) || string(digits[:len(own)]) != own {
		return digits, false, true
	}
	if p.viable(digits) && p.general.length(len(digits)) {
		return digits, false, true
	}
	rest, ok = p.strip(digits[len(own):])
	if !ok || p.viable(digits) || !p.viable(rest) || len(rest) != len(digits)-len(own) {
		return nil, false, false
	}
	return digits, true, true
}

// strip takes the national prefix off, as the library does: not when that
// turns a viable number into none. ok false: the library has to answer.
func (p *plan) strip(national []byte) (rest []byte, ok bool) {
	if p.national == nil {
		return national, true
	}
	n, matches := p.national.prefix(national)
	if n <= 0 {
		return national, true
	}
	if p.rewrites || matches > 1 {
		return nil, false
	}
	rest = national[n:]
	if p.viable(national) && !p.viable(rest) {
		return national, true
	}
	return rest, p.general.length(len(rest))
}
