package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/pacing/sim"
	"github.com/forecall/forecall/storage/records"
)

const callee = "+12025550123" // reserved for fiction

// farTrunk is a configuration with one trunk to a carrier of such people.
func farTrunk(t *testing.T, kind sim.Kind, more string) (config string, far *carrier.Carrier) {
	far = newFar(t, carrier.Settings{Callees: everyone(kind, time.Minute), Speed: 20}) // nobody rings longer than 3 s
	return settings(t, "trunks:\n"+trunkTo(far.Addr("udp").Port(), more)), far
}

func TestATestCallTellsWhatHappenedByItsWordsAndItsStatus(t *testing.T) {
	for _, c := range []struct {
		name    string
		kind    sim.Kind
		status  int
		outcome string
		steps   []string
		said    string // on standard error
	}{
		{"a person answers", sim.Person, exitOK, "answered", []string{"sent", "ringing", "answered", "ended"}, ""},
		{"a person hangs up at once", sim.Hasty, exitOK, "answered", []string{"sent", "ringing", "answered", "ended"}, ""},
		{"the line is busy", sim.Busy, exitUnanswered, "busy", []string{"sent", "ended"}, "not answered: busy: trunk far answered 486 Busy Here"},
		{"nobody is there", sim.Silent, exitUnanswered, "no_answer", []string{"sent", "ringing", "ended"}, "not answered: no_answer: trunk far answered 480"},
		{"the number does not exist", sim.Unknown, exitUnanswered, "invalid", []string{"sent", "ended"}, "not answered: invalid: trunk far answered 404"},
		{"the carrier refuses", sim.Congest, exitFailed, "route_failed", []string{"sent", "ended"}, "the call could not be placed: route_failed: trunk far answered 503"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config, far := farTrunk(t, c.kind, "")
			status, out, errOut := forecall("call", callee, "--trunk", "far", "--config", config, "--talk", "600ms", "--json")
			var r callReport
			if err := json.Unmarshal([]byte(out), &r); err != nil {
				t.Fatalf("%v\n%s%s", err, out, errOut)
			}
			if status != c.status || r.Outcome != c.outcome || r.Answered != (c.status == exitOK) || !strings.Contains(errOut, c.said) {
				t.Errorf("status %d, outcome %s, want %d and %s\n%s", status, r.Outcome, c.status, c.outcome, errOut)
			}
			checkSteps(t, r, c.steps)
			if r.Answered && (r.Sound == nil || r.Sound.Sent == 0) {
				t.Errorf("answered, and the sound is %+v", r.Sound)
			}
			if seen := far.Stats().Invites; seen != 1 {
				t.Errorf("the carrier saw %d INVITEs, want 1", seen)
			}
		})
	}
}

// checkSteps wants these steps among those told, in order, at times that rise.
func checkSteps(t *testing.T, r callReport, want []string) {
	t.Helper()
	var told []string
	last := 0.0
	for _, s := range r.Steps {
		if slices.Contains(want, s.Step) {
			told = append(told, s.Step)
		}
		if s.AfterMS < last {
			t.Errorf("%s came %g ms after the start, the step before it %g", s.Step, s.AfterMS, last)
		}
		last = s.AfterMS
	}
	if !slices.Equal(told, want) {
		t.Errorf("steps %v of %+v, want %v", told, r.Steps, want)
	}
}

func TestATestCallIsPrintedStepByStepForPeople(t *testing.T) {
	t.Parallel()
	config, _ := farTrunk(t, sim.Person, "")
	status, out, errOut := forecall("call", callee, "--config", config, "--talk", "600ms")
	steps := regexp.MustCompile(`(?s)^ +\d+\.\d ms  sent +far\n.* ms  ringing +far Ringing \(180\)\n.* ms  answered +far .*\(200\)\n.* ms  ended +by us\nanswered\nsound: \d+ packets heard, \d+ sent, 0\.0 % lost`)
	if status != exitOK || !steps.MatchString(out) {
		t.Errorf("status %d\n%s%s", status, out, errOut)
	}
}

func TestANumberThatMayNotBeDialedIsRefusedBeforeAnythingIsSent(t *testing.T) {
	config, far := farTrunk(t, sim.Person, "")
	inStore(t, filepath.Join(filepath.Dir(config), "data"), func(db *records.DB) error {
		return db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: callee, Channel: campaigns.ChannelAPI})
	})
	for _, c := range []struct {
		name, number string
		status       int
		want         string
	}{
		{"emergency", "112", exitUsage, "it is an emergency number and is never dialed"},
		{"emergency in America", "911", exitUsage, "it is an emergency number"},
		{"emergency with its country", "+1911", exitUsage, "it is an emergency number"},
		{"premium", "+19005551234", exitUsage, "premium-rate"},
		{"premium in Spain", "+34803123456", exitUsage, "premium-rate"},
		{"a line break", "+12025550199\r\nRoute: <sip:evil.example>", exitUsage, "a control character"},
		{"parameters", "+12025550199;maddr=10.0.0.1", exitUsage, "; or @"},
		{"an address", "+12025550199@evil.example", exitUsage, "; or @"},
		{"a URI", "sip:+12025550199@evil.example", exitUsage, "not a plain number"},
		{"a star code", "*31#+12025550199", exitUsage, "* and # are codes"},
		{"call forwarding", "**21*+12025550199#", exitUsage, "* and # are codes"},
		{"letters", "+1-800-FLOWERS", exitUsage, "+1-800-FLOWERS"},
		{"no country", "600111222", exitUsage, "600111222"},
		{"nothing", "", exitUsage, "nothing was sent"},
		{"do not call", callee, exitFailed, "the number is on the do-not-call list; nothing was sent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, out, errOut := forecall("call", "--config", config, "--", c.number)
			if status != c.status || out != "" || !strings.Contains(errOut, c.want) {
				t.Errorf("status %d, want %d\n%s%s\nwant %s", status, c.status, out, errOut, c.want)
			}
		})
	}
	if seen := far.Stats().Invites; seen != 0 {
		t.Errorf("the carrier saw %d INVITEs, want none", seen)
	}
}

func TestWhatCannotBePlacedSaysWhereToLook(t *testing.T) {
	for _, c := range []struct {
		name string
		port uint16
		more string
		want []string
	}{
		{"a carrier that says nothing", silentPort(t), ", no_reply: 4s", []string{"could not be placed: route_failed: trunk far:", "check host, port and transport, the firewall"}},
		{"a carrier that does not let us register", silentPort(t), ", register: true, username: ann, password: x", []string{"could not be placed: route_failed: trunk far:", "not registered yet"}},
		{"an allowed list without the number", silentPort(t), `, dial: {allow: ["+34"]}`, []string{"could not be placed", "prefix"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := settings(t, "trunks:\n"+trunkTo(c.port, c.more))
			status, _, errOut := forecall("call", callee, "--config", config)
			if status != exitFailed {
				t.Errorf("status %d, want 1", status)
			}
			for _, want := range c.want {
				if !strings.Contains(errOut, want) {
					t.Errorf("said %q, want %q in it", errOut, want)
				}
			}
		})
	}
}

func TestWhatIsWrongWithATestCallIsSaidBeforeAnyPhoneRings(t *testing.T) {
	config, far := farTrunk(t, sim.Person, "")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--trunk", "other"}, "--trunk other: no such trunk is configured; there are: far"},
		{[]string{"--play", "/nowhere.wav"}, "--play: open /nowhere.wav"},
		{[]string{"--play", config}, "--play: " + config},
		{[]string{"--caller-id", "112"}, `--caller-id "112": it is an emergency number`},
	} {
		status, _, errOut := forecall(append([]string{"call", callee, "--config", config}, c.args...)...)
		if status != exitUsage || !strings.Contains(errOut, c.want) {
			t.Errorf("%v: status %d\n%s\nwant %s", c.args, status, errOut, c.want)
		}
	}
	if seen := far.Stats().Invites; seen != 0 {
		t.Errorf("the carrier saw %d INVITEs, want none", seen)
	}
}

func TestATestCallLeavesBesideAServiceThatHoldsItsPortAndItsData(t *testing.T) {
	t.Parallel()
	taken, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(home, 0)))
	if err != nil {
		t.Fatal(err)
	}
	port := taken.LocalAddr().(*net.UDPAddr).Port
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	far := newFar(t, carrier.Settings{Callees: everyone(sim.Person, time.Minute)})
	config := settings(t, "trunks:\n"+trunkTo(far.Addr("udp").Port(), "")+`users:
  - {login: ann, name: Ann, role: manager, password: `+testPassword+"}\n")
	text := strings.Replace(read(t, config), `sip: {listen: "127.0.0.1:0"}`, fmt.Sprintf(`sip: {listen: "127.0.0.1:%d"}`, port), 1)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serving(t, config)
	password := write(t, "password", testPassword+"\n")
	status, _, errOut := forecall("call", callee, "--config", config, "--talk", "200ms")
	if status != exitFailed || !strings.Contains(errOut, "ask that one with --server") {
		t.Errorf("without the service's do-not-call list: status %d, %s", status, errOut)
	}
	ask := []string{"call", callee, "--config", config, "--talk", "200ms", "--server", s.url, "--user", "ann", "--password-file", password}
	status, out, errOut := forecall(ask...)
	if status != exitOK || !strings.Contains(errOut, fmt.Sprintf("port %d is taken", port)) {
		t.Errorf("beside the service: status %d\n%s%s", status, out, errOut)
	}
	s.stop()
}

func TestATestCallThatIsInterruptedLeavesNoLineOpen(t *testing.T) {
	for _, c := range []struct {
		name   string
		kind   sim.Kind
		status int
		want   string
		seen   func(carrier.Stats) bool // when to interrupt
		left   func(carrier.Stats) bool // what the carrier saw of it
	}{
		{"while it rings", sim.Silent, exitFailed, "the call could not be placed: cancelled",
			func(s carrier.Stats) bool { return s.Live == 1 }, func(s carrier.Stats) bool { return s.Canceled == 1 }},
		{"in conversation", sim.Person, exitOK, "ended        by us",
			func(s carrier.Stats) bool { return s.Answered == 1 }, func(s carrier.Stats) bool { return s.Canceled == 0 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			far := newFar(t, carrier.Settings{Callees: everyone(c.kind, time.Hour)})
			said := &tail{}
			child := exec.Command(os.Args[0], "call", callee, "--config", settings(t, "trunks:\n"+trunkTo(far.Addr("udp").Port(), "")), "--talk", "5m")
			child.Env, child.Stdout, child.Stderr = append(os.Environ(), asProgram+"=1"), said, said
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the call", said, func() bool { return c.seen(far.Stats()) })
			if err := child.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			_ = child.Wait() // its status is asked below
			if status := child.ProcessState.ExitCode(); status != c.status || !strings.Contains(said.String(), c.want) {
				t.Errorf("status %d, want %d\n%s\nwant %s", status, c.status, said, c.want)
			}
			eventually(t, "a free line", said, func() bool { s := far.Stats(); return s.Live == 0 && c.left(s) })
		})
	}
}
