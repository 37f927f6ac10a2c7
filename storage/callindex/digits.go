package callindex

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// TailDigits is how many of the last digits of a number are kept.
const TailDigits = 6

const tailSpan = 1_000_000

// noDigits stands for a call without a number, as of a person who was erased.
const noDigits = ^uint32(0)

// digits is the column of the last digits of numbers. They hardly repeat, so
// they stand as they are.
type digits []uint32

func tailOf(number uint64) uint32 {
	if number == 0 {
		return noDigits
	}
	return uint32(number % tailSpan)
}

func (d *digits) set(i int, number uint64) {
	if i == len(*d) {
		*d = append(*d, tailOf(number))
		return
	}
	(*d)[i] = tailOf(number)
}

// mark sets the bits of the calls whose numbers end with the last count digits
// of want.
func (d digits) mark(want uint32, count int, bits *[words]word) {
	span := uint32(1)
	for range count {
		span *= 10
	}
	want %= span
	for i, have := range d {
		if have%span == want && have != noDigits {
			bits[i/64] |= 1 << (i & 63)
		}
	}
}

func (d digits) encode() []byte {
	b := make([]byte, 0, 4*len(d)+4)
	for _, v := range d {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

func (d *digits) decode(b []byte) error {
	b, err := summed(b)
	if err != nil {
		return err
	}
	if len(b)%4 != 0 || len(b)/4 > Size {
		return fmt.Errorf("%d octets of digits: %w", len(b), errDamaged)
	}
	*d = make(digits, 0, len(b)/4)
	for ; len(b) > 0; b = b[4:] {
		*d = append(*d, binary.LittleEndian.Uint32(b))
	}
	return nil
}
