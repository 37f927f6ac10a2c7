package rig

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/storage/postgres/pgtest"
	"github.com/forecall/forecall/storage/redis/redistest"
)

// house is three nodes, what they stand on, and the people around them.
type house struct {
	*testing.T
	net      *network
	folder   string
	program  string
	postgres *pgtest.Server
	redis    *redistest.Server // which the nodes talk to, through the door
	replica  *redistest.Server // follows it
	door     *redistest.Link
	nodes    []*resident
	far      *far
	crew     *crew
	eye      *eye
	campaign int64
}

const (
	password     = "a password of the rig"
	campaignName = "Rig"
	postgresPort = 5432
	linesOfTrunk = 90
	cpsOfTrunk   = 15
)

// openHouse starts everything; the campaign runs when it returns.
func openHouse(t *testing.T, agents, contacts int) *house {
	h := &house{T: t, net: newNetwork(t), folder: t.TempDir()}
	if kept := os.Getenv("FORECALL_RIG_FOLDER"); kept != "" { // logs are read when all is over
		h.folder = kept
	}
	h.program = h.build()
	h.startServers()
	h.far = startCarrier(t, h.net.home, h.folder)
	h.must(os.WriteFile(h.list(), fictitious(contacts), 0o600))
	for i := range 3 {
		addr, space := h.net.place(i)
		r := &resident{house: h, name: fmt.Sprintf("node-%d", i+1), addr: addr, space: space}
		h.must(os.WriteFile(r.config(), []byte(r.settings(agents)), 0o600))
		h.nodes = append(h.nodes, r)
	}
	out, err := exec.Command(h.program, "migrate", "--config", h.nodes[0].config()).CombinedOutput()
	if err != nil {
		t.Fatalf("forecall migrate: %v\n%s", err, out)
	}
	h.eye = openEye(t, h)
	for _, r := range h.nodes {
		r.start()
	}
	h.eventually("all nodes are up and one leads", 60*time.Second, func() bool { return h.eye.look().whole(len(h.nodes)) })
	h.crew = hire(h, agents)
	return h
}

// build makes the program, unless one is named by FORECALL_RIG_PROGRAM.
func (h *house) build() string {
	if program := os.Getenv("FORECALL_RIG_PROGRAM"); program != "" {
		return program
	}
	program := filepath.Join(h.folder, "forecall")
	c := exec.Command("go", "build", "-o", program, "github.com/forecall/forecall/cmd/forecall")
	if out, err := c.CombinedOutput(); err != nil {
		h.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// startServers starts Postgres and Redis, where the nodes reach them.
func (h *house) startServers() {
	pg, err := pgtest.Start("listen_addresses="+h.net.database.String(), fmt.Sprintf("port=%d", postgresPort), "max_connections=200")
	if err != nil {
		pgtest.Skip(h, err)
	}
	h.postgres = pg
	h.Cleanup(func() { _ = h.postgres.Stop() })
	h.must(pg.Admit(h.net.whole))
	h.must(pg.Exec(h.Context(), "postgres", "CREATE DATABASE house"))
	h.redis, h.replica = redistest.Start(h.T), redistest.Start(h.T)
	h.replica.Follow(h.redis)
	h.door = redistest.NewLinkAt(h, h.net.home.String(), h.redis)
}

func (h *house) list() string { return filepath.Join(h.folder, "list.csv") }

// resident is one node.
type resident struct {
	*house
	name, space string
	addr        netip.Addr
	process     *exec.Cmd
	ended       chan struct{}
	said        *tail
	expected    bool // its end is what we did
}

func (r *resident) config() string { return filepath.Join(r.folder, r.name+".yaml") }
func (r *resident) url() string    { return fmt.Sprintf("http://%s:8080", r.addr) }

// settings are what an operator would write.
func (r *resident) settings(agents int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `
data: %s/%s
storage: postgres
live: redis
postgres: {url: "postgres://forecall@%s:%d/house?sslmode=disable"}
redis: {url: "redis://%s:%d"}
cluster: {name: %[2]s, listen: "%[7]s:7443", secret: "%[8]s"}
http: {listen: "%[7]s:8080"}
admin: {listen: "%[7]s:9090"}
log: {level: %[14]s, format: text}
sip: {listen: "%[7]s:5060"}
phones: {listen: "%[7]s:5062", networks: ["%[9]s"]}
softphone: {listen: "%[7]s:0"}
media: {ports: 20000-23999}
rules: {adopt: none}
drain: {limit: 60s}
trunks:
  - {name: far, host: %[10]s, port: %[11]d, max_channels: %[12]d, max_cps: %[13]d, options_ping: 5s, allow_media: ["%[9]s"], caller_ids: ["+12025550100"]}
`, r.folder, r.name, r.net.database, postgresPort, r.net.home, r.door.Port(), r.addr, strings.Repeat("s", 40), r.net.whole,
		r.net.home, r.far.Addr("udp").Port(), linesOfTrunk, cpsOfTrunk, cmp.Or(os.Getenv("FORECALL_RIG_LOG"), "info"))
	return b.String() + r.people(agents)
}

func (r *resident) people(agents int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `
campaigns:
  - name: %s
    purpose: service
    windows: {sun-sat: ["00:00-24:00"]}
    max_attempts: 5
    cooldown: 2m
    wrap_up: 5s
    lists: [{name: all, file: %s, region: US}]
users:
  - {login: manager, name: Mona Manager, role: admin, password: %s}
`, campaignName, r.list(), password)
	for i := range agents {
		fmt.Fprintf(&b, "  - {login: %s, name: Agent %d, role: agent, password: %s, extension: %[1]s, phone_secret: %[3]s, campaigns: [%[4]s]}\n",
			login(i), i, password, campaignName)
	}
	return b.String()
}

func login(i int) string { return fmt.Sprintf("agent%d", i+1) }

// start starts the node.
func (r *resident) start() {
	r.Helper()
	args := []string{r.program, "serve", "--config", r.config()}
	if r.space != "" {
		args = append([]string{"ip", "netns", "exec", r.space}, args...) // it becomes the program: the process is the node
	}
	c := exec.Command(args[0], args[1:]...)
	said, err := newTail(filepath.Join(r.folder, r.name+".log"))
	r.must(err)
	c.Stdout, c.Stderr = said, said
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	r.must(c.Start())
	ended := make(chan struct{})
	go func() { // ends with the process, which the test ends
		defer close(ended)
		_ = c.Wait()
		_ = said.file.Close()
	}()
	r.process, r.ended, r.said, r.expected = c, ended, said, false
	r.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGCONT)
		_ = c.Process.Kill()
		<-ended
	})
}

// gone tells whether the process has ended.
func (r *resident) gone() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

// kill ends the node at once.
func (r *resident) kill() error {
	r.expected = true
	err := r.process.Process.Kill()
	<-r.ended
	return err
}

func (r *resident) signal(s syscall.Signal) error { return r.process.Process.Signal(s) }

// drain asks the node to end in order, and waits.
func (r *resident) drain(within time.Duration) error {
	r.expected = true
	if err := r.signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-r.ended:
		if !r.process.ProcessState.Success() {
			return fmt.Errorf("%s ended with %s:\n%s", r.name, r.process.ProcessState, r.said)
		}
		return nil
	case <-time.After(within):
		return fmt.Errorf("%s did not end within %s:\n%s", r.name, within, r.said)
	}
}

// order starts or stops the campaign, at whichever node answers.
func (h *house) order(what string) {
	h.Helper()
	var last error
	deadline := time.Now().Add(60 * time.Second)
	for i := 0; time.Now().Before(deadline); i++ {
		ctx, cancel := context.WithTimeout(h.Context(), 10*time.Second)
		last = h.ask(ctx, h.nodes[i%len(h.nodes)], what)
		cancel()
		if last == nil {
			return
		}
		<-time.After(500 * time.Millisecond)
	}
	h.Fatalf("%s the campaign: %v", what, last)
}

func (h *house) ask(ctx context.Context, at *resident, what string) error {
	m := client.New(at.url())
	if _, err := m.Login(ctx, "manager", password); err != nil {
		return err
	}
	id, err := m.CampaignID(ctx, campaignName)
	if err != nil {
		return err
	}
	h.campaign = id
	return m.Post(ctx, fmt.Sprintf("/v1/campaigns/%d/%s", id, what), nil, nil)
}

// eventually waits until something holds; a node that has ended by itself fails it.
func (h *house) eventually(what string, within time.Duration, holds func() bool) {
	h.Helper()
	if err := h.await(what, within, holds); err != nil {
		h.Fatal(err)
	}
}

func (h *house) await(what string, within time.Duration, holds func() bool) error {
	for deadline := time.Now().Add(within); !holds(); <-time.After(20 * time.Millisecond) {
		for _, r := range h.nodes {
			if r.ended != nil && r.gone() && !r.expected {
				return fmt.Errorf("%s: %s ended by itself:\n%s", what, r.name, r.said)
			}
		}
		if time.Now().After(deadline) {
			h.stacks()
			return fmt.Errorf("%s: not within %s", what, within)
		}
	}
	return nil
}

// stacks writes what everybody here is doing beside the logs.
func (h *house) stacks() {
	f, err := os.Create(filepath.Join(h.folder, "stacks.txt"))
	if err != nil {
		return
	}
	_ = pprof.Lookup("goroutine").WriteTo(f, 1)
	_ = f.Close()
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// tail keeps what a process wrote in a file, and the last of it here.
type tail struct {
	file *os.File

	mu   sync.Mutex // guards text
	text []byte
}

func newTail(path string) (*tail, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return &tail{file: f}, err
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-6000):]
	return t.file.Write(p)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
