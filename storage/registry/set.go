package registry

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
)

// Set is an immutable set of numbers, mapped from a file or in memory. Its
// methods may be called by any number of goroutines.
type Set struct {
	Header

	data []byte // the whole file
	mask uint32 // slots of the directory, less one
}

// ErrDamaged marks a file that is not what was written.
var ErrDamaged = errors.New("the file is damaged")

// newSet checks that everything the directory names lies inside of data.
func newSet(h Header, data []byte) (*Set, error) {
	if h.Slots < 2 || h.Slots&(h.Slots-1) != 0 || int64(len(data)) != h.size() {
		return nil, fmt.Errorf("%w: it has %d bytes, its header speaks of %d", ErrDamaged, len(data), h.size())
	}
	s := &Set{Header: h, data: data, mask: uint32(h.Slots - 1)}
	var total int64
	for i := range h.Slots {
		block, b, ok := s.slot(i)
		if !ok {
			continue
		}
		end := b.at + uint64(encoded(b.n))
		if b.at < headerSize || b.at > uint64(len(data)) || end > uint64(len(data)) || kindFor(b.n) != b.kind || block >= mostBlocks {
			return nil, fmt.Errorf("%w: block %d lies outside of it", ErrDamaged, block)
		}
		total += int64(b.n)
	}
	if total != h.Count {
		return nil, fmt.Errorf("%w: its blocks hold %d numbers, its header speaks of %d", ErrDamaged, total, h.Count)
	}
	return s, nil
}

// body is where a block lies and how it is written.
type body struct {
	at   uint64
	n    int
	kind kind
}

// slot reads a slot of the directory; not ok when it is empty.
func (s *Set) slot(i int) (block uint32, b body, ok bool) {
	slot := s.data[headerSize+slotSize*i:][:slotSize]
	key := binary.LittleEndian.Uint32(slot)
	if key == 0 {
		return 0, b, false
	}
	how := binary.LittleEndian.Uint32(slot[4:])
	return key - 1, body{at: binary.LittleEndian.Uint64(slot[slotOffsets:]), n: int(how & countMask), kind: kind(how >> 24)}, true
}

// find looks a block up; ok is false when nobody stands in it.
func (s *Set) find(block uint32) (b body, ok bool) {
	for i := slotOf(block, s.mask); ; i = (i + 1) & s.mask {
		at, b, ok := s.slot(int(i))
		if !ok || at == block {
			return b, ok
		}
	}
}

// Has tells whether a number stands in the set, exactly. It neither locks nor
// allocates.
func (s *Set) Has(number uint64) bool {
	if number >= endOfE164 {
		return false
	}
	found := false
	if b, ok := s.find(uint32(number / blockSpan)); ok {
		offset := uint32(number % blockSpan)
		switch b.kind {
		case kindBits:
			found = s.data[b.at+uint64(offset>>3)]>>(offset&7)&1 == 1
		case kindBuckets:
			found = s.inBucket(b, offset)
		case kindPlain:
			found = s.inPlain(b, offset)
		}
	}
	runtime.KeepAlive(s) // until here the mapping must stand
	return found
}

func (s *Set) inBucket(b body, offset uint32) bool {
	index := s.data[b.at+4*uint64(offset>>bucketBits):]
	lo, hi := binary.LittleEndian.Uint32(index), binary.LittleEndian.Uint32(index[4:])
	low, rows := uint16(offset&(1<<bucketBits-1)), s.data[b.at+bucketIndex:]
	for lo < hi {
		mid := (lo + hi) / 2
		switch v := binary.LittleEndian.Uint16(rows[2*mid:]); {
		case v == low:
			return true
		case v < low:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return false
}

func (s *Set) inPlain(b body, offset uint32) bool {
	rows := s.data[b.at:]
	lo, hi := 0, b.n
	for lo < hi {
		mid := (lo + hi) / 2
		switch v := binary.LittleEndian.Uint32(rows[4*mid:]); {
		case v == offset:
			return true
		case v < offset:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return false
}

// blocks are those that anybody stands in, in ascending order.
func (s *Set) blocks() []uint32 {
	var out []uint32
	for i := range s.Slots {
		if block, _, ok := s.slot(i); ok {
			out = append(out, block)
		}
	}
	runtime.KeepAlive(s)
	slices.Sort(out)
	return out
}

// load copies a block out of the file; nil when nobody stands in it.
func (s *Set) load(id uint32) *block {
	b, ok := s.find(id)
	if !ok {
		return nil
	}
	data := s.data[b.at:][:encoded(b.n)]
	out := &block{}
	switch b.kind {
	case kindBits:
		out.bits = bitmapOf(data)
	case kindPlain:
		for i := range b.n {
			out.list = append(out.list, binary.LittleEndian.Uint32(data[4*i:]))
		}
	case kindBuckets:
		out.list = unbucketed(data, b.n)
	}
	runtime.KeepAlive(s)
	return out
}

// unbucketed reads n offsets out of buckets.
func unbucketed(data []byte, n int) []uint32 {
	out := make([]uint32, 0, n)
	for i := range buckets {
		from, to := binary.LittleEndian.Uint32(data[4*i:]), binary.LittleEndian.Uint32(data[4*i+4:])
		for at := from; at < to; at++ {
			out = append(out, uint32(i)<<bucketBits|uint32(binary.LittleEndian.Uint16(data[bucketIndex+2*int(at):])))
		}
	}
	return out
}

// Each calls f with every number in ascending order until it returns false.
func (s *Set) Each(f func(number uint64) bool) {
	for _, id := range s.blocks() {
		for _, o := range s.load(id).sorted() {
			if !f(uint64(id)*blockSpan + uint64(o)) {
				return
			}
		}
	}
}

// copyBlock writes a block as it stands in the file, padding included.
func (s *Set) copyBlock(w io.Writer, id uint32) error {
	b, _ := s.find(id)
	n := encoded(b.n)
	_, err := w.Write(s.data[b.at:][:n+padding(n)])
	runtime.KeepAlive(s)
	return err
}
