package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/cmd/internal/robot"
	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/pacing/sim"
)

// ask reads a page of the admin listener.
func (s *service) ask(path string) (status int, body string) {
	s.Helper()
	ctx, stop := context.WithTimeout(s.Context(), patience)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.admin+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error() // it may have ended meanwhile
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(text)
}

func TestFlagsBeatTheEnvironmentWhichBeatsTheFileWhichBeatsTheDefaults(t *testing.T) {
	file := write(t, "forecall.yaml", "log: {level: warn, format: json}\nhttp: {listen: '127.0.0.1:1'}\ndrain: {limit: 3m}\n"+
		"trunks: [{name: a, host: h, username: u, password: the-secret}]\nusers: [{login: ann, role: agent, password: the-secret, phone_secret: the-secret}]\n")
	t.Setenv("FORECALL_HTTP_LISTEN", "127.0.0.1:2")
	t.Setenv("FORECALL_LOG_LEVEL", "error")
	out := must(t, "config", "show", "--config", file, "--http-listen", "127.0.0.1:3")
	for _, want := range []string{
		"# file: " + file, "http.listen: 127.0.0.1:3  # flag --http-listen", "log.level: error  # environment FORECALL_LOG_LEVEL",
		"log.format: json  # file", "drain.limit: 3m0s  # file", "sip.listen: 127.0.0.1:5060  # default", "trunks[1].password: ********",
	} {
		if !strings.Contains(out, want+"\n") {
			t.Errorf("config show lacks %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "the-secret") {
		t.Errorf("config show tells a secret:\n%s", out)
	}
	if out := must(t, "config", "check", "--config", file); out != file+" is fine\n" {
		t.Errorf("config check: %s", out)
	}
}

func TestTheFirstStartPrintsTheAdminsPasswordOnceAndItOpensTheDoor(t *testing.T) {
	t.Parallel()
	config := settings(t, "log: {format: json, level: debug}\ntrunks:\n"+trunkTo(silentPort(t), ""))
	first := serving(t, config)
	found := regexp.MustCompile(`nobody could log in yet: user admin, password (\S+) `).FindStringSubmatch(first.out.String())
	if found == nil {
		t.Fatalf("no password was printed\n%s", first)
	}
	me, err := client.New(first.url).Login(t.Context(), "admin", found[1])
	if err != nil || me.Login != "admin" {
		t.Errorf("log in with it: %+v, %v", me, err)
	}
	if strings.Contains(first.err.String(), found[1]) {
		t.Error("the password stands in the log")
	}
	for line := range strings.Lines(first.err.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("log line is no JSON: %s", line)
		}
	}
	first.stop()
	second := serving(t, config, "FORECALL_LOG_FORMAT=text")
	second.stop()
	if strings.Contains(second.String(), "password") {
		t.Errorf("the second start speaks of a password\n%s", second)
	}
	if said := second.err.String(); !strings.Contains(said, "level=INFO") || strings.HasPrefix(said, "{") {
		t.Errorf("FORECALL_LOG_FORMAT=text logs %s", said)
	}
}

func TestHealthReadinessAndMetricsAreServed(t *testing.T) {
	t.Parallel()
	far := newFar(t, carrier.Settings{Callees: everyone(sim.Busy, 0)})
	s := serving(t, settings(t, "trunks:\n"+trunkTo(far.Addr("udp").Port(), "")+"campaigns: [{name: Spring}]\n"))
	if code, body := s.ask("/healthz"); code != http.StatusOK || body != "alive\n" {
		t.Errorf("/healthz: %d %s", code, body)
	}
	if code, body := s.ask("/readyz"); code != http.StatusOK || !strings.Contains(body, `"ready":true`) {
		t.Errorf("/readyz: %d %s", code, body)
	}
	var code int
	var body string
	eventually(t, "the campaign is in the metrics", s, func() bool {
		code, body = s.ask("/metrics")
		return strings.Contains(body, `campaign="Spring"`)
	})
	for _, want := range []string{
		`forecall_build_info{version="`, `forecall_trunk_up{trunk="far"} 1`, `forecall_trunk_channels{trunk="far"} 0`,
		`forecall_calls_started_total{campaign="Spring"} 0`, `forecall_calls_in_progress{campaign="Spring",phase="ringing"} 0`,
		`forecall_calls_abandoned_total{campaign="Spring"} 0`, `forecall_answered_human_total{campaign="Spring"} 0`,
		`forecall_hopper_contacts{campaign="Spring",state="ready"} 0`, `forecall_pacing_held{campaign="Spring",reason="`, "go_goroutines ",
	} {
		if code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("/metrics: %d lacks %s", code, want)
		}
	}
	s.stop()
}

func TestReadinessNamesATrunkThatIsDown(t *testing.T) {
	t.Parallel()
	s := serving(t, settings(t, "trunks:\n"+trunkTo(silentPort(t), ", register: true, username: ann, password: x")))
	if code, body := s.ask("/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "no trunk takes calls") {
		t.Errorf("/readyz with a trunk that is not registered: %d %s", code, body)
	}
	if _, body := s.ask("/metrics"); !strings.Contains(body, `forecall_trunk_up{trunk="far"} 0`) {
		t.Errorf("/metrics shows the trunk up")
	}
	s.stop()
}

// talkingService is a service with one robot agent who is in a conversation
// that its callee ends after talk.
func talkingService(t *testing.T, talk time.Duration, more string) (*service, *carrier.Carrier, string) {
	t.Helper()
	far := newFar(t, carrier.Settings{Callees: everyone(sim.Person, talk)})
	list := write(t, "list.csv", string(fictitious(200)))
	config := settings(t, more+"trunks:\n"+trunkTo(far.Addr("udp").Port(), "")+fmt.Sprintf(`campaigns:
  - {name: Spring, mode: progressive, start: true, windows: {sun-sat: ["00:00-24:00"]}, lists: [{name: all, file: %s, region: US}]}
users:
  - {login: ann, name: Ann, role: agent, password: %s, extension: ann, phone_secret: %s, campaigns: [Spring]}
  - {login: mia, name: Mia, role: admin, password: %s}
`, list, testPassword, testPassword, testPassword))
	s := serving(t, config)
	staffed(t, s, "ann", 100*time.Millisecond)
	eventually(t, "a conversation", s, func() bool {
		_, body := s.ask("/metrics")
		return strings.Contains(body, `forecall_calls_in_progress{campaign="Spring",phase="talking"} 1`)
	})
	return s, far, filepath.Join(filepath.Dir(config), "data")
}

// staffed puts a robot to work at a service, until the test ends.
func staffed(t *testing.T, s *service, login string, wrap time.Duration) {
	t.Helper()
	ports, err := media.NewPortRange(24576, 27647)
	if err != nil {
		t.Fatal(err)
	}
	poller := media.NewPlainPoller()
	registrar := netip.MustParseAddrPort(s.phones)
	ctx, goHome := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() {
		_ = robot.Run(ctx, robot.Settings{ // ends with the service
			Server: s.url, Login: login, Password: testPassword, Extension: login, Secret: testPassword,
			Registrar: sipua.Target{Host: home.String(), Port: int(registrar.Port()), Transport: "udp"},
			IP:        home, Media: media.Settings{IP: home, Ports: ports, Poller: poller},
			Wrap: sim.Dist{Shape: sim.Constant, Mean: wrap}, Seed: 1,
		})
	})
	t.Cleanup(func() {
		goHome()
		work.Wait()
		if err := poller.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestTheFirstSignalDrainsAndAConversationEndsByItself(t *testing.T) {
	t.Parallel()
	s, far, folder := talkingService(t, 3*time.Second, "")
	s.signal(syscall.SIGTERM)
	eventually(t, "503 of /readyz", s, func() bool {
		code, body := s.ask("/readyz")
		return code == http.StatusServiceUnavailable && strings.Contains(body, `"draining":true`) && strings.Contains(body, "the service stops") || s.over()
	})
	if s.over() {
		t.Fatalf("the service did not wait for the conversation\n%s", s)
	}
	placed := far.Stats().Invites
	eventually(t, "the end", s, s.over)
	if far.Stats().Invites != placed {
		t.Errorf("%d calls were placed while it drained", far.Stats().Invites-placed)
	}
	if s.status != exitOK {
		t.Errorf("status %d, want 0\n%s", s.status, s)
	}
	calls := must(t, "export", "--data", folder, "--format", "jsonl")
	if !strings.Contains(calls, `"connected"`) || strings.Contains(calls, `"lost"`) {
		t.Errorf("the log holds\n%s", calls)
	}
	if out := must(t, "verify", "--data", folder); !strings.Contains(out, "every law holds") || !strings.Contains(out, " 0 open,") {
		t.Errorf("verify: %s", out)
	}
}

func TestTheSecondSignalEndsWhatStillTalks(t *testing.T) {
	t.Parallel()
	s, far, folder := talkingService(t, 10*time.Minute, "")
	s.signal(syscall.SIGTERM)
	eventually(t, "draining", s, func() bool { code, _ := s.ask("/readyz"); return code == http.StatusServiceUnavailable })
	if s.over() || far.Stats().Live == 0 {
		t.Fatalf("the first signal ended the conversation\n%s", s)
	}
	s.signal(syscall.SIGINT)
	s.hungUp(far, folder)
}

func TestTheDrainLimitEndsWhatStillTalks(t *testing.T) {
	t.Parallel()
	s, far, folder := talkingService(t, 10*time.Minute, "drain: {limit: 1s}\n")
	s.signal(syscall.SIGTERM)
	s.hungUp(far, folder)
}

// hungUp wants the service to end with its calls hung up and written down.
func (s *service) hungUp(far *carrier.Carrier, folder string) {
	s.Helper()
	eventually(s.T, "the end", s, s.over)
	if s.status != exitOK {
		s.Errorf("status %d, want 0\n%s", s.status, s)
	}
	eventually(s.T, "the BYE", s, func() bool { return far.Stats().Live == 0 })
	out := must(s.T, "verify", "--data", folder)
	if !strings.Contains(out, "every law holds") || !strings.Contains(out, " 0 open,") {
		s.Errorf("verify: %s", out)
	}
}
