package callindex

import "math/bits"

// Query says which calls are wanted; what is empty asks nothing.
type Query struct {
	Campaigns, Lists, Codes []int64
	Agents                  []int64 // who talked first, or took over
	CallerIDs               []string
	Outcomes                []string
	Dispositions            []string
	Tail                    uint32 // last digits of the number
	TailCount               int    // how many of them, at most TailDigits; 0 = any number
}

// Names are the columns that the query asks.
func (q *Query) Names() []Name {
	var out []Name
	for name, asked := range map[Name]bool{
		Campaign: q.Campaigns != nil, List: q.Lists != nil, Code: q.Codes != nil, Agent: q.Agents != nil, Second: q.Agents != nil,
		CallerID: q.CallerIDs != nil, Outcome: q.Outcomes != nil, Disposition: q.Dispositions != nil, Digits: q.TailCount > 0,
	} {
		if asked {
			out = append(out, name)
		}
	}
	return out
}

// Matches are the calls of a block that a query wants; nil is none of them.
type Matches [words]word

// Find returns the calls of the block that the query wants; nil is none. Calls
// of talked, which may be nil, count as calls of the agents who are asked for:
// a call that was passed on had more agents than a block knows.
func (b *Block) Find(q *Query, talked *Matches) *Matches {
	m := b.all()
	for _, step := range []struct {
		asked bool
		mark  func(*[words]word) bool
	}{
		{q.Campaigns != nil, func(w *[words]word) bool { return b.integer(Campaign).mark(q.Campaigns, w) }},
		{q.Lists != nil, func(w *[words]word) bool { return b.integer(List).mark(q.Lists, w) }},
		{q.Codes != nil, func(w *[words]word) bool { return b.integer(Code).mark(q.Codes, w) }},
		{q.Outcomes != nil, func(w *[words]word) bool { return b.text(Outcome).mark(q.Outcomes, w) }},
		{q.Dispositions != nil, func(w *[words]word) bool { return b.text(Disposition).mark(q.Dispositions, w) }},
		{q.CallerIDs != nil, func(w *[words]word) bool { return b.text(CallerID).mark(q.CallerIDs, w) }},
		{q.Agents != nil, func(w *[words]word) bool {
			if talked != nil {
				*w = *talked
			}
			first := b.integer(Agent).mark(q.Agents, w)
			return b.integer(Second).mark(q.Agents, w) || first || talked != nil
		}},
		{q.TailCount > 0, func(w *[words]word) bool { b.digits.mark(q.Tail, q.TailCount, w); return true }},
	} {
		if !step.asked {
			continue
		}
		var wanted [words]word
		if !step.mark(&wanted) {
			return nil
		}
		if !m.And((*Matches)(&wanted)) {
			return nil
		}
	}
	return m
}

// all is every call of the block.
func (b *Block) all() *Matches {
	var m Matches
	n := b.Len()
	for i := range n / 64 {
		m[i] = ^word(0)
	}
	if n%64 != 0 {
		m[n/64] = 1<<(n%64) - 1
	}
	return &m
}

// And keeps what both have, and tells whether that is anything.
func (m *Matches) And(with *Matches) (left bool) {
	for i, w := range with {
		m[i] &= w
		left = left || m[i] != 0
	}
	return left
}

// Keep keeps only calls from lo to hi, both included.
func (m *Matches) Keep(lo, hi int) {
	for i := range m {
		first := i * 64
		if first+63 < lo || first > hi {
			m[i] = 0
			continue
		}
		if lo > first {
			m[i] &= ^word(0) << (lo - first)
		}
		if hi < first+63 {
			m[i] &= ^word(0) >> (first + 63 - hi)
		}
	}
}

// Put adds call i.
func (m *Matches) Put(i int) { m[i/64] |= 1 << (i & 63) }

// Has tells whether call i is among them.
func (m *Matches) Has(i int) bool { return m != nil && m[i/64]&(1<<(i&63)) != 0 }

// Count is how many there are.
func (m *Matches) Count() (n int) {
	if m == nil {
		return 0
	}
	for _, w := range m {
		n += bits.OnesCount64(w)
	}
	return n
}

// Up calls f for every call in the order of the ledger until it returns false.
func (m *Matches) Up(f func(i int) bool) bool {
	if m == nil {
		return true
	}
	for i, w := range m {
		for ; w != 0; w &= w - 1 {
			if !f(i*64 + bits.TrailingZeros64(w)) {
				return false
			}
		}
	}
	return true
}

// Down is Up from the last to the first.
func (m *Matches) Down(f func(i int) bool) bool {
	if m == nil {
		return true
	}
	for i := words - 1; i >= 0; i-- {
		for w := m[i]; w != 0; {
			top := 63 - bits.LeadingZeros64(w)
			if !f(i*64 + top) {
				return false
			}
			w &^= 1 << top
		}
	}
	return true
}
