package script

import "strings"

// Change is what became of a line between two versions.
type Change string

// The changes of a line.
const (
	Same  Change = "same"
	Added Change = "added"
	Gone  Change = "gone"
)

// Line is a line of two versions laid over each other; Old and New are its
// numbers there, 0 where it does not stand.
type Line struct {
	Change   Change
	Old, New int
	Text     string
}

// maxTable bounds the work of Diff: beyond it what differs is told as one
// block, the old lines and then the new ones.
const maxTable = 4_000_000

// Diff lays two sources over each other, line by line, with as few changes as
// can be.
func Diff(before, after string) []Line {
	a, b := linesOf(before), linesOf(after)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	d := differ{}
	for _, text := range a[:head] {
		d.put(Same, text)
	}
	d.middle(a[head:len(a)-tail], b[head:len(b)-tail])
	for _, text := range a[len(a)-tail:] {
		d.put(Same, text)
	}
	return d.out
}

// linesOf are the lines of a source; no text has none.
func linesOf(source string) []string {
	source = Canonical(source)
	if source == "" {
		return nil
	}
	return strings.Split(source, "\n")
}

// differ writes lines with their numbers.
type differ struct {
	out      []Line
	old, new int
}

func (d *differ) put(c Change, text string) {
	l := Line{Change: c, Text: text}
	if c != Added {
		d.old++
		l.Old = d.old
	}
	if c != Gone {
		d.new++
		l.New = d.new
	}
	d.out = append(d.out, l)
}

// middle is the longest common run of lines, by the textbook's table.
func (d *differ) middle(a, b []string) {
	if len(a)*len(b) > maxTable {
		a, b = d.replace(a, b)
	}
	width := len(b) + 1
	common := make([]int32, (len(a)+1)*width)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i*width+j] = common[(i+1)*width+j+1] + 1
			} else {
				common[i*width+j] = max(common[(i+1)*width+j], common[i*width+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			d.put(Same, a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[(i+1)*width+j] >= common[i*width+j+1]:
			d.put(Gone, a[i])
			i++
		default:
			d.put(Added, b[j])
			j++
		}
	}
}

// replace tells everything as changed.
func (d *differ) replace(a, b []string) (restA, restB []string) {
	for _, text := range a {
		d.put(Gone, text)
	}
	for _, text := range b {
		d.put(Added, text)
	}
	return nil, nil
}

// Hunk is lines that changed, with a few that did not around them.
type Hunk struct{ Lines []Line }

// Hunks keeps the changes of a Diff and as many lines around each as given.
func Hunks(lines []Line, around int) []Hunk {
	var out []Hunk
	last := -1 // line up to which the last hunk goes
	for i, l := range lines {
		if l.Change == Same {
			continue
		}
		from, to := max(0, i-around), min(len(lines), i+around+1)
		if len(out) > 0 && from <= last {
			out[len(out)-1].Lines = append(out[len(out)-1].Lines, lines[last:max(last, to)]...)
		} else {
			out = append(out, Hunk{Lines: append([]Line{}, lines[from:to]...)})
		}
		last = max(last, to)
	}
	return out
}
