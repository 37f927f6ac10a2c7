package records

import (
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/filter"
)

// filterSQL turns the tree of a filter into a condition over the table
// contacts. The text is made of constants of this file alone, chosen by the
// kinds of nodes; whatever a manager wrote, names of columns of their lists
// included, is an argument. Every condition is 0 or 1, never null, so that not
// means what it means in memory.
type filterSQL struct {
	text strings.Builder
	args []any
	now  int64
}

// compileFilter returns the condition and its arguments; "TRUE" without a filter.
func compileFilter(e filter.Expression, now time.Time) (condition string, args []any) {
	if e.Empty() {
		return "TRUE", nil
	}
	f := &filterSQL{now: micros(now)}
	f.condition(e.Root())
	return f.text.String(), f.args
}

func (f *filterSQL) put(text string, args ...any) {
	f.text.WriteString(text)
	f.args = append(f.args, args...)
}

func (f *filterSQL) condition(c filter.Condition) {
	switch c := c.(type) {
	case filter.And:
		f.pair(c.Left, " AND ", c.Right)
	case filter.Or:
		f.pair(c.Left, " OR ", c.Right)
	case filter.Not:
		f.put("(NOT ")
		f.condition(c.X)
		f.put(")")
	case filter.Always:
		f.put("(? <> 0)", flag(c.Value))
	case filter.Compare:
		f.compare(c)
	case filter.In:
		f.in(c)
	case filter.Part:
		f.part(c)
	default:
		if filter.IsTried(c) {
			f.put("(tried_at <> 0)")
			return
		}
		panic("a filter holds a condition that no query can ask")
	}
}

func (f *filterSQL) pair(left filter.Condition, word string, right filter.Condition) {
	f.put("(")
	f.condition(left)
	f.put(word)
	f.condition(right)
	f.put(")")
}

func (f *filterSQL) compare(c filter.Compare) {
	words := map[filter.Operator]string{
		filter.Equal: " = ", filter.NotEqual: " <> ", filter.Less: " < ", filter.LessEqual: " <= ",
		filter.Greater: " > ", filter.GreaterEqual: " >= ",
	}
	f.put("COALESCE(")
	f.value(c.Left)
	f.put(words[c.Op])
	f.value(c.Right)
	f.put(", FALSE)")
}

func (f *filterSQL) in(c filter.In) {
	f.put("COALESCE(")
	f.value(c.X)
	f.put(" IN (")
	for i, v := range c.List {
		if i > 0 {
			f.put(", ")
		}
		f.value(v)
	}
	f.put("), FALSE)")
}

func (f *filterSQL) part(c filter.Part) {
	switch c.Where {
	case filter.AtStart:
		f.put("(substr(")
		f.value(c.X)
		f.put(", 1, length(?)) = ?)", c.Text, c.Text)
	case filter.AtEnd:
		f.put("(substr(")
		f.value(c.X)
		f.put(", length(")
		f.value(c.X)
		f.put(") - length(?) + 1) = ?)", c.Text, c.Text)
	default:
		f.put("(instr(")
		f.value(c.X)
		f.put(", ?) > 0)", c.Text)
	}
}

// nextPhone is the place of the contact's next phone in its JSON.
const nextPhone = `'$[' || (phone % MAX(1, json_array_length(phones))) || ']`

// filterColumns are what the columns of a filter are in the table.
func filterColumns() map[filter.Column]string {
	return map[filter.Column]string{
		filter.Name: "name", filter.Company: "company", filter.External: "external", filter.Language: "language",
		filter.List:   "(SELECT name FROM lists WHERE lists.id = contacts.list)",
		filter.Region: "COALESCE(json_extract(phones, " + nextPhone + ".region'), '')",
		filter.Kind:   "COALESCE(json_extract(phones, " + nextPhone + ".kind'), '')",
		filter.Zone: "CASE WHEN zones <> '' THEN substr(zones || ' ', 1, instr(zones || ' ', ' ') - 1) ELSE COALESCE(json_extract(phones, " +
			nextPhone + ".zones[0]'), '') END",
		filter.Last: "last", filter.Tries: "CAST(tries AS REAL)", filter.Import: "CAST(load AS REAL)",
	}
}

func (f *filterSQL) value(v filter.Value) {
	switch v := v.(type) {
	case filter.Text:
		f.put("?", string(v))
	case filter.Number:
		f.put("?", float64(v))
	case filter.Field:
		f.field(v.Name)
	case filter.Lower:
		f.put("lower(")
		f.value(v.X)
		f.put(")")
	case filter.AsNumber:
		f.number(v.X)
	case filter.Column:
		f.column(v)
	}
}

func (f *filterSQL) column(c filter.Column) {
	const hour, day = int64(time.Hour / time.Microsecond), 24 * int64(time.Hour/time.Microsecond)
	switch c {
	case filter.AgeHours:
		f.put("CASE tried_at WHEN 0 THEN ? ELSE CAST(? - tried_at AS REAL) / ? END", filter.Never, f.now, hour)
	case filter.AgeDays:
		f.put("CASE tried_at WHEN 0 THEN ? ELSE CAST(? - tried_at AS REAL) / ? END", filter.Never, f.now, day)
	default:
		f.put("(" + filterColumns()[c] + ")")
	}
}

// field reads a column of the list out of the JSON of the row. A path in JSON
// has no way to write every heading, so those with quotes and the like are
// looked for one by one.
func (f *filterSQL) field(name string) {
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7f }) {
		f.put("CASE fields WHEN '' THEN '' ELSE COALESCE((SELECT value FROM json_each(contacts.fields) WHERE key = ?), '') END", name)
		return
	}
	f.put("CASE fields WHEN '' THEN '' ELSE COALESCE(json_extract(fields, ?), '') END", `$."`+name+`"`)
}

// number reads a text as filter.ReadNumber does; null when it is none.
func (f *filterSQL) number(v filter.Value) {
	f.put(`(SELECT CASE WHEN octet_length(v) BETWEEN 1 AND 15 AND NOT glob('*[^0-9.-]*', v) AND NOT glob('?*-*', v) AND NOT glob('*.*.*', v)
		AND glob('*[0-9]*', v) THEN CAST(v AS REAL) END FROM (SELECT replace(trim(`)
	f.value(v)
	f.put(`), ',', '.') AS v) text)`)
}
