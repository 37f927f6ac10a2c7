package media

import (
	"math"
	"testing"
)

// Values of ITU-T G.711: the ends of the segments in tables 1a and 2a. The
// recommendation counts A-law in 13 and mu-law in 14 bits; ours are 16.
func TestG711DecodesTheValuesOfTheRecommendation(t *testing.T) {
	const positive = 0x80
	aLaw := map[byte]int{0x7F: 4032, 0x70: 2112, 0x60: 1056, 0x50: 528, 0x40: 264, 0x30: 132, 0x20: 66, 0x00: 1}
	for code, value := range aLaw {
		octet := (code | positive) ^ 0x55
		if got := ALawToLinear(octet); int(got) != value*8 {
			t.Errorf("A-law %#x is %d, want %d", octet, got, value*8)
		}
		if got := ALawToLinear(code ^ 0x55); int(got) != -value*8 {
			t.Errorf("A-law %#x is %d, want %d", code^0x55, got, -value*8)
		}
	}
	muLaw := map[byte]int{0x80: 8031, 0x8F: 4191, 0x9F: 2079, 0xAF: 1023, 0xBF: 495, 0xCF: 231, 0xDF: 99, 0xEF: 33, 0xFF: 0}
	for octet, value := range muLaw {
		if got := MuLawToLinear(octet); int(got) != value*4 {
			t.Errorf("mu-law %#x is %d, want %d", octet, got, value*4)
		}
		if got := MuLawToLinear(octet &^ positive); int(got) != -value*4 {
			t.Errorf("mu-law %#x is %d, want %d", octet&^positive, got, -value*4)
		}
	}
}

// G.711 tables 5 and 6: these eight octets, repeated, are a sine of 1 kHz at 0 dBm0.
func TestG711SineSequencesAre1kHzAt0dBm0(t *testing.T) {
	for _, c := range []struct {
		law    Codec
		octets []byte
		peak   float64 // of the load capacity: +3.14 dBm0 and +3.17 dBm0
	}{
		{PCMA, []byte{0x34, 0x21, 0x21, 0x34, 0xB4, 0xA1, 0xA1, 0xB4}, 32768 * math.Pow(10, -3.14/20)},
		{PCMU, []byte{0x1E, 0x0B, 0x0B, 0x1E, 0x9E, 0x8B, 0x8B, 0x9E}, 32636 * math.Pow(10, -3.17/20)},
	} {
		pcm := c.law.Decode(nil, c.octets)
		for i, got := range pcm {
			want := -c.peak * math.Sin(2*math.Pi*(float64(i)+0.5)/8)
			if math.Abs(float64(got)-want) > 0.04*c.peak {
				t.Errorf("%s sample %d is %d, want %.0f", c.law, i, got, want)
			}
		}
	}
}

// The decision values at the ends of the segments, tables 1a and 2a: a sample on
// one belongs to the step above, the next smaller to the step below.
func TestG711DecidesWhereTheRecommendationDoes(t *testing.T) {
	for _, c := range []struct {
		law       Codec
		shift     int
		decisions []int
	}{
		{PCMA, 3, []int{64, 128, 256, 512, 1024, 2048}},
		{PCMU, 2, []int{31, 95, 223, 479, 991, 2015, 4063}},
	} {
		for _, decision := range c.decisions {
			edge := int16(decision << c.shift)
			above, below := c.law.Encode(nil, []int16{edge})[0], c.law.Encode(nil, []int16{edge - 1})[0]
			up, down := c.law.Decode(nil, []byte{above})[0], c.law.Decode(nil, []byte{below})[0]
			if up < edge || down >= edge || above == below {
				t.Errorf("%s at %d: %d becomes %d, %d becomes %d", c.law, decision, edge, up, edge-1, down)
			}
		}
	}
}

func TestG711EncodesEverySampleNearbyAndInOrder(t *testing.T) {
	for _, law := range []Codec{PCMU, PCMA} {
		before := int16(math.MinInt16)
		for sample := math.MinInt16; sample <= math.MaxInt16; sample++ {
			got := law.Decode(nil, law.Encode(nil, []int16{int16(sample)}))[0]
			if got < before {
				t.Fatalf("%s: %d becomes %d, the sample before became %d", law, sample, got, before)
			}
			// A step is at most 1/16 of what it measures, and 16 near zero; mu-law ends at 32124.
			if off := abs(int(got) - sample); off > abs(sample)/16+16 {
				t.Fatalf("%s: %d becomes %d", law, sample, got)
			}
			before = got
		}
	}
}

func TestG711OctetsSurviveARoundTripThroughLinear(t *testing.T) {
	for i := range 256 {
		octet := byte(i)
		if got := LinearToALaw(ALawToLinear(octet)); got != octet {
			t.Errorf("A-law %#x comes back as %#x", octet, got)
		}
		want := octet
		if octet == 0x7F {
			want = 0xFF // minus zero is zero
		}
		if got := LinearToMuLaw(MuLawToLinear(octet)); got != want {
			t.Errorf("mu-law %#x comes back as %#x", octet, got)
		}
	}
}

// From A-law to mu-law and back costs at most one step, and never turns a sample around.
func TestG711TranscodingBothWaysStaysWithinOneStep(t *testing.T) {
	for i := range 256 {
		octet := byte(i)
		back := PCMA.Transcode(nil, PCMU.Transcode(nil, []byte{octet}, PCMA), PCMU)[0]
		was, is := octet^0x55, back^0x55
		if was&0x80 != is&0x80 && ALawToLinear(octet) > 8 {
			t.Errorf("A-law %#x changes its sign: %#x", octet, back)
		}
		if was&0x80 == is&0x80 && abs(int(was&0x7F)-int(is&0x7F)) > 1 {
			t.Errorf("A-law %#x comes back as %#x", octet, back)
		}
	}
}

func TestSilenceIsZeroInBothLaws(t *testing.T) {
	for _, law := range []Codec{PCMU, PCMA} {
		if got := law.Encode(nil, []int16{0})[0]; got != law.Silence() {
			t.Errorf("%s encodes zero as %#x, Silence is %#x", law, got, law.Silence())
		}
	}
}

func abs(n int) int { return max(n, -n) }
