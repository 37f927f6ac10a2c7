package registry

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
)

// Builder collects the numbers of a version. It begins empty or with those of
// another set, of which it copies only the blocks that change.
type Builder struct {
	base   *Set // nil = empty
	blocks map[uint32]*block
	last   *block // that was touched last: files come by area code
	lastID uint32
}

// NewBuilder returns a builder that holds the numbers of base; nil = none.
func NewBuilder(base *Set) *Builder { return &Builder{base: base, blocks: make(map[uint32]*block)} }

// Add puts a number in: E.164 without the plus, up to 15 digits.
func (b *Builder) Add(number uint64) {
	if number < endOfE164 {
		b.block(number).add(uint32(number % blockSpan))
	}
}

// Drop takes a number out.
func (b *Builder) Drop(number uint64) {
	if number < endOfE164 {
		b.block(number).drop(uint32(number % blockSpan))
	}
}

func (b *Builder) block(number uint64) *block {
	id := uint32(number / blockSpan)
	if b.last != nil && b.lastID == id {
		return b.last
	}
	found, there := b.blocks[id]
	if !there {
		if b.base != nil {
			found = b.base.load(id)
		}
		if found == nil {
			found = &block{}
		}
		b.blocks[id] = found
	}
	b.last, b.lastID = found, id
	return found
}

// ids are all blocks, in ascending order.
func (b *Builder) ids() []uint32 {
	all := slices.Collect(maps.Keys(b.blocks))
	if b.base != nil {
		all = append(all, b.base.blocks()...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// at is a block to be read: one that was touched, or as it is in the base.
func (b *Builder) at(id uint32) *block {
	if found, there := b.blocks[id]; there {
		return found
	}
	if b.base == nil {
		return nil
	}
	return b.base.load(id)
}

// size is how many numbers a block has, without reading it when it is the base's.
func (b *Builder) size(id uint32) int {
	if found, there := b.blocks[id]; there {
		return found.count()
	}
	if found, there := b.base.find(id); there {
		return found.n
	}
	return 0
}

// Count is how many numbers there are.
func (b *Builder) Count() (n int64) {
	for _, id := range b.ids() {
		n += int64(b.size(id))
	}
	return n
}

// Diff is what has come to the builder and what has gone from it since before;
// nil = nothing was before.
func (b *Builder) Diff(before *Set) (added, removed *Builder) {
	added, removed = NewBuilder(nil), NewBuilder(nil)
	old := NewBuilder(before)
	for _, id := range slices.Compact(slices.Sorted(slices.Values(append(b.ids(), old.ids()...)))) {
		if _, touched := b.blocks[id]; !touched && b.base == before {
			continue
		}
		now, was := b.at(id), old.at(id)
		keep(added, id, now.minus(was))
		keep(removed, id, was.minus(now))
	}
	return added, removed
}

func keep(in *Builder, id uint32, some *block) {
	if some != nil && some.count() > 0 {
		in.blocks[id] = some
	}
}

// write writes directory and blocks, and completes the header with what they
// are. It does not write the header.
func (b *Builder) write(w io.Writer, h *Header) error {
	sum := sha256.New()
	out := io.MultiWriter(w, sum)
	ids := slices.DeleteFunc(b.ids(), func(id uint32) bool { return b.size(id) == 0 })
	directory := b.directory(ids, h)
	if _, err := out.Write(directory); err != nil {
		return err
	}
	for _, id := range ids {
		if err := b.writeBlock(out, id); err != nil {
			return fmt.Errorf("write block %d of a register: %w", id, err)
		}
	}
	h.SHA256 = digestOf(sum)
	return nil
}

func digestOf(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// directory lays the blocks out, one after the other.
func (b *Builder) directory(ids []uint32, h *Header) []byte {
	h.Slots = slotsFor(len(ids))
	h.Bytes, h.Count = int64(h.Slots*slotSize), 0
	out, mask := make([]byte, h.Bytes), uint32(h.Slots-1)
	for _, id := range ids {
		n := b.size(id)
		i := slotOf(id, mask)
		for binary.LittleEndian.Uint32(out[slotSize*i:]) != 0 {
			i = (i + 1) & mask
		}
		slot := out[slotSize*i:]
		binary.LittleEndian.PutUint32(slot, id+1)
		binary.LittleEndian.PutUint32(slot[4:], uint32(kindFor(n))<<24|uint32(n))
		binary.LittleEndian.PutUint64(slot[slotOffsets:], uint64(h.size()))
		size := encoded(n)
		h.Bytes += size + padding(size)
		h.Count += int64(n)
	}
	return out
}

// writeBlock copies a block that was not touched, and encodes one that was.
func (b *Builder) writeBlock(w io.Writer, id uint32) error {
	if touched, there := b.blocks[id]; there {
		return writeBlock(w, touched)
	}
	return b.base.copyBlock(w, id)
}

// memory is the set in memory, for small ones that live with the process.
func (b *Builder) memory() (*Set, error) {
	var h Header
	body := &pages{}
	if err := b.write(body, &h); err != nil {
		return nil, err
	}
	return newSet(h, append(make([]byte, headerSize), body.data...))
}

// pages is a writer into memory.
type pages struct{ data []byte }

func (p *pages) Write(b []byte) (int, error) {
	p.data = append(p.data, b...)
	return len(b), nil
}
