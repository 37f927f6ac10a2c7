package source

import "bytes"

// entry is one number of a file and what is wanted of it.
type entry struct {
	number uint64
	drop   bool
}

// scratch is what parsing a line needs and the next line uses again.
type scratch struct {
	joined []byte
}

// line reads one line that holds something.
func (l *layout) line(line []byte, r *reader, s *scratch) (e entry, err error) {
	if l.action < 0 {
		e.drop = l.only == drop
		e.number, err = l.numberOf(line, r, s)
		return e, err
	}
	if e.number, err = l.numberOf(line, r, s); err != nil {
		return e, err
	}
	cell, ok := l.cell(line, l.action)
	if !ok {
		return e, errNoColumn
	}
	switch actionOf(cell) {
	case drop:
		e.drop = true
	case add:
	default:
		return e, errUnwanted
	}
	return e, nil
}

// numberOf reads the number of a line; s may be nil.
func (l *layout) numberOf(line []byte, r *reader, s *scratch) (uint64, error) {
	switch {
	case l.width > 0:
		if l.start >= len(line) {
			return 0, errNoColumn
		}
		return r.number(line[l.start:min(l.start+l.width, len(line))])
	case l.delimiter == 0:
		return r.number(line)
	case len(l.columns) == 1:
		cell, ok := l.cell(line, l.columns[0])
		if !ok {
			return 0, errNoColumn
		}
		return r.number(cell)
	}
	if s == nil {
		s = &scratch{}
	}
	s.joined = s.joined[:0]
	for _, c := range l.columns {
		cell, ok := l.cell(line, c)
		if !ok {
			return 0, errNoColumn
		}
		s.joined = append(s.joined, cell...)
	}
	return r.number(s.joined)
}

// cell is the n-th cell of a line.
func (l *layout) cell(line []byte, n int) ([]byte, bool) {
	if bytes.IndexByte(line, '"') >= 0 {
		cells := l.cells(line)
		if n >= len(cells) {
			return nil, false
		}
		return cells[n], true
	}
	for range n {
		i := bytes.IndexByte(line, l.delimiter)
		if i < 0 {
			return nil, false
		}
		line = line[i+1:]
	}
	if i := bytes.IndexByte(line, l.delimiter); i >= 0 {
		line = line[:i]
	}
	return line, true
}
