package sipua_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sipua/simnet"
)

var (
	ourAddr   = netip.MustParseAddrPort("10.0.0.1:5060")
	peerAddr  = netip.MustParseAddrPort("10.0.0.2:5060")
	otherAddr = netip.MustParseAddrPort("10.0.0.3:5070")
)

// stage is one UA and one peer that follows a script, on a network in memory
// and a clock that jumps.
type stage struct {
	t     *testing.T
	net   *simnet.Network
	ua    *sipua.UA
	peer  *peer
	count int
}

// play runs a test in a bubble: 32 s and half-hour timers take no time.
func play(t *testing.T, s sipua.Settings, act func(*stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		st := &stage{t: t, net: &simnet.Network{}}
		st.setUp(s)
		defer func() {
			if err := st.ua.Close(); err != nil {
				t.Error(err)
			}
		}()
		act(st)
	})
}

func (st *stage) setUp(s sipua.Settings) {
	st.peer = st.newPeer(peerAddr)
	conn, err := st.net.Listen(ourAddr)
	if err != nil {
		st.t.Fatal(err)
	}
	s.Listen = []sipua.Listener{{Transport: "udp", Conn: conn}}
	s.Log = slog.New(slog.NewTextHandler(st.t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	st.ua, err = sipua.Listen(s)
	if err != nil {
		st.t.Fatal(err)
	}
}

func (st *stage) newPeer(a netip.AddrPort) *peer {
	c, err := st.net.Listen(a)
	if err != nil {
		st.t.Fatal(err)
	}
	return &peer{t: st.t, conn: c, addr: a}
}

// result is what Invite returned.
type result struct {
	call *sipua.Call
	err  error
}

func (r result) failure(t *testing.T) *sipua.Failure {
	t.Helper()
	var f *sipua.Failure
	if !errors.As(r.err, &f) {
		t.Fatalf("error %v is not a failure", r.err)
	}
	return f
}

// dial places a call in the background.
func (st *stage) dial(ctx context.Context, change ...func(*sipua.Invite)) <-chan result {
	inv := invite(st.t, sipua.Target{Host: "10.0.0.2", Port: 5060})
	for _, c := range change {
		c(&inv)
	}
	out := make(chan result, 1)
	go func() {
		call, err := st.ua.Invite(ctx, inv)
		out <- result{call, err}
	}()
	return out
}

// talk places a call and answers it.
func (st *stage) talk(change ...func(*sipua.Invite)) (*sipua.Call, *message) {
	st.t.Helper()
	out := st.dial(context.Background(), change...)
	inv := st.peer.expect("INVITE")
	st.peer.answer(inv, "far")
	st.peer.expect("ACK")
	r := <-out
	if r.err != nil {
		st.t.Fatal(r.err)
	}
	return r.call, inv
}

// message is a SIP message as text, read by simple means on purpose.
type message struct {
	start   string
	headers [][2]string
	body    string
	from    netip.AddrPort
	raw     string
}

func readMessage(b []byte, from netip.AddrPort) *message {
	head, body, _ := strings.Cut(string(b), "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	m := &message{start: lines[0], body: body, from: from, raw: string(b)}
	for _, l := range lines[1:] {
		k, v, _ := strings.Cut(l, ":")
		m.headers = append(m.headers, [2]string{strings.TrimSpace(k), strings.TrimSpace(v)})
	}
	return m
}

func (m *message) method() string { return strings.Fields(m.start)[0] }

func (m *message) uri() string { return strings.Fields(m.start)[1] }

func (m *message) code() int {
	var n int
	_, _ = fmt.Sscanf(m.start, "SIP/2.0 %d", &n)
	return n
}

func (m *message) all(name string) []string {
	var out []string
	for _, h := range m.headers {
		if strings.EqualFold(h[0], name) {
			out = append(out, h[1])
		}
	}
	return out
}

func (m *message) get(name string) string {
	if v := m.all(name); len(v) > 0 {
		return v[0]
	}
	return ""
}

func (m *message) cseq() int {
	var n int
	_, _ = fmt.Sscan(m.get("CSeq"), &n)
	return n
}

func (m *message) branch() string { return param(m.get("Via"), "branch") }

func param(s, name string) string {
	_, rest, ok := strings.Cut(s, name+"=")
	if !ok {
		return ""
	}
	if i := strings.IndexAny(rest, ";>, "); i >= 0 {
		rest = rest[:i]
	}
	return rest
}

// peer is the far side, by hand.
type peer struct {
	t    *testing.T
	conn net.PacketConn
	addr netip.AddrPort
}

// read returns the next packet, or nil after d of silence.
func (p *peer) read(d time.Duration) *message {
	p.t.Helper()
	if err := p.conn.SetReadDeadline(time.Now().Add(d)); err != nil {
		p.t.Fatal(err)
	}
	buf := make([]byte, 65535)
	n, from, err := p.conn.ReadFrom(buf)
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return readMessage(buf[:n], from.(*net.UDPAddr).AddrPort())
}

// next is the next packet within a minute.
func (p *peer) next() *message {
	p.t.Helper()
	m := p.read(time.Minute)
	if m == nil {
		p.t.Fatal("nothing came")
	}
	return m
}

// readFor is the next packet within d.
func (p *peer) readFor(d time.Duration) *message {
	p.t.Helper()
	m := p.read(d)
	if m == nil {
		p.t.Fatalf("nothing came in %v", d)
	}
	return m
}

// expect is the next packet, which must be this request or response.
func (p *peer) expect(start string) *message {
	p.t.Helper()
	m := p.next()
	if !strings.HasPrefix(m.start, start) && !strings.HasPrefix(m.start, "SIP/2.0 "+start) {
		p.t.Fatalf("got %q, want %s", m.start, start)
	}
	return m
}

// await skips until this request or response.
func (p *peer) await(start string) *message {
	p.t.Helper()
	for {
		m := p.next()
		if strings.HasPrefix(m.start, start) || strings.HasPrefix(m.start, "SIP/2.0 "+start) {
			return m
		}
	}
}

// silent fails when anything comes within d.
func (p *peer) silent(d time.Duration) {
	p.t.Helper()
	if m := p.read(d); m != nil {
		p.t.Fatalf("unexpected %q", m.start)
	}
}

func (p *peer) send(text string) { p.sendTo(ourAddr, text) }

func (p *peer) sendTo(to netip.AddrPort, text string) {
	p.t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	head = strings.TrimSpace(head)
	if !strings.Contains(head, "Content-Length:") {
		head += fmt.Sprintf("\nContent-Length: %d", len(body))
	}
	raw := strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n" + body
	if _, err := p.conn.WriteTo([]byte(raw), net.UDPAddrFromAddrPort(to)); err != nil {
		p.t.Fatal(err)
	}
}

// reply answers a request. tag is ours unless the request has one; extra lines
// are headers; a line "body" is a session description.
func (p *peer) reply(req *message, code int, tag string, extra ...string) {
	p.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d %s\n", code, "Reason")
	for _, v := range req.all("Via") {
		fmt.Fprintf(&b, "Via: %s\n", v)
	}
	to := req.get("To")
	if !strings.Contains(to, "tag=") && tag != "" {
		to += ";tag=" + tag
	}
	fmt.Fprintf(&b, "From: %s\nTo: %s\nCall-ID: %s\nCSeq: %s\n", req.get("From"), to, req.get("Call-ID"), req.get("CSeq"))
	body := ""
	for _, e := range extra {
		if strings.HasPrefix(e, "v=0") {
			body = e
			e = "Content-Type: application/sdp"
		}
		b.WriteString(e + "\n")
	}
	p.send(b.String() + "\n" + body)
}

// answer is 200 with Contact and SDP.
func (p *peer) answer(req *message, tag string, extra ...string) {
	p.t.Helper()
	p.reply(req, 200, tag, append(extra, "Contact: <sip:peer@"+p.addr.String()+">", sdpAt("10.0.0.2", 6000))...)
}

// request builds a request inside the dialog that our INVITE made.
func (p *peer) inDialog(inv *message, tag, method string, seq int, extra ...string) {
	p.t.Helper()
	p.inDialogWith(inv, tag, branchOf(inv, tag, method, seq), method, seq, extra...)
}

// branchOf names the transaction of a request of the peer.
func branchOf(inv *message, tag, method string, seq int) string {
	return fmt.Sprintf("z9hG4bK%s%d%s%s", method, seq, tag, inv.get("Call-ID"))
}

func (p *peer) inDialogWith(inv *message, tag, branch, method string, seq int, extra ...string) {
	p.t.Helper()
	to := inv.get("To")
	var b strings.Builder
	fmt.Fprintf(&b, "%s sip:ours@%s SIP/2.0\nVia: SIP/2.0/UDP %s;branch=%s;rport\nMax-Forwards: 70\n", method, ourAddr, p.addr, branch)
	fmt.Fprintf(&b, "From: %s;tag=%s\nTo: %s\nCall-ID: %s\nCSeq: %d %s\n", to, tag, inv.get("From"), inv.get("Call-ID"), seq, method)
	body := ""
	for _, e := range extra {
		if strings.HasPrefix(e, "v=0") {
			body = e
			e = "Content-Type: application/sdp"
		}
		b.WriteString(e + "\n")
	}
	p.send(b.String() + "\n" + body)
}

// call builds a new request to us.
func (p *peer) call(method, callID, branch string, seq int, extra ...string) {
	p.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s sip:+34600111222@%s SIP/2.0\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s;rport\nMax-Forwards: 70\n", method, ourAddr, p.addr, branch)
	fmt.Fprintf(&b, "From: <sip:peer@%s>;tag=caller\n", p.addr)
	to := fmt.Sprintf("<sip:+34600111222@%s>", ourAddr)
	body := ""
	var rest strings.Builder
	for _, e := range extra {
		if strings.HasPrefix(e, "v=0") {
			body = e
			e = "Content-Type: application/sdp"
		}
		if t, ok := strings.CutPrefix(e, "totag:"); ok {
			to += ";tag=" + t
			continue
		}
		rest.WriteString(e + "\n")
	}
	fmt.Fprintf(&b, "To: %s\nCall-ID: %s\nCSeq: %d %s\nContact: <sip:peer@%s>\n%s\n%s", to, callID, seq, method, p.addr, rest.String(), body)
	p.send(b.String())
}

func sdpAt(ip string, port int, lines ...string) string {
	return fmt.Sprintf("v=0\r\no=- 7 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n", ip, ip, port) +
		strings.Join(append(lines, ""), "\r\n")
}

func port(t *testing.T, sdp []byte) uint16 {
	t.Helper()
	a, err := sipua.ParseAudio(sdp)
	if err != nil {
		t.Fatalf("%v in %q", err, sdp)
	}
	return a.Addr.Port()
}

var ourMedia = netip.MustParseAddrPort("10.0.0.1:4002")

// offer2 is a changed description of ours.
func offer2(t *testing.T) []byte {
	t.Helper()
	b, err := sipua.BuildOffer(sipua.SDPAudio{Addr: ourMedia, SessionID: 1, Version: 2})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// next numbers transactions of several phones.
func (st *stage) next() int {
	st.count += 100
	return st.count
}

func newNetwork() *simnet.Network { return &simnet.Network{} }

func ended(t *testing.T, c *sipua.Call) sipua.Ending {
	t.Helper()
	select {
	case <-c.Done():
	case <-time.After(2 * time.Hour):
		t.Fatal("call goes on")
	}
	return c.End()
}
