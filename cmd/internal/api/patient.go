package api

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// patience is how long an upload may stand still.
const patience = 30 * time.Second

// patientReader gives every read its own deadline.
type patientReader struct {
	in    io.Reader
	out   *http.ResponseController
	until time.Time
}

// Read reads, within the patience.
func (p *patientReader) Read(b []byte) (int, error) {
	if now := time.Now(); p.until.Sub(now) < patience/2 {
		p.until = now.Add(patience)
		if err := p.out.SetReadDeadline(p.until); err != nil {
			return 0, fmt.Errorf("move the deadline of an upload: %w", err)
		}
	}
	return p.in.Read(b)
}

// allowAnswer gives the answer its own deadline.
func (p *patientReader) allowAnswer() error { return p.out.SetWriteDeadline(time.Now().Add(patience)) }

// patientWriter gives every write of a long answer its own deadline: the
// answer may take hours, but a client that reads nothing is cut off.
type patientWriter struct {
	w     io.Writer
	out   *http.ResponseController
	until time.Time
}

func patientWriterOf(ctx huma.Context) *patientWriter {
	_, w := humago.Unwrap(ctx)
	return &patientWriter{w: w, out: http.NewResponseController(w)}
}

// Write writes, within the patience.
func (p *patientWriter) Write(b []byte) (int, error) {
	if now := time.Now(); p.until.Sub(now) < patience/2 {
		p.until = now.Add(patience)
		if err := p.out.SetWriteDeadline(p.until); err != nil {
			return 0, fmt.Errorf("move the deadline of an answer: %w", err)
		}
	}
	return p.w.Write(b)
}
