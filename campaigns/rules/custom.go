package rules

import (
	"errors"
	"fmt"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
)

// Bounds of a custom expression, in what package expr counts.
const (
	maxExpr       = 2_000 // characters
	maxExprNodes  = 200
	maxExprMemory = 10_000
)

// custom is a compiled expression over the facts. It sees what Decide sees,
// reads nothing else and cannot loop, so it always ends. It runs in a small
// interpreter and allocates: rules of this type cost microseconds.
type custom struct {
	source  string
	program *vm.Program
}

// customEnv are the names of an expression with their types. Times are given as
// how long ago they are, in hours; what never was is very long ago.
func customEnv() types.Map {
	return types.Map{
		"country": types.String, "jurisdictions": types.TypeOf([]string{}), "regions": types.TypeOf([]string{}), "zones": types.TypeOf([]string{}),
		"zone_source": types.String, "line_type": types.String, "party": types.String, "seller": types.String, "purpose": types.String,
		"subject": types.String, "goods": types.String, "mode": types.String, "recording": types.String, "cli": types.String,
		"ai_voice": types.Bool, "prerecorded": types.Bool, "amd": types.Bool, "reserved": types.Bool, "manual": types.Bool, "agreed": types.Bool,
		"refused": types.Bool, "tries": types.Int, "calls_24h": types.Int, "calls_7d": types.Int, "calls_30d": types.Int,
		"answered_30d": types.Int, "abandoned_30d": types.Int, "hours_since_call": types.Float64, "hours_since_refusal": types.Float64,
		"consents": types.TypeOf([]string{}), "ring_seconds": types.Float64, "hold_seconds": types.Float64,
	}
}

func compileCustom(source string) (c *custom, err error) {
	defer func() {
		if p := recover(); p != nil { // the parser of a dependency, fed by hand
			c, err = nil, fmt.Errorf("it cannot be read: %v", p)
		}
	}()
	if len(source) == 0 || len(source) > maxExpr {
		return nil, fmt.Errorf("an expression has 1 to %d characters", maxExpr)
	}
	loops := &loopFinder{}
	program, err := expr.Compile(source, expr.Env(customEnv()), expr.AsBool(), expr.WarnOnAny(), expr.MaxNodes(maxExprNodes),
		expr.DisableAllBuiltins(), expr.EnableBuiltin("len"), expr.EnableBuiltin("lower"), expr.Patch(loops))
	if err != nil {
		return nil, explainExpr(err)
	}
	if loops.found {
		return nil, errors.New("it runs through a list; rules compare and do not loop")
	}
	return &custom{source: source, program: program}, nil
}

// explainExpr says in one sentence what is wrong, and at which character.
func explainExpr(err error) error {
	var at *file.Error
	if !errors.As(err, &at) {
		return err
	}
	return fmt.Errorf("%s (character %d); known are %s", at.Message, at.Column+1, joinKeys(customEnv()))
}

// loopFinder sees what could cost more than one pass.
type loopFinder struct{ found bool }

// Visit looks at one node of the tree.
func (l *loopFinder) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.PredicateNode:
		l.found = true
	case *ast.BinaryNode:
		l.found = l.found || n.Operator == ".." || n.Operator == "matches"
	}
}

// customReason runs the expression; one that fails at work refuses.
func (p *Plan) customReason(b *bound, f *Facts, now time.Time) reason {
	machine := vm.VM{MemoryBudget: maxExprMemory}
	out, err := machine.Run(b.rule.custom.program, p.customFacts(f, now))
	if err != nil {
		return reasonCustomError
	}
	holds, _ := out.(bool)
	return unless(holds, reasonCustom)
}

func (p *Plan) customFacts(f *Facts, now time.Time) map[string]any {
	t, at := &p.terms, &p.place
	sum := summarize(f.History, now)
	kinds := []string{}
	all := []ask{{kind: kindConsent, grant: true}, {kind: kindOutOfHours, grant: true}, {kind: kindContract, grant: true},
		{kind: kindPurchase, grant: true}, {kind: kindInquiry, grant: true}, {kind: kindInteraction, grant: true}}
	for i := range all {
		if _, _, ok := p.granted(all[i:i+1], f, now); ok {
			kinds = append(kinds, all[i].kind)
		}
	}
	return map[string]any{
		"country": at.Country, "jurisdictions": at.Jurisdictions, "regions": at.Regions, "zones": at.Zones,
		"zone_source": at.ZoneSource, "line_type": at.LineType, "party": t.party(), "seller": t.Seller, "purpose": t.Purpose,
		"subject": t.Subject, "goods": t.Goods, "mode": t.Mode, "recording": p.recording(), "cli": f.CLI.Number,
		"ai_voice": t.AIVoice, "prerecorded": t.Prerecorded, "amd": t.AMD, "reserved": f.Reserved, "manual": f.Manual, "agreed": f.Agreed,
		"refused": sum.refused < never, "tries": f.Tries, "calls_24h": sum.day, "calls_7d": sum.week, "calls_30d": sum.month,
		"answered_30d": sum.answered, "abandoned_30d": sum.abandoned, "hours_since_call": sum.last, "hours_since_refusal": sum.refused,
		"consents": kinds, "ring_seconds": t.RingTime.Seconds(), "hold_seconds": t.Hold.Seconds(),
	}
}

// never is how many hours ago what never happened was.
const never = 1e9

// pastSum is the history in numbers.
type pastSum struct {
	day, week, month, answered, abandoned int
	last, refused                         float64 // hours ago
}

func summarize(history []Past, now time.Time) pastSum {
	s := pastSum{last: never, refused: never}
	attempt, abandoned := event{class: classAttempt}, event{class: classAbandoned}
	for i := range history {
		h := &history[i]
		ago := now.Sub(h.At)
		if attempt.is(h) {
			s.last = min(s.last, ago.Hours())
			s.day += within(ago, 24*time.Hour)
			s.week += within(ago, 7*24*time.Hour)
			s.month += within(ago, 30*24*time.Hour)
		}
		if h.Refused {
			s.refused = min(s.refused, ago.Hours())
		}
		if h.Answered {
			s.answered += within(ago, 30*24*time.Hour)
		}
		if abandoned.is(h) {
			s.abandoned += within(ago, 30*24*time.Hour)
		}
	}
	return s
}

func within(ago, limit time.Duration) int {
	if ago < limit {
		return 1
	}
	return 0
}
