package edge

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

// Patient lets a request and its answer take as long as they need: in place of the
// server's deadlines for the whole of each, every read of the body and every write of
// the answer has its own. A client that neither sends nor reads for so long is cut off.
func Patient(w http.ResponseWriter, r *http.Request, within time.Duration) (http.ResponseWriter, *http.Request) {
	out := http.NewResponseController(w)
	for _, lift := range []func(time.Time) error{out.SetReadDeadline, out.SetWriteDeadline} {
		if lift(time.Time{}) != nil {
			return w, r // it has no deadlines, as in a test
		}
	}
	if r.Body != nil && r.Body != http.NoBody {
		patient := *r
		patient.Body = &patientBody{r.Body, out, within}
		r = &patient
	}
	return &patientWriter{w, out, within}, r
}

// patientBody gives every read its own deadline.
type patientBody struct {
	io.ReadCloser
	out    *http.ResponseController
	within time.Duration
}

// Read reads, within the patience.
func (p *patientBody) Read(b []byte) (int, error) {
	if err := p.out.SetReadDeadline(time.Now().Add(p.within)); err != nil {
		return 0, fmt.Errorf("move the deadline of a request: %w", err)
	}
	n, err := p.ReadCloser.Read(b)
	if err == nil || err == io.EOF { // the server listens on, for the client to go
		_ = p.out.SetReadDeadline(time.Time{})
	}
	return n, err
}

// patientWriter gives every write its own deadline. Over HTTP/2 one that passes ends
// the answer, also while nothing is written.
type patientWriter struct {
	http.ResponseWriter
	out    *http.ResponseController
	within time.Duration
}

// Unwrap is for http.ResponseController.
func (p *patientWriter) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// Write writes, within the patience.
func (p *patientWriter) Write(b []byte) (n int, err error) {
	err = p.timed(func() (err error) { n, err = p.ResponseWriter.Write(b); return err })
	return n, err
}

// FlushError sends what was written, within the patience.
func (p *patientWriter) FlushError() error { return p.timed(p.out.Flush) }

func (p *patientWriter) timed(do func() error) error {
	if err := p.out.SetWriteDeadline(time.Now().Add(p.within)); err != nil {
		return fmt.Errorf("move the deadline of an answer: %w", err)
	}
	if err := do(); err != nil {
		return err
	}
	return p.out.SetWriteDeadline(time.Time{})
}
