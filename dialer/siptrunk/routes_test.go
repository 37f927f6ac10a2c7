package siptrunk

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sound"
)

// refuse is a carrier that refuses every call.
func refuse(code int, hs ...sipua.Header) func(*sipua.Incoming) {
	return func(inc *sipua.Incoming) { _ = inc.Reject(code, "", hs...) }
}

// accept answers a call with sound of its own and waits for its end.
func accept(t testing.TB, settings media.Settings, inc *sipua.Incoming) {
	session, err := media.Open(settings)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = session.Close() }()
	answer, err := sound.New(session, []media.Codec{media.PCMU}).Answer(inc.Offer())
	if err != nil {
		t.Error(err)
		return
	}
	if call, err := inc.Answer(within(t), answer); err == nil {
		<-call.Done()
	}
}

func second(t *Trunk) { t.Priority = 1 }

// F31: the breaker opens before twenty failures, lets one call through per five
// seconds, and after the first that gets through it starts slowly.
func TestBreakerOpensOn503AndRecovers(t *testing.T) {
	t.Parallel()
	var well atomic.Bool
	var invites atomic.Int32
	settings := newMedia(t)
	at := carrier(t, func(inc *sipua.Incoming) {
		invites.Add(1)
		if well.Load() {
			accept(t, settings, inc)
			return
		}
		_ = inc.Reject(503, "")
	})
	trunks := open(t, trunkTo("a", at))
	for range 40 {
		failed := mustFail(t, trunks, within(t), request(callee), campaigns.RouteFailed)
		if failed.Outcome.Counts() {
			t.Fatal("the contact lost an attempt to a broken route")
		}
	}
	if n := invites.Load(); n != breakerRun {
		t.Errorf("%d INVITEs reached a carrier that answers 503, want %d", n, breakerRun)
	}
	room, why := trunks.Room(nil)
	if room != 0 || !strings.Contains(why, "breaker open") {
		t.Errorf("room %d, %q", room, why)
	}
	if s := trunks.State()[0]; s.Up || s.Breaker != BreakerOpen || s.Codes[503] != breakerRun {
		t.Errorf("state %+v", s)
	}
	well.Store(true)
	eventually(t, "a probe is let through", func() bool { room, _ := trunks.Room(nil); return room == 1 })
	leg := mustAnswer(t, trunks, request(callee))
	leg.Hangup(within(t))
	if s := trunks.State()[0]; s.Breaker != BreakerSlow || s.CPS > s.MaxCPS/5 {
		t.Errorf("after recovery: %s at %.0f CPS", s.Breaker, s.CPS)
	}
}

func TestBreakerKeepsRetryAfter(t *testing.T) {
	t.Parallel()
	peer := startSipp(t, "unavailable_retry", 1)
	trunks := open(t, trunkTo("a", peer.at))
	mustFail(t, trunks, within(t), request(callee), campaigns.RouteFailed)
	room, why := trunks.Room(nil)
	if room != 0 || !strings.Contains(why, "next try in 2m0s") && !strings.Contains(why, "next try in 1m59s") {
		t.Errorf("room %d, %q", room, why)
	}
	failed := mustFail(t, trunks, within(t), request(callee), campaigns.RouteFailed)
	if !errors.Is(failed, errFull) || !failed.SentAt.IsZero() {
		t.Errorf("%+v", failed)
	}
	peer.satisfied(t)
}

func TestFailOverUsesTheNextTrunkOnce(t *testing.T) {
	t.Parallel()
	ids := make(chan string, 8)
	note := func(code int) func(*sipua.Incoming) {
		return func(inc *sipua.Incoming) {
			ids <- inc.CallID()
			refuse(code)(inc)
		}
	}
	trunks := open(t, trunkTo("a", carrier(t, note(500))), trunkTo("b", carrier(t, note(503)), second),
		trunkTo("c", carrier(t, note(486)), second))
	var steps []string
	req := request(callee)
	req.OnProgress = func(p dialer.Progress) { steps = append(steps, p.Trunk+" "+string(p.Step)) }
	failed := mustFail(t, trunks, within(t), req, campaigns.RouteFailed)
	if failed.Trunk != "b" || failed.Code != 503 {
		t.Errorf("%+v", failed)
	}
	if got := strings.Join(steps, ", "); got != "a sent, b fail_over, b sent" && !strings.Contains(got, "a trying") {
		t.Errorf("steps %s", got)
	}
	if first, then := <-ids, <-ids; first != req.CallID || then != LegCallID(req.CallID, 2) {
		t.Errorf("Call-IDs %s, %s for attempt %s", first, then, req.CallID)
	}
	if len(ids) != 0 {
		t.Error("a third trunk was tried")
	}
}

func TestTheCallIDOfAFailOverNamesTheAttempt(t *testing.T) {
	for _, c := range []struct {
		id   string
		n    int
		want string
	}{{"abc@forecall", 1, "abc@forecall"}, {"abc@forecall", 2, "abc-2@forecall"}, {"abc", 2, "abc-2"}} {
		if got := LegCallID(c.id, c.n); got != c.want {
			t.Errorf("%s, %d: %s, want %s", c.id, c.n, got, c.want)
		}
	}
}

func TestFailOverFromATrunkThatDoesNotReply(t *testing.T) {
	t.Parallel()
	deaf, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(anyPort()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = deaf.Close() }()
	peer := startSipp(t, "answer", 1)
	trunks := open(t, trunkTo("deaf", deaf.LocalAddr().(*net.UDPAddr).AddrPort(), func(t *Trunk) { t.NoReply = minNoReply }), trunkTo("b", peer.at, second))
	leg := mustAnswer(t, trunks, request(callee))
	if a := leg.Answered(); a.Trunk != "b" {
		t.Errorf("%+v", a)
	}
	leg.Hangup(within(t))
	peer.satisfied(t)
	if s := trunks.State()[0]; s.Codes[0] != 1 || s.Pending != 0 {
		t.Errorf("state %+v", s)
	}
}

func TestNoFailOverOnceItRangOrThePersonWasReached(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]func(*sipua.Incoming){
		"ring, then 503": func(inc *sipua.Incoming) { _ = inc.Ring(180, nil); refuse(503)(inc) },
		"busy":           refuse(486),
		"bad number":     refuse(404),
		"declined":       refuse(603),
	} {
		var second atomic.Int32
		trunks := open(t, trunkTo("a", carrier(t, serve)),
			trunkTo("b", carrier(t, func(inc *sipua.Incoming) { second.Add(1); refuse(486)(inc) }), func(t *Trunk) { t.Priority = 1 }))
		if _, err := trunks.Dial(within(t), request(callee)); err == nil {
			t.Errorf("%s: answered", name)
		}
		if second.Load() != 0 {
			t.Errorf("%s: the second trunk was tried", name)
		}
	}
}

func TestATrunkThatIsFullLeavesTheCallToTheNext(t *testing.T) {
	t.Parallel()
	settings := newMedia(t)
	at := carrier(t, func(inc *sipua.Incoming) { accept(t, settings, inc) })
	trunks := open(t, trunkTo("a", at, func(t *Trunk) { t.MaxChannels = 1 }), trunkTo("b", at, second, func(t *Trunk) { t.MaxChannels = 1 }))
	legs := []dialer.Leg{mustAnswer(t, trunks, request(callee)), mustAnswer(t, trunks, request(callee))}
	if a, b := legs[0].Answered().Trunk, legs[1].Answered().Trunk; a != "a" || b != "b" {
		t.Errorf("calls went over %s and %s", a, b)
	}
	room, why := trunks.Room([]string{"b", "a"})
	if room != 0 || why != "b: all 1 lines in use; a: all 1 lines in use" {
		t.Errorf("room %d, %q", room, why)
	}
	failed := mustFail(t, trunks, within(t), request(callee), campaigns.RouteFailed)
	if !errors.Is(failed, errFull) || !strings.Contains(failed.Reason, "all 1 lines in use") {
		t.Errorf("%v", failed)
	}
	legs[0].Hangup(within(t))
	if room, why := trunks.Room(nil); room != 1 || why != "" {
		t.Errorf("room %d, %q after one hung up", room, why)
	}
	legs[1].Hangup(within(t))
}

func TestTheCPSLimitHoldsOnTheWire(t *testing.T) {
	t.Parallel()
	var times []time.Time
	came := make(chan time.Time, 32)
	at := carrier(t, func(inc *sipua.Incoming) { came <- time.Now(); refuse(486)(inc) })
	trunks := openWith(t, Settings{MaxWait: time.Second, Trunks: []Trunk{trunkTo("a", at, func(t *Trunk) { t.MaxCPS = 10 })}})
	results := make(chan error, 20)
	for range 20 {
		go func() { _, err := trunks.Dial(within(t), request(callee)); results <- err }()
	}
	full := 0
	for range 20 {
		if errors.Is(<-results, errFull) {
			full++
		}
	}
	for len(came) > 0 { // every call has had its answer
		times = append(times, <-came)
	}
	if full == 0 || len(times) != 20-full {
		t.Errorf("%d calls left and %d found the trunk full", len(times), full)
	}
	least := time.Duration(len(times)-1) * 100 * time.Millisecond * 7 / 10 // a busy machine may deliver the first one late
	if took := times[len(times)-1].Sub(times[0]); took < least {
		t.Errorf("%d calls left within %s at 10 a second", len(times), took)
	}
}

func TestWithdrawingACallThatWaitsForItsTurnSendsNothing(t *testing.T) {
	t.Parallel()
	var invites atomic.Int32
	at := carrier(t, func(inc *sipua.Incoming) { invites.Add(1); refuse(486)(inc) })
	trunks := openWith(t, Settings{MaxWait: patience, Trunks: []Trunk{trunkTo("a", at, func(t *Trunk) { t.MaxCPS = 0.1 })}})
	mustFail(t, trunks, within(t), request(callee), campaigns.Busy)
	ctx, withdraw := context.WithCancel(within(t))
	time.AfterFunc(50*time.Millisecond, withdraw)
	failed := mustFail(t, trunks, ctx, request(callee), campaigns.Cancelled)
	if invites.Load() != 1 || !failed.SentAt.IsZero() {
		t.Errorf("%d INVITEs, %+v", invites.Load(), failed)
	}
}

func TestNumbersThatMustNotLeaveAreRefusedBeforeAnyLine(t *testing.T) {
	t.Parallel()
	var invites atomic.Int32
	at := carrier(t, func(inc *sipua.Incoming) { invites.Add(1); refuse(486)(inc) })
	trunks := open(t, trunkTo("a", at, func(t *Trunk) { t.Dial.Allow = []string{"+34"} }))
	for _, number := range []string{"+34600111222;maddr=6.6.6.6", "+34600\r\n111", "112", "", "+441632960000"} {
		failed := mustFail(t, trunks, within(t), request(number), campaigns.Refused)
		if !failed.SentAt.IsZero() {
			t.Errorf("%q: %+v", number, failed)
		}
	}
	bad := request(callee)
	bad.CallerID = "+34910000000>;x=<"
	mustFail(t, trunks, within(t), bad, campaigns.Refused)
	bad = request(callee)
	bad.Trunks = []string{"nobody"}
	mustFail(t, trunks, within(t), bad, campaigns.RouteFailed)
	if invites.Load() != 0 {
		t.Errorf("%d INVITEs left", invites.Load())
	}
}

func TestTheCallerIDIsSentTheWayTheTrunkWantsIt(t *testing.T) {
	t.Parallel()
	type seen struct{ from, asserted, party, to string }
	got := make(chan seen, 1)
	at := carrier(t, func(inc *sipua.Incoming) {
		asserted, _ := inc.Header("P-Asserted-Identity")
		party, _ := inc.Header("Remote-Party-ID")
		got <- seen{inc.From().User + "@" + inc.From().Host, asserted, party, inc.To().User}
		refuse(486)(inc)
	})
	for name, c := range map[string]struct {
		change func(*Trunk)
		id     string
		want   seen
	}{
		"from only":    {func(*Trunk) {}, "+34911111111", seen{from: "+34911111111@127.0.0.1", to: callee}},
		"trunk's own":  {func(*Trunk) {}, "", seen{from: "+34910000000@127.0.0.1", to: callee}},
		"asserted":     {func(t *Trunk) { t.IdentityHeader = IdentityAsserted; t.FromUser = "acct"; t.FromDomain = "pbx.example" }, "+34911111111", seen{from: "acct@pbx.example", asserted: "<sip:+34911111111@pbx.example>", to: callee}},
		"remote party": {func(t *Trunk) { t.IdentityHeader = IdentityRPID }, "+34911111111", seen{from: "+34911111111@127.0.0.1", party: "<sip:+34911111111@127.0.0.1>;party=calling;screen=yes;privacy=off", to: callee}},
		"plain":        {func(t *Trunk) { t.Dial = DialPlan{Format: FormatPlain, Prefix: "99"} }, "+34911111111", seen{from: "34911111111@127.0.0.1", to: "9934600111222"}},
	} {
		trunks := open(t, trunkTo("a", at, c.change))
		req := request(callee)
		req.CallerID = c.id
		mustFail(t, trunks, within(t), req, campaigns.Busy)
		if s := <-got; s != c.want {
			t.Errorf("%s: %+v, want %+v", name, s, c.want)
		}
	}
}

func TestWithdrawingBetweenTwoTrunksIsNotAFailureOfTheRoute(t *testing.T) {
	t.Parallel()
	ctx, withdraw := context.WithCancel(within(t))
	trunks := open(t, trunkTo("a", carrier(t, func(inc *sipua.Incoming) { withdraw(); refuse(500)(inc) })),
		trunkTo("b", carrier(t, refuse(486)), second))
	failed := mustFail(t, trunks, ctx, request(callee), campaigns.Cancelled)
	if failed.SentAt.IsZero() {
		t.Errorf("the first INVITE is forgotten: %+v", failed)
	}
}

func TestTheSessionTimerIsOfferedWhereItIsSet(t *testing.T) {
	t.Parallel()
	for interval, want := range map[time.Duration]string{0: "", 1800 * time.Second: "1800"} {
		got := make(chan string, 1)
		at := carrier(t, func(inc *sipua.Incoming) {
			v, _ := inc.Header("Session-Expires")
			got <- v
			refuse(486)(inc)
		})
		trunks := open(t, trunkTo("a", at, func(t *Trunk) { t.SessionTimer = interval }))
		mustFail(t, trunks, within(t), request(callee), campaigns.Busy)
		if v := <-got; v != want {
			t.Errorf("%s: Session-Expires %q", interval, v)
		}
	}
}

// BenchmarkCall is one whole call: gate, media ports, INVITE, 180, 200, ACK,
// BYE, with the carrier in the same process.
func BenchmarkCall(b *testing.B) {
	settings := newMedia(b)
	trunks := open(b, trunkTo("a", carrier(b, func(inc *sipua.Incoming) { accept(b, settings, inc) }),
		func(t *Trunk) { t.MaxCPS = 10_000 }))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			leg, err := trunks.Dial(context.Background(), request(callee))
			if err != nil {
				b.Error(err)
				return
			}
			leg.Hangup(context.Background())
		}
	})
}
