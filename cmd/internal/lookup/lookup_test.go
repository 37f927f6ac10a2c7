package lookup

import (
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/odds"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/storage/sqlite"
)

var boss = campaigns.User{Login: "boss", Role: campaigns.Manager}

// monday is noon in Madrid; the campaign calls from 9 to 20 there.
var monday = time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)

const ana = "+34600111222"

// house is a store with a campaign, a list and one contact with two phones.
type house struct {
	*testing.T
	db       *sqlite.DB
	campaign campaigns.Campaign
	list     campaigns.List
	lookup   *Lookup
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{T: t}
	db, err := sqlite.Open(t.Context(), sqlite.Settings{Path: filepath.Join(t.TempDir(), "forecall.db")})
	h.must(err)
	t.Cleanup(func() { h.must(db.Close()) })
	h.db = db
	h.campaign, err = db.CreateCampaign(t.Context(), campaigns.NewCampaign("Spring"), "test")
	h.must(err)
	h.campaign, err = db.SetStatus(t.Context(), h.campaign.ID, campaigns.Running, "test")
	h.must(err)
	h.list, err = db.CreateList(t.Context(), campaigns.List{Campaign: h.campaign.ID, Name: "March", Active: true})
	h.must(err)
	h.add(campaigns.Contact{Row: 1, Name: "Ana", Phones: []campaigns.Phone{
		{Number: ana, Kind: "mobile", Zones: []string{"Europe/Madrid"}}, {Number: "+34910000001", Kind: "fixed", Zones: []string{"Europe/Madrid"}},
	}})
	h.lookup = New(campaigns.NewBook(db, db, db, nil), db, db)
	return h
}

func (h *house) add(p campaigns.Contact) {
	h.Helper()
	load, err := h.db.BeginLoad(h.Context(), campaigns.Load{Campaign: h.campaign.ID, List: h.list.ID, Source: "test", Policy: campaigns.AllowDuplicates, BeganAt: time.Now()})
	h.must(err)
	_, err = h.db.AddContacts(h.Context(), load, []campaigns.Contact{p}, campaigns.AllowDuplicates)
	h.must(err)
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) explain(number string, at time.Time) Explanation {
	h.Helper()
	e, err := h.lookup.Explain(h.Context(), boss, h.campaign.ID, number, at)
	h.must(err)
	return e
}

func TestANumberThatMayBeCalledSaysSo(t *testing.T) {
	h := newHouse(t)
	e := h.explain(ana, monday)
	if !e.Allowed || e.Summary != "It may be called, and will be when its turn comes." || len(e.Contacts) != 1 {
		t.Fatalf("explanation %+v", e)
	}
	x := e.Contacts[0]
	if x.Contact.Name != "Ana" || x.List != "March" || !x.ListActive || x.Phone != 0 || !x.Turn || !x.Next.Equal(monday) || len(x.Verdicts) != 7 {
		t.Errorf("contact %+v", x)
	}
	if other := h.explain("+34910000001", monday); other.Allowed || other.Contacts[0].Phone != 1 || other.Summary != "It is another phone's turn." {
		t.Errorf("the other phone: %+v", other)
	}
}

func TestANumberThatMayNotBeCalledNamesTheReasonAndWhenAgain(t *testing.T) {
	h := newHouse(t)
	night := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	e := h.explain(ana, night)
	if e.Allowed || !strings.HasPrefix(e.Summary, "A rule refuses it: it is Mon 04:00 in Europe/Madrid") || !e.Contacts[0].Next.Equal(night.Add(5*time.Hour)) {
		t.Errorf("at night: %q, again %s", e.Summary, e.Contacts[0].Next)
	}
	h.must(h.db.SetListActive(t.Context(), h.list.ID, false, "test"))
	if e := h.explain(ana, monday); e.Allowed || e.Summary != "Its list is switched off." {
		t.Errorf("a list that is off: %q", e.Summary)
	}
}

func TestWhatIsOnTheDoNotCallListIsNeverCalledWhateverElseHolds(t *testing.T) {
	h := newHouse(t)
	h.must(h.db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: ana, Reason: "asked", By: "test", At: time.Now()}))
	if e := h.explain(ana, monday); e.Allowed || !e.DoNotCall || !e.Contacts[0].Next.IsZero() || !strings.Contains(e.Summary, "do-not-call") {
		t.Errorf("explanation %+v", e)
	}
	h.must(h.db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+34600999999", Reason: "asked", By: "test", At: time.Now()}))
	e := h.explain("+34600999999", monday)
	if e.Allowed || len(e.Contacts) != 0 || len(e.Verdicts) != 7 || !strings.HasPrefix(e.Summary, "No contact of the campaign has this number. The rules would refuse it too: ") {
		t.Errorf("a stranger's number: %+v", e)
	}
}

func TestAContactThatWasCalledSaysWhatCameOfItAndWhenItIsTriedAgain(t *testing.T) {
	h := newHouse(t)
	leased, err := h.db.Lease(t.Context(), h.campaign.ID, time.Now(), 1)
	h.must(err)
	if e := h.explain(ana, monday); !strings.HasPrefix(e.Contacts[0].State, "It is among the next ones to be called.") {
		t.Errorf("leased: %q", e.Contacts[0].State)
	}
	c := h.campaign // at any hour, so that the test may run at night
	c.Windows = rules.Always()
	_, err = h.db.UpdateCampaign(t.Context(), c, "test")
	h.must(err)
	a := campaigns.NewAttempt(c, leased[0], "", time.Now())
	h.must(h.db.Begin(t.Context(), c, a))
	if e := h.explain(ana, time.Now()); e.Allowed || !strings.HasPrefix(e.Summary, "It is in a call now.") {
		t.Errorf("in a call: %q", e.Summary)
	}
	ended := *a
	ended.Outcome, ended.SentAt, ended.EndedAt = campaigns.NoAnswer, a.IntentAt.Add(time.Microsecond), time.Now()
	h.must(h.db.Finish(t.Context(), ended))
	x := h.explain("+34910000001", time.Now()).Contacts[0]
	if x.Allowed || !x.Turn || !strings.HasPrefix(x.State, "It waits until ") || !strings.HasSuffix(x.State, "It has been tried once, which ended as no answer.") {
		t.Errorf("after no answer: %+v", x)
	}
	if wait := x.Next.Sub(ended.EndedAt); wait < 3*time.Hour || wait > 5*time.Hour {
		t.Errorf("tried again after %s", wait)
	}
	later := h.explain("+34910000001", x.Next.Add(time.Minute))
	if !later.Allowed {
		t.Errorf("when it has waited: %q, %+v", later.Summary, later.Contacts[0])
	}
}

func TestTheChanceIsThatOfTheModelThatTheCampaignHasLearned(t *testing.T) {
	h := newHouse(t)
	if x := h.explain(ana, monday).Contacts[0]; x.Chance.Odds != 1 || x.Chance.Why[0].Name != odds.NotEnough || len(x.Hours) != 24 {
		t.Errorf("before anything is learned: %+v", x.Chance)
	}
	model := odds.New()
	for i := range 4000 { // people answer in the evening
		evening := i%2 == 0
		hour := 10
		if evening {
			hour = 18
		}
		f := odds.Facts{List: h.list.ID, Zone: "Europe/Madrid", Weekday: time.Monday, Hour: hour, Mobile: true}
		model.Learn(f, evening && i%10 < 6 || !evening && i%10 == 1)
	}
	body, err := model.MarshalJSON()
	h.must(err)
	h.must(h.db.SaveOdds(t.Context(), h.campaign.ID, body))
	morning, evening := h.explain(ana, monday.Add(-2*time.Hour)).Contacts[0], h.explain(ana, monday.Add(6*time.Hour)).Contacts[0]
	if morning.Chance.Answer > 0.35 || evening.Chance.Answer < 0.4 || evening.Chance.Odds < 1.2 || evening.Chance.Trials < 1000 {
		t.Errorf("morning %+v, evening %+v", morning.Chance, evening.Chance)
	}
	product := evening.Chance.Mean
	for _, f := range evening.Chance.Why {
		product *= f.Times
	}
	if math.Abs(product-evening.Chance.Answer) > 1e-6 {
		t.Errorf("the factors multiply to %v, not %v", product, evening.Chance.Answer)
	}
	for _, hour := range morning.Hours {
		switch hour.Local {
		case "Mon 18:00":
			if !hour.Open || math.Abs(hour.Answer-evening.Chance.Answer) > 0.05 {
				t.Errorf("in the evening %+v", hour)
			}
		case "Mon 21:00", "Tue 08:00":
			if hour.Open {
				t.Errorf("open at night: %+v", hour)
			}
		}
	}
}

func TestOnlyWhoMaySeeCampaignsIsToldAndOnlyOfNumbers(t *testing.T) {
	h := newHouse(t)
	_, err := h.lookup.Explain(t.Context(), campaigns.User{Login: "ann", Role: campaigns.Agent}, h.campaign.ID, ana, monday)
	if !errors.Is(err, campaigns.ErrForbidden) {
		t.Errorf("an agent: %v", err)
	}
	for number, kind := range map[string]campaigns.ProblemKind{"hello": campaigns.KindInvalid, "+34": campaigns.KindInvalid, "sip:a@b": campaigns.KindInvalid} {
		_, err := h.lookup.Explain(t.Context(), boss, h.campaign.ID, number, monday)
		if p, ok := errors.AsType[*campaigns.Problem](err); !ok || p.Kind != kind {
			t.Errorf("%q: %v", number, err)
		}
	}
	_, err = h.lookup.Explain(t.Context(), boss, 99, ana, monday)
	if p, ok := errors.AsType[*campaigns.Problem](err); !ok || p.Kind != campaigns.KindNotFound {
		t.Errorf("no campaign: %v", err)
	}
}
