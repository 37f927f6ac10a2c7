package odds

// names gives the values of a factor that are met on the way a place each, a
// bounded number of them. When all places are taken, the value that was met
// least, lately, loses its own.
type names[K comparable] struct {
	index map[K]int
	keys  []K
	heat  []float64 // how often each was met, of late
	limit int
}

// cooling is what is left of each value's heat when a place is given anew.
const cooling = 0.98

func newNames[K comparable](limit int) names[K] {
	return names[K]{index: make(map[K]int), limit: limit}
}

// find returns the place of a value; ok is false when it has none.
func (n *names[K]) find(key K) (place int, ok bool) {
	place, ok = n.index[key]
	return place, ok
}

// meet returns the place of a value and gives it one when it has none; fresh
// says that the place belonged to nobody, or to somebody else, before.
func (n *names[K]) meet(key K) (place int, fresh bool) {
	place, known := n.index[key]
	if !known {
		place = n.room(key)
	}
	n.heat[place]++
	return place, !known
}

func (n *names[K]) room(key K) int {
	if len(n.keys) < n.limit {
		n.index[key] = len(n.keys)
		n.keys, n.heat = append(n.keys, key), append(n.heat, 0)
		return len(n.keys) - 1
	}
	coldest := 0
	for i := range n.heat {
		n.heat[i] *= cooling
		if n.heat[i] < n.heat[coldest] {
			coldest = i
		}
	}
	delete(n.index, n.keys[coldest])
	n.index[key], n.keys[coldest], n.heat[coldest] = coldest, key, 0
	return coldest
}
