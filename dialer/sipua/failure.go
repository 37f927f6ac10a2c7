package sipua

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// ErrAuth means that the credentials were refused, or that the challenge was
// not one they may be used for. Test with errors.Is on a Failure.
var ErrAuth = errors.New("authentication failed")

// Failure is why a call was not answered. It is the error of UA.Invite.
type Failure struct {
	// Code is the final status code, 300 to 699, or 0 when none came: then Err
	// tells why (ErrNoReply, ErrTransport, a context error).
	Code   int
	Reason string
	// Q850 is the cause of a Reason header with protocol Q.850 (RFC 3326), 0 if none.
	Q850 int
	// RetryAfter is what the peer asked for (RFC 3261 20.33), 0 if nothing.
	RetryAfter time.Duration
	// GotProvisional is true after any 1xx, 100 included: the next hop took the call.
	GotProvisional bool
	// Ringing is true after a 180: the far end rang.
	Ringing bool
	// Cancelled is true when the caller's context ended the attempt.
	Cancelled bool
	// AnsweredAfterCancel is true when a 200 crossed our CANCEL: somebody
	// answered, was acknowledged and hung up on. It counts as an abandoned call.
	AnsweredAfterCancel bool
	Timings             Timings
	Err                 error
}

func (f *Failure) Error() string {
	var b strings.Builder
	b.WriteString("call failed")
	if f.Code != 0 {
		fmt.Fprintf(&b, ": %d %s", f.Code, f.Reason)
	}
	if f.Q850 != 0 {
		fmt.Fprintf(&b, " (Q.850 cause %d)", f.Q850)
	}
	if f.AnsweredAfterCancel {
		b.WriteString(": answered after cancel")
	}
	if f.Err != nil {
		b.WriteString(": " + f.Err.Error())
	}
	return b.String()
}

// Unwrap returns Err.
func (f *Failure) Unwrap() error { return f.Err }

// Timings are the instants of one call; the zero time means that it never
// came to that. They hold Go's monotonic clock, so differences are sound.
type Timings struct {
	SentAt          time.Time // the (last) INVITE left
	FirstResponseAt time.Time // anything came back, 100 included
	RingingAt       time.Time // first 180
	EarlyMediaAt    time.Time // first provisional with SDP
	AnsweredAt      time.Time // first 200 came, or ours was sent
	AckedAt         time.Time // its ACK was sent, or came
	EndedAt         time.Time
}

// By is the side that ended a call.
type By string

// The ways a call ends.
const (
	ByLocal   By = "local"   // we sent BYE
	ByRemote  By = "remote"  // BYE came
	ByTimeout By = "timeout" // no ACK, no session refresh, or a request found no reply
)

// Ending is how an answered call ended.
type Ending struct {
	By By
	// Q850 is the cause in the Reason header of the BYE, 0 if none.
	Q850 int
	// Code is the SIP code in such a Reason header, or the response that ended
	// the dialog (481, 408), 0 if none.
	Code   int
	Reason string
	At     time.Time
}

// parseReason reads Reason headers (RFC 3326): Q.850 cause, SIP cause, text.
func parseReason(m sip.Message) (q850, code int, text string) {
	for _, line := range headerValues(m, "reason") {
		for part := range strings.SplitSeq(line, ",") {
			protocol, params := splitParams(part)
			cause, err := strconv.Atoi(params["cause"])
			if err != nil || cause < 0 || cause > 999 {
				continue
			}
			switch strings.ToUpper(protocol) {
			case "Q.850":
				q850 = cause & 0x7f
			case "SIP":
				code = cause
			default:
				continue
			}
			if params["text"] != "" {
				text = params["text"]
			}
		}
	}
	return q850, code, text
}

// retryAfter reads "18000;duration=3600" and "120 (I'm in a meeting)", at most a day.
func retryAfter(m sip.Message) time.Duration {
	v, ok := headerValue(m, "retry-after")
	if !ok {
		return 0
	}
	v = strings.TrimSpace(v)
	end := 0
	for end < len(v) && v[end] >= '0' && v[end] <= '9' {
		end++
	}
	n, err := strconv.ParseUint(v[:end], 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, 24*time.Hour)
}
