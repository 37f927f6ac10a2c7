package filter

import (
	"strconv"
	"strings"
	"time"
)

// Never is the age of a contact that was never tried, in hours and in days.
const Never = 1e9

// Expression is a filter that was read. The zero value lets every contact pass.
type Expression struct {
	source string
	root   Condition
}

// String is the text it was read from.
func (e Expression) String() string { return e.source }

// Empty tells that every contact passes.
func (e Expression) Empty() bool { return e.root == nil }

// Root is the tree, nil when every contact passes.
func (e Expression) Root() Condition { return e.root }

// Contact is what a filter may ask of a contact.
type Contact struct {
	Name, Company, External, Language string
	List                              string // name
	Region, Kind, Zone                string // of the next phone
	Last                              string // outcome of the last try
	Tries                             int
	TriedAt                           time.Time // zero = never
	Import                            int64
	Fields                            map[string]string
}

// Match tells whether a contact passes at a time.
func (e Expression) Match(c Contact, now time.Time) bool {
	return e.root == nil || holds(e.root, c, now)
}

func holds(x Condition, c Contact, now time.Time) bool {
	switch x := x.(type) {
	case And:
		return holds(x.Left, c, now) && holds(x.Right, c, now)
	case Or:
		return holds(x.Left, c, now) || holds(x.Right, c, now)
	case Not:
		return !holds(x.X, c, now)
	case Always:
		return x.Value
	case tried:
		return !c.TriedAt.IsZero()
	case Part:
		return x.holds(textOf(x.X, c))
	case In:
		return x.holds(c, now)
	case Compare:
		return x.holds(c, now)
	}
	return false
}

// tried is the condition of its name.
type tried struct{}

func (tried) condition() {}

// IsTried tells whether a condition asks if the contact was tried.
func IsTried(x Condition) bool {
	_, ok := x.(tried)
	return ok
}

func (x Part) holds(s string) bool {
	switch x.Where {
	case AtStart:
		return strings.HasPrefix(s, x.Text)
	case AtEnd:
		return strings.HasSuffix(s, x.Text)
	}
	return strings.Contains(s, x.Text)
}

func (x In) holds(c Contact, now time.Time) bool {
	for _, one := range x.List {
		if (Compare{Equal, x.X, one}).holds(c, now) {
			return true
		}
	}
	return false
}

func (x Compare) holds(c Contact, now time.Time) bool {
	if x.Left.kind() == text {
		return x.Op.holds(strings.Compare(textOf(x.Left, c), textOf(x.Right, c)))
	}
	a, okA := numberOf(x.Left, c, now)
	b, okB := numberOf(x.Right, c, now)
	if !okA || !okB {
		return false
	}
	order := 0
	if a < b {
		order = -1
	} else if a > b {
		order = 1
	}
	return x.Op.holds(order)
}

func (o Operator) holds(order int) bool {
	switch o {
	case Equal:
		return order == 0
	case NotEqual:
		return order != 0
	case Less:
		return order < 0
	case LessEqual:
		return order <= 0
	case Greater:
		return order > 0
	}
	return order >= 0
}

func textOf(v Value, c Contact) string {
	switch v := v.(type) {
	case Text:
		return string(v)
	case Field:
		return c.Fields[v.Name]
	case Lower:
		return lower(textOf(v.X, c))
	case Column:
		return map[Column]string{
			Name: c.Name, Company: c.Company, External: c.External, Language: c.Language, List: c.List,
			Region: c.Region, Kind: c.Kind, Zone: c.Zone, Last: c.Last,
		}[v]
	}
	return ""
}

func numberOf(v Value, c Contact, now time.Time) (float64, bool) {
	switch v := v.(type) {
	case Number:
		return float64(v), true
	case AsNumber:
		return ReadNumber(textOf(v.X, c))
	case Column:
		switch v {
		case Tries:
			return float64(c.Tries), true
		case Import:
			return float64(c.Import), true
		case AgeHours:
			return age(c, now, time.Hour), true
		case AgeDays:
			return age(c, now, 24*time.Hour), true
		}
	}
	return 0, false
}

// age counts in microseconds, as stores keep times.
func age(c Contact, now time.Time, unit time.Duration) float64 {
	if c.TriedAt.IsZero() {
		return Never
	}
	return float64(now.UnixMicro()-c.TriedAt.UnixMicro()) / float64(unit.Microseconds())
}

func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// longestNumber is how many characters a number has at most: as many as a
// double holds exactly, whoever reads it.
const longestNumber = 15

// ReadNumber reads a cell as a number: digits with an optional minus before
// them and one optional point or decimal comma in them, spaces around.
func ReadNumber(s string) (float64, bool) {
	s = strings.ReplaceAll(strings.Trim(s, " "), ",", ".")
	if len(s) == 0 || len(s) > longestNumber || strings.Trim(s, "0123456789.-") != "" ||
		strings.Contains(s[1:], "-") || strings.Count(s, ".") > 1 || !strings.ContainsAny(s, "0123456789") {
		return 0, false
	}
	for _, r := range s {
		if !strings.ContainsRune("0123456789.-", r) {
			return 0, false
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil
}

// Why is the part of the filter that leaves a contact out at a time, as it was
// written where that can be told; empty when the contact passes.
func (e Expression) Why(c Contact, now time.Time) string {
	if e.Match(c, now) {
		return ""
	}
	return write(failing(e.root, c, now))
}

// failing walks down to the smallest part that must change.
func failing(x Condition, c Contact, now time.Time) Condition {
	if both, ok := x.(And); ok {
		if !holds(both.Left, c, now) {
			return failing(both.Left, c, now)
		}
		return failing(both.Right, c, now)
	}
	return x
}
