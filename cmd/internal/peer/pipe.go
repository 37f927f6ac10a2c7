package peer

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"time"
)

// maxPiece bounds what is sent over a pipe at once.
const maxPiece = 32 << 20

// Pipe is a connection of pieces between two nodes: whole, in their order and never
// twice, until it breaks. What was on the way then is lost: it is for those who have
// numbers of their own, as brain and hands of package dialer, which it serves as a
// dialer.Pipe. One receives at a time; Send and Close are safe for many.
type Pipe struct {
	conn   wire
	reader *bufio.Reader
	within time.Duration // for one Send

	mu  sync.Mutex // orders Sends: held across one, which is what it is for
	out []byte
}

func (p *Peers) newPipe(w wire) *Pipe {
	return &Pipe{conn: w, reader: bufio.NewReaderSize(w, 16<<10), within: p.settings.Gone}
}

// Pipe opens a pipe to a node, which there is given to Settings.OnPipe with the
// name; ctx is for the opening. An end that nobody takes is closed: Receive tells.
func (p *Peers) Pipe(ctx context.Context, node, name string) (*Pipe, error) {
	addr, ok := p.address(node)
	if !ok {
		return nil, fmt.Errorf("pipe %s to %s: %w: no address of it is known", name, node, ErrNoAnswer)
	}
	here, done := p.whileHere(ctx, node) // the machine of a process that sleeps takes connections all the same
	defer done()
	c, err := p.connect(here, node, addr, pipeProtocol)
	if err != nil {
		if why := context.Cause(here); why != nil {
			err = why
		}
		return nil, fmt.Errorf("pipe %s to %s: %w", name, node, p.noAnswer(ctx, err))
	}
	pipe := p.newPipe(wire{c})
	if err := pipe.Send([]byte(name)); err != nil {
		_ = pipe.Close()
		return nil, fmt.Errorf("pipe %s to %s: %w", name, node, p.noAnswer(ctx, err))
	}
	return pipe, nil
}

// takePipe gives a pipe that was dialed to whom it is for, and closes it after that.
func (p *Peers) takePipe(w wire, from Peer) error {
	pipe := p.newPipe(w)
	if err := w.SetReadDeadline(time.Now().Add(p.settings.Gone)); err != nil {
		return err
	}
	name, err := pipe.Receive()
	if err != nil {
		return err
	}
	if err := w.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	if p.settings.OnPipe == nil {
		return fmt.Errorf("nobody takes the pipe %q", name)
	}
	p.settings.OnPipe(p.ctx, from, string(name), pipe)
	return nil
}

// Send sends a piece. It waits for the network, up to Settings.Gone; with an error
// the pipe has ended.
func (p *Pipe) Send(piece []byte) error {
	if len(piece) > maxPiece {
		return fmt.Errorf("%w: %d octets, at most %d", ErrTooLarge, len(piece), maxPiece)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.conn.SetWriteDeadline(time.Now().Add(p.within)); err != nil {
		return err
	}
	p.out = append(binary.BigEndian.AppendUint32(p.out[:0], uint32(len(piece))), piece...)
	_, err := p.conn.Write(p.out)
	if cap(p.out) > maxPayload {
		p.out = nil // a large one is rare, and not kept
	}
	if err != nil {
		_ = p.conn.Close() // a piece may stand there half
	}
	return err
}

// Receive waits for the next piece. It does not judge silence: close the pipe to end
// the wait.
func (p *Pipe) Receive() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(p.reader, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > maxPiece {
		return nil, fmt.Errorf("%w: %d octets", ErrTooLarge, size)
	}
	piece := make([]byte, size)
	if _, err := io.ReadFull(p.reader, piece); err != nil {
		return nil, fmt.Errorf("the rest of a piece: %w", err)
	}
	return piece, nil
}

// Close ends the pipe on both sides. Closing twice is harmless.
func (p *Pipe) Close() error {
	_ = p.conn.Close() // it may be closed already, which is what is wanted
	return nil
}
