package peer

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"time"
)

// Kinds of the frames with which a connection of words begins.
const (
	kindHello   = "hello"
	kindWelcome = "welcome"
)

// hello is what the node that dials says first.
type hello struct {
	Link  string `json:"link"`
	Fresh bool   `json:"fresh"` // the link begins
	Got   uint64 `json:"got"`   // the last word that came
}

// welcome is the answer.
type welcome struct {
	Known bool   `json:"known"` // the link goes on, or begins; else there is no such link any more
	Got   uint64 `json:"got"`
}

// wire is a TLS connection whose Close does not wait to say goodbye: who is at the
// other end may be stopped.
type wire struct{ *tls.Conn }

func (w wire) Close() error { return w.NetConn().Close() }

func greet(conn net.Conn, kind string, what any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	_, err = conn.Write(frame{kind: kind, payload: body}.append(nil))
	return err
}

func greeted(conn net.Conn, kind string, what any) error {
	f, err := readFrame(conn) // unbuffered: what follows is the link's
	if err != nil {
		return err
	}
	if f.kind != kind || f.number != 0 {
		return fmt.Errorf("%w: %q instead of %s", errFrame, f.kind, kind)
	}
	if err := json.Unmarshal(f.payload, what); err != nil {
		return fmt.Errorf("%w: %w", errFrame, err)
	}
	return nil
}

// meet begins or continues a link over a connection that we dialed, and carries it
// until the connection breaks. It returns the link as it then is; nil when there is
// none that could go on.
func (p *Peers) meet(conn net.Conn, peer Peer, l *Link) (*Link, error) {
	if l != nil && (l.isOver() || l.peer != peer) {
		l.end(ErrRestarted)
		l = nil
	}
	h := hello{Fresh: l == nil, Link: rand.Text()}
	if l != nil {
		h = hello{Link: l.id, Got: l.progress()}
	}
	if err := conn.SetDeadline(time.Now().Add(p.settings.Gone)); err != nil {
		return l, err
	}
	if err := greet(conn, kindHello, h); err != nil {
		return l, err
	}
	var w welcome
	if err := greeted(conn, kindWelcome, &w); err != nil {
		return l, err
	}
	if !w.Known {
		if l != nil {
			l.end(ErrRestarted)
		}
		return nil, nil
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return l, err
	}
	if l == nil {
		var err error
		if l, err = p.begin(peer, h.Link); err != nil {
			return nil, err
		}
	}
	leave, err := l.enter(conn)
	if err != nil {
		return l, err
	}
	defer leave()
	return l, l.carry(conn, w.Got)
}

// welcome is meet on the side that was dialed.
func (p *Peers) welcome(conn net.Conn, peer Peer) error {
	if err := conn.SetDeadline(time.Now().Add(p.settings.Gone)); err != nil {
		return err
	}
	var h hello
	if err := greeted(conn, kindHello, &h); err != nil {
		return err
	}
	l, err := p.linkOf(peer, h)
	if err != nil {
		return err
	}
	if l == nil {
		return greet(conn, kindWelcome, welcome{})
	}
	leave, err := l.enter(conn)
	if err != nil {
		return err
	}
	defer leave()
	if err := greet(conn, kindWelcome, welcome{Known: true, Got: l.progress()}); err != nil {
		return err
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return err
	}
	return l.carry(conn, h.Got)
}

// linkOf is the link that a greeting means; nil when it is over.
func (p *Peers) linkOf(peer Peer, h hello) (*Link, error) {
	if h.Fresh {
		return p.begin(peer, h.Link)
	}
	l, ok := p.Link(peer.Node)
	if !ok || l.id != h.Link || l.peer != peer || l.isOver() {
		return nil, nil
	}
	return l, nil
}
