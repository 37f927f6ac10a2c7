package spool

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"time"
)

// kind says what a record is.
type kind string

const (
	kindOutcome     kind = "outcome"
	kindEvents      kind = "events"
	kindSide        kind = "side"
	kindRecording   kind = "recording"
	kindDisposition kind = "disposition"
	kindDraft       kind = "draft"
	kindWalk        kind = "walk"
	kindDoNotCall   kind = "do_not_call"
)

// record is something that the store is owed.
type record struct {
	Kind    kind            `json:"kind"`
	Attempt string          `json:"attempt,omitempty"` // empty for what speaks of several
	At      time.Time       `json:"at"`                // when it was kept here
	Body    json.RawMessage `json:"body"`
}

// encode writes a record as the payload of a frame.
func encode(r record) ([]byte, error) { return json.Marshal(r) }

func newRecord(k kind, attempt string, body any) (record, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return record{}, fmt.Errorf("keep %s of %s: %w", k, attempt, err)
	}
	return record{Kind: k, Attempt: attempt, At: time.Now().UTC(), Body: text}, nil
}

const (
	headSize = 16
	// maxRecord bounds what a length may say: more is damage.
	maxRecord = 16 << 20
)

var table = crc32.MakeTable(crc32.Castagnoli)

// frame appends a record as it stands on disk.
func frame(to []byte, seq uint64, payload []byte) []byte {
	var head [headSize]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(payload)))
	binary.LittleEndian.PutUint64(head[8:], seq)
	binary.LittleEndian.PutUint32(head[4:], sum(head[:], payload))
	return append(append(to, head[:]...), payload...)
}

// sum is over length, sequence and payload.
func sum(head, payload []byte) uint32 {
	c := crc32.Update(0, table, head[:4])
	c = crc32.Update(c, table, head[8:headSize])
	return crc32.Update(c, table, payload)
}

// place is where a record lies in a segment.
type place struct {
	seq  uint64
	at   int64 // of its head
	size int   // of its payload
}

// damage is a stretch of a segment that is no record.
type damage struct{ from, to int }

// scan reads a segment. After is the sequence before its first record; a record
// out of order is none.
func scan(data []byte, after uint64) (records []place, broken []damage) {
	for at := 0; at < len(data); {
		r, ok := at0(data, at, after)
		if !ok {
			next := resume(data, at+1, after)
			if end := len(bytes.TrimRight(data[at:next], "\x00")); end > 0 || next < len(data) {
				broken = append(broken, damage{at, at + max(end, 1)})
			}
			at = next
			continue
		}
		records = append(records, r)
		after = r.seq
		at += headSize + r.size
	}
	return records, broken
}

// mostMissing is how many records in a row may be damaged and the next one still be
// known as ours.
const mostMissing = 1 << 20

// at0 reads the record that begins at a place.
func at0(data []byte, at int, after uint64) (place, bool) {
	if len(data)-at < headSize {
		return place{}, false
	}
	head := data[at : at+headSize]
	size := int(binary.LittleEndian.Uint32(head))
	seq := binary.LittleEndian.Uint64(head[8:])
	rest := data[at+headSize:]
	switch {
	case size == 0 || size > maxRecord || size > len(rest):
		return place{}, false
	case seq <= after || seq-after > mostMissing:
		return place{}, false
	case sum(head, rest[:size]) != binary.LittleEndian.Uint32(head[4:]):
		return place{}, false
	}
	return place{seq: seq, at: int64(at), size: size}, true
}

// resume finds the next record from a place on, or the end.
func resume(data []byte, from int, after uint64) int {
	for at := from; at+headSize < len(data); at++ {
		if data[at] == 0 && data[at+1] == 0 && data[at+2] == 0 && data[at+3] == 0 {
			continue // no length: most of a segment
		}
		if _, ok := at0(data, at, after); ok {
			return at
		}
	}
	return len(data)
}
