package evidence

import "encoding/hex"

// Hex is octets that are hexadecimal in text.
type Hex []byte

// MarshalText writes them.
func (h Hex) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }

// UnmarshalText reads them.
func (h *Hex) UnmarshalText(text []byte) (err error) {
	*h, err = hex.AppendDecode(nil, text)
	return err
}
