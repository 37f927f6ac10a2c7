package webhook

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/forecall/forecall/campaigns"
)

func TestADeliveryIsSignedSoThatTheLibraryOfTheStandardVerifiesIt(t *testing.T) {
	var body []byte
	var headers http.Header
	s, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		headers = r.Header
		w.Write([]byte("thanks"))
	})
	sender := NewSender(loopback(), nil, "test")
	defer sender.Close()
	w := hook(s.URL)
	w.OldSecret, w.OldUntil = oldSecret, time.Now().Add(time.Hour)
	trial := sender.Send(t.Context(), w, delivery())
	if !trial.Arrived() || trial.Status != 200 || trial.Answer != "thanks" || trial.Took <= 0 {
		t.Fatalf("%+v", trial)
	}
	for _, key := range []string{secret, oldSecret} { // both, while one replaces the other
		v, err := standardwebhooks.NewWebhook(key)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Verify(body, headers); err != nil {
			t.Error(err)
		}
		if err := v.Verify(append(body, ' '), headers); err == nil {
			t.Error("a changed body verifies")
		}
	}
	if headers.Get("webhook-id") != "evt_1" || headers.Get("Content-Type") != "application/cloudevents+json" || headers.Get("User-Agent") != "forecall/test" {
		t.Errorf("%v", headers)
	}
	w.OldUntil = time.Now().Add(-time.Second)
	sender.Send(t.Context(), w, delivery())
	if v, _ := standardwebhooks.NewWebhook(oldSecret); v.Verify(body, headers) == nil {
		t.Error("the secret before signs when its day is over")
	}
}

func TestTheBeginningOfAnAnswerIsKept(t *testing.T) {
	s, _ := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		w.Write([]byte("bad\x00" + strings.Repeat("ñ", 100_000)))
	})
	sender := NewSender(loopback(), nil, "test")
	defer sender.Close()
	trial := sender.Send(t.Context(), hook(s.URL), delivery())
	if trial.Arrived() || trial.Status != 500 || len(trial.Answer) > maxAnswer+2 || !strings.HasPrefix(trial.Answer, "badñ") || !strings.Contains(trial.Error, "500") {
		t.Errorf("%d %q, %d octets of answer", trial.Status, trial.Error, len(trial.Answer))
	}
}

func TestAnEventIsTriedForADayWithGrowingWaits(t *testing.T) {
	d, at := delivery(), time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	first, last := at, time.Duration(0)
	for d.State == campaigns.DeliveryPending {
		d = d.After(campaigns.Trial{At: at, Error: "down"}, 0)
		if d.State != campaigns.DeliveryPending {
			break
		}
		wait := d.NextAt.Sub(at)
		if wait <= last {
			t.Errorf("try %d waits %s after %s", d.Tries, wait, last)
		}
		at, last = d.NextAt, wait
	}
	if total := at.Sub(first); d.State != campaigns.DeliveryGivenUp || total < 20*time.Hour || total > 26*time.Hour {
		t.Errorf("%s after %s and %d tries", d.State, total, d.Tries)
	}
	stretched := delivery().After(campaigns.Trial{At: at}, 1)
	if wait := stretched.NextAt.Sub(at); wait != 6*time.Second {
		t.Errorf("with all its jitter the first wait is %s", wait)
	}
}

func TestWhatCameOfATryIsStoredAndAWebhookThatFailsForADayIsSwitchedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{hook: hook("http://nobody.invalid")}
		c := NewCourier(store, nil, silent())
		w := store.hook
		began := time.Now()
		fail := func() bool {
			trial := campaigns.Trial{At: time.Now(), Error: "down"}
			on, err := c.settle(t.Context(), &w, delivery().After(trial, 0), trial)
			if err != nil {
				t.Fatal(err)
			}
			return on
		}
		if !fail() || !w.FailingAt.Equal(began) {
			t.Errorf("after one failure: %+v", w)
		}
		time.Sleep(23 * time.Hour)
		if !fail() || store.alert != "" {
			t.Errorf("switched off after 23 h: %s", store.alert)
		}
		time.Sleep(time.Hour)
		if fail() || !strings.Contains(store.alert, "Nothing has arrived since") {
			t.Errorf("still on after a day: %q", store.alert)
		}
	})
}

func TestGoneSwitchesAWebhookOffAtOnce(t *testing.T) {
	store := &memory{hook: hook("")}
	trial := campaigns.Trial{At: time.Now(), Status: http.StatusGone, Error: "410"}
	on, err := NewCourier(store, nil, silent()).settle(t.Context(), &store.hook, delivery().After(trial, 0), trial)
	if on || err != nil || !strings.Contains(store.alert, "410") {
		t.Errorf("%t %v %q", on, err, store.alert)
	}
}
