package carrier

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/pacing/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loopback = netip.MustParseAddr("127.0.0.1")

// everyone is a population of one kind that does everything at once.
func everyone(kind sim.Kind) sim.Callees {
	soon := sim.Dist{Shape: sim.Constant, Mean: 20 * time.Millisecond}
	c := sim.Callees{Ring: soon, FastFail: soon, Talk: sim.Dist{Shape: sim.Constant, Mean: 300 * time.Millisecond}, Patience: soon}
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

// bench is a carrier with a caller beside it.
type bench struct {
	*Carrier
	caller *sipua.UA
	media  media.Settings
	log    string
}

func newBench(t *testing.T, c sim.Callees) *bench {
	t.Helper()
	return newBenchOf(t, Settings{Callees: c})
}

// newBenchOf is newBench for other people than Callees.
func newBenchOf(t *testing.T, s Settings) *bench {
	t.Helper()
	ports, err := media.NewPortRange(40000, 44999)
	if err != nil {
		t.Fatal(err)
	}
	poller := media.NewPlainPoller()
	b := &bench{media: media.Settings{IP: loopback, Ports: ports, Poller: poller}, log: filepath.Join(t.TempDir(), "carrier.jsonl")}
	listen := []sipua.Listener{{Transport: "udp", Addr: netip.AddrPortFrom(loopback, 0)}}
	s.Listen, s.Media, s.Seed, s.Log = listen, b.media, 1, b.log
	if b.Carrier, err = Start(s); err != nil {
		t.Fatal(err)
	}
	if b.caller, err = sipua.Listen(sipua.Settings{Listen: listen}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := errors.Join(b.caller.Close(), poller.Close())
		if err != nil {
			t.Error(err)
		}
	})
	return b
}

// call calls a number and returns the session that hears it.
func (b *bench) call(t *testing.T, ctx context.Context, number string) (*sipua.Call, *media.Session, error) {
	t.Helper()
	session, err := media.Open(b.media)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close() })
	offer, err := sipua.BuildOffer(sipua.SDPAudio{Addr: session.LocalAddr()})
	if err != nil {
		t.Fatal(err)
	}
	addr := b.Addr("udp")
	call, err := b.caller.Invite(ctx, sipua.Invite{
		To: sipua.URI{User: number}, NextHop: sipua.Target{Host: addr.Addr().String(), Port: int(addr.Port())}, Offer: offer,
	})
	return call, session, err
}

// events are what the log holds of one number, in order.
func (b *bench) events(t *testing.T, number string) []Event {
	t.Helper()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(b.log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := ReadLog(f)
	if err != nil {
		t.Fatal(err)
	}
	var events []Event
	for _, r := range records {
		if r.Number == number {
			events = append(events, r.Event)
		}
	}
	return events
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(stop)
	return ctx
}

func TestAPersonAnswersSpeaksAndHangsUp(t *testing.T) {
	b := newBench(t, everyone(sim.Person))
	call, session, err := b.call(t, within(t), "+12025550100")
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan struct{})
	var once bool
	session.Connect(media.SinkFunc(func(media.Frame) error {
		if !once {
			once = true
			close(heard)
		}
		return nil
	}))
	peer, err := sipua.ParseAudio(call.RemoteSDP())
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start(media.Remote{Addr: peer.Addr, Codec: media.Codec(peer.Codecs[0]), EventPT: peer.EventPT}); err != nil {
		t.Fatal(err)
	}
	for _, done := range []<-chan struct{}{heard, call.Done()} {
		select {
		case <-done:
		case <-within(t).Done():
			t.Fatal("the person was not heard, or did not hang up")
		}
	}
	if end := call.End(); end.By != sipua.ByRemote {
		t.Errorf("ended by %v, want the callee", end.By)
	}
	want := []Event{Invited, Ringing, Answered, Acked, HungUp}
	if got := b.events(t, "+12025550100"); !slices.Equal(got, want) {
		t.Errorf("the carrier's log holds %v, want %v", got, want)
	}
}

func TestRefusalsCarryTheirCodeAndCause(t *testing.T) {
	for kind, want := range map[sim.Kind]struct{ code, cause int }{
		sim.Busy: {486, 0}, sim.Unknown: {404, 1}, sim.Congest: {503, 42},
	} {
		t.Run(string(kind), func(t *testing.T) {
			b := newBench(t, everyone(kind))
			_, _, err := b.call(t, within(t), "+12025550101")
			f, ok := errors.AsType[*sipua.Failure](err)
			if !ok || f.Code != want.code || f.Q850 != want.cause {
				t.Fatalf("error %v, want code %d and cause %d", err, want.code, want.cause)
			}
			if got := b.events(t, "+12025550101"); !slices.Equal(got, []Event{Invited, Refused}) {
				t.Errorf("the carrier's log holds %v", got)
			}
		})
	}
}

func TestACallThatIsWithdrawnStandsInTheLogAsSuch(t *testing.T) {
	b := newBench(t, everyone(sim.Silent))
	ctx, withdraw := context.WithCancel(within(t))
	defer withdraw()
	result := make(chan error, 1)
	go func() {
		_, _, err := b.call(t, ctx, "+12025550102")
		result <- err
	}()
	for b.Stats().Live == 0 { // the INVITE is on its way
		if within(t).Err() != nil {
			t.Fatal("the INVITE did not arrive")
		}
	}
	withdraw()
	if err := <-result; err == nil {
		t.Fatal("the call was answered")
	}
	got := b.events(t, "+12025550102")
	if len(got) < 3 || !slices.Equal(got[len(got)-2:], []Event{Canceled, Refused}) {
		t.Errorf("the carrier's log holds %v, want it to end with cancel and refused", got)
	}
}

func TestTheSameSeedCallsUpTheSamePeople(t *testing.T) {
	draw := func() []sim.Callee {
		c := &Carrier{settings: Settings{Callees: sim.Everyday(), Seed: 7, Speed: 1}, times: map[string]int{}}
		var out []sim.Callee
		for _, n := range []string{"+12025550100", "+12025550101", "+12025550100"} {
			callee, _ := c.draw(n)
			out = append(out, callee)
		}
		return out
	}
	a, b := draw(), draw()
	if !slices.Equal(a, b) {
		t.Errorf("%+v and %+v", a, b)
	}
	if a[0] == a[2] {
		t.Error("the second call of a number found the same situation as the first")
	}
}

func TestALogThatWasCutOffIsReadUpToTheCut(t *testing.T) {
	whole := `{"at":"2026-01-01T00:00:00Z","event":"start"}` + "\n" + `{"at":"2026-01-01T00:00:01Z","call_id":"a","event":"invite"}` + "\n"
	records, err := ReadLog(strings.NewReader(whole + `{"at":"2026-01-01T00:`))
	if err != nil || len(records) != 2 {
		t.Errorf("read %d records and %v, want 2 and no error", len(records), err)
	}
	if _, err := ReadLog(bytes.NewReader([]byte("nonsense\n" + whole))); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("a malformed line gives %v, want an error that names line 1", err)
	}
}
