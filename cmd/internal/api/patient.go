package api

import (
	"context"
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
	ctx   context.Context // of the upload: when it is done, so is a Read that stands still
}

// Read reads, within the patience; until the upload is stopped, or this node leads no
// more: then it ends at once.
func (p *patientReader) Read(b []byte) (int, error) {
	if p.ctx.Err() != nil {
		return 0, p.over()
	}
	if now := time.Now(); p.until.Sub(now) < patience/2 {
		p.until = now.Add(patience)
		if err := p.out.SetReadDeadline(p.until); err != nil {
			return 0, fmt.Errorf("move the deadline of an upload: %w", err)
		}
	}
	woken := make(chan struct{})
	stop := context.AfterFunc(p.ctx, func() {
		defer close(woken)
		_ = p.out.SetReadDeadline(time.Unix(1, 0)) // long ago; it had a deadline before, so it takes this one
	})
	n, err := p.in.Read(b)
	if !stop() {
		<-woken
		return n, p.over()
	}
	return n, err
}

// lastWords is how long the server may read on, before it answers, what a client has on
// its way: closed over it, the connection would lose the answer.
const lastWords = time.Second

// over is why nothing more is read.
func (p *patientReader) over() error {
	p.leave()
	return p.ctx.Err()
}

// leave is for an upload that is not read to its end: its sender is not waited for.
func (p *patientReader) leave() { _ = p.out.SetReadDeadline(time.Now().Add(lastWords)) }

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
