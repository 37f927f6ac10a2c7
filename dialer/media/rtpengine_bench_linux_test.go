package media

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Ports of the rtpengine under comparison.
const (
	ngAddr  = "127.0.0.1:22223"
	cliAddr = "127.0.0.1:29901"
)

// benchRTPEngine relays through rtpengine in userspace, the relay most SIP
// carriers run.
func benchRTPEngine(b *testing.B, calls int) {
	path, err := exec.LookPath("rtpengine")
	if err != nil {
		if os.Getenv("FORECALL_PEERS") == "required" {
			b.Fatal("rtpengine is missing: apt-get install rtpengine-daemon")
		}
		b.Skip("rtpengine is missing: it is in the Debian package rtpengine-daemon")
	}
	for range b.N {
		engine := startRTPEngine(b, path)
		far := startGenerator(b, calls)
		var to []uint16
		for call := range calls {
			callee := engine.ask(b, call, "offer", far.ports[2*call])
			caller := engine.ask(b, call, "answer", far.ports[2*call+1])
			to = append(to, caller, callee)
		}
		far.measure(b, to, engine.cpu)
		engine.stop()
	}
}

type rtpengine struct {
	cmd    *exec.Cmd
	ng     net.Conn
	cookie int
}

func startRTPEngine(b *testing.B, path string) *rtpengine {
	b.Helper()
	cmd := exec.Command(path, "--config-file=none", "--table=-1", "--interface=127.0.0.1", "--listen-ng="+ngAddr,
		"--listen-cli="+cliAddr, "--port-min=40000", "--port-max=59000", "--foreground", "--log-stderr", "--log-level=3",
		"--num-threads=1", "--delete-delay=0", "--pidfile="+filepath.Join(b.TempDir(), "pid"))
	var log bytes.Buffer
	cmd.Stderr = &log
	cmd.SysProcAttr = ownSession
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ng, err := net.Dial("udp", ngAddr)
	if err != nil {
		b.Fatal(err)
	}
	e := &rtpengine{cmd: cmd, ng: ng}
	b.Cleanup(e.stop)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 100 {
		if _, err := e.request("d7:command4:pinge"); err == nil {
			return e
		}
		<-tick.C
	}
	e.stop()
	b.Fatalf("rtpengine does not answer: %s", log.String())
	return nil
}

func (e *rtpengine) stop() {
	if e.cmd.ProcessState == nil {
		_ = e.cmd.Process.Kill()
		_ = e.cmd.Wait()
		e.ng.Close()
	}
}

// request sends one ng message, "<cookie> <bencode>", and returns the answer's bencode.
func (e *rtpengine) request(body string) (string, error) {
	e.cookie++
	cookie := fmt.Sprintf("c%d ", e.cookie)
	if _, err := e.ng.Write([]byte(cookie + body)); err != nil {
		return "", err
	}
	answer := make([]byte, 65536)
	for {
		if err := e.ng.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			return "", err
		}
		n, err := e.ng.Read(answer)
		if err != nil {
			return "", err
		}
		if rest, ok := strings.CutPrefix(string(answer[:n]), cookie); ok {
			return rest, nil
		}
	}
}

// ask makes an offer or answer for a call and returns the port rtpengine gave.
func (e *rtpengine) ask(b *testing.B, call int, command string, port uint16) uint16 {
	b.Helper()
	sdp := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n", port)
	body := "d" + text("call-id") + text(fmt.Sprintf("call-%d", call)) + text("command") + text(command) + text("from-tag") + text("a")
	body += text("sdp") + text(sdp)
	if command == "answer" {
		body += text("to-tag") + text("b")
	}
	answer, err := e.request(body + "e")
	if err != nil {
		b.Fatal(err)
	}
	_, media, found := strings.Cut(answer, "m=audio ")
	given, err := strconv.Atoi(strings.SplitN(media, " ", 2)[0])
	if !found || err != nil {
		b.Fatalf("rtpengine %s: %s", command, answer)
	}
	return uint16(given)
}

// text is a string in bencode.
func text(s string) string { return fmt.Sprintf("%d:%s", len(s), s) }

// cpu is what the process has used, all threads: fields 14 and 15 of proc(5) stat, in ticks of 10 ms.
func (e *rtpengine) cpu() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", e.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	var ticks int
	for _, field := range fields[11:13] {
		n, _ := strconv.Atoi(field)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
