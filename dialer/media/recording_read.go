package media

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"time"
)

// recordingFile is the head of a recording that is read: where its sound is, and
// what stands before it.
type recordingFile struct {
	format wavFormat
	start  int64 // of the sound
	octets int64 // of it that are there, whole samples only
	date   string
	cues   []int64 // samples of both channels, by point
	labels map[uint32]string
}

// maxHead bounds what is read before the sound.
const maxHead = 1 << 16

// readHead reads the chunks before the sound. The sound may still grow, or its
// writer may have been killed: what is there counts, not what the header says.
func readHead(r io.ReadSeeker) (recordingFile, error) {
	h := recordingFile{labels: map[uint32]string{}}
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return h, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return h, err
	}
	head := make([]byte, min(size, maxHead))
	if _, err := io.ReadFull(r, head); err != nil {
		return h, err
	}
	if len(head) < 12 || string(head[:4]) != "RIFF" || string(head[8:12]) != "WAVE" {
		return h, &WAVError{0, "not a RIFF/WAVE file"}
	}
	for at := int64(12); at+8 <= int64(len(head)); {
		name, length := string(head[at:at+4]), int64(binary.LittleEndian.Uint32(head[at+4:]))
		body := head[at+8:]
		if name == "data" {
			return h, h.sound(at, length, size)
		}
		if length > int64(len(body)) {
			return h, &WAVError{at, fmt.Sprintf("chunk %q says %d octets, the header ends after %d", name, length, len(body))}
		}
		if err := h.chunk(name, body[:length], at+8); err != nil {
			return h, err
		}
		at += 8 + length + length%2
	}
	return h, &WAVError{int64(len(head)), "no data chunk"}
}

// sound notes where the sound is.
func (h *recordingFile) sound(at, length, size int64) error {
	if h.format.tag != formatMuLaw || h.format.channels != 2 {
		return &WAVError{at, "not a recording: two channels of mu-law are"}
	}
	h.start = at + 8
	there := size - h.start
	if length > 0 && length < there {
		there = length // chunks of other programs may follow
	}
	h.octets = there / 2 * 2
	return nil
}

func (h *recordingFile) samples() int64 { return h.octets / 2 }

func (h *recordingFile) chunk(name string, body []byte, at int64) (err error) {
	switch {
	case name == "fmt ":
		h.format, err = parseFormat(body, at)
	case name == "cue " && len(body) >= 4:
		for point := body[4:]; len(point) >= 24; point = point[24:] {
			h.cues = append(h.cues, int64(binary.LittleEndian.Uint32(point[20:])))
		}
	case name == "LIST" && len(body) >= 4:
		h.list(body[4:])
	}
	return err
}

// list reads the chunks inside a list: the date, and the labels of cue points.
func (h *recordingFile) list(body []byte) {
	for len(body) >= 8 {
		name, length := string(body[:4]), int(binary.LittleEndian.Uint32(body[4:]))
		body = body[8:]
		if length < 0 || length > len(body) {
			return
		}
		switch item := body[:length]; {
		case name == "ICRD":
			h.date = strings.TrimRight(string(item), "\x00")
		case name == "labl" && length >= 4:
			h.labels[binary.LittleEndian.Uint32(item)] = strings.TrimRight(string(item[4:]), "\x00")
		}
		body = body[min(length+length%2, len(body)):]
	}
}

// ours returns what only our own files have; ok is false for others.
func (h *recordingFile) ours() (began time.Time, gaps []gap, ok bool) {
	began, err := time.Parse(time.RFC3339Nano, h.date)
	if err != nil || h.start != recordingHeader {
		return began, nil, false
	}
	for i, sample := range h.cues {
		switch h.labels[uint32(i+1)] {
		case pausedLabel:
			gaps = append(gaps, gap{sample, -1})
		case resumedLabel:
			if n := len(gaps); n > 0 {
				gaps[n-1].to = sample
			}
		}
	}
	return began, gaps, true
}
