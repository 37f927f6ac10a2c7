package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/forecall/forecall/dialer"
)

var _ dialer.Pipe = (*Pipe)(nil)

// echo says each piece back, behind who sent it and the name of the pipe.
func echo(s *Settings) {
	s.OnPipe = func(_ context.Context, from Peer, name string, p *Pipe) {
		for {
			piece, err := p.Receive()
			if err != nil || p.Send(append([]byte(from.Node+" "+name+" "), piece...)) != nil {
				return
			}
		}
	}
}

// pipeTo opens a pipe, as often as a busy machine asks for it.
func pipeTo(t *testing.T, from *node, to string) (p *Pipe) {
	t.Helper()
	eventually(t, "a pipe to "+to, func() (open bool) {
		var err error
		p, err = from.Pipe(within(t), to, "floor")
		return err == nil
	})
	return p
}

func TestPiecesPassWholeAndInOrder(t *testing.T) {
	a, b := openNode(t, "a"), openNode(t, "b", echo)
	acquaint(a, b)
	p := pipeTo(t, a, "b")
	defer func() { _ = p.Close() }()
	var pieces [][]byte
	for i := range 500 {
		pieces = append(pieces, bytes.Repeat([]byte{byte(i)}, i*i%70000))
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, piece := range pieces {
			if err := p.Send(piece); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for i, piece := range pieces {
		got, err := p.Receive()
		if err != nil || !bytes.Equal(got, append([]byte("a floor "), piece...)) {
			t.Fatalf("piece %d: %d octets, %v", i, len(got), err)
		}
	}
	wg.Wait()
	if err := p.Send(make([]byte, maxPiece+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
}

func TestAPipeEndsForBothWithTheFirstWhoEndsIt(t *testing.T) {
	for name, end := range map[string]func(p *Pipe, a, b *node, c *cable){
		"the one who dialed": func(p *Pipe, _, _ *node, _ *cable) { _ = p.Close() },
		"the node that took": func(_ *Pipe, _, b *node, _ *cable) { _ = b.Close() },
		"the node that gave": func(_ *Pipe, a, _ *node, _ *cable) { _ = a.Close() },
		"the network":        func(_ *Pipe, _, _ *node, c *cable) { c.cut() },
	} {
		t.Run(name, func(t *testing.T) {
			taken, ended := make(chan struct{}), make(chan struct{})
			b := openNode(t, "b", func(s *Settings) {
				s.OnPipe = func(_ context.Context, _ Peer, _ string, p *Pipe) {
					defer close(ended)
					close(taken)
					for {
						if _, err := p.Receive(); err != nil {
							return
						}
					}
				}
			})
			a, c := openNode(t, "a"), newCable(t, b.Addr())
			a.Know([]Address{{Node: "b", Addr: c.listener.Addr().String()}})
			p := pipeTo(t, a, "b")
			wait(t, "it is taken", taken)
			end(p, a, b, c)
			if _, err := p.Receive(); err == nil {
				t.Error("the end that dialed hears on")
			}
			wait(t, "the other end", ended)
		})
	}
}

func TestAPipeThatNobodyTakesIsClosedAndOneToNobodyIsRefused(t *testing.T) {
	a, b := openNode(t, "a"), openNode(t, "b")
	acquaint(a, b)
	p := pipeTo(t, a, "b")
	defer func() { _ = p.Close() }()
	if _, err := p.Receive(); err == nil {
		t.Error("something came of it")
	}
	if _, err := a.Pipe(within(t), "c", "floor"); !errors.Is(err, ErrNoAnswer) || !strings.Contains(fmt.Sprint(err), "address") {
		t.Errorf("a node that nobody knows: %v", err)
	}
}

// Whoever does not read does not keep the sender for ever.
func TestSendGivesUpWhenTheOtherSideStandsStill(t *testing.T) {
	a, b := openNode(t, "a", quick), openNode(t, "b", func(s *Settings) {
		s.OnPipe = func(ctx context.Context, _ Peer, _ string, _ *Pipe) { <-ctx.Done() }
	})
	acquaint(a, b)
	p := pipeTo(t, a, "b")
	defer func() { _ = p.Close() }()
	eventually(t, "Send fails", func() bool { return p.Send(make([]byte, 1<<20)) != nil })
	if err := p.Send([]byte("x")); err == nil {
		t.Error("the pipe goes on behind half a piece")
	}
}

// TestAPipeToANodeThatSleepsIsGivenUpWhenItIsNotHeard: its machine takes the
// connection, and who waited for more would not look for whoever took over.
func TestAPipeToANodeThatSleepsIsGivenUpWhenItIsNotHeard(t *testing.T) {
	a := openNode(t, "a")
	process, at := startOther(t, "b")
	a.Know([]Address{at})
	a.meets(t, "b")
	if err := process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Pipe(within(t), "b", "floor"); !errors.Is(err, ErrNoAnswer) || !errors.Is(err, errSilent) {
		t.Errorf("a pipe to a node that sleeps: %v", err)
	}
}
