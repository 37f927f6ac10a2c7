package script

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with the source of a script.
type Fault struct {
	File  string `json:"-"`              // as given to Parse; empty when there is none
	Line  int    `json:"line,omitempty"` // in the file; 0 when there is none
	Key   string `json:"key,omitempty"`  // such as steps[2].questions[0].kind
	Wrong string `json:"wrong"`
	Right string `json:"right,omitempty"` // what would be right
}

// Error is the fault as one line: file, line, key, what is wrong and what would be right.
func (f *Fault) Error() string {
	var b strings.Builder
	if f.File != "" {
		b.WriteString(f.File + ":")
	}
	if f.Line > 0 {
		fmt.Fprintf(&b, "%d:", f.Line)
	}
	if b.Len() > 0 {
		b.WriteString(" ")
	}
	if f.Key != "" {
		b.WriteString(f.Key + ": ")
	}
	b.WriteString(f.Sentence())
	return b.String()
}

// Sentence says what is wrong and what would be right.
func (f *Fault) Sentence() string {
	if f.Right == "" {
		return f.Wrong
	}
	return f.Wrong + "; right would be " + f.Right
}

// Faults returns the faults that an error of Parse holds, in the order of the file.
func Faults(err error) []*Fault {
	var out []*Fault
	var one *Fault
	var many interface{ Unwrap() []error }
	switch {
	case errors.As(err, &many):
		for _, e := range many.Unwrap() {
			out = append(out, Faults(e)...)
		}
	case errors.As(err, &one):
		out = append(out, one)
	}
	slices.SortStableFunc(out, func(a, b *Fault) int { return cmp.Compare(a.Line, b.Line) })
	return out
}

// like names the known word that is most like the given one; empty when none is.
func like(word string, known []string) string {
	best, at := 1+max(1, (len(word)+1)/3), ""
	for _, k := range known {
		if d := distance(word, k); d < best || strings.EqualFold(word, k) {
			best, at = d, k
		}
	}
	return at
}

// nearest is like, and lists the known words where none is like it.
func nearest(word string, known []string) string {
	at := like(word, known)
	switch {
	case at != "":
		return at
	case len(known) == 0:
		return ""
	case len(known) > 12:
		return "one of " + strings.Join(known[:12], ", ") + ", ..."
	}
	return "one of " + strings.Join(known, ", ")
}

// distance is how many letters must change, come, go or swap places to make b of a.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	before, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		for j := range len(b) {
			change := row[j]
			if a[i] != b[j] {
				change++
			}
			next[j+1] = min(change, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
