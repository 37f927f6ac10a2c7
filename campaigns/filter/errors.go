package filter

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// Error is what is wrong with a filter, and where.
type Error struct {
	Column  int    // character at which it stands, the first is 1
	Text    string // what is wrong, without the place
	Nearest string // what was probably meant; empty = nothing is near
}

// Error is one sentence with the place in it.
func (e *Error) Error() string {
	text := fmt.Sprintf("filter, character %d: %s", e.Column, e.Text)
	if e.Nearest != "" {
		text += fmt.Sprintf("; did you mean %s?", e.Nearest)
	}
	return text
}

// Caret is the line of the source that holds the error, and below it a sign
// that points at it.
func (e *Error) Caret(source string) string {
	runes := []rune(source)
	at := min(max(e.Column-1, 0), len(runes))
	from, to := at, at
	for from > 0 && runes[from-1] != '\n' {
		from--
	}
	for to < len(runes) && runes[to] != '\n' {
		to++
	}
	return string(runes[from:to]) + "\n" + strings.Repeat(" ", at-from) + "^"
}

func fail(column int, format string, args ...any) *Error {
	return &Error{Column: column, Text: fmt.Sprintf(format, args...)}
}

// near is an error with what was meant.
func (r *reader) near(n ast.Node, meant, format string, args ...any) error {
	e := fail(n.Location().From+1, format, args...)
	e.Nearest = meant
	return e
}

// unknown names the nearest known name, or, when none is near, all of them as
// far as a line holds them.
func (r *reader) unknown(n ast.Node, best string, known []string, format string, args ...any) error {
	e := fail(n.Location().From+1, format, args...)
	if e.Nearest = best; best != "" || len(known) == 0 {
		return e
	}
	known = slices.Sorted(slices.Values(known))
	const most = 20
	if len(known) > most {
		known = append(known[:most:most], "…")
	}
	e.Text += "; known are " + strings.Join(known, ", ")
	return e
}

// nearest is the known name with the fewest letters to change, if it is near.
func nearest(name string, known []string) string {
	best, least := "", len([]rune(name))/2+1
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k), least); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is how many letters are changed between two words (Levenshtein);
// words whose lengths differ by most or more are not looked at.
func distance(a, b string, most int) int {
	x, y := []rune(a), []rune(b)
	if d := len(x) - len(y); d >= most || -d >= most {
		return most
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}
