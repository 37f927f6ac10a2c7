package siptrunk

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
)

// sipp is a peer that follows one of the scenarios in testdata/sipp. Its exit
// status says whether it saw exactly what the scenario expects: the ACK to each
// final response, the BYE with its tag, and nothing else.
type sipp struct {
	at     netip.AddrPort
	cmd    *exec.Cmd
	exited chan struct{}
	log    string
}

// startSipp runs a scenario for so many calls.
func startSipp(t testing.TB, scenario string, calls int, args ...string) *sipp {
	t.Helper()
	return startSippText(t, scenario, readScenario(t, scenario), calls, args...)
}

func readScenario(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "sipp", name+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func startSippText(t testing.TB, name string, text []byte, calls int, args ...string) *sipp {
	t.Helper()
	program, err := exec.LookPath("sipp")
	if err != nil {
		if os.Getenv("FORECALL_PEERS") == "required" {
			t.Fatal("sipp is missing: it comes with the Debian package sip-tester")
		}
		t.Skip("sipp is missing: it comes with the Debian package sip-tester")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, name+".xml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 5 { // another program may take the port between our look and sipp's
		p := &sipp{at: freePort(t), exited: make(chan struct{}), log: dir}
		p.start(t, program, file, calls, args)
		eventually(t, "sipp listens or gives up", func() bool { return p.listens() || p.over() })
		if !p.over() {
			return p
		}
	}
	t.Fatal("sipp does not start")
	return nil
}

func (p *sipp) start(t testing.TB, program, file string, calls int, args []string) {
	t.Helper()
	p.cmd = exec.Command(program, append([]string{
		"-sf", file, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", strconv.Itoa(int(p.at.Port())), "-m", strconv.Itoa(calls),
		"-nostdin", "-timeout", "60", "-timeout_error", "-default_behaviors", "-bye",
		"-trace_err", "-error_file", filepath.Join(p.log, "errors"), "-trace_msg", "-message_file", filepath.Join(p.log, "messages"),
	}, args...)...)
	p.cmd.Dir = p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // the exit status is read from ProcessState
		close(p.exited)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // already gone when all went well
		<-p.exited
	})
}

func (p *sipp) over() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// Ports are given out in turn: tests that run at once must not get the same.
var (
	firstPort = rand.Uint32N(10000)
	nextPort  atomic.Uint32
)

// freePort finds a port that is free for both UDP and TCP, outside the range
// from which the system gives sockets theirs.
func freePort(t testing.TB) netip.AddrPort {
	t.Helper()
	for range 100 {
		at := netip.AddrPortFrom(loopback, uint16(10000+(firstPort+nextPort.Add(1))%10000))
		c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at))
		if err != nil {
			continue
		}
		l, err := net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(at))
		_ = c.Close()
		if err == nil {
			_ = l.Close()
			return at
		}
	}
	t.Fatal("no port is free for both UDP and TCP")
	return netip.AddrPort{}
}

// listens looks for the port in the kernel's tables, and for its socket among
// those of this very process.
func (p *sipp) listens() bool {
	want := fmt.Sprintf("0100007F:%04X", p.at.Port())
	for _, table := range []string{"/proc/net/udp", "/proc/net/tcp"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		for line := range bytes.Lines(text) {
			if fields := bytes.Fields(line); len(fields) > 9 && string(fields[1]) == want && p.owns("socket:["+string(fields[9])+"]") {
				return true
			}
		}
	}
	return false
}

func (p *sipp) owns(socket string) bool {
	dir := filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "fd")
	open, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, fd := range open {
		if to, err := os.Readlink(filepath.Join(dir, fd.Name())); err == nil && to == socket {
			return true
		}
	}
	return false
}

// satisfied waits for the end and fails the test unless all went as written.
func (p *sipp) satisfied(t testing.TB) {
	t.Helper()
	wait(t, "sipp ends", p.exited)
	if !p.cmd.ProcessState.Success() {
		errors, _ := os.ReadFile(filepath.Join(p.log, "errors"))
		t.Errorf("sipp: %s\n%.2000s\n%s", p.cmd.ProcessState, errors, p.messages())
	}
}

// messages is what sipp sent and received.
func (p *sipp) messages() []byte {
	text, _ := os.ReadFile(filepath.Join(p.log, "messages")) // empty when nothing was
	return text
}

// saw reports that sipp's log of messages holds a text.
func saw(p *sipp, text string) bool { return bytes.Contains(p.messages(), []byte(text)) }

// received counts the requests of a method in sipp's log.
func (p *sipp) received(method string) int {
	return bytes.Count(p.messages(), []byte("\n"+method+" sip:"))
}
