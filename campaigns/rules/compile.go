package rules

import "time"

// compiled is a rule as a book holds it: what can be worked out before a
// campaign and a place are known.
type compiled struct {
	id    ID
	kind  kind
	stage stage
	// advisory: it is shown and refuses nobody.
	advisory bool
	rule     *Rule // nil for a base rule
	set      *Set
	lifts    []ask // what lifts it
	asks     []ask // of a consent rule
	count    counter
	cli      *cliRule
	window   *window // without holidays; with them it depends on the place
	max      int64
	period   Period
	grace    time.Duration
	maxAge   time.Duration
	dates    bool // the period counts dates
}

// compileBase makes the base rules; that of the country stands only where sets
// speak of countries.
func compileBase(countries bool) []compiled {
	all := []compiled{
		{id: Number, kind: kindNumber, stage: stageNumber},
		{id: Stopped, kind: kindStopped, stage: stageState},
		{id: Live, kind: kindLive, stage: stageNumber},
		{id: DNC, kind: kindDNC, stage: stageLists},
		{id: Zone, kind: kindZone, stage: stagePlace},
		{id: Known, kind: kindPlace, stage: stagePlace},
		{id: Hours, kind: kindWindow, stage: stageWindows},
		{id: Attempts, kind: kindAttempts, stage: stageCaps},
		{id: Cooldown, kind: kindCooldownNumber, stage: stageSilence},
		{id: Clock, kind: kindClock, stage: stageState},
	}
	out := all[:0]
	for _, c := range all {
		if c.kind != kindPlace || countries {
			out = append(out, c)
		}
	}
	return out
}

// stages are the kind and the stage of each type.
var stages = map[Type]struct {
	kind  kind
	stage stage
}{
	TypeList: {kindList, stageLists}, TypeConsent: {kindConsentRule, stageConsent}, TypeWindow: {kindWindow, stageWindows},
	TypeCap: {kindCap, stageCaps}, TypeCooldown: {kindSilence, stageSilence}, TypeGuard: {kindSilence, stageSilence}, TypeRate: {kindRate, stageRates},
	TypeRing: {kindFixed, stageSettings}, TypeConnect: {kindFixed, stageSettings}, TypeRecord: {kindFixed, stageSettings},
	TypeLineType: {kindFixed, stagePlace}, TypeZone: {kindFixed, stagePlace}, TypeCLI: {kindCLI, stageCLI},
	TypeExternal: {kindExternal, stageConsent}, TypeCustom: {kindCustom, stageSettings},
}

// compile works out a rule of a set.
func (b *Book) compile(s *Set, r *Rule) compiled {
	at := stages[r.Type]
	c := compiled{
		id: r.ID, kind: at.kind, stage: at.stage, advisory: !r.Status.Binds(), rule: r, set: s, lifts: asksOf(r.Unless),
		max: int64(r.Max), maxAge: r.MaxAge.Duration(), grace: r.Grace.Duration(),
	}
	switch r.Type {
	case TypeList:
		if r.List == internalList {
			c.kind = kindDNC
		}
	case TypeConsent:
		c.asks = asksOf(r.asks())
	case TypeWindow:
		c.window = newWindow(r.Weekly, nil, nil)
	case TypeCap:
		c.period, c.dates, c.count = r.Per, r.byDates(r.Per), r.counter(r.counted())
	case TypeCooldown, TypeGuard:
		c.period, c.dates, c.count = r.For, r.byDates(r.For), r.counter(r.After)
	case TypeRate:
		c.max = 0
	case TypeCLI:
		c.cli = b.cliRule(r)
	default:
	}
	return c
}

// internalList is the name of our own list in documents.
const internalList = "internal"
