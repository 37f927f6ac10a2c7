package media

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"
)

// recordingHeader is where the sound begins in the file: a header of one size
// can be written anew, with the pauses so far, while the sound grows behind it.
//
//	RIFF  fmt  fact  LIST INFO ICRD (began)  cue  LIST adtl labl (pauses)  JUNK  data ...
const recordingHeader = 4096

// maxMarked is how many pauses fit into the header; further ones are in Recorded
// alone.
const maxMarked = 30

// Labels of the cue points at both ends of a pause.
const (
	pausedLabel  = "recording paused"
	resumedLabel = "recording resumed"
)

// header returns the header of a file with so many octets of sound; 0 means all
// that follows. The lock is held, or the recording is over.
func (r *Recording) header(octets int64) []byte {
	return recordingHead(r.began, r.gaps, octets)
}

func recordingHead(began time.Time, gaps []gap, octets int64) []byte {
	h := make([]byte, 0, recordingHeader)
	size := uint32(min(octets, math.MaxUint32-recordingHeader))
	whole := size + recordingHeader - 8
	if octets == 0 {
		whole = 0
	}
	h = append(h, "RIFF"...)
	h = binary.LittleEndian.AppendUint32(h, whole)
	h = append(h, "WAVE"...)
	h = appendChunk(h, "fmt ", fields(uint16(formatMuLaw), uint16(2), uint32(SampleRate), uint32(2*SampleRate), uint16(2), uint16(8), uint16(0)))
	h = appendChunk(h, "fact", fields(size/2))
	date := []byte(began.UTC().Format(time.RFC3339Nano) + "\x00")
	h = appendChunk(h, "LIST", appendChunk([]byte("INFO"), "ICRD", date))
	h = appendCues(h, gaps)
	h = appendChunk(h, "JUNK", make([]byte, recordingHeader-len(h)-16))
	h = append(h, "data"...)
	return binary.LittleEndian.AppendUint32(h, size)
}

// fields returns numbers as they stand in a chunk.
func fields(numbers ...any) []byte {
	var b bytes.Buffer
	for _, n := range numbers {
		_ = binary.Write(&b, binary.LittleEndian, n) // to memory: cannot fail
	}
	return b.Bytes()
}

// appendChunk appends a chunk, and the octet that makes its length even.
func appendChunk(dst []byte, name string, body []byte) []byte {
	dst = append(dst, name...)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(body)))
	dst = append(dst, body...)
	if len(body)%2 == 1 {
		dst = append(dst, 0)
	}
	return dst
}

// appendCues appends the cue points of pauses and their labels.
func appendCues(dst []byte, gaps []gap) []byte {
	var points, labels []byte
	n := uint32(0)
	mark := func(sample int64, label string) {
		n++
		position := uint32(sample)
		points = append(points, fields(n, position, []byte("data"), uint32(0), uint32(0), position)...)
		labels = appendChunk(labels, "labl", append(fields(n), label+"\x00"...))
	}
	for _, g := range gaps[:min(len(gaps), maxMarked)] {
		mark(g.from, pausedLabel)
		if g.to >= 0 {
			mark(g.to, resumedLabel)
		}
	}
	if n == 0 {
		return dst
	}
	dst = appendChunk(dst, "cue ", append(fields(n), points...))
	return appendChunk(dst, "LIST", append([]byte("adtl"), labels...))
}

// finish completes the header of a recording that is over, and closes the file.
func (r *Recording) finish() (Recorded, error) {
	octets, err := r.file.Seek(0, io.SeekEnd)
	if err == nil && octets >= recordingHeader {
		_, err = r.file.WriteAt(r.header(octets-recordingHeader), 0)
	}
	kept := Recorded{Path: r.path, Began: r.began, Gaps: gapsOf(r.gaps)}
	err = errors.Join(r.failed, err, kept.measure(r.file), r.file.Sync(), r.file.Close())
	return kept, err
}

func gapsOf(gaps []gap) []Gap {
	var list []Gap
	for _, g := range gaps {
		list = append(list, Gap{samplesToTime(g.from), samplesToTime(g.to)})
	}
	return list
}

func samplesToTime(samples int64) time.Duration {
	return time.Duration(samples) * (time.Second / SampleRate)
}

// measure reads the whole file once for its facts.
func (k *Recorded) measure(file io.ReadSeeker) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	sum := sha256.New()
	octets, err := io.Copy(sum, file)
	k.Octets, k.SHA256 = octets, hex.EncodeToString(sum.Sum(nil))
	k.Duration = samplesToTime(max(octets-recordingHeader, 0) / 2)
	return err
}

// RepairRecording completes the header of a recording whose process was killed,
// and returns what was kept; a pause that lasted then lasts to the end. A file
// that is whole stays as it is, to the octet. A file that is no recording of ours
// is a *WAVError.
func RepairRecording(path string) (Recorded, error) {
	kept, err := repairRecording(path)
	if err != nil {
		return kept, fmt.Errorf("repair recording %s: %w", path, err)
	}
	return kept, nil
}

func repairRecording(path string) (kept Recorded, err error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return kept, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	head, err := readHead(file)
	if err != nil {
		return kept, err
	}
	began, gaps, ok := head.ours()
	if !ok {
		return kept, &WAVError{0, "not a recording of this program"}
	}
	if n := len(gaps); n > 0 && gaps[n-1].to < 0 {
		gaps[n-1].to = head.samples()
	}
	octets := head.samples() * 2
	if err := file.Truncate(recordingHeader + octets); err != nil { // half a sample is none
		return kept, err
	}
	if _, err := file.WriteAt(recordingHead(began, gaps, octets), 0); err != nil {
		return kept, err
	}
	kept = Recorded{Path: path, Began: began, Gaps: gapsOf(gaps)}
	return kept, errors.Join(kept.measure(file), file.Sync())
}
