package peer

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// errProtocol is a peer that does not keep to the numbers: a defect, not a fault of
// the network. The connection ends, and with it what it has confused.
var errProtocol = errors.New("the other node's words are not in order")

// errOutdone is a connection after which another came.
var errOutdone = errors.New("another connection has taken its place")

// enter gives the link's lane to a connection, and returns when nobody else has it:
// the last that came counts, since of a half-open one only the other side knows. leave
// must be called.
func (l *Link) enter(conn net.Conn) (leave func(), err error) {
	l.mu.Lock()
	former := l.conn
	l.conn = conn
	l.mu.Unlock()
	if former != nil {
		_ = former.Close()
	}
	l.lane.Lock()
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.err != nil:
		err = l.err
	case l.conn != conn:
		err = errOutdone
	}
	if err != nil {
		l.lane.Unlock()
		return nil, err
	}
	return func() {
		l.mu.Lock()
		if l.conn == conn {
			l.conn = nil
		}
		l.mu.Unlock()
		l.lane.Unlock()
	}, nil
}

// progress is the last number that came: the other side goes on behind it.
func (l *Link) progress() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.got
}

// carry lets the words go over a connection until it breaks. The lane is held;
// theirs is how far the other side has come.
func (l *Link) carry(conn net.Conn, theirs uint64) error {
	if err := l.resume(theirs); err != nil {
		return err
	}
	var writing sync.WaitGroup
	over := make(chan struct{})
	var writeErr error
	writing.Go(func() {
		writeErr = l.write(conn, over)
		_ = conn.Close()
	})
	err := l.read(conn)
	close(over)
	_ = conn.Close()
	writing.Wait()
	return errors.Join(err, writeErr)
}

// resume goes back to the first word that the other side has not got.
func (l *Link) resume(theirs uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if theirs < l.acked || theirs > l.said {
		return fmt.Errorf("%w: it has word %d of %d to %d", errProtocol, theirs, l.acked, l.said)
	}
	l.written = theirs
	l.heard = time.Now()
	l.setHere(true)
	return nil
}

// write says what is to be said, and each beat that we are here.
func (l *Link) write(conn net.Conn, over <-chan struct{}) error {
	w := bufio.NewWriterSize(conn, 16<<10)
	beat := time.NewTicker(l.terms.beat)
	defer beat.Stop()
	buffer := make([]byte, 0, 4<<10)
	say := func(f frame) error {
		if err := conn.SetWriteDeadline(time.Now().Add(l.terms.gone)); err != nil {
			return err
		}
		buffer = f.append(buffer[:0])
		_, err := w.Write(buffer)
		return err
	}
	for {
		for f, ok := l.next(false); ok; f, ok = l.next(false) {
			if err := say(f); err != nil {
				return err
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
		select {
		case <-over:
			return nil
		case <-l.wake:
		case <-beat.C:
			f, _ := l.next(true)
			if err := say(f); err != nil {
				return err
			}
		}
	}
}

// next is the next frame to be written; a bare one is due for an acknowledgement, or
// when bare asks for it.
func (l *Link) next(bare bool) (frame, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, due := frame{}, bare || l.taken > l.ackSaid
	if l.written < l.said && l.err == nil {
		f, due = l.out[l.written-l.acked], true
		l.written++
	}
	f.ack, l.ackSaid = l.taken, l.taken
	return f, due
}

func (l *Link) read(conn net.Conn) error {
	r := bufio.NewReaderSize(conn, 16<<10)
	for {
		if err := conn.SetReadDeadline(time.Now().Add(l.terms.gone)); err != nil {
			return err
		}
		f, err := readFrame(r)
		if err != nil {
			return err
		}
		if err := l.hear(f, time.Now()); err != nil {
			return err
		}
	}
}

// hear takes a frame of the other side.
func (l *Link) hear(f frame, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	if f.ack > l.written {
		return fmt.Errorf("%w: it has taken word %d, we have said %d", errProtocol, f.ack, l.written)
	}
	l.heard = now
	l.setHere(true)
	l.forget(f.ack)
	switch {
	case f.number == 0:
		return nil
	case f.number <= l.got:
		l.overdraw++
		return nil
	case f.number != l.got+1:
		return fmt.Errorf("%w: word %d after %d", errProtocol, f.number, l.got)
	case len(l.in) >= 2*l.terms.words || l.inSize > 2*l.terms.octets: // it may have other bounds than we
		return fmt.Errorf("%w: more than %d words wait", errProtocol, len(l.in))
	}
	l.got = f.number
	l.in = append(l.in, f)
	l.inSize += f.size()
	token(l.arrived)
	return nil
}

// forget drops what the other side has taken. The lock is held.
func (l *Link) forget(ack uint64) {
	for l.acked < ack && len(l.out) > 0 {
		l.outSize -= l.out[0].size()
		l.out[0] = frame{}
		l.out = l.out[1:]
		l.acked++
	}
}
