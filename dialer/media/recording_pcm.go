package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// pcmHeader is the size of the header of a PCMFile.
const pcmHeader = 44

// PCMFile is a recording as a WAV file of 16-bit PCM, two channels, 8 kHz, that
// every player knows. It is made while it is read, from any place on, so that a
// player can jump. It is for one reader at a time.
type PCMFile struct {
	file   Sound
	head   recordingFile
	header []byte
	at     int64
	octets []byte // read from the recording, not turned into samples yet
}

var _ io.ReadSeekCloser = (*PCMFile)(nil)

// Sound is a recording wherever it lies.
type Sound interface {
	io.ReadSeekCloser
	io.ReaderAt
}

// OpenPCM opens a recording to be played. A file that is no recording is a
// *WAVError.
func OpenPCM(path string) (*PCMFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open recording: %w", err)
	}
	p, err := NewPCM(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// NewPCM plays a recording that was opened, and closes it in the end, or when it is
// none.
func NewPCM(file Sound) (*PCMFile, error) {
	head, err := readHead(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open recording: %w", err), file.Close())
	}
	size := uint32(2 * head.octets)
	header := append([]byte("RIFF"), fields(size+pcmHeader-8)...)
	header = append(header, "WAVE"...)
	header = appendChunk(header, "fmt ", fields(uint16(formatPCM), uint16(2), uint32(SampleRate), uint32(4*SampleRate), uint16(4), uint16(16)))
	header = append(append(header, "data"...), fields(size)...)
	return &PCMFile{file: file, head: head, header: header}, nil
}

// Size returns how long the file is, in octets.
func (p *PCMFile) Size() int64 { return pcmHeader + 2*p.head.octets }

// Duration returns how long it sounds.
func (p *PCMFile) Duration() time.Duration { return samplesToTime(p.head.samples()) }

// Close closes the recording.
func (p *PCMFile) Close() error { return p.file.Close() }

// Seek sets where the next Read begins.
func (p *PCMFile) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += p.at
	case io.SeekEnd:
		offset += p.Size()
	}
	if offset < 0 {
		return p.at, errors.New("seek before the beginning of a recording")
	}
	p.at = offset
	return offset, nil
}

// Read reads on: the header first, then the samples of both channels in turn.
func (p *PCMFile) Read(dst []byte) (int, error) {
	if p.at >= p.Size() {
		return 0, io.EOF
	}
	if p.at < pcmHeader {
		n := copy(dst, p.header[p.at:])
		p.at += int64(n)
		return n, nil
	}
	return p.samples(dst)
}

// samples reads the octets that dst has room for and turns each into two; one
// that begins or ends in the middle of a sample gets half of it.
func (p *PCMFile) samples(dst []byte) (int, error) {
	from := p.at - pcmHeader
	to := min(from+int64(len(dst)), 2*p.head.octets)
	first, last := from/2, (to+1)/2
	if need := int(last - first); cap(p.octets) < need {
		p.octets = make([]byte, need)
	}
	octets := p.octets[:last-first]
	if _, err := p.file.ReadAt(octets, p.head.start+first); err != nil {
		return 0, fmt.Errorf("read recording: %w", err)
	}
	var sample [2]byte
	n := 0
	for i, octet := range octets {
		binary.LittleEndian.PutUint16(sample[:], uint16(muLawLinear[octet]))
		skip := 0
		if i == 0 {
			skip = int(from % 2)
		}
		n += copy(dst[n:to-from], sample[skip:])
	}
	p.at += int64(n)
	return n, nil
}
