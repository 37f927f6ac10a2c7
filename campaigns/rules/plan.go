package rules

import (
	"slices"
	"strings"
	"time"
)

// Plan is which rules apply to calls of one campaign to one kind of place, with
// all that can be worked out before a number is known. It does not change.
type Plan struct {
	book  *Book
	terms Terms
	place Place

	zones   []*zone
	unknown string // the name of a zone that is not known; then zones is empty
	rules   []bound
	lists   []string // registers, in the order in which Facts.Lists answers
	rates   []RateRule
	connect []Connect
	checks  []string
	horizon time.Duration
}

// kind is what a bound rule does: one of the base rules, or a type.
type kind uint8

const (
	kindNumber kind = iota
	kindStopped
	kindLive
	kindDNC
	kindZone
	kindPlace
	kindAttempts
	kindCooldownNumber
	kindClock
	kindWindow // the campaign's hours as well
	kindList
	kindConsentRule
	kindCap
	kindSilence // cooldown and guard
	kindRate
	kindFixed // settled by terms and place: ring, connect, record, line_type, zone
	kindCLI
	kindExternal
	kindCustom
)

// stage is the place of a rule in the order of reasons (compliance notes,
// section 6): the first that fails is the primary one.
type stage uint8

const (
	stageState stage = iota
	stageNumber
	stagePlace
	stageLists
	stageConsent
	stageSilence
	stageCaps
	stageWindows
	stageCLI
	stageRates
	stageSettings
)

// bound is a rule as it applies within a plan.
type bound struct {
	*compiled
	window *window // hours and windows
	margin time.Duration
	ahead  int64  // margin in whole seconds, rounded up
	index  int    // of the register or rate
	reason reason // of a settled rule: passes, or why not
}

// Lists are the registers that are asked about a number, in the order in which
// Facts.Lists has to answer.
func (p *Plan) Lists() []string { return p.lists }

// Rates are the rate rules that apply, in the order in which Facts.Rates has to
// answer.
func (p *Plan) Rates() []RateRule { return p.rates }

// Connects are the connect rules that apply: the strictest Within binds.
func (p *Plan) Connects() []Connect { return p.connect }

// Checks are the external checks that rules ask for.
func (p *Plan) Checks() []string { return p.checks }

// Horizon is how far back Facts.History must reach; 0 = no rule looks back.
func (p *Plan) Horizon() time.Duration { return p.horizon }

// Terms are those of the campaign that the plan is for.
func (p *Plan) Terms() Terms { return p.terms.clone() }

// Place is the place that the plan is for.
func (p *Plan) Place() Place { return p.place.clone() }

// Book is what was in force.
func (p *Plan) Book() *Book { return p.book }

// AsksConsent tells whether any rule looks at consents or relations.
func (p *Plan) AsksConsent() bool {
	return slices.ContainsFunc(p.rules, func(r bound) bool {
		return len(r.asks) > 0 || slices.ContainsFunc(r.lifts, func(a ask) bool { return a.grant })
	})
}

// Rules lists the rules of sets that apply, without the base rules.
func (p *Plan) Rules() []*Rule {
	var out []*Rule
	for i := range p.rules {
		if r := p.rules[i].rule; r != nil {
			out = append(out, r)
		}
	}
	return out
}

func newPlan(b *Book, t Terms, at Place) *Plan {
	p := &Plan{book: b, terms: t, place: at}
	p.findZones()
	for i := range b.base {
		p.bind(&b.base[i])
	}
	base := len(p.rules)
	for i, s := range b.sets {
		if !s.Applies.meets(&t, &at) {
			continue
		}
		for j := range b.rules[i] {
			if c := &b.rules[i][j]; c.rule.When.holds(&t, &at) {
				p.bind(c)
			}
		}
	}
	slices.SortStableFunc(p.rules[base:], func(x, y bound) int { return int(x.stage) - int(y.stage) })
	p.rules = slices.Clip(p.rules)
	return p
}

func (p *Plan) findZones() {
	for _, name := range p.place.Zones {
		z, err := zoneOf(name)
		if err != nil {
			p.zones, p.unknown = nil, name
			return
		}
		p.zones = append(p.zones, z)
	}
}

// meets tells whether a set applies to a call. What is not known of the call
// does not take it out of a set's reach.
func (s *Scope) meets(t *Terms, p *Place) bool {
	return (len(s.Countries) == 0 || p.in(s.Countries)) && (len(s.Regions) == 0 || p.in(s.Regions)) &&
		(len(s.Purposes) == 0 || t.Purpose == "" || slices.Contains(s.Purposes, t.Purpose)) &&
		(len(s.Parties) == 0 || slices.Contains(s.Parties, t.party()))
}

// in tells whether the place lies in one of the countries or regions.
func (p *Place) in(codes []string) bool {
	return slices.ContainsFunc(codes, func(code string) bool {
		if code == p.Country || slices.Contains(p.Jurisdictions, code) {
			return true
		}
		inside := code + "-"
		return slices.ContainsFunc(p.Jurisdictions, func(j string) bool { return strings.HasPrefix(j, inside) })
	})
}

func (t *Terms) party() string {
	if t.Party == "" {
		return partyConsumer
	}
	return t.Party
}

const (
	partyConsumer = "consumer"
	partyBusiness = "business"
)

// holds tells whether a rule's condition meets a call.
func (w *When) holds(t *Terms, p *Place) bool {
	flag := func(name string) bool { return t.flag(name) }
	return (len(w.Countries) == 0 || p.in(w.Countries)) && (len(w.States) == 0 || slices.ContainsFunc(w.States, p.inState)) &&
		(len(w.Any) == 0 || slices.ContainsFunc(w.Any, flag)) && !slices.ContainsFunc(w.Not, flag) &&
		!slices.ContainsFunc(w.All, func(name string) bool { return !flag(name) }) &&
		(len(w.Purposes) == 0 || t.Purpose == "" || w.Purposes.has(t.Purpose)) && (len(w.Goods) == 0 || t.sells(w.Goods)) &&
		(len(w.Lines) == 0 || p.LineType == "" || w.Lines.has(p.LineType)) && (len(w.Parties) == 0 || w.Parties.has(t.party()))
}

// inState reads FL as the state of any country of the place, and US-FL as it is.
func (p *Place) inState(state string) bool {
	if strings.Contains(state, "-") {
		return slices.Contains(p.Jurisdictions, state)
	}
	return slices.ContainsFunc(p.Jurisdictions, func(j string) bool {
		_, own, ok := strings.Cut(j, "-")
		return ok && own == state
	})
}

// flags of a call that a condition may ask for.
var flagNames = words{"ai_voice", "prerecorded", "amd", "recorded", "automated", "preview", "progressive", "predictive", "message"}

func (t *Terms) flag(name string) bool {
	switch name {
	case "ai_voice":
		return t.AIVoice
	case "prerecorded":
		return t.Prerecorded
	case "automated":
		return t.AIVoice || t.Prerecorded
	case "amd":
		return t.AMD
	case "message":
		return t.Message
	case "recorded":
		return t.Recording != "" && t.Recording != "off"
	}
	return t.Mode == name
}

// sells tells whether one of the words stands in what the campaign is about. A
// campaign that does not say is met by every such rule.
func (t *Terms) sells(goods []string) bool {
	text := strings.ToLower(t.Goods + " " + t.Subject)
	return strings.TrimSpace(text) == "" || slices.ContainsFunc(goods, func(word string) bool { return strings.Contains(text, strings.ToLower(word)) })
}
