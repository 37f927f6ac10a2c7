package rules

// dateSet is a set of dates within the years for which it has data.
type dateSet struct {
	first day // of the years with data
	days  int // how many dates they hold
	bits  []uint64
	names map[day]string
}

// newDateSet has room for the years from first to before last.
func newDateSet(first, last day) *dateSet {
	n := int(max(0, last-first))
	return &dateSet{first: first, days: n, bits: make([]uint64, (n+63)/64), names: map[day]string{}}
}

func (s *dateSet) add(d day, name string) {
	if !s.covers(d) {
		return
	}
	i := int(d - s.first)
	s.bits[i/64] |= 1 << (i % 64)
	if s.names[d] == "" {
		s.names[d] = name
	}
}

func (s *dateSet) covers(d day) bool { return d >= s.first && int(d-s.first) < s.days }

func (s *dateSet) has(d day) bool {
	if !s.covers(d) {
		return false
	}
	i := int(d - s.first)
	return s.bits[i/64]&(1<<(i%64)) != 0
}
