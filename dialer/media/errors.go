package media

import "errors"

var (
	// ErrClosed is the error of a session that is closed.
	ErrClosed = errors.New("media session is closed")
	// ErrNotStarted is the error of saying something before Start.
	ErrNotStarted = errors.New("media session has no peer yet")
	// ErrNotADigit is the error for a key that is not 0-9, *, # or A-D.
	ErrNotADigit = errors.New("not a digit")
	// ErrCodec is the error for a payload type that is neither PCMU nor PCMA.
	ErrCodec = errors.New("codec is neither PCMU nor PCMA")

	errNotRTP = errors.New("not RTP")
)
