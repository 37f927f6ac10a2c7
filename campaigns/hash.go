package campaigns

import (
	"encoding/hex"
	"fmt"
)

// Hash is a SHA-256, or nil for none; as text it is hexadecimal.
type Hash []byte

// String is the hash in hexadecimal, empty for none.
func (h Hash) String() string { return hex.EncodeToString(h) }

// MarshalText writes the hash in hexadecimal.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }

// UnmarshalText reads hexadecimal; an empty text is none.
func (h *Hash) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*h = nil
		return nil
	}
	b, err := hex.AppendDecode(nil, text)
	if err != nil {
		return fmt.Errorf("hash %q: %w", text, err)
	}
	*h = b
	return nil
}
