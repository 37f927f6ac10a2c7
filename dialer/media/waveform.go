package media

import (
	"bufio"
	"fmt"
	"io"
)

// Waveform returns the peaks of both channels of a recording, 0 to 1, in so many
// pieces of equal length: what a player draws. A recording shorter than that has
// fewer. A file that is no recording is a *WAVError.
func Waveform(r io.ReadSeeker, buckets int) (left, right []float64, err error) {
	head, err := readHead(r)
	if err != nil {
		return nil, nil, fmt.Errorf("read wave form: %w", err)
	}
	if _, err := r.Seek(head.start, io.SeekStart); err != nil {
		return nil, nil, fmt.Errorf("read wave form: %w", err)
	}
	samples := head.samples()
	n := min(int64(max(buckets, 0)), samples)
	sound := bufio.NewReaderSize(io.LimitReader(r, head.octets), 1<<16)
	for i := range n {
		l, r, err := peaks(sound, samples*(i+1)/n-samples*i/n)
		if err != nil {
			return nil, nil, fmt.Errorf("read wave form: %w", err)
		}
		left, right = append(left, l), append(right, r)
	}
	return left, right, nil
}

// loudest is the sample of the loudest octet of the mu-law.
const loudest = 32124

// loudOf is how loud an octet of the mu-law is, 0 to 1.
var loudOf = tabulate(func(octet byte) float64 {
	sample := MuLawToLinear(octet)
	return float64(max(sample, -sample)) / loudest
})

func peaks(sound *bufio.Reader, samples int64) (left, right float64, err error) {
	for range samples {
		l, err := sound.ReadByte()
		if err != nil {
			return 0, 0, err
		}
		r, err := sound.ReadByte()
		if err != nil {
			return 0, 0, err
		}
		left, right = max(left, loudOf[l]), max(right, loudOf[r])
	}
	return left, right, nil
}
