package callindex

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// some draws calls as a house has them.
func some(r *rand.Rand, n int) []Call {
	out := make([]Call, n)
	for i := range out {
		out[i] = Call{
			Campaign: r.Int64N(4), List: r.Int64N(400), Agent: r.Int64N(50), Second: r.Int64N(2) * r.Int64N(50), Code: 180 + r.Int64N(400),
			Number: 34600000000 + r.Uint64N(20_000), CallerID: fmt.Sprintf("+3491%04d", r.IntN(300)),
			Outcome: []string{"", "connected", "no_answer", "machine"}[r.IntN(4)], Disposition: []string{"", "sale", "not_interested"}[r.IntN(3)],
		}
	}
	return out
}

func filled(calls []Call) *Block {
	b := &Block{}
	for i, c := range calls {
		b.Set(i, c)
	}
	return b
}

// wanted is the question put to one call, the slow way.
func wanted(q *Query, c Call) bool {
	any := func(list []int64, v ...int64) bool {
		return list == nil || slices.ContainsFunc(v, func(v int64) bool { return slices.Contains(list, v) })
	}
	text := func(list []string, v string) bool { return list == nil || slices.Contains(list, v) }
	span := uint64(1)
	for range q.TailCount {
		span *= 10
	}
	return any(q.Campaigns, c.Campaign) && any(q.Lists, c.List) && any(q.Codes, c.Code) && any(q.Agents, c.Agent, c.Second) &&
		text(q.CallerIDs, c.CallerID) && text(q.Outcomes, c.Outcome) && text(q.Dispositions, c.Disposition) &&
		(q.TailCount == 0 || c.Number != 0 && c.Number%span == uint64(q.Tail)%span)
}

func ask(r *rand.Rand) *Query {
	q := &Query{}
	pick := func(n int64) []int64 {
		if r.IntN(3) > 0 {
			return nil
		}
		return []int64{r.Int64N(n), r.Int64N(n)}
	}
	q.Campaigns, q.Lists, q.Agents = pick(5), pick(401), pick(51)
	if r.IntN(4) == 0 {
		q.Outcomes = []string{"connected", "machine"}
	}
	if r.IntN(4) == 0 {
		q.Dispositions = []string{"sale"}
	}
	if r.IntN(6) == 0 {
		q.CallerIDs = []string{fmt.Sprintf("+3491%04d", r.IntN(301))}
	}
	if r.IntN(4) == 0 {
		q.Tail, q.TailCount = r.Uint32N(20_000), 1+r.IntN(4)
	}
	return q
}

func TestABlockFindsWhatASlowSearchFindsHoweverItIsAskedAndChanged(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 63, 64, 65, 3000, Size} {
		calls := some(r, n)
		b := filled(calls)
		for range 40 {
			for range 20 { // what is known of a call comes bit by bit
				i := r.IntN(n)
				calls[i] = some(r, 1)[0]
				b.Set(i, calls[i])
			}
			q := ask(r)
			m := b.Find(q, nil)
			for i, c := range calls {
				if m.Has(i) != wanted(q, c) {
					t.Fatalf("%d calls, call %d %+v, query %+v: found %t", n, i, c, q, m.Has(i))
				}
			}
		}
	}
}

func TestMatchesAreWalkedUpAndDownCountedAndCut(t *testing.T) {
	var m Matches
	want := []int{0, 1, 63, 64, 127, 128, 40_000, Size - 1}
	for _, i := range want {
		m.Put(i)
	}
	var up, down []int
	m.Up(func(i int) bool { up = append(up, i); return true })
	m.Down(func(i int) bool { down = append(down, i); return len(down) < 3 })
	if !slices.Equal(up, want) || !slices.Equal(down, []int{Size - 1, 40_000, 128}) || m.Count() != len(want) {
		t.Errorf("up %v, down %v, %d", up, down, m.Count())
	}
	for _, c := range []struct{ lo, hi, left int }{{0, Size - 1, 8}, {1, 64, 3}, {63, 63, 1}, {65, 126, 0}, {128, Size, 3}} {
		cut := m
		cut.Keep(c.lo, c.hi)
		if cut.Count() != c.left {
			t.Errorf("%d to %d: %d left, want %d", c.lo, c.hi, cut.Count(), c.left)
		}
	}
	var none *Matches
	if none.Count() != 0 || none.Has(3) || !none.Up(nil) {
		t.Error("no matches are some")
	}
}

func TestColumnsAreKeptAndReadAgainAndDamageIsTold(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	calls := some(r, 5000)
	calls[7].Number = 0
	b := filled(calls)
	for _, name := range Names() {
		data := b.Encode(name)
		var again Block
		if err := again.Load(name, slices.Clone(data)); err != nil || !again.Has(name) || again.Len() != 5000 {
			t.Fatalf("%s: %v, %d calls", name, err, again.Len())
		}
		if string(again.Encode(name)) != string(data) {
			t.Errorf("%s: another column comes out than went in", name)
		}
		for range 200 {
			bad := slices.Clone(data)
			bad[r.IntN(len(bad))] ^= 1 << r.IntN(8)
			if err := again.Load(name, bad); !errors.Is(err, errDamaged) || again.Has(name) {
				t.Fatalf("%s: a flipped bit: %v", name, err)
			}
			if err := again.Load(name, slices.Clone(data)[:r.IntN(len(data))]); !errors.Is(err, errDamaged) {
				t.Fatalf("%s: cut: %v", name, err)
			}
		}
	}
}

// A block of nothing but different values that change again and again never
// runs out of codes.
func TestAColumnForgetsValuesThatNoCallHasAnyMore(t *testing.T) {
	var c column[int64]
	for i := range Size {
		c.set(i, int64(i))
	}
	r := rand.New(rand.NewPCG(7, 8))
	want := map[int]int64{}
	for n := range 300 {
		i := r.IntN(Size)
		want[i] = int64(Size + n)
		c.set(i, want[i])
	}
	for i := range Size {
		if v, changed := want[i]; c.at(i) != v && changed || !changed && c.at(i) != int64(i) {
			t.Fatalf("call %d has %d", i, c.at(i))
		}
	}
}

func FuzzColumnsFromDiskNeverPanic(f *testing.F) {
	b := filled(some(rand.New(rand.NewPCG(5, 6)), 300))
	for _, name := range Names() {
		f.Add(int(name), b.Encode(name))
	}
	f.Fuzz(func(t *testing.T, name int, data []byte) {
		names := Names()
		var b Block
		n := names[uint(name)%uint(len(names))]
		if err := b.Load(n, data); err == nil {
			b.Find(&Query{Campaigns: []int64{1}, Outcomes: []string{"connected"}, Tail: 1, TailCount: 2}, nil)
		}
	})
}

// BenchmarkFind measures a search in one block by one narrow column, one wide
// one, and the digits; each op is one call looked at.
func BenchmarkFind(b *testing.B) {
	block := filled(some(rand.New(rand.NewPCG(1, 2)), Size))
	for name, q := range map[string]*Query{
		"narrow": {Campaigns: []int64{1}}, "wide": {Lists: []int64{7}}, "digits": {Tail: 1234, TailCount: 4},
		"four": {Campaigns: []int64{1}, Outcomes: []string{"connected"}, Dispositions: []string{"sale"}, Agents: []int64{7}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				block.Find(q, nil)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/Size, "ns/call")
		})
	}
}
