package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/check"
	"github.com/forecall/forecall/cmd/internal/robot"
	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/pacing/sim"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/sqlite"
)

// asProgram makes the test binary behave as the forecall command, so that a
// test can start it, and kill it, as a process of its own.
const asProgram = "FORECALL_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	// What is called here is called at any hour; rules have tests of their own.
	if err := os.Setenv("FORECALL_RULES_ADOPT", "none"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// killsWanted is how often the service is killed: a few times in every run of
// the tests, FORECALL_KILLS=100 for the figure in docs/benchmarks.md.
func killsWanted(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("FORECALL_KILLS"))
	if err != nil || n < 1 {
		n = 3
	}
	if testing.Short() {
		n = 1
	}
	t.Logf("%d kills", n)
	return n
}

// arena is a service that is started and killed, and what lives on around it:
// the carrier with its log, and robots that come back.
type arena struct {
	*testing.T
	folder, config, server string
	registrar              netip.AddrPort
	far                    *carrier.Carrier
	agents                 int
}

var home = netip.MustParseAddr("127.0.0.1")

func TestKillMinusNineUnderDialingLosesNothing(t *testing.T) {
	t.Parallel()
	a := newArena(t, 5)
	a.staff()
	chance := rand.New(rand.NewPCG(9, 9))
	var first []time.Duration
	for k := range killsWanted(t) {
		began := time.Now()
		service, output := a.start()
		before := a.far.Stats().Invites
		a.eventually("the first new dial", func() bool { return a.far.Stats().Invites > before }, output)
		if k > 0 { // the first start imports the list
			first = append(first, time.Since(began))
		}
		a.pass(time.Duration(200+chance.IntN(1500)) * time.Millisecond)
		if err := service.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = service.Wait() // it was killed
		if findings := a.verify(); !findings.Clean() {
			t.Fatalf("kill %d: %+v\n%s", k+1, findings.Broken, output)
		}
	}
	if slices.Sort(first); len(first) > 0 {
		t.Logf("first new dial after a restart: median %s, slowest %s", first[len(first)/2], first[len(first)-1])
	}
	a.closeTheBook()
}

// newArena writes the list and the configuration, and starts the carrier.
func newArena(t *testing.T, agents int) *arena {
	a := &arena{T: t, folder: t.TempDir(), agents: agents}
	ports, err := media.NewPortRange(21504, 24575)
	a.must(err)
	poller := media.NewPlainPoller()
	const speed = 20 // of the people, so that one who lets it ring is gone after 3 s
	quick := func(ms int) sim.Dist {
		return sim.Dist{Shape: sim.Exponential, Mean: speed * time.Duration(ms) * time.Millisecond}
	}
	a.far, err = carrier.Start(carrier.Settings{
		Listen: []sipua.Listener{{Transport: "udp", Addr: netip.AddrPortFrom(home, 0)}},
		Media:  media.Settings{IP: home, Ports: ports, Poller: poller},
		Callees: sim.Callees{
			Person: 0.4, Hasty: 0.05, Busy: 0.3, Unknown: 0.1, Congest: 0.01, OptOut: 0.1,
			Ring: quick(400), FastFail: quick(100), Talk: quick(900), Patience: quick(50),
		},
		Speed: speed, Seed: 1, Log: filepath.Join(a.folder, "carrier.jsonl"), MediaTimeout: 2 * time.Second,
	})
	a.must(err)
	t.Cleanup(func() { a.must(errors.Join(a.far.Close(), poller.Close())) })
	a.registrar = netip.AddrPortFrom(home, a.freePort("udp"))
	http := a.freePort("tcp")
	a.server = fmt.Sprintf("http://127.0.0.1:%d", http)
	a.config = filepath.Join(a.folder, "forecall.yaml")
	list := filepath.Join(a.folder, "list.csv")
	a.must(os.WriteFile(list, fictitious(6000), 0o600))
	a.must(os.WriteFile(a.config, a.settings(http, list), 0o600))
	return a
}

func (a *arena) settings(http uint16, list string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `
data: %s/data
http: {listen: "127.0.0.1:%d"}
admin: {listen: ""}
log: {level: warn, format: text}
sip: {listen: "127.0.0.1:0"}
phones: {listen: "%s"}
media: {ports: 16384-20479}
trunks:
  - {name: far, host: 127.0.0.1, port: %d, max_channels: 100, max_cps: 50, allow_media: [127.0.0.0/8], caller_ids: ["+12025550100"]}
campaigns:
  - name: Kill
    start: true
    windows: {sun-sat: ["00:00-24:00"]}
    cooldown: 10m
    wrap_up: 5s
    lists: [{name: all, file: %s, region: US}]
users:
`, a.folder, http, a.registrar, a.far.Addr("udp").Port(), list)
	for i := range a.agents {
		fmt.Fprintf(&b, "  - {login: agent%d, name: Agent %d, role: agent, password: %s, extension: agent%d, phone_secret: %s, campaigns: [Kill]}\n",
			i, i, testPassword, i, testPassword)
	}
	return []byte(b.String())
}

const testPassword = "a password of a test"

// fictitious is a list of numbers that are reserved for fiction (555-0100 to
// 555-0199 of each area code).
func fictitious(n int) []byte {
	var b strings.Builder
	b.WriteString("name,phone\n")
	for _, npa := range []int{
		201, 202, 203, 205, 206, 207, 212, 213, 214, 215, 216, 217, 224, 225, 228, 229, 231, 234, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262,
		267, 269, 276, 281, 301, 302, 303, 304, 305, 307, 309, 310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 331, 334, 336, 337, 339, 347, 351,
	} {
		for k := 0; k < 100 && n > 0; k++ {
			fmt.Fprintf(&b, "Person %d,+1%d55501%02d\n", n, npa, k)
			n--
		}
	}
	return []byte(b.String())
}

// staff puts robots to work that come back whenever the service does.
func (a *arena) staff() {
	ports, err := media.NewPortRange(24576, 27647)
	a.must(err)
	poller := media.NewPlainPoller()
	ctx, goHome := context.WithCancel(context.Background())
	var work sync.WaitGroup
	for i := range a.agents {
		name := fmt.Sprintf("agent%d", i)
		work.Go(func() {
			for ctx.Err() == nil {
				_ = robot.Run(ctx, robot.Settings{ // ends when the service is killed
					Server: a.server, Login: name, Password: testPassword, Extension: name, Secret: testPassword,
					Registrar: sipua.Target{Host: home.String(), Port: int(a.registrar.Port()), Transport: "udp"},
					IP:        home, Media: media.Settings{IP: home, Ports: ports, Poller: poller},
					Wrap: sim.Dist{Shape: sim.Constant, Mean: 100 * time.Millisecond}, Seed: uint64(i),
				})
				wait(ctx, 50*time.Millisecond)
			}
		})
	}
	a.Cleanup(func() {
		goHome()
		work.Wait()
		a.must(poller.Close())
	})
}

// start starts the service as a process of its own.
func (a *arena) start() (*exec.Cmd, *tail) {
	program, err := os.Executable()
	a.must(err)
	c := exec.Command(program, "serve", "--config", a.config)
	output := &tail{}
	c.Env, c.Stdout, c.Stderr = append(os.Environ(), asProgram+"=1"), output, output
	a.must(c.Start())
	a.Cleanup(func() { _ = c.Process.Kill() })
	return c, output
}

// verify checks the ledger as the kill left it, and against the carrier's log.
func (a *arena) verify() campaigns.Findings {
	a.Helper()
	db, err := records.Open(a.Context(), records.Settings{Engine: sqlite.At(filepath.Join(a.folder, "data", "forecall.db"))})
	a.must(err)
	defer db.Close()
	f, err := db.Verify(a.Context(), time.Now())
	a.must(err)
	log, err := os.Open(filepath.Join(a.folder, "carrier.jsonl"))
	a.must(err)
	defer log.Close()
	records, err := carrier.ReadLog(log)
	a.must(err)
	changes, err := db.DoNotCallHistory(a.Context(), "")
	a.must(err)
	far, err := check.Carrier(db.Calls(a.Context(), campaigns.CallFilter{}), changes, records)
	a.must(err)
	f.Broken, f.Count = append(f.Broken, far.Broken...), f.Count+far.Count
	return f
}

// closeTheBook starts the service once more and stops it in order: then every
// attempt has exactly one outcome.
func (a *arena) closeTheBook() {
	service, output := a.start()
	before := a.far.Stats().Invites
	a.eventually("a new dial", func() bool { return a.far.Stats().Invites > before }, output)
	a.must(service.Process.Signal(os.Interrupt))
	done := make(chan error, 1)
	go func() { done <- service.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			a.Fatalf("the service did not end in order: %v\n%s", err, output)
		}
	case <-time.After(60 * time.Second):
		a.Fatalf("the service did not drain within a minute\n%s", output)
	}
	f := a.verify()
	if !f.Clean() || f.Open != 0 || f.Attempts != f.Outcomes {
		a.Fatalf("after the last run: %+v", f)
	}
	a.Logf("%d attempts, %d outcomes, %d links in the chain", f.Attempts, f.Outcomes, f.Records)
}

// eventually waits until something holds.
func (a *arena) eventually(what string, holds func() bool, output *tail) {
	a.Helper()
	limit := time.After(30 * time.Second)
	for !holds() {
		select {
		case <-limit:
			a.Fatalf("%s did not come\n%s", what, output)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// pass lets the service work for a while before it is killed.
func (a *arena) pass(d time.Duration) { wait(a.Context(), d) }

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (a *arena) freePort(network string) uint16 {
	a.Helper()
	if network == "udp" {
		c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(home, 0)))
		a.must(err)
		defer c.Close()
		return c.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	a.must(err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort().Port()
}

func (a *arena) must(err error) {
	a.Helper()
	if err != nil {
		a.Fatal(err)
	}
}

// tail keeps the last that a process wrote.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-8000):]
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
