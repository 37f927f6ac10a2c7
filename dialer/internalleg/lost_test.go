package internalleg

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
)

// otherNodeEnv makes this test binary a node of its own, which can be killed and
// stopped: "phone" has the phone 7; "caller host:port" dials it there.
const otherNodeEnv = "FORECALL_LEG_NODE"

// otherNode runs until its standard input ends.
func otherNode() error {
	n, err := newNode("other", media.NewPlainPoller(), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { _ = n.media.Poller.Close() }()
	defer func() { _ = n.Close() }()
	if at, ok := strings.CutPrefix(os.Getenv(otherNodeEnv), "caller "); ok {
		s, err := n.Dial(context.Background(), Request{Node: "b", At: target(netip.MustParseAddrPort(at)), Station: "7"})
		if err != nil {
			return err
		}
		defer s.Hangup(context.Background())
		_, _ = os.Stdout.WriteString("up\n")
	} else {
		session, err := media.Open(n.media)
		if err != nil {
			return err
		}
		defer func() { _ = session.Close() }()
		n.mu.Lock() // the race detector knows nothing of the words by which the other process hears of it
		n.phones["7"] = &phone{session: session, done: make(chan struct{})}
		n.mu.Unlock()
		_, _ = os.Stdout.WriteString(n.Addr("udp").String() + "\n")
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// startOther starts a node in a process of its own and returns the line that it says.
func startOther(t *testing.T, kind string) (process *os.Process, said string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), otherNodeEnv+"="+kind)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Process.Signal(syscall.SIGCONT)
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed, which is an error
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the other node says nothing: %v", err)
	}
	return cmd.Process, strings.TrimSpace(line)
}

func TestTheNodeOfThePhoneIsKilledOrStopped(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGSTOP} {
		t.Run(signal.String(), func(t *testing.T) {
			a := openNode(t, "a")
			process, at := startOther(t, "phone")
			s, err := a.Dial(within(t), Request{Node: "other", At: target(netip.MustParseAddrPort(at)), Station: "7"})
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			if err := process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			wait(t, "the leg is lost", s.Done())
			t.Logf("known after %s", time.Since(began).Round(time.Millisecond))
			eventually(t, "no leg is left", a.idle)
		})
	}
}

func TestTheNodeOfThePersonIsKilledOrStopped(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGSTOP} {
		t.Run(signal.String(), func(t *testing.T) {
			a, b := openNode(t, "a"), openNode(t, "b")
			agent := b.plug(t, "7", media.PCMU)
			process, _ := startOther(t, "caller "+b.Addr("udp").String())
			eventually(t, "the leg is up", func() bool { return len(b.State()) == 1 })
			began := time.Now()
			if err := process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			eventually(t, "no leg is left", b.idle)
			t.Logf("known after %s", time.Since(began).Round(time.Millisecond))
			if !agent.isUp() {
				t.Error("the phone went with the node of the person")
			}
			person := a.talk(t, b, "7", media.PCMU)
			converse(t, person.headset, agent.headset)
			person.hangup()
		})
	}
}

// Cut is: nothing arrives any more, on either side, of SIP or of sound.
func TestTheNetworkBetweenTheNodesIsCut(t *testing.T) {
	var cut atomic.Bool
	read := func(s *Settings) { s.Allow = func(netip.Addr) bool { return !cut.Load() } }
	a, b := openNode(t, "a", read), openNode(t, "b", read)
	agent := b.plug(t, "7", media.PCMU)
	person := a.talk(t, b, "7", media.PCMU)
	converse(t, person.headset, agent.headset)
	cut.Store(true)
	for _, end := range []*media.Session{person.station.Audio().(*media.Session), takenOf(b).session} {
		end.KeepAlive(false) // and nobody speaks: nothing is on the wire
	}
	wait(t, "a knows", person.station.Done())
	eventually(t, "nothing is left at a", a.idle)
	eventually(t, "nothing is left at b", b.idle)
	if !agent.isUp() {
		t.Error("the phone was hung up")
	}
	cut.Store(false)
	again := a.talk(t, b, "7", media.PCMU)
	converse(t, again.headset, agent.headset)
	again.hangup()
}

func takenOf(n *node) *taken {
	n.Legs.mu.Lock()
	defer n.Legs.mu.Unlock()
	for t := range n.taken {
		return t
	}
	return nil
}

func TestDialEndsWithItsContextAndWithoutAnAnswer(t *testing.T) {
	hole, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hole.Close() }()
	at := target(hole.LocalAddr().(*net.UDPAddr).AddrPort())
	a := openNode(t, "a", func(s *Settings) { s.AnswerLimit = 0 })
	given, giveUp := context.WithCancel(within(t))
	giveUp()
	if _, err := a.Dial(given, Request{Node: "b", At: at, Station: "7"}); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	if _, err := a.Dial(within(t), Request{Node: "b", At: at, Station: "7"}); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("no answer: %v", err)
	}
	eventually(t, "nothing of it is left", func() bool {
		a.Legs.mu.Lock()
		defer a.Legs.mu.Unlock()
		return len(a.dialed) == 0
	})
}

// scripted is a node that knows the key and does not do what it should.
func scripted(t *testing.T, serve func(*sipua.Incoming)) *sipua.UA {
	t.Helper()
	ua, err := sipua.Listen(sipua.Settings{
		Listen: []sipua.Listener{{Transport: "udp", Addr: netip.AddrPortFrom(loopback, 0)}}, Serve: sipua.HandlerFunc(serve),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ua.Close() })
	return ua
}

// answer accepts an INVITE with a description that nothing stands behind.
func answer(t *testing.T, inc *sipua.Incoming, hs ...sipua.Header) *sipua.Call {
	sdp := emptySDP(t)
	for i := range hs {
		if hs[i].Value == "" {
			o, err := readOrder(inc.Headers(orderHeader)[0], inc.CallID(), inc.Offer(), houseKey)
			if err != nil {
				t.Error(err)
			}
			hs[i].Value = o.answerProof(sdp, houseKey)
		}
	}
	call, err := inc.AnswerNow(sdp, hs...)
	if err != nil {
		t.Error(err)
		return nil
	}
	return call
}

func emptySDP(t *testing.T) []byte {
	sdp, err := sipua.BuildOffer(sipua.SDPAudio{Addr: netip.AddrPortFrom(loopback, 40000), SessionID: 1, Version: 1})
	if err != nil {
		t.Error(err)
	}
	return sdp
}

func TestAnAnswerWithoutSoundIsNoLeg(t *testing.T) {
	ended := make(chan struct{})
	mute := scripted(t, func(inc *sipua.Incoming) {
		if call := answer(t, inc, sipua.Header{Name: answerHeader}); call != nil {
			<-call.Done()
			close(ended)
		}
	})
	a := openNode(t, "a", func(s *Settings) { s.AnswerLimit = 600 * time.Millisecond })
	_, err := a.Dial(within(t), Request{Node: "b", At: target(mute.Addr("udp")), Station: "7"})
	if !errors.Is(err, ErrNoSound) && !errors.Is(err, ErrNoAnswer) { // whichever limit is first
		t.Errorf("a mute node: %v", err)
	}
	wait(t, "it is hung up", ended)
}

func TestWhoAnswersWithoutTheKeyIsNotBelieved(t *testing.T) {
	for name, header := range map[string][]sipua.Header{
		"no proof": nil, "another's proof": {{Name: answerHeader, Value: "AAAA"}},
	} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan struct{})
			stranger := scripted(t, func(inc *sipua.Incoming) {
				if call := answer(t, inc, header...); call != nil {
					<-call.Done()
					close(ended)
				}
			})
			a := openNode(t, "a")
			if _, err := a.Dial(within(t), Request{Node: "b", At: target(stranger.Addr("udp")), Station: "7"}); !errors.Is(err, ErrImpostor) {
				t.Errorf("an impostor: %v", err)
			}
			wait(t, "it is hung up", ended)
		})
	}
}

func TestSilenceIsCountedFromTheLastSoundAndNotWhileWeDidNotRun(t *testing.T) {
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	for _, c := range []struct {
		name  string
		heard int   // ms, 0 = never
		looks []int // ms
		lost  int   // the look that says so, -1 = none
	}{
		{"never heard", 0, []int{500, 1000, 1400, 1501}, 3},
		{"heard once", 300, []int{500, 1000, 1501, 1800, 1801}, 4},
		{"we were stopped for a minute, and nothing came", 300, []int{500, 60000, 60500, 61000, 61500, 61501}, 5},
		{"we were stopped for a minute, and it goes on", 60600, []int{500, 60000, 60500, 61000, 61600, 62000}, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSilence(1500*time.Millisecond, start)
			for i, look := range c.looks {
				var heard time.Time
				if c.heard > 0 && c.heard <= look {
					heard = at(c.heard)
				}
				if got, want := s.tooLong(at(look), heard), i == c.lost; got != want {
					t.Fatalf("at %d ms: lost %v, want %v", look, got, want)
				}
			}
		})
	}
}
