package node

import (
	"bytes"
	"encoding/binary"
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
	"time"

	"github.com/forecall/forecall/dialer/media"
)

// other is another program that takes part in a test.
type other struct {
	cmd    *exec.Cmd
	dir    string
	output bytes.Buffer
	exited chan struct{}
}

// run starts a program of a Debian package in a folder of its own; without it
// the test is skipped, or fails where peers are required.
func run(t testing.TB, dir, program, debian string, args ...string) *other {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		if os.Getenv("FORECALL_PEERS") == "required" {
			t.Fatalf("%s is missing: it comes with the Debian package %s", program, debian)
		}
		t.Skipf("%s is missing: it comes with the Debian package %s", program, debian)
	}
	p := &other{cmd: exec.Command(path, args...), dir: dir, exited: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, &p.output, &p.output
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait() // how it ended is read from ProcessState
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // this one process, by its handle
		<-p.exited
		if t.Failed() {
			t.Logf("%s said:\n%.4000s", program, p.output.Bytes())
		}
	})
	return p
}

// startSipp runs sipp as the callee of one call: it rings, answers, names port
// sound in its SDP, and hangs up after so long. With echo it sends back from
// that port what it hears.
func startSipp(t testing.TB, sound uint16, talk time.Duration, args ...string) (*other, netip.AddrPort) {
	t.Helper()
	at := freePort(t)
	scenario, err := filepath.Abs(filepath.Join("testdata", "sipp", "callee.xml"))
	if err != nil {
		t.Fatal(err)
	}
	p := run(t, t.TempDir(), "sipp", "sip-tester", append([]string{
		"-sf", scenario, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", strconv.Itoa(int(at.Port())), "-m", "1",
		"-d", strconv.FormatInt(talk.Milliseconds(), 10), "-key", "sound", strconv.Itoa(int(sound)),
		"-nostdin", "-timeout", "60", "-timeout_error", "-trace_err", "-error_file", "errors",
	}, args...)...)
	eventually(t, "sipp listens", func() bool { return listens(at) })
	return p, at
}

// satisfied waits for the end of sipp and fails the test unless all went as
// its scenario says.
func (p *other) satisfied(t testing.TB) {
	t.Helper()
	await(t, "sipp ends", p.exited)
	if !p.cmd.ProcessState.Success() {
		errors, _ := os.ReadFile(filepath.Join(p.dir, "errors"))
		t.Errorf("sipp: %s\n%.2000s", p.cmd.ProcessState, errors)
	}
}

// startBaresip runs baresip as the phone of an extension: it registers with
// digest, answers by itself, says 440 Hz and writes what it hears to a file.
func startBaresip(t testing.TB, registrar netip.AddrPort, extension, secret string) *other {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string][]byte{
		"tone.wav": wav(media.Tone(agentHertz, time.Minute).PCM()),
		"config": fmt.Appendf(nil, `net_interface 127.0.0.1
sip_listen %[2]s
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
audio_source aufile,%[1]s/tone.wav
audio_player aubridge,nil
audio_alert aubridge,nil
snd_path %[1]s
`, dir, freePort(t)),
		"accounts": fmt.Appendf(nil, "<sip:%s@%s>;auth_pass=%s;regint=60;answermode=auto;audio_codecs=PCMU/8000,PCMA/8000\n",
			extension, registrar, secret),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return run(t, dir, "baresip", "baresip-core", "-f", dir)
}

// recording is what baresip has written of the sound that it decoded.
func (p *other) recording(t testing.TB) []int16 {
	t.Helper()
	dumps, err := filepath.Glob(filepath.Join(p.dir, "dump-*-dec.wav"))
	if err != nil {
		t.Fatal(err)
	}
	var pcm []int16
	for _, name := range dumps {
		raw, err := os.ReadFile(name)
		if err != nil || len(raw) < 44 {
			continue // not written yet
		}
		for i := 44; i+1 < len(raw); i += 2 {
			pcm = append(pcm, int16(binary.LittleEndian.Uint16(raw[i:]))) //nolint:gosec // two's complement
		}
	}
	return pcm
}

func socket(t testing.TB) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Ports are given out in turn: tests that run at once must not get the same.
var (
	firstPort = rand.Uint32N(freeBlocks)
	nextPort  atomic.Uint32
)

const freeBlocks = 2000

// freePort finds a port for a program that must be told one, the first of four:
// sipp takes its media port and the second after it. They lie outside the range
// that the system gives out.
func freePort(t testing.TB) netip.AddrPort {
	t.Helper()
	for range 100 {
		at := netip.AddrPortFrom(loopback, uint16(12000+4*((firstPort+nextPort.Add(1))%freeBlocks)))
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

// listens looks for a socket in the kernel's table.
func listens(at netip.AddrPort) bool {
	table, err := os.ReadFile("/proc/net/udp")
	return err == nil && bytes.Contains(table, fmt.Appendf(nil, "0100007F:%04X ", at.Port()))
}

// wav writes 16-bit mono sound of 8 kHz.
func wav(pcm []int16) []byte {
	var b bytes.Buffer
	size := uint32(2 * len(pcm)) //nolint:gosec // a minute
	b.WriteString("RIFF")
	for _, field := range []any{
		36 + size, []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1), uint32(media.SampleRate), uint32(2 * media.SampleRate),
		uint16(2), uint16(16), []byte("data"), size, pcm,
	} {
		_ = binary.Write(&b, binary.LittleEndian, field) // a buffer takes everything
	}
	return b.Bytes()
}
