package media

import (
	"crypto/sha256"
	"encoding/binary"
)

// Sum returns the SHA-256 of the prompt's samples, 16 bits each, little-endian: of
// what stands in the data chunk of a WAV file of 8 kHz and one channel. It says which
// recording somebody heard.
func (p Prompt) Sum() [sha256.Size]byte {
	raw := make([]byte, 0, 2*len(p.pcm))
	for _, sample := range p.pcm {
		raw = binary.LittleEndian.AppendUint16(raw, uint16(sample))
	}
	return sha256.Sum256(raw)
}
