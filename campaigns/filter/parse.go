package filter

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// Limits of a filter.
const (
	longest = 4000 // characters
	deepest = 60   // brackets within brackets
)

// Names are what a filter may refer to. A nil list is not checked: any name
// passes.
type Names struct {
	Fields   []string // headings of the lists' columns
	Lists    []string
	Outcomes []string
}

// Parse reads a filter. The error, if any, is an *Error. Empty text lets every
// contact pass.
func Parse(source string, names Names) (Expression, error) {
	if strings.TrimSpace(source) == "" {
		return Expression{}, nil
	}
	if n := utf8.RuneCountInString(source); n > longest || !utf8.ValidString(source) {
		return Expression{}, fail(1, "a filter is text of at most %d characters", longest)
	}
	tree, err := parser.Parse(source)
	if err != nil {
		if e, ok := errors.AsType[*file.Error](err); ok {
			return Expression{}, fail(e.From+1, "%s", plainer(e.Message))
		}
		return Expression{}, fail(1, "it cannot be read: %v", err)
	}
	r := reader{names: names}
	root, err := r.condition(tree.Node)
	if err != nil {
		return Expression{}, err
	}
	return Expression{source: source, root: root}, nil
}

// plainer takes the parser's shouting off.
func plainer(message string) string {
	return strings.Replace(message, "unexpected token EOF", "it ends too early", 1)
}

// reader turns the parser's tree into ours, and refuses what has no place in it.
type reader struct {
	names Names
	depth int
}

// down bounds how deep a filter goes, so that no store has to.
func (r *reader) down(n ast.Node) (func(), error) {
	if r.depth++; r.depth > deepest {
		return nil, r.fail(n, "brackets go deeper than %d", deepest)
	}
	return func() { r.depth-- }, nil
}

func (r *reader) fail(n ast.Node, format string, args ...any) error {
	return fail(n.Location().From+1, format, args...)
}

func (r *reader) condition(n ast.Node) (Condition, error) {
	up, err := r.down(n)
	if err != nil {
		return nil, err
	}
	defer up()
	switch n := n.(type) {
	case *ast.BoolNode:
		return Always{n.Value}, nil
	case *ast.IdentifierNode:
		if n.Value == Tried {
			return tried{}, nil
		}
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			x, err := r.condition(n.Node)
			return Not{x}, err
		}
	case *ast.BinaryNode:
		return r.binary(n)
	}
	if _, err := r.value(n); err != nil {
		return nil, err
	}
	return nil, r.fail(n, "this is a value, not a question: compare it with something, as in tries < 3")
}

func (r *reader) binary(n *ast.BinaryNode) (Condition, error) {
	switch n.Operator {
	case "and", "&&", "or", "||":
		left, err := r.condition(n.Left)
		if err != nil {
			return nil, err
		}
		right, err := r.condition(n.Right)
		if n.Operator == "or" || n.Operator == "||" {
			return Or{left, right}, err
		}
		return And{left, right}, err
	case "==", "!=", "<", "<=", ">", ">=":
		return r.compare(n)
	case "in":
		return r.in(n)
	case "contains", "startsWith", "endsWith":
		return r.part(n)
	case "matches":
		return nil, r.fail(n, "matches is not taken in filters: use contains, startsWith, endsWith or in")
	}
	return nil, r.fail(n, "%q has no place in a filter: compare with == != < <= > >= in contains startsWith endsWith, join with and, or, not", n.Operator)
}

func (r *reader) compare(n *ast.BinaryNode) (Condition, error) {
	left, err := r.value(n.Left)
	if err != nil {
		return nil, err
	}
	right, err := r.value(n.Right)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(r.known(left, right, n.Right), r.known(right, left, n.Left)); err != nil {
		return nil, err
	}
	if left, right, err = r.alike(n, left, right); err != nil {
		return nil, err
	}
	return Compare{Operator(n.Operator), left, right}, nil
}

// alike reads a text beside a number as a number.
func (r *reader) alike(n ast.Node, a, b Value) (Value, Value, error) {
	if a.kind() == b.kind() {
		return a, b, nil
	}
	for _, v := range []*Value{&a, &b} {
		if (*v).kind() == number {
			continue
		}
		if literal, ok := (*v).(Text); ok {
			return nil, nil, r.fail(n, "a number is compared with the text %q: write the number without quotes", string(literal))
		}
		*v = AsNumber{*v}
	}
	return a, b, nil
}

func (r *reader) in(n *ast.BinaryNode) (Condition, error) {
	x, err := r.value(n.Left)
	if err != nil {
		return nil, err
	}
	list, ok := n.Right.(*ast.ArrayNode)
	if !ok || len(list.Nodes) == 0 {
		return nil, r.fail(n.Right, `after in stands a list, as in ["gold", "silver"]`)
	}
	out := In{X: x}
	for i, item := range list.Nodes {
		v, err := r.value(item)
		if err != nil {
			return nil, err
		}
		if !literal(v) {
			return nil, r.fail(item, "a list holds texts in quotes and numbers only")
		}
		if i > 0 && v.kind() != out.List[0].kind() {
			return nil, r.fail(item, "a list holds texts or numbers, not both")
		}
		if err := r.known(x, v, item); err != nil {
			return nil, err
		}
		out.List = append(out.List, v)
	}
	out.X, _, err = r.alike(n, x, out.List[0])
	if err == nil && out.X.kind() != out.List[0].kind() {
		err = r.fail(n.Right, "a number is looked for in a list of texts")
	}
	return out, err
}

func literal(v Value) bool {
	switch v.(type) {
	case Text, Number:
		return true
	}
	return false
}

func (r *reader) part(n *ast.BinaryNode) (Condition, error) {
	x, err := r.value(n.Left)
	if err != nil {
		return nil, err
	}
	if x.kind() != text {
		return nil, r.fail(n.Left, "%s asks of a text, and this is a number", n.Operator)
	}
	what, ok := n.Right.(*ast.StringNode)
	if !ok || what.Value == "" {
		return nil, r.fail(n.Right, `after %s stands a text in quotes, as in "Madrid"`, n.Operator)
	}
	return Part{Place(n.Operator), x, what.Value}, nil
}
