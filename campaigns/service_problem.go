package campaigns

import (
	"errors"
	"fmt"
)

// Errors that stores return, wrapped, and services turn into a Problem.
var (
	// ErrNotFound marks that a row with the asked id, name or number does not exist.
	ErrNotFound = errors.New("not found")
	// ErrDisposed marks a second, different disposition of one attempt.
	ErrDisposed = errors.New("the attempt has another disposition")
	// ErrZoneFixed marks another reporting zone of a campaign that has called.
	ErrZoneFixed = errors.New("the campaign has called: its reporting zone is fixed")
	// ErrExists marks a name or login that is taken.
	ErrExists = errors.New("exists already")
)

// ProblemKind is what sort of trouble a Problem is.
type ProblemKind string

// The kinds of problems. Whatever is not a Problem is internal.
const (
	KindInvalid     ProblemKind = "invalid"     // what was asked makes no sense
	KindNotFound    ProblemKind = "not_found"   // or the user may not know that it exists
	KindForbidden   ProblemKind = "forbidden"   // the role does not allow it
	KindConflict    ProblemKind = "conflict"    // it makes sense, but not now
	KindUnknown     ProblemKind = "unknown"     // we do not know who asks
	KindTooMany     ProblemKind = "too_many"    // too often; later again
	KindUnavailable ProblemKind = "unavailable" // something that it needs is down
)

// Problem is an error that people may read: a code for programs and a sentence
// that names neither a stranger's number nor how we are built.
type Problem struct {
	Kind  ProblemKind
	Code  string // snake_case, stable
	Text  string // one sentence
	Cause error  // for the log; may be nil
}

// Error says the sentence and, for the log, what lies beneath.
func (p *Problem) Error() string {
	if p.Cause == nil {
		return p.Text
	}
	return fmt.Sprintf("%s (%v)", p.Text, p.Cause)
}

// Unwrap returns what lies beneath.
func (p *Problem) Unwrap() error { return p.Cause }

// problem builds a Problem without a cause.
func problem(kind ProblemKind, code, format string, args ...any) *Problem {
	return &Problem{Kind: kind, Code: code, Text: fmt.Sprintf(format, args...)}
}

// invalid turns a validation error, whose text is meant for people, into a Problem.
func invalid(code string, err error) error {
	if err == nil {
		return nil
	}
	return &Problem{Kind: KindInvalid, Code: code, Text: err.Error()}
}

// missing turns ErrNotFound into a Problem that names the thing, and leaves
// every other error as it is.
func missing(what string, err error) error {
	if errors.Is(err, ErrNotFound) {
		return &Problem{Kind: KindNotFound, Code: what + "_not_found", Text: "There is no such " + what + ".", Cause: err}
	}
	return err
}
