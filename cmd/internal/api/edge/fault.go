package edge

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"github.com/forecall/forecall/campaigns"
)

// Fault is an error as a client gets it: problem details for HTTP APIs (RFC
// 9457) with a code for programs and, for what is our fault, a reference that
// stands in the log.
type Fault struct {
	Type      string   `json:"type,omitempty" doc:"Always about:blank."`
	Title     string   `json:"title" doc:"The status in words."`
	Status    int      `json:"status" doc:"The HTTP status."`
	Code      string   `json:"code" doc:"What went wrong, for programs. Stable."`
	Detail    string   `json:"detail" doc:"One sentence for people."`
	Reference string   `json:"reference,omitempty" doc:"Where the log has more; tell it to your administrator."`
	Errors    []Detail `json:"errors,omitempty" doc:"Each thing that is wrong with the request."`
}

// Detail is one thing that is wrong with a request.
type Detail struct {
	Location string `json:"location,omitempty" doc:"As body.lines[3].price."`
	Message  string `json:"message"`
}

// Error says the sentence.
func (f *Fault) Error() string { return f.Detail }

// GetStatus is the HTTP status.
func (f *Fault) GetStatus() int { return f.Status }

// GetHeaders says when to come back, where that is known.
func (f *Fault) GetHeaders() http.Header {
	h := make(http.Header)
	if f.Status == http.StatusTooManyRequests || f.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "5")
	}
	return h
}

// ContentType is that of RFC 9457 section 3.
func (f *Fault) ContentType(string) string { return "application/problem+json" }

// NewFault builds a fault with a code and a sentence.
func NewFault(status int, code, detail string) *Fault {
	return &Fault{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

var statusOf = map[campaigns.ProblemKind]int{
	campaigns.KindInvalid:     http.StatusUnprocessableEntity,
	campaigns.KindNotFound:    http.StatusNotFound,
	campaigns.KindForbidden:   http.StatusForbidden,
	campaigns.KindConflict:    http.StatusConflict,
	campaigns.KindUnknown:     http.StatusUnauthorized,
	campaigns.KindTooMany:     http.StatusTooManyRequests,
	campaigns.KindUnavailable: http.StatusServiceUnavailable,
}

// FaultOf turns an error into what the client may know of it. What is not
// meant for people is logged with a reference.
func FaultOf(ctx context.Context, log *slog.Logger, err error) *Fault {
	var fault *Fault
	var problem *campaigns.Problem
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &fault):
		return fault
	case errors.As(err, &problem):
		return NewFault(statusOf[problem.Kind], problem.Code, problem.Text)
	case errors.Is(err, campaigns.ErrForbidden):
		return NewFault(http.StatusForbidden, "forbidden", "Your role does not allow this.")
	case errors.As(err, &tooBig):
		return NewFault(http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("The request is larger than %d bytes.", tooBig.Limit))
	case errors.Is(err, os.ErrDeadlineExceeded):
		return NewFault(http.StatusRequestTimeout, "too_slow", "The request stood still for too long.")
	case ctx.Err() != nil, errors.Is(err, io.ErrUnexpectedEOF):
		return NewFault(http.StatusServiceUnavailable, "cancelled", "The request was cancelled before it was done.")
	}
	return Internal(ctx, log, err)
}

// Internal logs an error that is ours and answers with its reference.
func Internal(ctx context.Context, log *slog.Logger, err error) *Fault {
	reference := strings.ToLower(rand.Text()[:10])
	log.ErrorContext(ctx, "internal error", "reference", reference, "error", withoutPath(err))
	f := NewFault(http.StatusInternalServerError, "internal", "Internal error. Its reference is "+reference+".")
	f.Reference = reference
	return f
}

// withoutPath keeps an error as it is; fs.PathError alone may carry names that
// people chose for their files.
func withoutPath(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Sprintf("%s: %v", path.Op, path.Err)
	}
	return err.Error()
}

// Write sends the fault.
func (f *Fault) Write(w http.ResponseWriter) {
	body, err := json.Marshal(f)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	for name, values := range f.GetHeaders() {
		h[name] = values
	}
	w.WriteHeader(f.Status)
	_, _ = w.Write(body) // the client may be gone; there is nobody else to tell
}
