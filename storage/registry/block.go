package registry

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// bitmap is a block as a bit per number.
type bitmap []uint64

func newBitmap() bitmap { return make(bitmap, blockSpan/64) }

func (m bitmap) has(o uint32) bool { return m[o>>6]>>(o&63)&1 == 1 }
func (m bitmap) set(o uint32)      { m[o>>6] |= 1 << (o & 63) }
func (m bitmap) drop(o uint32)     { m[o>>6] &^= 1 << (o & 63) }

func (m bitmap) count() int {
	n := 0
	for _, w := range m {
		n += bits.OnesCount64(w)
	}
	return n
}

// each calls f with every number of the block in ascending order.
func (m bitmap) each(f func(o uint32)) {
	for i, w := range m {
		for ; w != 0; w &= w - 1 {
			f(uint32(i<<6 + bits.TrailingZeros64(w)))
		}
	}
}

func (m bitmap) bytes() []byte {
	out := make([]byte, 0, blockBytes)
	for _, w := range m {
		out = binary.LittleEndian.AppendUint64(out, w)
	}
	return out
}

func bitmapOf(data []byte) bitmap {
	m := newBitmap()
	for i := range m {
		m[i] = binary.LittleEndian.Uint64(data[8*i:])
	}
	return m
}

// Sizes of a block that grows: offsets that are kept as such, before bits are
// smaller, and changes that wait to be merged into them.
const (
	mostListed  = blockBytes / 4
	mostWaiting = 1 << 16
)

// block is a block that is being built: offsets in order, with changes that
// wait; or bits.
type block struct {
	list    []uint32 // ascending
	waiting []uint64 // offset, then when it came, then whether it goes: sorted, the last of an offset counts
	bits    bitmap   // nil = the list counts
}

func (b *block) add(o uint32) {
	switch last := len(b.list) - 1; {
	case b.bits != nil:
		b.bits.set(o)
	case len(b.waiting) > 0 || last >= 0 && o < b.list[last]:
		b.wait(o, 0)
	case last < 0 || o > b.list[last]: // most files are sorted
		if b.list = append(b.list, o); len(b.list) > mostListed {
			b.words()
		}
	}
}

func (b *block) drop(o uint32) {
	if b.bits != nil {
		b.bits.drop(o)
		return
	}
	b.wait(o, 1)
}

func (b *block) wait(o uint32, goes uint64) {
	b.waiting = append(b.waiting, uint64(o)<<32|uint64(len(b.waiting))<<1|goes)
	if len(b.waiting) < mostWaiting {
		return
	}
	if b.tidy(); len(b.list) > mostListed {
		b.words()
	}
}

// tidy merges what waits into the list.
func (b *block) tidy() {
	if len(b.waiting) == 0 {
		return
	}
	slices.Sort(b.waiting)
	merged := make([]uint32, 0, len(b.list)+len(b.waiting))
	at := 0
	for i, w := range b.waiting {
		o := uint32(w >> 32)
		if i+1 < len(b.waiting) && uint32(b.waiting[i+1]>>32) == o {
			continue // a later change of it counts
		}
		for at < len(b.list) && b.list[at] < o {
			merged, at = append(merged, b.list[at]), at+1
		}
		if at < len(b.list) && b.list[at] == o {
			at++
		}
		if w&1 == 0 {
			merged = append(merged, o)
		}
	}
	b.list, b.waiting = append(merged, b.list[at:]...), nil
}

// words turns the block into bits and returns them.
func (b *block) words() bitmap {
	if b.bits == nil {
		b.tidy()
		b.bits = newBitmap()
		for _, o := range b.list {
			b.bits.set(o)
		}
		b.list = nil
	}
	return b.bits
}

func (b *block) count() int {
	if b.bits != nil {
		return b.bits.count()
	}
	b.tidy()
	return len(b.list)
}

// sorted are the offsets in order; not to be kept.
func (b *block) sorted() []uint32 {
	if b.bits == nil {
		b.tidy()
		return b.list
	}
	out := make([]uint32, 0, b.bits.count())
	b.bits.each(func(o uint32) { out = append(out, o) })
	return out
}

// minus is what b has and other has not; nil stands for an empty block.
func (b *block) minus(other *block) *block {
	switch {
	case b == nil:
		return nil
	case other == nil:
		return b
	case b.bits == nil:
		return &block{list: b.lacking(other)}
	}
	left, taken := newBitmap(), other.words()
	for i, w := range b.bits {
		left[i] = w &^ taken[i]
	}
	return &block{bits: left}
}

// lacking are the offsets of a list that another block has not.
func (b *block) lacking(other *block) []uint32 {
	b.tidy()
	other.tidy()
	var out []uint32
	at := 0
	for _, o := range b.list {
		if other.bits != nil {
			if !other.bits.has(o) {
				out = append(out, o)
			}
			continue
		}
		for at < len(other.list) && other.list[at] < o {
			at++
		}
		if at == len(other.list) || other.list[at] != o {
			out = append(out, o)
		}
	}
	return out
}
