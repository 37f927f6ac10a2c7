package node

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/storage/records"
)

const (
	campaignName = "Fibre"
	managerLogin = "maria"
	patience     = 60 * time.Second // of a test with a machine that is busy
)

var loopback = netip.MustParseAddr("127.0.0.1")

// office is a running node on ports of its own, with a manager who is logged
// in and people who may sign in as agents.
type office struct {
	node     *Node
	conf     config.Config // where the records are
	data     string
	secret   string // password and phone secret of everybody
	campaign int64
	manager  *client.Client

	soft, hard context.CancelFunc
	ended      chan struct{} // closed when Run has returned
	err        error         // what it returned
}

// openOffice starts a node whose trunk leads to far, and runs it until the
// end of the test or until close.
func openOffice(t testing.TB, far netip.AddrPort, agents ...string) *office {
	t.Helper()
	return openOfficeWith(t, far, nil, func(*config.Config) {}, agents...)
}

// openOfficeWith changes the configuration first, and listens to the log.
func openOfficeWith(t testing.TB, far netip.AddrPort, log *slog.Logger, change func(*config.Config), agents ...string) *office {
	t.Helper()
	o := &office{data: t.TempDir(), secret: rand.Text(), ended: make(chan struct{})}
	conf := o.config(far, agents)
	keep(t, &conf)
	change(&conf)
	if err := conf.Validate(); err != nil {
		t.Fatal(err)
	}
	o.conf = conf
	var err error
	if o.node, err = Start(within(t), Settings{Config: conf, Version: "test", Log: log}); err != nil {
		t.Fatal(err)
	}
	var soft, hard context.Context
	soft, o.soft = context.WithCancel(context.Background())
	hard, o.hard = context.WithCancel(context.Background())
	go func() {
		defer close(o.ended)
		o.err = o.node.Run(soft, hard)
	}()
	t.Cleanup(func() { o.close(t) })
	eventually(t, "the node leads", func() bool { // at once, unless it is one of several
		l := o.node.lead.Load()
		return l != nil && (o.node.several == nil || l.open.Load())
	})
	o.manager = client.New(o.node.URL())
	if _, err := o.manager.Login(within(t), managerLogin, o.secret); err != nil {
		t.Fatal(err)
	}
	if o.campaign, err = o.manager.CampaignID(within(t), campaignName); err != nil {
		t.Fatal(err)
	}
	return o
}

// config is the configuration of the office: everything on loopback, one trunk,
// one progressive campaign that is open at every hour.
func (o *office) config(far netip.AddrPort, agents []string) config.Config {
	c := config.Default()
	c.Data, c.HTTP.Listen, c.Admin.Listen = o.data, "127.0.0.1:0", "127.0.0.1:0"
	c.SIP.Listen, c.Phones.Listen, c.Media.Ports = "127.0.0.1:0", "127.0.0.1:0", "22000-23999"
	c.Rules.Adopt = config.AdoptNone
	c.Trunks = []config.Trunk{{
		Name: "carrier", Host: far.Addr().String(), Port: int(far.Port()), Transport: "udp", CallerIDs: []string{"+12025550100"},
		MaxCPS: 100, AllowMedia: []string{"127.0.0.0/8"},
	}}
	c.Campaigns = []config.Campaign{{
		Name: campaignName, Mode: string(campaigns.Progressive), Seller: "Example Telecom", Telemarketer: "forecall test",
		Purpose: "sales", Goods: "fibre lines", Subject: "fibre", Windows: map[string][]string{"sun-sat": {"00:00-24:00"}},
		Trunks: []string{"carrier"}, CallerIDs: []string{"+12025550100"}, WrapUp: time.Minute,
	}}
	c.Users = []config.User{{Login: managerLogin, Role: string(campaigns.Manager), Password: o.secret}}
	for _, login := range agents {
		c.Users = append(c.Users, config.User{
			Login: login, Role: string(campaigns.Agent), Password: o.secret, Extension: login, PhoneSecret: o.secret,
			Campaigns: []string{campaignName},
		})
	}
	return c
}

// close stops the node at once, unless it has ended by itself.
func (o *office) close(t testing.TB) {
	t.Helper()
	o.soft()
	o.hard()
	o.end(t)
	http.DefaultTransport.(*http.Transport).CloseIdleConnections() // of the clients
}

// end waits until the node has ended.
func (o *office) end(t testing.TB) {
	t.Helper()
	await(t, "the node ends", o.ended)
	if o.err != nil {
		t.Errorf("the node ended with %v", o.err)
	}
}

// dial imports numbers and starts the campaign.
func (o *office) dial(t testing.TB, numbers ...string) {
	t.Helper()
	query := url.Values{"campaign": {fmt.Sprint(o.campaign)}, "list": {"test"}, "region": {"US"}, "source": {"test"}}
	rows := "name,phone\n"
	for i, number := range numbers {
		rows += fmt.Sprintf("Person %d,%s\n", i+1, number)
	}
	var result api.Import
	if err := o.manager.Upload(within(t), "/v1/imports", query, strings.NewReader(rows), &result); err != nil {
		t.Fatal(err)
	}
	if result.Counts.Added != int64(len(numbers)) {
		t.Fatalf("imported %+v, not %d people", result.Counts, len(numbers))
	}
	if err := o.manager.Post(within(t), fmt.Sprintf("/v1/campaigns/%d/start", o.campaign), nil, nil); err != nil {
		t.Fatal(err)
	}
}

// store opens the store of a node that has ended; close it.
func (o *office) store(t testing.TB) *records.DB {
	t.Helper()
	if o.conf.Storage == "" { // a node that never ran
		o.conf = o.config(netip.AddrPort{}, nil)
	}
	engine, err := Engine(o.conf)
	if err != nil {
		t.Fatal(err)
	}
	db, err := records.Open(within(t), records.Settings{Engine: engine})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// ledger reads the calls of a node that has ended, and fails the test unless
// every law holds.
func (o *office) ledger(t testing.TB) []campaigns.Call {
	t.Helper()
	db := o.store(t)
	defer db.Close()
	found, err := db.Verify(within(t), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if !found.Clean() || found.Open > 0 {
		t.Errorf("the ledger is broken: %d open, %+v", found.Open, found.Broken)
	}
	var calls []campaigns.Call
	for c, err := range db.Calls(within(t), campaigns.CallFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, c)
	}
	return calls
}

// fictional is a number that is reserved for fiction (555-0100 to 555-0199 of
// any area code), the i-th of many.
func fictional(i int) string {
	areas := []int{202, 212, 213, 303, 305, 312, 404, 415, 503, 512, 602, 617, 702, 713, 808, 907}
	return fmt.Sprintf("+1%d55501%02d", areas[i/100%len(areas)], i%100)
}

// within bounds what a test waits for.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), patience)
	t.Cleanup(stop)
	return ctx
}

// await waits for a channel.
func await[T any](t testing.TB, what string, c <-chan T) (v T) {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case v = <-c:
	case <-timer.C:
		t.Fatalf("in vain: %s", what)
	}
	return v
}

// eventually asks again and again.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	limit, again := time.NewTimer(patience), time.NewTicker(20*time.Millisecond)
	defer limit.Stop()
	defer again.Stop()
	for !holds() {
		select {
		case <-again.C:
		case <-limit.C:
			t.Fatalf("in vain: %s", what)
		}
	}
}

// ear is a sink that keeps the samples it hears.
type ear struct {
	mu  sync.Mutex
	pcm []int16
}

// WriteFrame keeps a frame of sound.
func (e *ear) WriteFrame(f media.Frame) error {
	if f.Event == (media.Event{}) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.pcm = f.Codec.Decode(e.pcm, f.Payload)
	}
	return nil
}

// heard are the samples up to now.
func (e *ear) heard() []int16 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]int16(nil), e.pcm...)
}
