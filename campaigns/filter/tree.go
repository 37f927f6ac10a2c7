package filter

import "slices"

// Condition is a part of a filter that is true or false: And, Or, Not, Always,
// Compare, In or Part.
type Condition interface{ condition() }

// Value is a part of a filter that is a text or a number: Column, Field, Text,
// Number, Lower or AsNumber.
type Value interface{ kind() kind }

// And is true when both sides are.
type And struct{ Left, Right Condition }

// Or is true when one side is, or both.
type Or struct{ Left, Right Condition }

// Not is true when X is not.
type Not struct{ X Condition }

// Always is a literal true or false.
type Always struct{ Value bool }

// Compare compares two values of one kind. A number that is missing makes it false.
type Compare struct {
	Op          Operator
	Left, Right Value
}

// In is true when the value is one of the literals, all of its kind.
type In struct {
	X    Value
	List []Value
}

// Part is true when a text contains, begins with or ends with another, which
// is not empty.
type Part struct {
	Where Place
	X     Value
	Text  string
}

func (And) condition()     {}
func (Or) condition()      {}
func (Not) condition()     {}
func (Always) condition()  {}
func (Compare) condition() {}
func (In) condition()      {}
func (Part) condition()    {}

// Operator is how two values are compared.
type Operator string

// The operators of Compare.
const (
	Equal        Operator = "=="
	NotEqual     Operator = "!="
	Less         Operator = "<"
	LessEqual    Operator = "<="
	Greater      Operator = ">"
	GreaterEqual Operator = ">="
)

// Place is where in a text another one stands.
type Place string

// The places of Part.
const (
	Anywhere Place = "contains"
	AtStart  Place = "startsWith"
	AtEnd    Place = "endsWith"
)

// kind is what a value is.
type kind byte

const (
	text kind = iota + 1
	number
)

// Column is something that is known of every contact, by its name in filters.
type Column string

// The columns.
const (
	Name     Column = "name"
	Company  Column = "company"
	External Column = "external_id"
	Language Column = "language"
	List     Column = "list"
	Region   Column = "region"
	Kind     Column = "kind"
	Zone     Column = "zone"
	Last     Column = "last"
	Tries    Column = "tries"
	AgeHours Column = "age_hours"
	AgeDays  Column = "age_days"
	Import   Column = "import"
)

// Tried is the one name that is a condition by itself.
const Tried = "tried"

// columns are the names with their kinds.
func columns() map[Column]kind {
	return map[Column]kind{
		Name: text, Company: text, External: text, Language: text, List: text, Region: text, Kind: text, Zone: text, Last: text,
		Tries: number, AgeHours: number, AgeDays: number, Import: number,
	}
}

func (c Column) kind() kind { return columns()[c] }

// Field is a column of the list by its heading; empty when a contact has none.
type Field struct{ Name string }

// Text is a literal.
type Text string

// Number is a literal.
type Number float64

// Lower is a text with the letters A to Z made small.
type Lower struct{ X Value }

// AsNumber is a text read as a number, missing when it is none; see ReadNumber.
type AsNumber struct{ X Value }

func (Field) kind() kind    { return text }
func (Text) kind() kind     { return text }
func (Number) kind() kind   { return number }
func (Lower) kind() kind    { return text }
func (AsNumber) kind() kind { return number }

// Known lists the names that every contact has, in the order of the alphabet.
func Known() []string {
	names := []string{Tried}
	for c := range columns() {
		names = append(names, string(c))
	}
	slices.Sort(names)
	return names
}
