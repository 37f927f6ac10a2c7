package storagetest

import (
	"errors"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

var dispositionTests = []test{
	{"a disposition comes back with its order, appointment and answers", disposeKeeps},
	{"the same key again is no second disposition", disposeIdempotent},
	{"a disposition of no attempt is refused", disposeUnknown},
	{"done ends the contact", disposeDone},
	{"retry lets the contact wait", disposeRetry},
	{"do-not-call ends the contact and blocks the number at once", disposeDNC},
	{"an agent quicker than the end of the call decides", disposeEarly},
	{"a callback agreed before the end of the call stands", disposeEarlyCallback},
	{"an agreed callback is kept, whatever else was said", disposeOtherCallback},
	{"an agreed callback is kept when it comes before the end of the call", disposeOtherCallbackEarly},
	{"do-not-call refuses a callback", disposeDNCCallback},
	{"a code that the campaign does not know is refused", disposeCode},
	{"pressing the key in a message blocks the number", optOut},
	{"a callback that nobody answers stays open until its tries are used up", callbackRetried},
}

func disposeKeeps(b *bench) {
	c := b.stocked("c", 1)
	a, _ := b.call(c, campaigns.Connected)
	d := campaigns.Disposition{
		Attempt: a.ID, Key: "k1", Agent: 3, Code: "sale", Note: "heard: „ja“", At: time.Now().UTC().Truncate(time.Microsecond),
		Sale: &campaigns.Sale{Currency: "EUR", Lines: []campaigns.OrderLine{{Product: "Füße", Quantity: 2, UnitPrice: 1999}, {Product: "b", Quantity: 1}}},
		Appointment: &campaigns.Appointment{
			At: time.Date(2027, 3, 28, 10, 0, 0, 0, time.UTC), Zone: "Europe/Berlin", Place: "Straße 1", Person: "Hr. Weiß", Note: "ring twice",
		},
		Answers: []campaigns.Answer{{Question: "q1", Value: "да"}, {Question: "q2", Value: ""}},
	}
	created, err := b.Dispose(b.Context(), d)
	b.must(err)
	if !created {
		b.Fatal("not created")
	}
	got, err := b.Attempt(b.Context(), a.ID)
	b.must(err)
	if !equalJSON(got.Disposition, d) {
		b.Fatalf("got  %+v\nwant %+v", got.Disposition, d)
	}
	if f := b.clean(); f.Records < 3 {
		b.Fatalf("findings %+v", f)
	}
}

func disposeIdempotent(b *bench) {
	c := b.stocked("c", 1)
	a, _ := b.call(c, campaigns.Connected)
	d := campaigns.Disposition{Attempt: a.ID, Key: "k1", Code: "survey", Answers: []campaigns.Answer{{Question: "q", Value: "v"}}}
	for i := range 3 {
		created, err := b.Dispose(b.Context(), d)
		b.must(err)
		if created != (i == 0) {
			b.Fatalf("time %d: created %t", i, created)
		}
	}
	d.Key = "k2"
	if _, err := b.Dispose(b.Context(), d); !errors.Is(err, campaigns.ErrDisposed) {
		b.Fatalf("got %v, want ErrDisposed", err)
	}
	got, err := b.Attempt(b.Context(), a.ID)
	b.must(err)
	if len(got.Disposition.Answers) != 1 {
		b.Fatalf("answers %+v", got.Disposition.Answers)
	}
}

func disposeUnknown(b *bench) {
	_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: "none", Code: "sale"})
	if !errors.Is(err, campaigns.ErrUnknownAttempt) {
		b.Fatalf("got %v, want ErrUnknownAttempt", err)
	}
}

// disposed has a contact called and disposed of.
func (b *bench) disposed(c campaigns.Campaign, d campaigns.Disposition) (*campaigns.Attempt, campaigns.Contact) {
	b.Helper()
	a, p := b.call(c, campaigns.Connected)
	d.Attempt, d.Key = a.ID, "k"
	_, err := b.Dispose(b.Context(), d)
	b.must(err)
	return a, p
}

func disposeDone(b *bench) {
	c := b.stocked("c", 1)
	_, p := b.disposed(c, campaigns.Disposition{Code: "not_interested"})
	b.state(p.ID, campaigns.ContactDone)
}

func disposeRetry(b *bench) {
	c := b.stocked("c", 1)
	at := time.Now()
	_, p := b.disposed(c, campaigns.Disposition{Code: "no_decision", At: at})
	if p := b.state(p.ID, campaigns.ContactWaiting); !p.NextAt.Equal(at.Add(24 * time.Hour).Truncate(time.Microsecond)) {
		b.Fatalf("waits until %s", p.NextAt)
	}
	last := b.stocked("last", 1, func(c *campaigns.Campaign) { c.MaxAttempts = 1 })
	_, p = b.disposed(last, campaigns.Disposition{Code: "no_decision"})
	b.state(p.ID, campaigns.ContactDone)
	b.clean()
}

func disposeDNC(b *bench) {
	c := b.stocked("c", 1)
	a, p := b.disposed(c, campaigns.Disposition{Code: "do_not_call", Note: "never again"})
	b.state(p.ID, campaigns.ContactDone)
	d, err := b.DoNotCall(b.Context(), a.Number)
	b.must(err)
	if d.Channel != campaigns.ChannelAgent || d.Attempt != a.ID || d.Reason != "never again" || d.Campaign != c.ID {
		b.Fatalf("do-not-call %+v", d)
	}
	other := b.campaign("other")
	b.load(b.list(other, "l", 0), []campaigns.Contact{person(a.Number)}, campaigns.SkipDuplicates)
	b.refusal(other, campaigns.NewAttempt(other, b.lease(other, 1)[0], "", time.Now()), rules.DNC)
	b.clean()
}

func disposeEarly(b *bench) {
	c := b.stocked("c", 1)
	p := b.lease(c, 1)[0]
	a := b.begin(c, p)
	at := time.Now()
	_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Code: "no_decision", At: at})
	b.must(err)
	b.state(p.ID, campaigns.ContactLive)
	b.finish(a, campaigns.Connected)
	got := b.state(p.ID, campaigns.ContactWaiting)
	if !got.NextAt.Equal(at.Add(24*time.Hour).Truncate(time.Microsecond)) || got.Tries != 1 {
		b.Fatalf("contact %+v", got)
	}
	b.clean()
}

func disposeEarlyCallback(b *bench) {
	c := b.stocked("c", 1)
	p := b.lease(c, 1)[0]
	a := b.begin(c, p)
	at := time.Now().Add(time.Hour)
	_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Code: "callback", Callback: &campaigns.Callback{At: at, Agent: 5}})
	b.must(err)
	b.finish(a, campaigns.Connected)
	b.state(p.ID, campaigns.ContactWaiting)
	if got := b.leaseAt(c, at); got.Callback == 0 || got.Agent != 5 {
		b.Fatalf("leased %+v", got)
	}
	b.clean()
}

func disposeCode(b *bench) {
	c := b.stocked("c", 1)
	a, _ := b.call(c, campaigns.Connected)
	if _, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Code: "splendid"}); err == nil {
		b.Fatal("an unknown code was stored")
	}
	if _, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Code: "callback"}); err == nil {
		b.Fatal("a callback without a time was stored")
	}
	got, err := b.Attempt(b.Context(), a.ID)
	b.must(err)
	if got.Disposition != nil {
		b.Fatalf("stored: %+v", got.Disposition)
	}
}

func optOut(b *bench) {
	c := b.stocked("c", 1)
	p := b.lease(c, 1)[0]
	a := b.begin(c, p)
	e := ended(*a, campaigns.AbandonedMsg)
	e.OptOut = true
	b.must(b.Finish(b.Context(), e))
	b.state(p.ID, campaigns.ContactDone)
	d, err := b.DoNotCall(b.Context(), a.Number)
	b.must(err)
	if d.Channel != campaigns.ChannelKey || d.Attempt != a.ID {
		b.Fatalf("do-not-call %+v", d)
	}
	b.clean()
}

func callbackRetried(b *bench) {
	c := b.stocked("c", 1, func(c *campaigns.Campaign) { c.MaxAttempts = 3 })
	at := time.Now().Add(time.Minute)
	p := b.callback(c, at, 7)
	b.finish(b.begin(c, b.leaseAt(c, at)), campaigns.NoAnswer)
	p = b.state(p.ID, campaigns.ContactWaiting)
	if p.Callback == 0 || p.Agent != 7 || !p.NextAt.After(at) {
		b.Fatalf("contact %+v", p)
	}
	if got, err := b.Lease(b.Context(), c.ID, p.NextAt.Add(-time.Second), 1); err != nil || len(got) != 0 {
		b.Fatalf("leased %d before the retry was due, %v", len(got), err)
	}
	b.finish(b.begin(c, b.leaseAt(c, p.NextAt)), campaigns.NoAnswer)
	b.state(p.ID, campaigns.ContactDone)
	open, err := b.Callbacks(b.Context(), campaigns.CallbackFilter{Campaign: c.ID, Open: true})
	b.must(err)
	if len(open) != 0 {
		b.Fatalf("still open: %+v", open)
	}
	b.clean()
}

// disposeOtherCallback agrees a callback under words that do something else.
func disposeOtherCallback(b *bench) {
	for _, code := range []string{"no_decision", "not_interested", "sale"} {
		c := b.stocked(code, 1, func(c *campaigns.Campaign) { c.MaxAttempts = 1 })
		at := time.Now().Add(time.Hour)
		_, p := b.disposed(c, campaigns.Disposition{Code: code, Callback: &campaigns.Callback{At: at, Agent: 4}})
		b.state(p.ID, campaigns.ContactWaiting)
		if got, err := b.Lease(b.Context(), c.ID, at.Add(-time.Second), 1); err != nil || len(got) != 0 {
			b.Fatalf("%s: leased %d before the callback, %v", code, len(got), err)
		}
		got := b.leaseAt(c, at)
		if got.ID != p.ID || got.Callback == 0 || got.Agent != 4 {
			b.Fatalf("%s: leased %+v", code, got)
		}
		b.finish(b.begin(c, got), campaigns.Connected)
	}
	b.clean()
}

func disposeOtherCallbackEarly(b *bench) {
	c := b.stocked("c", 1)
	p := b.lease(c, 1)[0]
	a := b.begin(c, p)
	at := time.Now().Add(time.Hour)
	_, err := b.Dispose(b.Context(), campaigns.Disposition{
		Attempt: a.ID, Key: "k", Code: "no_decision", Callback: &campaigns.Callback{At: at},
	})
	b.must(err)
	b.finish(a, campaigns.Connected)
	if got := b.leaseAt(c, at); got.ID != p.ID || got.Callback == 0 {
		b.Fatalf("leased %+v", got)
	}
	b.clean()
}

func disposeDNCCallback(b *bench) {
	c := b.stocked("c", 1)
	a, _ := b.call(c, campaigns.Connected)
	_, err := b.Dispose(b.Context(), campaigns.Disposition{
		Attempt: a.ID, Key: "k", Code: "do_not_call", Callback: &campaigns.Callback{At: time.Now().Add(time.Hour)},
	})
	if err == nil {
		b.Fatal("a callback to somebody who is not to be called again was stored")
	}
	if there, err := b.IsDoNotCall(b.Context(), a.Number); err != nil || there {
		b.Fatalf("half of it was stored: %t, %v", there, err)
	}
}
