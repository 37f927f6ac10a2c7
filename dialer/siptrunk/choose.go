package siptrunk

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
)

// preference returns the trunks to try, best first. A campaign's own list is
// followed in its order; without one, priority decides, lower first. Neighbours
// of one priority that have a weight share the calls by it, as SRV records do
// (RFC 2782); a weight of 0 leaves a trunk where it stands.
func preference(all []*route, names []string, dice func(n int) int) ([]*route, error) {
	picked, err := pick(all, names)
	if err != nil {
		return nil, err
	}
	for start := 0; start < len(picked); {
		end := start + 1
		for end < len(picked) && shares(picked[start], picked[end]) {
			end++
		}
		shuffle(picked[start:end], dice)
		start = end
	}
	return picked, nil
}

func pick(all []*route, names []string) ([]*route, error) {
	if len(names) == 0 {
		picked := slices.Clone(all)
		slices.SortStableFunc(picked, func(a, b *route) int { return cmp.Compare(a.trunk.Priority, b.trunk.Priority) })
		return picked, nil
	}
	var picked []*route
	for _, name := range names {
		i := slices.IndexFunc(all, func(r *route) bool { return r.trunk.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no trunk is called %q", name)
		}
		if !slices.Contains(picked, all[i]) {
			picked = append(picked, all[i])
		}
	}
	return picked, nil
}

func shares(a, b *route) bool {
	return a.trunk.Weight > 0 && b.trunk.Weight > 0 && a.trunk.Priority == b.trunk.Priority
}

// shuffle draws without putting back, each draw by weight.
func shuffle(group []*route, dice func(n int) int) {
	for ; len(group) > 1; group = group[1:] {
		total := 0
		for _, r := range group {
			total += r.trunk.Weight
		}
		draw := dice(total)
		for i, r := range group {
			if draw -= r.trunk.Weight; draw < 0 {
				moved := group[i]
				copy(group[1:i+1], group[:i])
				group[0] = moved
				break
			}
		}
	}
}

// chance is the dice of live calls.
func chance(n int) int { return rand.IntN(n) }
