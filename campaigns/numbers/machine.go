package numbers

import (
	"fmt"
	"regexp/syntax"
	"slices"
)

// most states of one machine; the largest pattern of the metadata needs a
// small part of it, and a pattern beyond it is left to the library.
const maxStates = 1 << 14

// machine is a regular expression over the ten digits as a table: one step per
// digit, no memory. State 0 is dead, state 1 the start.
type machine struct {
	next   [][10]uint16
	accept []bool // the digits so far match
	atEnd  []bool // they match if they are all there are
}

// compile builds the machine of a pattern of the metadata by the subset
// construction over the standard library's own program for it.
func compile(pattern string) (*machine, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("pattern of the numbering plan: %w", err)
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil, fmt.Errorf("pattern of the numbering plan: %w", err)
	}
	b := builder{prog: prog, ids: map[string]uint16{"": 0}, m: &machine{next: make([][10]uint16, 1), accept: make([]bool, 1), atEnd: make([]bool, 1)}}
	b.sets = append(b.sets, nil)
	if err := b.run(); err != nil {
		return nil, err
	}
	return b.m, nil
}

// builder holds the sets of program counters that make the machine's states.
type builder struct {
	prog *syntax.Prog
	m    *machine
	sets [][]uint32
	ids  map[string]uint16
}

func (b *builder) run() error {
	start, err := b.closure([]uint32{uint32(b.prog.Start)}, false)
	if err != nil {
		return err
	}
	if err := b.state(start); err != nil {
		return err
	}
	for at := 1; at < len(b.sets); at++ {
		for digit := range 10 {
			set, err := b.closure(b.step(b.sets[at], rune('0'+digit)), false)
			if err != nil {
				return err
			}
			if err := b.state(set); err != nil {
				return err
			}
			b.m.next[at][digit] = b.ids[key(set)]
		}
		if len(b.sets) > maxStates {
			return fmt.Errorf("pattern of the numbering plan needs more than %d states", maxStates)
		}
	}
	return nil
}

// state makes the set of program counters a state, unless it is one.
func (b *builder) state(set []uint32) error {
	if _, known := b.ids[key(set)]; known {
		return nil
	}
	end, err := b.closure(slices.Clone(set), true)
	if err != nil {
		return err
	}
	b.ids[key(set)] = uint16(len(b.sets))
	b.sets = append(b.sets, set)
	b.m.next = append(b.m.next, [10]uint16{})
	b.m.accept = append(b.m.accept, b.matches(set))
	b.m.atEnd = append(b.m.atEnd, b.matches(end))
	return nil
}

func key(set []uint32) string {
	out := make([]byte, 0, 4*len(set))
	for _, pc := range set {
		out = append(out, byte(pc), byte(pc>>8), byte(pc>>16), byte(pc>>24))
	}
	return string(out)
}

func (b *builder) matches(set []uint32) bool {
	return slices.ContainsFunc(set, func(pc uint32) bool { return b.prog.Inst[pc].Op == syntax.InstMatch })
}

// step is where the set goes on one digit.
func (b *builder) step(set []uint32, digit rune) []uint32 {
	var out []uint32
	for _, pc := range set {
		inst := &b.prog.Inst[pc]
		switch inst.Op {
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			if inst.MatchRune(digit) {
				out = append(out, inst.Out)
			}
		}
	}
	return out
}

// closure follows what reads nothing; through $ only at the end. No other
// assertion occurs in the metadata.
func (b *builder) closure(todo []uint32, end bool) ([]uint32, error) {
	seen := make(map[uint32]bool, len(todo))
	var set []uint32
	for len(todo) > 0 {
		pc := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		inst := &b.prog.Inst[pc]
		switch inst.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			todo = append(todo, inst.Out, inst.Arg)
		case syntax.InstCapture, syntax.InstNop:
			todo = append(todo, inst.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(inst.Arg) != syntax.EmptyEndText {
				return nil, fmt.Errorf("pattern of the numbering plan holds an assertion")
			}
			if set = append(set, pc); end {
				todo = append(todo, inst.Out)
			}
		case syntax.InstFail:
		default:
			set = append(set, pc)
		}
	}
	slices.Sort(set)
	return set, nil
}

// whole tells whether the machine matches all the digits.
func (m *machine) whole(digits []byte) bool {
	state := uint16(1)
	for _, d := range digits {
		if state = m.next[state][d-'0']; state == 0 {
			return false
		}
	}
	return m.atEnd[state]
}

// prefix returns the length of the longest beginning of the digits that the
// machine matches, -1 for none, and how many beginnings it matches: with more
// than one, which of them a regular expression takes is a matter of its order.
func (m *machine) prefix(digits []byte) (longest, matches int) {
	state := uint16(1)
	longest = -1
	for i := 0; ; i++ {
		if m.accept[state] || i == len(digits) && m.atEnd[state] {
			longest = i
			matches++
		}
		if i == len(digits) {
			return longest, matches
		}
		if state = m.next[state][digits[i]-'0']; state == 0 {
			return longest, matches
		}
	}
}
