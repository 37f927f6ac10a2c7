package script

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	exprfile "github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
)

// Bounds of a condition at work, in what package expr counts.
const (
	maxNodes  = 200
	maxMemory = 10_000
)

// condition is a compiled expression over answers and fields.
type condition struct {
	program *vm.Program
	columns []string // of the list, that it names
	asks    []string // questions that it names
	wrong   []string // comparisons that can never hold, as sentences
	always  *bool    // what it is whatever the answers are
}

// names that conditions see beside the fields of every script.
const (
	nameAnswers  = "answers"
	nameAnswered = "answered"
	nameFields   = "fields"
	nameHour     = "hour"
	nameWeekday  = "weekday"
	nameToday    = "today"
)

// typesOf are the names of a script with their types.
func (s *Script) typesOf() types.Map {
	answers, answered := types.Map{}, types.Map{}
	for id, q := range s.questions {
		answers[id], answered[id] = typeOf(q.Kind), types.Bool
	}
	env := types.Map{
		nameAnswers: answers, nameAnswered: answered, nameFields: types.TypeOf(map[string]string{}),
		nameHour: types.Int, nameWeekday: types.String, nameToday: types.String,
	}
	for _, name := range builtins {
		env[name] = types.String
	}
	return env
}

func typeOf(k Kind) types.Type {
	switch k {
	case Number, Scale:
		return types.Float64
	case Multiple:
		return types.TypeOf([]string{})
	case Single, Date, FreeText:
	}
	return types.String
}

// compiler compiles the conditions of one script.
type compiler struct {
	script  *Script
	options []expr.Option
}

func newCompiler(s *Script) *compiler {
	options := []expr.Option{
		expr.Env(s.typesOf()), expr.AsBool(), expr.WarnOnAny(), expr.MaxNodes(maxNodes), expr.DisableAllBuiltins(),
		expr.EnableBuiltin("len"), expr.EnableBuiltin("lower"), expr.EnableBuiltin("upper"), expr.EnableBuiltin("trim"),
		expr.Function("num", func(in ...any) (any, error) { return number(in[0]), nil }, func(string) float64 { return 0 }),
	}
	return &compiler{script: s, options: options}
}

// number reads a text as a number; what is none is NaN, which no comparison holds for.
func number(v any) float64 {
	text, ok := v.(string)
	if !ok {
		return math.NaN()
	}
	text = strings.TrimSpace(text)
	if strings.Count(text, ",") == 1 && !strings.Contains(text, ".") {
		text = strings.Replace(text, ",", ".", 1)
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(n, 0) {
		return math.NaN()
	}
	return n
}

// compile reads a condition; the error says what is wrong with it and at which
// character.
func (c *compiler) compile(source string) (cond *condition, err error) {
	defer func() {
		if p := recover(); p != nil { // the parser of a dependency, fed by hand
			cond, err = nil, fmt.Errorf("it cannot be read: %v", p)
		}
	}()
	if len(source) > maxCondition {
		return nil, fmt.Errorf("it is longer than %d characters", maxCondition)
	}
	program, err := expr.Compile(source, c.options...)
	if err != nil {
		return nil, c.explain(err)
	}
	cond = &condition{program: program}
	tree, err := parser.Parse(source)
	if err != nil {
		return nil, c.explain(err)
	}
	f := &facts{script: c.script, into: cond}
	ast.Walk(&tree.Node, f)
	if f.loops {
		return nil, errors.New("it runs through a list; conditions compare and do not loop")
	}
	if !f.depends {
		always := cond.holds(map[string]any{})
		cond.always = &always
	}
	return cond, nil
}

// explain turns an error of package expr into a sentence.
func (c *compiler) explain(err error) error {
	var at *exprfile.Error
	if !errors.As(err, &at) {
		return err
	}
	text := strings.TrimSpace(at.Message)
	for _, known := range []string{"unknown name ", "unknown field "} {
		if name, ok := strings.CutPrefix(text, known); ok {
			text = fmt.Sprintf("there is no %s", strings.TrimSpace(name))
			if near := like(firstWord(name), c.names()); near != "" {
				text += "; perhaps " + near
			}
		}
	}
	return fmt.Errorf("%s (character %d)", text, at.Column+1)
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return word
}

// names are the words that a condition may begin with or ask for.
func (c *compiler) names() []string {
	out := append(Builtins(), nameAnswers, nameAnswered, nameFields, nameHour, nameWeekday, nameToday)
	for _, q := range c.script.order {
		out = append(out, q.ID)
	}
	return out
}

// facts collects what a condition is about.
type facts struct {
	script *Script
	into   *condition
	loops  bool // all(...), 1..9: what could cost more than one pass
	// depends tells that something of the call is asked for.
	depends bool
}

// Visit looks at one node of the tree.
func (f *facts) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.MemberNode:
		of, name, ok := member(n)
		switch {
		case !ok:
		case of == nameFields && !slices.Contains(f.into.columns, name):
			f.into.columns = append(f.into.columns, name)
		case (of == nameAnswers || of == nameAnswered) && !slices.Contains(f.into.asks, name):
			f.into.asks = append(f.into.asks, name)
		}
	case *ast.IdentifierNode:
		f.depends = true
	case *ast.PredicateNode:
		f.loops = true
	case *ast.BinaryNode:
		f.loops = f.loops || n.Operator == ".."
		f.compared(n)
	}
}

// member reads answers.x and fields["x"].
func member(n ast.Node) (of, name string, ok bool) {
	m, isMember := n.(*ast.MemberNode)
	if !isMember {
		return "", "", false
	}
	base, isName := m.Node.(*ast.IdentifierNode)
	property, isText := m.Property.(*ast.StringNode)
	if !isName || !isText {
		return "", "", false
	}
	return base.Value, property.Value, true
}

// compared finds words that a question does not offer: answers.q == "yse".
func (f *facts) compared(n *ast.BinaryNode) {
	switch n.Operator {
	case "==", "!=":
		f.offers(n.Left, n.Right)
		f.offers(n.Right, n.Left)
	case "in", "not in":
		f.offers(n.Right, n.Left) // "a" in answers.many
		if list, ok := n.Right.(*ast.ArrayNode); ok {
			for _, item := range list.Nodes {
				f.offers(n.Left, item)
			}
		}
	}
}

func (f *facts) offers(asked, word ast.Node) {
	of, name, ok := member(asked)
	text, isText := word.(*ast.StringNode)
	if !ok || of != nameAnswers || !isText {
		return
	}
	q := f.script.questions[name]
	if q == nil || len(q.Options) == 0 || text.Value == "" || slices.ContainsFunc(q.Options, func(o Option) bool { return o.ID == text.Value }) {
		return
	}
	f.into.wrong = append(f.into.wrong, fmt.Sprintf("question %s has no option %q; right would be %s", name, text.Value, nearest(text.Value, optionIDs(q))))
}

func optionIDs(q *Question) []string {
	out := make([]string, len(q.Options))
	for i, o := range q.Options {
		out[i] = o.ID
	}
	return out
}

// holds works a condition out; what cannot be worked out does not hold.
func (c *condition) holds(env map[string]any) bool {
	machine := vm.VM{MemoryBudget: maxMemory}
	out, err := machine.Run(c.program, env)
	if err != nil {
		return false
	}
	yes, _ := out.(bool)
	return yes
}

// env is what conditions see of a walk: the answers on its way, and no others.
func (s *Script) env(w Walk, v Values) map[string]any {
	answers, answered := map[string]any{}, map[string]any{}
	onWay := s.given(w)
	for id, q := range s.questions {
		given, ok := onWay[id]
		answers[id], answered[id] = worth(q.Kind, given), ok
	}
	day := v.day()
	env := map[string]any{
		nameAnswers: answers, nameAnswered: answered, nameFields: s.columns(v),
		nameHour: v.hour(), nameWeekday: strings.ToLower(day.Weekday().String()), nameToday: day.Format(time.DateOnly),
	}
	for _, name := range builtins {
		env[name] = v.Value(name, s.Language(v.Language))
	}
	return env
}

// columns are the columns that conditions may name, by the names they give them.
func (s *Script) columns(v Values) map[string]string {
	out := make(map[string]string, len(v.Fields))
	for k, value := range v.Fields {
		out[k] = clean(value)
	}
	for _, st := range s.Steps {
		for _, b := range st.Branches {
			for _, name := range b.cond.columns {
				out[name] = clean(v.column(name))
			}
		}
	}
	return out
}

// worth is an answer as conditions see it.
func worth(k Kind, given []string) any {
	switch {
	case k == Multiple:
		return slices.Clone(given)
	case k == Number || k == Scale:
		if len(given) == 0 {
			return math.NaN()
		}
		return number(given[0])
	case len(given) == 0:
		return ""
	}
	return given[0]
}
