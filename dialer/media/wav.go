package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// WAVError is the error of LoadWAV for a file it cannot play: where in the file,
// and what is wrong there.
type WAVError struct {
	Offset int64 // in octets from the beginning
	What   string
}

// Error says what and where.
func (e *WAVError) Error() string { return fmt.Sprintf("WAV at octet %d: %s", e.Offset, e.What) }

// maxWAV bounds what is read: ten minutes of 48 kHz stereo.
const maxWAV = 128 << 20

// Format tags of a WAV (mmreg.h).
const (
	formatPCM        = 1
	formatALaw       = 6
	formatMuLaw      = 7
	formatExtensible = 0xFFFE
)

// LoadWAV reads a prompt from a WAV file: 16-bit PCM of 8 to 96 kHz, A-law or
// mu-law of 8 kHz; mono, or stereo, which is mixed down. Other rates than 8 kHz
// are resampled. Anything else is refused by a *WAVError.
func LoadWAV(r io.Reader) (Prompt, error) {
	file, err := io.ReadAll(io.LimitReader(r, maxWAV+1))
	if err != nil {
		return Prompt{}, fmt.Errorf("read WAV: %w", err)
	}
	if len(file) > maxWAV {
		return Prompt{}, &WAVError{maxWAV, fmt.Sprintf("file is larger than %d MiB", maxWAV>>20)}
	}
	format, data, err := findChunks(file)
	if err != nil {
		return Prompt{}, err
	}
	pcm := format.samples(data)
	if format.rate != SampleRate {
		pcm = resample(pcm, int(format.rate))
	}
	return NewPrompt(pcm), nil
}

// findChunks walks the chunks of a RIFF file to its format and its sound.
func findChunks(file []byte) (format wavFormat, data []byte, err error) {
	if len(file) < 12 || string(file[:4]) != "RIFF" || string(file[8:12]) != "WAVE" {
		return format, nil, &WAVError{0, "not a RIFF/WAVE file"}
	}
	for at := 12; at+8 <= len(file); {
		name, size := string(file[at:at+4]), binary.LittleEndian.Uint32(file[at+4:])
		body := file[at+8:]
		switch name {
		case "fmt ":
			if format, err = parseFormat(body[:min(uint64(size), uint64(len(body)))], int64(at+8)); err != nil {
				return format, nil, err
			}
		case "data":
			data, err = soundOf(body, size, format, int64(at))
			return format, data, err
		}
		if uint64(size) > uint64(len(body)) {
			return format, nil, &WAVError{int64(at), fmt.Sprintf("chunk %q says %d octets, the file ends after %d", name, size, len(body))}
		}
		at += 8 + int(size) + int(size%2)
	}
	return format, nil, &WAVError{int64(len(file)), "no data chunk"}
}

// soundOf returns the octets of the data chunk. Who writes to a pipe cannot know
// the size and says 0xFFFFFFFF (ffmpeg) or 0: all that follows is meant.
func soundOf(body []byte, size uint32, format wavFormat, at int64) ([]byte, error) {
	switch {
	case format.channels == 0:
		return nil, &WAVError{at, "data chunk before the fmt chunk"}
	case size == 0xFFFFFFFF || size == 0:
		size = uint32(len(body))
	case uint64(size) > uint64(len(body)):
		return nil, &WAVError{at, fmt.Sprintf("data chunk says %d octets, the file has %d", size, len(body))}
	}
	if size == 0 {
		return nil, &WAVError{at, "data chunk is empty"}
	}
	if block := uint32(format.octets()); size%block != 0 {
		return nil, &WAVError{at, fmt.Sprintf("data chunk of %d octets is not whole samples of %d", size, block)}
	}
	return body[:size], nil
}

// wavFormat is the fmt chunk, so far as it matters.
type wavFormat struct {
	tag, channels, bits uint16
	rate                uint32
}

// octets of one sample of all channels.
func (f wavFormat) octets() int { return int(f.channels) * int(f.bits) / 8 }

func parseFormat(body []byte, at int64) (wavFormat, error) {
	if len(body) < 16 {
		return wavFormat{}, &WAVError{at, fmt.Sprintf("fmt chunk of %d octets, 16 are the least", len(body))}
	}
	f := wavFormat{
		tag:      binary.LittleEndian.Uint16(body),
		channels: binary.LittleEndian.Uint16(body[2:]),
		rate:     binary.LittleEndian.Uint32(body[4:]),
		bits:     binary.LittleEndian.Uint16(body[14:]),
	}
	if f.tag == formatExtensible && len(body) >= 26 {
		f.tag = binary.LittleEndian.Uint16(body[24:]) // the sub-format begins with the tag proper
	}
	return f, f.check(at)
}

func (f wavFormat) check(at int64) error {
	law := f.tag == formatALaw || f.tag == formatMuLaw
	switch {
	case f.tag != formatPCM && !law:
		return &WAVError{at, fmt.Sprintf("format %#x is not known: save it as 16-bit PCM, A-law or mu-law", f.tag)}
	case f.channels != 1 && f.channels != 2:
		return &WAVError{at + 2, fmt.Sprintf("%d channels: save it as mono", f.channels)}
	case law && f.rate != SampleRate:
		return &WAVError{at + 4, fmt.Sprintf("%d Hz: A-law and mu-law must be 8000 Hz", f.rate)}
	case f.rate < SampleRate || f.rate > 96000:
		return &WAVError{at + 4, fmt.Sprintf("%d Hz: save it with 8000 to 96000 Hz", f.rate)}
	case law && f.bits != 8:
		return &WAVError{at + 14, fmt.Sprintf("%d bits per sample: A-law and mu-law have 8", f.bits)}
	case !law && f.bits != 16:
		return &WAVError{at + 14, fmt.Sprintf("%d bits per sample: save it with 16", f.bits)}
	}
	return nil
}

// samples decodes the sound and mixes stereo down.
func (f wavFormat) samples(data []byte) []int16 {
	pcm := make([]int16, 0, len(data)/f.octets()*int(f.channels))
	switch f.tag {
	case formatALaw:
		pcm = PCMA.Decode(pcm, data)
	case formatMuLaw:
		pcm = PCMU.Decode(pcm, data)
	default:
		for i := 0; i < len(data); i += 2 {
			pcm = append(pcm, int16(binary.LittleEndian.Uint16(data[i:])))
		}
	}
	if f.channels == 2 {
		for i := range len(pcm) / 2 {
			pcm[i] = int16((int(pcm[2*i]) + int(pcm[2*i+1])) / 2)
		}
		pcm = pcm[:len(pcm)/2]
	}
	return pcm
}

// WriteWAV writes a prompt as 16-bit PCM, 8 kHz, mono.
func WriteWAV(w io.Writer, prompt Prompt) error {
	const header = 44
	size := 2 * len(prompt.pcm)
	if uint64(size) > math.MaxUint32-header {
		return errors.New("write WAV: more than 4 GiB")
	}
	file := bytes.NewBuffer(make([]byte, 0, header+size))
	file.WriteString("RIFF")
	write := func(fields ...any) {
		for _, field := range fields {
			_ = binary.Write(file, binary.LittleEndian, field) // to memory: cannot fail
		}
	}
	write(uint32(header - 8 + size))
	file.WriteString("WAVEfmt ")
	write(uint32(16), uint16(formatPCM), uint16(1), uint32(SampleRate), uint32(2*SampleRate), uint16(2), uint16(16))
	file.WriteString("data")
	write(uint32(size), prompt.pcm)
	if _, err := w.Write(file.Bytes()); err != nil {
		return fmt.Errorf("write WAV: %w", err)
	}
	return nil
}
