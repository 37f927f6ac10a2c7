package pacing

// index maps ids to positions in a dense slice: open addressing with linear probing and backward-shift deletion. It is
// here because a Go map may allocate while it churns, and a Floor must not. Id zero is never stored.
type index struct {
	keys []uint64
	vals []int32
	used int
}

func (x *index) find(id uint64) (int, bool) {
	if len(x.keys) == 0 {
		return 0, false
	}
	for i := x.home(id); x.keys[i] != 0; i = x.next(i) {
		if x.keys[i] == id {
			return int(x.vals[i]), true
		}
	}
	return 0, false
}

// set stores or moves id. Only growth beyond the largest size so far allocates.
func (x *index) set(id uint64, pos int) {
	if 2*(x.used+1) > len(x.keys) {
		x.grow()
	}
	i := x.home(id)
	for ; x.keys[i] != 0; i = x.next(i) {
		if x.keys[i] == id {
			x.vals[i] = int32(pos)
			return
		}
	}
	x.keys[i], x.vals[i] = id, int32(pos)
	x.used++
}

func (x *index) remove(id uint64) {
	if len(x.keys) == 0 {
		return
	}
	i := x.home(id)
	for ; x.keys[i] != id; i = x.next(i) {
		if x.keys[i] == 0 {
			return
		}
	}
	x.used--
	// Close the gap: move back every later key that may not be reached over a hole.
	for j := x.next(i); x.keys[j] != 0; j = x.next(j) {
		if x.distance(x.home(x.keys[j]), j) >= x.distance(i, j) {
			x.keys[i], x.vals[i] = x.keys[j], x.vals[j]
			i = j
		}
	}
	x.keys[i] = 0
}

func (x *index) grow() {
	keys, vals := x.keys, x.vals
	size := max(64, 2*len(keys))
	x.keys, x.vals, x.used = make([]uint64, size), make([]int32, size), 0
	for i, k := range keys {
		if k != 0 {
			x.set(k, int(vals[i]))
		}
	}
}

// home is Fibonacci hashing: ids are often consecutive.
func (x *index) home(id uint64) int { return int((id*0x9E3779B97F4A7C15)>>32) & (len(x.keys) - 1) }

func (x *index) next(i int) int { return (i + 1) & (len(x.keys) - 1) }

func (x *index) distance(from, to int) int { return (to - from) & (len(x.keys) - 1) }
