package filter

import (
	"maps"
	"slices"

	"github.com/expr-lang/expr/ast"
)

// value reads a text or a number.
func (r *reader) value(n ast.Node) (Value, error) {
	up, err := r.down(n)
	if err != nil {
		return nil, err
	}
	defer up()
	switch n := n.(type) {
	case *ast.StringNode:
		return Text(n.Value), nil
	case *ast.IntegerNode:
		return Number(n.Value), nil
	case *ast.FloatNode:
		return Number(n.Value), nil
	case *ast.UnaryNode:
		return r.signed(n)
	case *ast.IdentifierNode:
		return r.column(n)
	case *ast.MemberNode:
		return r.field(n)
	case *ast.BuiltinNode:
		return r.function(n, n.Name, n.Arguments)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			return r.function(n, callee.Value, n.Arguments)
		}
	}
	return nil, r.fail(n, "this has no place in a filter")
}

// signed is a number with a sign before it.
func (r *reader) signed(n *ast.UnaryNode) (Value, error) {
	v, err := r.value(n.Node)
	if err != nil {
		return nil, err
	}
	literal, ok := v.(Number)
	switch {
	case ok && n.Operator == "-":
		return -literal, nil
	case ok && n.Operator == "+":
		return literal, nil
	}
	return nil, r.fail(n, "%q stands before a number only", n.Operator)
}

func (r *reader) column(n *ast.IdentifierNode) (Value, error) {
	all := columns()
	if _, ok := all[Column(n.Value)]; ok {
		return Column(n.Value), nil
	}
	switch {
	case n.Value == "fields":
		return nil, r.fail(n, `fields needs the name of a column, as in fields.plan or fields["Monthly bill"]`)
	case n.Value == Tried:
		return nil, r.fail(n, "tried is a question by itself: write tried, or not tried")
	case slices.Contains(r.names.Fields, n.Value):
		return nil, r.near(n, "fields."+n.Value, "a column of the list is written fields.%s", n.Value)
	}
	known := []string{Tried}
	for c := range maps.Keys(all) {
		known = append(known, string(c))
	}
	best := nearest(n.Value, append(known, r.names.Fields...))
	if slices.Contains(r.names.Fields, best) && !slices.Contains(known, best) {
		best = writeValue(Field{best})
	}
	return nil, r.unknown(n, best, known, "there is nothing called %q", n.Value)
}

func (r *reader) field(n *ast.MemberNode) (Value, error) {
	base, ok := n.Node.(*ast.IdentifierNode)
	name, named := n.Property.(*ast.StringNode)
	if !ok || base.Value != "fields" || !named || n.Optional {
		return nil, r.fail(n, `columns of the list are written fields.plan or fields["Monthly bill"]`)
	}
	if name.Value == "" {
		return nil, r.fail(n.Property, "a column has a name")
	}
	if r.names.Fields != nil && !slices.Contains(r.names.Fields, name.Value) {
		best := nearest(name.Value, r.names.Fields)
		if best != "" {
			best = writeValue(Field{best})
		}
		return nil, r.unknown(n.Property, best, r.names.Fields, "the lists have no column %q", name.Value)
	}
	return Field{name.Value}, nil
}

func (r *reader) function(n ast.Node, name string, args []ast.Node) (Value, error) {
	if name != "lower" && name != "number" {
		return nil, r.unknown(n, nearest(name, []string{"lower", "number"}), []string{"lower", "number"}, "there is no function %s", name)
	}
	if len(args) != 1 {
		return nil, r.fail(n, "%s takes one text", name)
	}
	x, err := r.value(args[0])
	if err != nil {
		return nil, err
	}
	switch {
	case name == "number" && x.kind() == number:
		return x, nil
	case name == "number":
		return AsNumber{x}, nil
	case x.kind() != text:
		return nil, r.fail(args[0], "lower takes a text, and this is a number")
	}
	return Lower{x}, nil
}

// known checks a literal against the names that its column can have: an
// outcome or a list that does not exist is a slip of the pen.
func (r *reader) known(column, literal Value, n ast.Node) error {
	name, ok := literal.(Text)
	if !ok || name == "" {
		return nil
	}
	switch {
	case column == Value(Last) && r.names.Outcomes != nil && !slices.Contains(r.names.Outcomes, string(name)):
		return r.unknown(n, nearest(string(name), r.names.Outcomes), r.names.Outcomes, "%q is not an outcome", string(name))
	case column == Value(List) && r.names.Lists != nil && !slices.Contains(r.names.Lists, string(name)):
		return r.unknown(n, nearest(string(name), r.names.Lists), r.names.Lists, "the campaign has no list %q", string(name))
	}
	return nil
}
