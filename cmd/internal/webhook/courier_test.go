package webhook

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/sqlite"
)

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

// memory is a store of one webhook.
type memory struct {
	Store
	hook  campaigns.Webhook
	alert string
}

func (m *memory) SaveDelivery(_ context.Context, _ campaigns.Delivery, alert string) error {
	m.alert = alert
	return nil
}

// house is a real store with a campaign that calls people.
type house struct {
	*testing.T
	db       *records.DB
	campaign campaigns.Campaign
	people   int64
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{T: t}
	db, err := records.Open(t.Context(), records.Settings{Engine: sqlite.At(filepath.Join(t.TempDir(), "forecall.db"))})
	h.must(err)
	t.Cleanup(func() { h.must(db.Close()) })
	h.db = db
	c := campaigns.NewCampaign("solar")
	c.Windows = rules.Always()
	h.campaign, err = db.CreateCampaign(t.Context(), c, "test")
	h.must(err)
	_, err = db.CreateList(t.Context(), campaigns.List{Campaign: h.campaign.ID, Name: "list", Active: true})
	h.must(err)
	return h
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// call places a call that was answered, and says what came of it.
func (h *house) call(d campaigns.Disposition) string {
	h.Helper()
	ctx := h.Context()
	h.people++
	load, err := h.db.BeginLoad(ctx, campaigns.Load{Campaign: h.campaign.ID, List: 1, Source: "test", Policy: campaigns.SkipDuplicates, BeganAt: time.Now()})
	h.must(err)
	number := "+3460000000" + string('0'+rune(h.people))
	_, err = h.db.AddContacts(ctx, load, []campaigns.Contact{{Name: "Ana <b>", Phones: []campaigns.Phone{{Number: number, Zones: []string{"Europe/Madrid"}}}}}, campaigns.SkipDuplicates)
	h.must(err)
	leased, err := h.db.Lease(ctx, h.campaign.ID, time.Now(), 1)
	h.must(err)
	a := campaigns.NewAttempt(h.campaign, leased[0], "", time.Now())
	h.must(h.db.Begin(ctx, h.campaign, a))
	end := *a
	end.Outcome, end.Agent, end.AnsweredAt, end.BridgedAt, end.EndedAt = campaigns.Connected, 1, a.IntentAt, a.IntentAt, a.IntentAt.Add(time.Second)
	h.must(h.db.Finish(ctx, end))
	d.Attempt, d.Key, d.Agent, d.At = a.ID, a.ID, 1, time.Now()
	_, err = h.db.Dispose(ctx, d)
	h.must(err)
	return a.ID
}

// hooked makes a webhook that is on.
func (h *house) hooked(url string, kinds ...campaigns.EventKind) campaigns.Webhook {
	h.Helper()
	w := hook(url)
	w.ID, w.Events, w.By = 0, kinds, "test"
	w, err := h.db.PutWebhook(h.Context(), w, "test")
	h.must(err)
	return w
}

// feed turns all facts into deliveries.
func (h *house) feed() {
	h.Helper()
	for more := true; more; {
		var err error
		more, err = NewFeeder(h.db, silent()).Feed(h.Context())
		h.must(err)
	}
}

// inbox keeps what a server was sent.
type inbox struct {
	mu     sync.Mutex
	events []campaigns.CloudEvent
	refuse int // this many at first
}

func (i *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var e campaigns.CloudEvent
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if i.refuse > 0 {
		i.refuse--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	i.events = append(i.events, e)
}

func (i *inbox) kinds() (kinds []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, e := range i.events {
		kinds = append(kinds, strings.TrimPrefix(e.Type, "com.forecall."))
	}
	return kinds
}

func TestEveryFactArrivesOnceWithWhatItIsAbout(t *testing.T) {
	h, in := newHouse(t), &inbox{}
	s, _ := server(t, in.ServeHTTP)
	h.hooked(s.URL)
	at := time.Now().Add(48 * time.Hour)
	sold := h.call(campaigns.Disposition{Code: "sale", Note: "wants it", Sale: &campaigns.Sale{Currency: "EUR", Lines: []campaigns.OrderLine{{Product: "panel", Quantity: 2, UnitPrice: 999}}}})
	h.call(campaigns.Disposition{Code: "callback", Callback: &campaigns.Callback{At: at}})
	h.call(campaigns.Disposition{Code: "do_not_call"})
	_, err := h.db.SetStatus(t.Context(), h.campaign.ID, campaigns.Running, "boss")
	h.must(err)
	h.feed()
	h.feed() // nothing twice
	sender := NewSender(loopback(), nil, "test")
	defer sender.Close()
	c := NewCourier(h.db, sender, silent())
	h.must(c.Round(t.Context(), time.Now()))
	c.Wait()
	want := "call.completed disposition.recorded sale.recorded call.completed disposition.recorded callback.scheduled call.completed disposition.recorded do_not_call.added campaign.changed"
	if got := strings.Join(in.kinds(), " "); got != want {
		t.Fatalf("arrived\n%s, want\n%s", got, want)
	}
	seen := map[string]bool{}
	for _, e := range in.events {
		if e.SpecVersion != "1.0" || e.Source == "" || seen[e.ID] || e.Time.IsZero() || e.Subject == "" {
			t.Errorf("%+v", e)
		}
		seen[e.ID] = true
	}
	var sale struct {
		CallData
		Detail struct {
			Total int64
			Lines []campaigns.OrderLine
		} `json:"detail"`
	}
	h.must(json.Unmarshal(in.events[2].Data, &sale))
	if sale.Attempt != sold || sale.Detail.Total != 1998 || sale.Detail.Lines[0].Product != "panel" || sale.Contact != "Ana <b>" || sale.Number != "+34600000001" || sale.TalkMS != 1000 || sale.Note != "wants it" {
		t.Errorf("%+v", sale)
	}
	var changed CampaignData
	h.must(json.Unmarshal(in.events[9].Data, &changed))
	if changed.Change != "status" || changed.By != "boss" || changed.Status != "draft to running" {
		t.Errorf("%+v", changed)
	}
	if due, err := h.db.DueDeliveries(t.Context(), time.Now().Add(time.Hour), 10); err != nil || len(due) != 0 {
		t.Errorf("still to be sent: %+v %v", due, err)
	}
}

func TestAWebhookIsToldOnlyOfWhatItAskedFor(t *testing.T) {
	h, in := newHouse(t), &inbox{}
	s, _ := server(t, in.ServeHTTP)
	h.hooked(s.URL, campaigns.EventSale)
	other := h.hooked(s.URL, campaigns.EventCallCompleted)
	other.Campaign = 99
	_, err := h.db.PutWebhook(t.Context(), other, "test")
	h.must(err)
	h.call(campaigns.Disposition{Code: "not_interested"})
	h.call(campaigns.Disposition{Code: "sale", Sale: &campaigns.Sale{Currency: "EUR", Lines: []campaigns.OrderLine{{Product: "p", Quantity: 1, UnitPrice: 1}}}})
	h.feed()
	due, err := h.db.DueDeliveries(t.Context(), time.Now(), 10)
	if err != nil || len(due) != 1 || due[0].Kind != campaigns.EventSale {
		t.Errorf("%+v %v", due, err)
	}
}

func TestWhatWasRefusedIsSentAgainAndAnotherServerDoesNotWaitForIt(t *testing.T) {
	h, broken, well := newHouse(t), &inbox{refuse: 2}, &inbox{}
	stuck := make(chan struct{})
	slow, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-stuck:
		case <-r.Context().Done():
		}
	})
	one, _ := server(t, broken.ServeHTTP)
	two, _ := server(t, well.ServeHTTP)
	h.hooked(slow.URL, campaigns.EventCallCompleted)
	h.hooked(one.URL, campaigns.EventCallCompleted)
	h.hooked(two.URL, campaigns.EventCallCompleted)
	h.call(campaigns.Disposition{Code: "not_interested"})
	h.feed()
	sender := NewSender(loopback(), nil, "test")
	defer sender.Close()
	c := NewCourier(h.db, sender, silent())
	h.must(c.Round(t.Context(), time.Now()))
	settled := func(webhook int64, tries int) campaigns.Delivery {
		t.Helper()
		deadline := time.Now().Add(30 * time.Second)
		for time.Now().Before(deadline) {
			list, err := h.db.Deliveries(t.Context(), webhook, 0, 1)
			h.must(err)
			if list[0].Tries >= tries {
				return list[0]
			}
			runtime.Gosched()
		}
		t.Fatalf("webhook %d was not tried %d times", webhook, tries)
		return campaigns.Delivery{}
	}
	if d := settled(3, 1); d.State != campaigns.Delivered {
		t.Errorf("beside a slow server: %+v", d)
	}
	for try := 1; try <= 3; try++ {
		d := settled(2, try)
		if try < 3 && (d.State != campaigns.DeliveryPending || d.Status != 503 || !d.NextAt.After(d.TriedAt)) || try == 3 && d.State != campaigns.Delivered {
			t.Errorf("try %d: %+v", try, d)
		}
		for !c.take(2) { // until its line is free again
			runtime.Gosched()
		}
		c.give(2)
		h.must(c.Round(t.Context(), time.Now().Add(time.Hour)))
	}
	if len(broken.kinds()) != 1 || len(well.kinds()) != 1 {
		t.Errorf("%v %v", broken.kinds(), well.kinds())
	}
	close(stuck)
	c.Wait()
	w, err := h.db.Webhook(t.Context(), 2)
	if err != nil || !w.FailingAt.IsZero() {
		t.Errorf("it is marked as failing: %+v %v", w, err)
	}
}
