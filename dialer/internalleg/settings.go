package internalleg

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
)

// Settings are what Open needs.
type Settings struct {
	// Node is the name of this node, as the others dial it.
	Node string
	// Key is known to the nodes of the house and to nobody else: 32 octets or more.
	Key []byte
	// Listen are the sockets on the internal address.
	Listen []sipua.Listener
	// Allow says whether messages of this address are read at all; nil reads all,
	// and strangers are refused. It must not block.
	Allow func(netip.Addr) bool
	// Media is what each leg is opened with. Its Allow is not asked: sound goes
	// where the signed description says, and nowhere else.
	Media media.Settings
	// Phone looks up the phone of this node by the name that others have of it. It
	// is asked from many goroutines and must be quick. Nil knows none.
	Phone func(station string) (dialer.Station, bool)
	// AnswerLimit is how long Dial waits for the other node's answer and its first
	// sound; 0 means 1.8 s.
	AnswerLimit time.Duration
	// SilenceLimit is how long nothing may be heard of the other node; 0 means
	// 1.5 s, and less than 500 ms is refused.
	SilenceLimit time.Duration
	// Log takes what an operator should see; nil discards.
	Log *slog.Logger
}

const (
	leastKey            = 32
	defaultAnswerLimit  = 1800 * time.Millisecond
	defaultSilenceLimit = 1500 * time.Millisecond
	leastSilenceLimit   = 500 * time.Millisecond
	maxName             = 256 // octets of the name of a node or a station
	maxEars             = 8   // beside each other at one phone
	userAgent           = "forecall node"
)

// Validate names all that is wrong.
func (s Settings) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if s.Node == "" || len(s.Node) > maxName {
		bad("internal legs node: a name of 1 to %d octets", maxName)
	}
	if len(s.Key) < leastKey {
		bad("internal legs key: %d octets, at least %d", len(s.Key), leastKey)
	}
	if len(s.Listen) == 0 {
		bad("internal legs listen: no address for other nodes to call")
	}
	if s.AnswerLimit < 0 {
		bad("internal legs answer_limit: not negative")
	}
	if s.SilenceLimit != 0 && s.SilenceLimit < leastSilenceLimit {
		bad("internal legs silence_limit %s: at least %s", s.SilenceLimit, leastSilenceLimit)
	}
	return errors.Join(errs...)
}

func (s Settings) filled() Settings {
	if s.AnswerLimit == 0 {
		s.AnswerLimit = defaultAnswerLimit
	}
	if s.SilenceLimit == 0 {
		s.SilenceLimit = defaultSilenceLimit
	}
	if s.Phone == nil {
		s.Phone = func(string) (dialer.Station, bool) { return nil, false }
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	return s
}
