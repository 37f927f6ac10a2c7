package report

import (
	"time"

	"github.com/forecall/forecall/campaigns"
)

// kind says how a field is written.
type kind byte

const (
	text   kind = iota // quoted in JSON, made harmless in CSV
	number             // as it is; nothing when empty
	truth              // true or false
	object             // JSON; only in JSON lines
)

// field is one column of a report.
type field struct {
	name string
	kind kind
	put  func(b []byte, r *row) []byte // appends the value; nothing for none
}

// row is what the fields of one line are taken from.
type row struct {
	call     *campaigns.Call
	campaign *campaigns.Campaign // settings at the time of the call; zero when unknown
	loosened []campaigns.Loosening
	line     int // of the order or the answers, in reports with one row for each
}

func str(f func(r *row) string) func([]byte, *row) []byte {
	return func(b []byte, r *row) []byte { return append(b, f(r)...) }
}

func integer(f func(r *row) int64) func([]byte, *row) []byte {
	return func(b []byte, r *row) []byte {
		if n := f(r); n != 0 {
			return appendInt(b, n)
		}
		return b
	}
}

func yes(f func(r *row) bool) func([]byte, *row) []byte {
	return func(b []byte, r *row) []byte {
		if f(r) {
			return append(b, "true"...)
		}
		return append(b, "false"...)
	}
}

func at(f func(r *row) time.Time) func([]byte, *row) []byte {
	return func(b []byte, r *row) []byte { return appendTime(b, f(r)) }
}

// between is the milliseconds from one instant to another; nothing when one of
// them is unknown.
func between(f func(r *row) (from, to time.Time)) func([]byte, *row) []byte {
	return func(b []byte, r *row) []byte {
		from, to := f(r)
		if from.IsZero() || to.IsZero() {
			return b
		}
		return appendInt(b, to.Sub(from).Milliseconds())
	}
}
