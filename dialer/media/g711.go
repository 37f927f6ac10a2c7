package media

import "math/bits"

// The laws of ITU-T G.711 (11/88), on 16-bit linear samples: mu-law uses the
// upper 14 bits, A-law the upper 13. Negative samples are taken as one's
// complement, as the reference software of ITU-T G.191 does.

// muBias is added to a 14-bit magnitude, so that every segment of the mu-law
// begins at a power of two.
const muBias = 33

// LinearToMuLaw returns the mu-law octet of a sample.
func LinearToMuLaw(sample int16) byte {
	sign, magnitude := byte(0x80), int(sample)
	if sample < 0 {
		sign, magnitude = 0, int(^sample)
	}
	magnitude = min(magnitude>>2+muBias, 0x1FFF)
	segment := bits.Len(uint(magnitude >> 6))
	step := byte(magnitude>>(segment+1)) & 0x0F
	return sign | (^(byte(segment)<<4 | step) & 0x7F)
}

// MuLawToLinear returns the sample that a mu-law octet stands for.
func MuLawToLinear(octet byte) int16 {
	code := ^octet
	segment := code >> 4 & 0x07
	magnitude := (int16(code&0x0F)<<1+muBias)<<segment - muBias
	if code&0x80 != 0 {
		return -magnitude << 2
	}
	return magnitude << 2
}

// LinearToALaw returns the A-law octet of a sample.
func LinearToALaw(sample int16) byte {
	sign, magnitude := byte(0x80), int(sample)
	if sample < 0 {
		sign, magnitude = 0, int(^sample)
	}
	magnitude >>= 4
	code := byte(magnitude)
	if magnitude > 15 {
		segment := bits.Len(uint(magnitude)) - 4
		code = byte(segment)<<4 | byte(magnitude>>(segment-1))&0x0F
	}
	return (sign | code) ^ 0x55 // G.711 table 1: even bits are inverted
}

// ALawToLinear returns the sample that an A-law octet stands for.
func ALawToLinear(octet byte) int16 {
	code := octet ^ 0x55
	segment := code >> 4 & 0x07
	magnitude := int16(code & 0x0F)
	if segment > 0 {
		magnitude += 16
	}
	magnitude = magnitude<<4 + 8 // the middle of the step
	if segment > 1 {
		magnitude <<= segment - 1
	}
	if code&0x80 == 0 {
		return -magnitude
	}
	return magnitude
}

// Tables for the way every packet goes; they never change.
var (
	muLawLinear = tabulate(MuLawToLinear)
	aLawLinear  = tabulate(ALawToLinear)
	muLawToALaw = tabulate(func(octet byte) byte { return LinearToALaw(MuLawToLinear(octet)) })
	aLawToMuLaw = tabulate(func(octet byte) byte { return LinearToMuLaw(ALawToLinear(octet)) })
)

func tabulate[T any](law func(byte) T) (table [256]T) {
	for i := range table {
		table[i] = law(byte(i))
	}
	return table
}
