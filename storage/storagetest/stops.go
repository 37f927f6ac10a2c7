package storagetest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

var stopTests = []test{
	{"a stop holds from the next attempt on, until it is lifted", stopsHold},
	{"a hopper holds back whose caller ID is stopped, and nobody else", stopsInAHopper},
	{"a test call begins under no stop and to no listed number", stopsHoldTests},
	{"whom a stop put off is due at once when it is lifted", stopsLetGo},
	{"a callback that a stop put off is due as it was", stopsLetCallbacksGo},
	{"a lift gives nobody back earlier than they were due without the stop", stopsKeepRest},
	{"a lift undoes nothing that came after the stop", stopsLeaveWhatIsNewer},
	{"whom two stops hold is due when both are lifted", stopsOfTwo},
	{"who is put back for a stop that is lifted already is due at once", stopsLiftedMeanwhile},
	{"a lift lets go of thousands", stopsOfThousands},
	{"a stop is thrown once, lifted once and stands in the audit", stopsAreKept},
}

func stopsHold(b *bench) {
	c := b.stocked("solar", 4, func(c *campaigns.Campaign) { c.CallerIDs = []string{"+34910000001"} })
	other := b.stocked("wind", 1)
	people := b.lease(c, 4)
	for i, s := range []campaigns.Stop{
		{Scope: campaigns.StopHouse, Reason: "all", By: "cora"},
		{Scope: campaigns.StopCampaign, Value: fmt.Sprint(c.ID), Reason: "one", By: "cora"},
		{Scope: campaigns.StopCallerID, Value: "+34910000001", Reason: "number", By: "cora"},
		{Scope: campaigns.StopJurisdiction, Value: "ES", Reason: "country", By: "cora"},
	} {
		thrown, err := b.ThrowStop(b.Context(), s)
		b.must(err)
		a := campaigns.NewAttempt(c, people[i], "+34910000001", time.Now())
		r := b.refusal(c, a, rules.Stopped)
		if r == nil {
			b.Fatalf("%s: not refused", s.Scope)
		}
		p, err := b.Contact(b.Context(), people[i].ID)
		b.must(err)
		if p.State == campaigns.ContactDone {
			b.Errorf("%s: a stop that is lifted one day ends a contact for good", s.Scope)
		}
		b.must(b.LiftStop(b.Context(), thrown.ID, "ann", "over"))
	}
	_, err := b.ThrowStop(b.Context(), campaigns.Stop{Scope: campaigns.StopCampaign, Value: fmt.Sprint(c.ID), Reason: "one", By: "cora"})
	b.must(err)
	b.begin(other, b.lease(other, 1)[0])
	b.clean()
}

// Of persons of one region each is shown the number of their area: a stop of
// one of these numbers meets those of its area.
func stopsInAHopper(b *bench) {
	ctx := b.Context()
	b.must(b.PutCallerID(ctx, campaigns.CallerID{Number: "+34910000001", Label: "Madrid", Region: "ES", Area: "+34912", Pool: "near"}, "mia"))
	b.must(b.PutCallerID(ctx, campaigns.CallerID{Number: "+34930000001", Label: "Leganés", Region: "ES", Area: "+34916", Pool: "near"}, "mia"))
	c := b.campaign("c", func(c *campaigns.Campaign) { c.CallerPools = []string{"near"} })
	people := []campaigns.Contact{person("+34912345678"), person("+34916345678"), person("+34912345679")}
	b.load(b.list(c, "list", 0), people, campaigns.SkipDuplicates)
	leased := b.lease(c, 3)
	_, err := b.ThrowStop(ctx, campaigns.Stop{Scope: campaigns.StopCallerID, Value: "+34910000001", Reason: "a complaint", By: "cora"})
	b.must(err)
	verdicts, err := b.Judge(ctx, c.ID, leased, time.Now())
	b.must(err)
	for i, p := range leased {
		if madrid := strings.HasPrefix(p.Phones[0].Number, "+34912"); verdicts[i].Allowed == madrid {
			b.Errorf("%s: %+v", p.Phones[0].Number, verdicts[i])
		}
	}
	b.clean()
}

func stopsHoldTests(b *bench) {
	c := b.stocked("solar", 1)
	tries := 0
	try := func() error {
		tries++
		return b.BeginTest(b.Context(), campaigns.TestCall{ID: fmt.Sprint("019a-", tries), Trunk: "main", Number: "+34910000009", Shown: "+34910000001", By: "root", At: time.Now()})
	}
	for _, tc := range []struct {
		stop  campaigns.Stop
		meets bool
	}{
		{campaigns.Stop{Scope: campaigns.StopHouse}, true},
		{campaigns.Stop{Scope: campaigns.StopCallerID, Value: "+34910000001"}, true},
		{campaigns.Stop{Scope: campaigns.StopCallerID, Value: "+34910000002"}, false},
		{campaigns.Stop{Scope: campaigns.StopJurisdiction, Value: "ES"}, true},
		{campaigns.Stop{Scope: campaigns.StopJurisdiction, Value: "FR"}, false},
		{campaigns.Stop{Scope: campaigns.StopCampaign, Value: fmt.Sprint(c.ID)}, false}, // a test call is of no campaign
	} {
		tc.stop.Reason, tc.stop.By = "a complaint", "cora"
		thrown, err := b.ThrowStop(b.Context(), tc.stop)
		b.must(err)
		if err := try(); errors.Is(err, campaigns.ErrStopped) != tc.meets || (err == nil) == tc.meets {
			b.Errorf("under %+v: %v", tc.stop, err)
		}
		b.must(b.LiftStop(b.Context(), thrown.ID, "ann", "over"))
	}
	b.must(try())
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: "+34910000009", Seller: "somebody", Reason: "asked", By: "cora"}))
	if err := try(); !errors.Is(err, campaigns.ErrListed) {
		b.Errorf("to a listed number: %v", err)
	}
	written, err := b.TestCalls(b.Context(), 10)
	b.must(err)
	if len(written) != 4 {
		b.Errorf("%d test calls are written down, not those 4 that began", len(written))
	}
	b.clean()
}

func stopsAreKept(b *bench) {
	thrown, err := b.ThrowStop(b.Context(), campaigns.Stop{Scope: campaigns.StopHouse, Reason: "all", By: "cora"})
	b.must(err)
	holding, err := b.Stops(b.Context(), true, 0)
	if err != nil || len(holding) != 1 || holding[0] != thrown || thrown.At.IsZero() {
		b.Errorf("holding %+v, %v; thrown %+v", holding, err, thrown)
	}
	b.must(b.LiftStop(b.Context(), thrown.ID, "ann", "over"))
	if err := b.LiftStop(b.Context(), thrown.ID, "ann", "again"); !errors.Is(err, campaigns.ErrNotFound) {
		b.Errorf("lifted twice: %v", err)
	}
	all, err := b.Stops(b.Context(), false, 10)
	if err != nil || len(all) != 1 || all[0].LiftedBy != "ann" || all[0].LiftedWhy != "over" {
		b.Errorf("all %+v, %v", all, err)
	}
	if holding, err = b.Stops(b.Context(), true, 0); err != nil || len(holding) != 0 {
		b.Errorf("holding %+v, %v", holding, err)
	}
	b.clean()
}
