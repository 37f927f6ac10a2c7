package registry

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// headerSize is a few pages: what follows is aligned to them.
const headerSize = 16384

// magic begins every file, with the version of its form.
const magic = "forecall register 1\n"

// Header says what a file holds. SHA-256 in the version is that of the numbers
// of the version, also in the files of what came and went.
type Header struct {
	Part    string                    `json:"part"` // set, add or del
	Version campaigns.RegisterVersion `json:"version"`
	Before  time.Time                 `json:"before"` // access of the version before
	Count   int64                     `json:"count"`  // numbers in this file
	Slots   int                       `json:"slots"`
	Bytes   int64                     `json:"bytes"`  // of directory and blocks
	SHA256  string                    `json:"sha256"` // of directory and blocks
}

// The parts of a version.
const (
	partSet = "set"
	partAdd = "add"
	partDel = "del"
)

func (h Header) size() int64 { return headerSize + h.Bytes }

// encode writes the header, which ends with its own SHA-256.
func (h Header) encode() ([]byte, error) {
	text, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("write the header of a register: %w", err)
	}
	page := make([]byte, headerSize)
	n := copy(page, magic)
	if n+4+len(text)+sha256.Size > headerSize {
		return nil, fmt.Errorf("the header of a register has %d bytes, more than fit a page", len(text))
	}
	binary.LittleEndian.PutUint32(page[n:], uint32(len(text)))
	copy(page[n+4:], text)
	sum := sha256.Sum256(page[:headerSize-sha256.Size])
	copy(page[headerSize-sha256.Size:], sum[:])
	return page, nil
}

// decodeHeader reads the page; ErrDamaged when it is not what was written.
func decodeHeader(page []byte) (h Header, err error) {
	if len(page) < headerSize || !bytes.HasPrefix(page, []byte(magic)) {
		return h, fmt.Errorf("%w: it does not begin as a register does", ErrDamaged)
	}
	sum := sha256.Sum256(page[:headerSize-sha256.Size])
	if !bytes.Equal(sum[:], page[headerSize-sha256.Size:headerSize]) {
		return h, fmt.Errorf("%w: its header does not have its own SHA-256", ErrDamaged)
	}
	text := page[len(magic)+4:]
	n := binary.LittleEndian.Uint32(page[len(magic):])
	if int(n) > headerSize-len(magic)-4-sha256.Size {
		return h, fmt.Errorf("%w: its header is longer than its page", ErrDamaged)
	}
	if err := json.Unmarshal(text[:n], &h); err != nil {
		return h, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return h, nil
}
