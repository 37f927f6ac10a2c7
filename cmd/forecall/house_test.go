package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/pacing/sim"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/sqlite"
)

// patience is how long a test waits for what must come, on a busy machine.
const patience = 30 * time.Second

// forecall runs the command as a shell would.
func forecall(args ...string) (status int, out, errOut string) { return forecallWith("", args...) }

// forecallWith gives it something on standard input.
func forecallWith(stdin string, args ...string) (status int, out, errOut string) {
	var o, e bytes.Buffer
	status = runWith(args, strings.NewReader(stdin), &o, &e)
	return status, o.String(), e.String()
}

// must runs the command and fails the test unless it worked.
func must(t *testing.T, args ...string) string {
	t.Helper()
	status, out, errOut := forecall(args...)
	if status != exitOK {
		t.Fatalf("forecall %s: status %d\n%s%s", strings.Join(args, " "), status, out, errOut)
	}
	return out
}

// write puts a file into a folder of the test.
func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// inStore works on the store of a data folder, which is made when it is not there.
func inStore(t testing.TB, folder string, work func(db *records.DB) error) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := records.Open(t.Context(), records.Settings{Engine: sqlite.At(dataFile(folder))})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(work(db), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// withCampaign is a data folder that holds one campaign, Spring.
func withCampaign(t testing.TB) (folder string) {
	folder = filepath.Join(t.TempDir(), "data")
	inStore(t, folder, func(db *records.DB) error {
		_, err := db.CreateCampaign(t.Context(), campaigns.NewCampaign("Spring"), "test")
		return err
	})
	return folder
}

// eventually waits until something holds; said is shown when it does not.
func eventually(t *testing.T, what string, said fmt.Stringer, holds func() bool) {
	t.Helper()
	limit := time.After(patience)
	for !holds() {
		select {
		case <-limit:
			t.Fatalf("%s did not come\n%s", what, said)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// everyone is a population of one kind; a silent one rings on.
func everyone(kind sim.Kind, talk time.Duration) sim.Callees {
	soon := sim.Dist{Shape: sim.Constant, Mean: 50 * time.Millisecond}
	c := sim.Callees{Ring: soon, FastFail: soon, Talk: sim.Dist{Shape: sim.Constant, Mean: talk}, Patience: soon}
	switch kind {
	case sim.Person:
		c.Person = 1
	case sim.Hasty:
		c.Hasty = 1
	case sim.Busy:
		c.Busy = 1
	case sim.Unknown:
		c.Unknown = 1
	case sim.Congest:
		c.Congest = 1
	}
	return c
}

// newFar starts a carrier with such people behind it.
func newFar(t *testing.T, s carrier.Settings) *carrier.Carrier {
	t.Helper()
	ports, err := media.NewPortRange(21504, 24575)
	if err != nil {
		t.Fatal(err)
	}
	poller := media.NewPlainPoller()
	s.Listen = []sipua.Listener{{Transport: "udp", Addr: netip.AddrPortFrom(home, 0)}}
	s.Media = media.Settings{IP: home, Ports: ports, Poller: poller}
	s.Seed, s.MediaTimeout = 1, 2*time.Second
	far, err := carrier.Start(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(far.Close(), poller.Close()); err != nil {
			t.Error(err)
		}
	})
	return far
}

// trunkTo is a line of configuration for a trunk to a port of this machine.
func trunkTo(port uint16, more string) string {
	return fmt.Sprintf("  - {name: far, host: 127.0.0.1, port: %d, allow_media: [127.0.0.0/8], caller_ids: [\"+12025550100\"]%s}\n", port, more)
}

// settings is a configuration on free ports, with a data folder of its own.
func settings(t *testing.T, more string) string {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, "forecall.yaml")
	text := fmt.Sprintf(`
data: %s/data
http: {listen: "127.0.0.1:0"}
admin: {listen: "127.0.0.1:0"}
sip: {listen: "127.0.0.1:0"}
phones: {listen: "127.0.0.1:0"}
media: {ports: 16384-20479}
%s`, folder, more)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// service is forecall serve as a process of its own.
type service struct {
	*testing.T
	process            *os.Process
	url, admin, phones string
	out, err           *tail
	ended              chan struct{}
	status             int // once ended is closed
}

var serves = regexp.MustCompile(`forecall serves (\S+); health and metrics at (\S+?);? .*register at (\S+)`)

// serving starts the service and waits until it says where it serves.
func serving(t *testing.T, config string, env ...string) *service {
	t.Helper()
	s := &service{T: t, out: &tail{}, err: &tail{}, ended: make(chan struct{})}
	c := exec.Command(os.Args[0], "serve", "--config", config)
	c.Env = append(append(os.Environ(), asProgram+"=1"), env...)
	c.Stdout, c.Stderr = s.out, s.err
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	s.process = c.Process
	go func() { // ends with the process
		defer close(s.ended)
		_ = c.Wait() // its status is asked below
		s.status = c.ProcessState.ExitCode()
	}()
	t.Cleanup(func() {
		_ = s.process.Kill() // it has ended already, mostly
		<-s.ended
	})
	eventually(t, "the service", s, func() bool { return serves.MatchString(s.out.String()) || s.over() })
	found := serves.FindStringSubmatch(s.out.String())
	if found == nil {
		t.Fatalf("the service ended with status %d\n%s", s.status, s)
	}
	s.url, s.admin, s.phones = found[1], "http://"+found[2], found[3]
	return s
}

// String is what the service said.
func (s *service) String() string { return s.out.String() + s.err.String() }

func (s *service) over() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

func (s *service) signal(sig syscall.Signal) {
	s.Helper()
	if err := s.process.Signal(sig); err != nil {
		s.Fatal(err)
	}
}

// stop ends the service in order.
func (s *service) stop() {
	s.Helper()
	s.signal(syscall.SIGTERM)
	eventually(s.T, "the end of the service", s, s.over)
	if s.status != exitOK {
		s.Fatalf("the service ended with status %d\n%s", s.status, s)
	}
}

// silentPort is a UDP port that takes everything and answers nothing.
func silentPort(t *testing.T) uint16 {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(home, 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() { // ends with the socket
		_, _ = io.Copy(io.Discard, c)
	}()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}

// contacts are the people of a data folder by name, in the order of their numbers.
func contacts(t *testing.T, folder string) (names []string) {
	t.Helper()
	inStore(t, folder, func(db *records.DB) error {
		for id := int64(1); id <= 100; id++ {
			c, err := db.Contact(t.Context(), id)
			if errors.Is(err, campaigns.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			names = append(names, c.Name)
		}
		return nil
	})
	return names
}

// listsOf are the names of the first campaign's lists.
func listsOf(t *testing.T, folder string) (names []string) {
	t.Helper()
	inStore(t, folder, func(db *records.DB) error {
		all, err := db.Lists(t.Context(), 1)
		for _, l := range all {
			names = append(names, l.Name)
		}
		return err
	})
	return names
}
