package callindex

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
)

// Size is how many calls a block holds.
const Size = 1 << 16

// errDamaged marks a column that is not what was written.
var errDamaged = errors.New("the column is damaged")

// word is 64 calls of a block, the first in the lowest bit.
type word = uint64

// words is how many of them a block has.
const words = Size / 64

// column is one property of the calls of a block: the values that occur, and a
// code for each call, in one octet while there are few values, in two after.
type column[T comparable] struct {
	values []T
	narrow []uint8
	wide   []uint16
	codes  map[T]uint16 // of values; nil until something is set
}

func (c *column[T]) len() int { return max(len(c.narrow), len(c.wide)) }

// set gives call i, which may be the one after the last, a value.
func (c *column[T]) set(i int, v T) {
	code := c.code(i, v)
	if c.wide == nil && code > 0xFF {
		c.widen()
	}
	if i == c.len() {
		c.append(code)
		return
	}
	if c.wide != nil {
		c.wide[i] = code
		return
	}
	c.narrow[i] = uint8(code)
}

func (c *column[T]) append(code uint16) {
	if c.wide != nil {
		c.wide = append(c.wide, code)
		return
	}
	c.narrow = append(c.narrow, uint8(code))
}

// code finds the code of a value, or gives it one, for call i. A block has no
// more calls than there are codes, so that when they have run out some value is
// of no other call any more.
func (c *column[T]) code(i int, v T) uint16 {
	if c.codes == nil {
		c.codes = make(map[T]uint16, len(c.values))
		for code, have := range c.values {
			c.codes[have] = uint16(code)
		}
	}
	if code, ok := c.codes[v]; ok {
		return code
	}
	if len(c.values) == Size {
		c.forget(i)
	}
	code := uint16(len(c.values))
	c.values = append(c.values, v)
	c.codes[v] = code
	return code
}

// forget drops values that no call but i has, which is about to get another;
// only a column of two octets comes here.
func (c *column[T]) forget(i int) {
	used := make([]bool, len(c.values))
	for j, code := range c.wide {
		used[code] = used[code] || j != i
	}
	clear(c.codes)
	moved, kept := make([]uint16, len(c.values)), c.values[:0:0]
	for i, v := range c.values {
		if used[i] {
			moved[i] = uint16(len(kept))
			c.codes[v] = moved[i]
			kept = append(kept, v)
		}
	}
	for i, code := range c.wide {
		c.wide[i] = moved[code]
	}
	c.values = kept
}

func (c *column[T]) widen() {
	c.wide = make([]uint16, len(c.narrow), Size)
	for i, code := range c.narrow {
		c.wide[i] = uint16(code)
	}
	c.narrow = nil
}

// at is the value of call i.
func (c *column[T]) at(i int) T {
	if c.wide != nil {
		return c.values[c.wide[i]]
	}
	return c.values[c.narrow[i]]
}

// mark sets the bits of the calls that have one of some values in bits, and
// tells whether there can be any.
func (c *column[T]) mark(wanted []T, bits *[words]word) bool {
	table, any := make([]uint8, max(len(c.values), 256)), false
	for i, v := range c.values {
		if slices.Contains(wanted, v) {
			table[i], any = 1, true
		}
	}
	if !any {
		return false
	}
	if c.wide != nil {
		markWide(c.wide, table, bits)
	} else {
		markNarrow(c.narrow, (*[256]uint8)(table), bits)
	}
	return true
}

func markNarrow(codes []uint8, table *[256]uint8, bits *[words]word) {
	for w := 0; len(codes) > 0; w++ {
		n := min(64, len(codes))
		var set word
		for i, code := range codes[:n] {
			set |= word(table[code]) << (i & 63)
		}
		bits[w] |= set
		codes = codes[n:]
	}
}

func markWide(codes []uint16, table []uint8, bits *[words]word) {
	for w := 0; len(codes) > 0; w++ {
		n := min(64, len(codes))
		var set word
		for i, code := range codes[:n] {
			set |= word(table[code]) << (i & 63)
		}
		bits[w] |= set
		codes = codes[n:]
	}
}

// encode writes the column: how many values, each of them, the codes, and a sum
// over all of it.
func (c *column[T]) encode(put func([]byte, T) []byte) []byte {
	b := binary.AppendUvarint(make([]byte, 0, 64+2*c.len()+16*len(c.values)), uint64(len(c.values)))
	for _, v := range c.values {
		b = put(b, v)
	}
	if c.wide != nil {
		b = append(b, 2)
		for _, code := range c.wide {
			b = binary.LittleEndian.AppendUint16(b, code)
		}
	} else {
		b = append(append(b, 1), c.narrow...)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

// decode reads what encode wrote; errDamaged when it is something else.
func (c *column[T]) decode(b []byte, take func([]byte) (T, []byte, bool)) error {
	b, err := summed(b)
	if err != nil {
		return err
	}
	n, used := binary.Uvarint(b)
	if used <= 0 || n > Size {
		return fmt.Errorf("number of values: %w", errDamaged)
	}
	b = b[used:]
	c.values, c.codes = make([]T, 0, n), nil
	for range n {
		v, rest, ok := take(b)
		if !ok {
			return fmt.Errorf("values: %w", errDamaged)
		}
		c.values, b = append(c.values, v), rest
	}
	return c.decodeCodes(b)
}

func (c *column[T]) decodeCodes(b []byte) error {
	switch {
	case len(b) > 0 && b[0] == 1 && len(b)-1 <= Size:
		c.narrow, c.wide = b[1:], nil
		for _, code := range c.narrow {
			if int(code) >= len(c.values) {
				return fmt.Errorf("codes: %w", errDamaged)
			}
		}
	case len(b) > 0 && b[0] == 2 && len(b)%2 == 1 && len(b)/2 <= Size:
		c.narrow, c.wide = nil, make([]uint16, 0, len(b)/2)
		for b = b[1:]; len(b) > 0; b = b[2:] {
			code := binary.LittleEndian.Uint16(b)
			if int(code) >= len(c.values) {
				return fmt.Errorf("codes: %w", errDamaged)
			}
			c.wide = append(c.wide, code)
		}
	default:
		return fmt.Errorf("width of codes: %w", errDamaged)
	}
	return nil
}

// summed takes the sum off and compares it.
func summed(b []byte) ([]byte, error) {
	if len(b) < 4 {
		return nil, fmt.Errorf("%d octets: %w", len(b), errDamaged)
	}
	body := b[:len(b)-4]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(b[len(b)-4:]) {
		return nil, fmt.Errorf("sum: %w", errDamaged)
	}
	return body, nil
}

func putInteger(b []byte, v int64) []byte { return binary.AppendVarint(b, v) }

func takeInteger(b []byte) (int64, []byte, bool) {
	v, n := binary.Varint(b)
	if n <= 0 {
		return 0, nil, false
	}
	return v, b[n:], true
}

func putText(b []byte, v string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

func takeText(b []byte) (string, []byte, bool) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return "", nil, false
	}
	return string(b[used : used+int(n)]), b[used+int(n):], true
}
