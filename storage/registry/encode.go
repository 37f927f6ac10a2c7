package registry

import (
	"encoding/binary"
	"errors"
	"io"
)

// A file is a header, a directory, and the blocks that it names.
//
//	0        header, see header.go
//	16384    directory: slots of 16 bytes, a power of two of them, open addressing
//	         block+1 (4 bytes, 0 = empty) | kind and count (8 and 24 bits) | offset (8 bytes)
//	...      blocks, each at a multiple of 8
//
// Numbers of a block are offsets from its first number, 0 to 9,999,999. Little
// endian throughout.
const (
	blockSpan  = 10_000_000    // numbers of a block: an area code of the North American plan
	blockBytes = blockSpan / 8 // of a block as bits
	slotSize   = 16
	mostDigits = 15 // of a number (ITU-T E.164, 6.2.1)

	bucketBits  = 12                               // numbers of a bucket, as a power of two
	buckets     = (blockSpan >> bucketBits) + 1    // of a block
	bucketIndex = 4 * (buckets + 1)                // bytes of the index before the buckets
	mostPlain   = bucketIndex / 2                  // numbers up to which a plain block is no larger
	mostBuckets = (blockBytes/2 - bucketIndex) / 2 // numbers up to which buckets are half as large as bits
	endOfE164   = 1_000_000_000_000_000            // 10^15
	mostBlocks  = endOfE164 / blockSpan            // 10^8: fits the 4 bytes of a slot
	slotOffsets = 8                                // where the offset stands in a slot
	countMask   = 1<<24 - 1                        // of the word with kind and count
	hashFactor  = 0x9E3779B97F4A7C15               // 2^64 / golden ratio (Knuth, TAOCP 3, 6.4)
)

// kind is how a block is written.
type kind uint8

// The kinds. Measured with the machine busy otherwise (BenchmarkBlock, 22 Nov
// 2026): a bit is found in 8 ns, a number in a bucket in 48 to 76 ns, in the
// largest plain block in 153 ns. So bits are taken from where they cost no more
// than twice the bytes, and plain blocks only where buckets would be larger.
const (
	kindBits    kind = 1 // a bit per number
	kindBuckets kind = 2 // where each bucket of 4,096 begins, then the low 12 bits of every number
	kindPlain   kind = 3 // 4 bytes per number
)

// kindFor chooses how a block of n numbers is written.
func kindFor(n int) kind {
	switch {
	case n <= mostPlain:
		return kindPlain
	case n <= mostBuckets:
		return kindBuckets
	}
	return kindBits
}

// encoded is how many bytes a block of n numbers takes.
func encoded(n int) int64 {
	switch kindFor(n) {
	case kindPlain:
		return int64(4 * n)
	case kindBuckets:
		return int64(bucketIndex + 2*n)
	}
	return blockBytes
}

// slotsFor is the size of the directory of so many blocks: at most half full.
func slotsFor(blocks int) int {
	n := 2
	for n < 2*blocks {
		n *= 2
	}
	return n
}

// slotOf is where the search for a block begins; mask is the number of slots
// less one.
func slotOf(block, mask uint32) uint32 {
	return uint32(uint64(block)*hashFactor>>32) & mask
}

var errTooMany = errors.New("a block holds more numbers than there are")

// writeBlock writes the numbers of a block, padded to a multiple of 8.
func writeBlock(w io.Writer, b *block) error {
	n := b.count()
	if n > blockSpan {
		return errTooMany
	}
	var err error
	switch kindFor(n) {
	case kindBits:
		_, err = w.Write(b.words().bytes())
	case kindBuckets:
		_, err = w.Write(bucketed(b.sorted()))
	case kindPlain:
		offsets := b.sorted()
		out := make([]byte, 0, 4*len(offsets))
		for _, o := range offsets {
			out = binary.LittleEndian.AppendUint32(out, o)
		}
		_, err = w.Write(out)
	}
	if pad := padding(encoded(n)); err == nil && pad > 0 {
		_, err = w.Write(make([]byte, pad))
	}
	return err
}

// bucketed is the body of a block in buckets.
func bucketed(offsets []uint32) []byte {
	out := make([]byte, bucketIndex, bucketIndex+2*len(offsets))
	at := 0
	for i := range buckets {
		binary.LittleEndian.PutUint32(out[4*i:], uint32(at))
		for at < len(offsets) && offsets[at]>>bucketBits == uint32(i) {
			out = binary.LittleEndian.AppendUint16(out, uint16(offsets[at]&(1<<bucketBits-1)))
			at++
		}
	}
	binary.LittleEndian.PutUint32(out[4*buckets:], uint32(at))
	return out
}

func padding(n int64) int64 { return -n & 7 }
