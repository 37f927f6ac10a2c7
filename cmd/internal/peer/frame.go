package peer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// frame is what is said on a connection of words at once:
//
//	octets  4 length of the rest | 8 number | 8 acknowledged | 1 length of kind | kind | payload
//
// Number 0 is no word: a beat, an acknowledgement, or the greeting.
type frame struct {
	number  uint64
	ack     uint64 // the last number that the other side's user has taken
	kind    string
	payload []byte
}

const (
	frameHead  = 8 + 8 + 1
	maxKind    = 64
	maxPayload = 1 << 20
	maxFrame   = frameHead + maxKind + maxPayload
)

var errFrame = errors.New("this is no frame of words")

// size is what the frame takes of the bounds.
func (f frame) size() int { return frameHead + len(f.kind) + len(f.payload) }

// append writes the frame.
func (f frame) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(f.size()))
	b = binary.BigEndian.AppendUint64(b, f.number)
	b = binary.BigEndian.AppendUint64(b, f.ack)
	b = append(b, byte(len(f.kind)))
	b = append(b, f.kind...)
	return append(b, f.payload...)
}

// readFrame reads the next frame..
func readFrame(r io.Reader) (frame, error) {
	var head [4 + frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	size, kind := int(binary.BigEndian.Uint32(head[:])), int(head[len(head)-1])
	if size > maxFrame || kind > maxKind || size < frameHead+kind || size-frameHead-kind > maxPayload {
		return frame{}, errFrame
	}
	rest := make([]byte, size-frameHead)
	if _, err := io.ReadFull(r, rest); err != nil {
		return frame{}, fmt.Errorf("the rest of a frame: %w", err)
	}
	return frame{
		number: binary.BigEndian.Uint64(head[4:]), ack: binary.BigEndian.Uint64(head[12:]),
		kind: string(rest[:kind]), payload: rest[kind:],
	}, nil
}
