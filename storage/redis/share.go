package redis

import (
	"math"
	"slices"
	"time"
)

// growAfter is how long a node waits before it uses more than it had: until then
// all others know why. One that has met no other in its life waits growSole, so
// that the second is over in which one that is gone may have called last; whoever
// joins later finds it on the list.
const (
	growAfter = 5 * time.Second
	growSole  = 1100 * time.Millisecond
)

// part is what a node of several has of a limit, in whole calls (or lines): the
// first have one more when they do not go up evenly, and the first of all has
// what is less than one. In any second all together are then within the limit.
func part(limit float64, rank, nodes int) float64 {
	whole, rest := math.Modf(limit)
	each := math.Floor(whole / float64(nodes))
	if float64(rank) < whole-each*float64(nodes) {
		each++
	}
	if rank == 0 {
		each += rest
	}
	return each
}

// rankOf is a node's place among the members, which all nodes order alike;
// false when it is none of them.
func rankOf(node string, members []string) (int, bool) {
	return slices.BinarySearch(members, node)
}

// growing is a figure that falls at once and rises late.
type growing struct {
	is    float64
	to    float64   // what it rises to
	since time.Time // since when that has been wanted
}

// tell says what the figure should be; it rises after so long.
func (g *growing) tell(now time.Time, want float64, after time.Duration) {
	switch {
	case want <= g.is:
		g.is, g.to = want, want
	case want != g.to:
		g.to, g.since = want, now
	case now.Sub(g.since) >= after:
		g.is = want
	}
}
