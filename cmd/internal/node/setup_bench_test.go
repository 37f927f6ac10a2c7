package node

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/siptrunk"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/sqlite"
)

// BenchmarkSetupWithLedger places calls at a steady rate the way an attempt
// does, everything included: the row on disk, INVITE to 200 with its RTP port,
// BYE, the outcome on disk. The far side is sipp. b.N is the number of calls;
// run it for a minute with -benchtime 30000x.
func BenchmarkSetupWithLedger(b *testing.B) {
	const perSecond = 500
	h := newSetup(b)
	c, waiting := h.people(b.N)
	took := make([]time.Duration, b.N)
	var failed sync.Map
	var calls sync.WaitGroup
	begin, cpu := time.Now(), cpuTime()
	b.ResetTimer()
	for i, p := range waiting {
		time.Sleep(time.Until(begin.Add(time.Duration(i) * time.Second / perSecond)))
		calls.Go(func() {
			at := time.Now()
			if err := h.call(c, p); err != nil {
				failed.Store(i, err)
			}
			took[i] = time.Since(at)
		})
	}
	calls.Wait()
	elapsed := time.Since(begin)
	b.StopTimer()
	lost := 0
	failed.Range(func(_, err any) bool {
		if lost++; lost <= 3 {
			b.Log(err)
		}
		return true
	})
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/elapsed.Seconds(), "calls/s")
	b.ReportMetric(float64(lost), "lost")
	b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/1000/float64(b.N), "cpu-ms/call")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	h.verify()
}

// setup is a store and a trunk with sipp at its far end.
type setup struct {
	*testing.B
	db     *records.DB
	trunks *siptrunk.Trunks
}

func newSetup(b *testing.B) *setup {
	h := &setup{B: b}
	port := h.sipp()
	conf := config.Default()
	conf.SIP.Listen, conf.Media.Ports = "127.0.0.1:0", "16384-32767"
	conf.Trunks = []config.Trunk{{
		Name: "sipp", Host: "127.0.0.1", Port: port, MaxChannels: 5000, MaxCPS: 5000, MaxPending: 5000, AllowMedia: []string{"127.0.0.0/8"},
	}}
	sound, err := MediaSettings(conf)
	h.must(err)
	b.Cleanup(func() { h.must(sound.Poller.Close()) })
	settings, err := TrunkSettings(conf, sound, slog.New(slog.DiscardHandler))
	h.must(err)
	h.trunks, err = siptrunk.Open(settings)
	h.must(err)
	b.Cleanup(func() { h.must(h.trunks.Close()) })
	h.db, err = records.Open(b.Context(), records.Settings{Engine: sqlite.At(filepath.Join(b.TempDir(), DataFile))})
	h.must(err)
	b.Cleanup(func() { h.must(h.db.Close()) })
	return h
}

// sipp starts sipp's own answering scenario and returns its port.
func (h *setup) sipp() int {
	program, err := exec.LookPath("sipp")
	if err != nil {
		h.Skip("sipp is not here: Debian's package sip-tester brings it")
	}
	l, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	h.must(err)
	port := l.LocalAddr().(*net.UDPAddr).Port
	h.must(l.Close())
	c := exec.Command(program, "-sn", "uas", "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", fmt.Sprint(port), "-nostdin", "-buff_size", "4000000", "-skip_rlimit")
	c.Dir = h.TempDir()
	h.must(c.Start())
	h.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	return port
}

// people stores n contacts and leases them all.
func (h *setup) people(n int) (campaigns.Campaign, []campaigns.Contact) {
	ctx := h.Context()
	c := campaigns.NewCampaign("bench")
	c.Windows, c.Trunks = rules.Always(), []string{"sipp"}
	c, err := h.db.CreateCampaign(ctx, c, "bench")
	h.must(err)
	l, err := h.db.CreateList(ctx, campaigns.List{Campaign: c.ID, Name: "all", Active: true})
	h.must(err)
	load, err := h.db.BeginLoad(ctx, campaigns.Load{Campaign: c.ID, List: l.ID, Source: "bench", Policy: campaigns.SkipDuplicates, BeganAt: time.Now()})
	h.must(err)
	batch := make([]campaigns.Contact, 0, 500)
	for i := range n {
		number := fmt.Sprintf("+1555%07d", i)
		batch = append(batch, campaigns.Contact{
			Campaign: c.ID, List: l.ID, Load: load, Row: i + 1, Phones: []campaigns.Phone{{Number: number, Zones: []string{"America/New_York"}}},
		})
		if len(batch) == cap(batch) || i == n-1 {
			_, err = h.db.AddContacts(ctx, load, batch, campaigns.SkipDuplicates)
			h.must(err)
			batch = batch[:0]
		}
	}
	var all []campaigns.Contact
	for len(all) < n {
		some, err := h.db.Lease(ctx, c.ID, time.Now(), 500)
		h.must(err)
		if len(some) == 0 {
			h.Fatalf("leased %d of %d contacts", len(all), n)
		}
		all = append(all, some...)
	}
	return c, all
}

// call is one attempt from row to outcome.
func (h *setup) call(c campaigns.Campaign, p campaigns.Contact) error {
	ctx := context.Background()
	a := campaigns.NewAttempt(c, p, "", time.Now())
	if err := h.db.Begin(ctx, c, a); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	leg, err := h.trunks.Dial(ctx, dialer.Request{CallID: a.CallID(), Number: a.Number, Trunks: c.Trunks, RingTime: c.RingTime})
	if err != nil {
		a.Outcome, a.EndedAt = campaigns.Failed, time.Now()
		_ = h.db.Finish(ctx, *a)
		return fmt.Errorf("dial: %w", err)
	}
	answer := leg.Answered()
	a.SentAt, a.AnsweredAt, a.BridgedAt = answer.SentAt, answer.AnsweredAt, answer.AnsweredAt
	leg.Hangup(ctx)
	a.Outcome, a.EndedAt = campaigns.Connected, time.Now()
	if err := h.db.Finish(ctx, *a); err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	return nil
}

func (h *setup) verify() {
	f, err := h.db.Verify(h.Context(), time.Now())
	h.must(err)
	if !f.Clean() || f.Open != 0 {
		h.Fatalf("the ledger: %+v", f)
	}
}

func (h *setup) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// cpuTime is what this process has used of all cores.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
