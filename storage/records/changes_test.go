package records

import (
	"errors"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// shown is the caller ID of these calls.
const shown = "+34910000000"

// houseRules makes a set of rules out of one.
func houseRules(rule string) string {
	return "ruleset: {id: house, version: 1, reviewed_on: 2026-11-21}\nrules:\n  - {" + rule + ", cite: \"a law\", status: verified}\n"
}

// holidaysNow are holidays of Spain that begin yesterday and end tomorrow.
func holidaysNow(t *testing.T) *rules.Holidays {
	t.Helper()
	var days string
	for _, d := range []int{-1, 0, 1} {
		days += fmt.Sprintf("%s: feast, ", time.Now().AddDate(0, 0, d).Format(time.DateOnly))
	}
	text := fmt.Sprintf("holidays:\n  country: ES\n  years: [%d]\n  source: x\n  national: {%s}\n", time.Now().Year(), days[:len(days)-2])
	own, err := rules.ReadHolidays(fstest.MapFS{"es.yaml": &fstest.MapFile{Data: []byte(text)}})
	must(t, err)
	return rules.BuiltHolidays().Merge(own)
}

// change is something that is done at one node and forbids calls.
type change struct {
	what  string
	rule  rules.ID // that refuses then; empty = any
	setUp func(t *testing.T, a *DB, c campaigns.Campaign, number string)
	do    func(t *testing.T, a *DB, c campaigns.Campaign, number string)
	undo  func(t *testing.T, a *DB, c campaigns.Campaign) // nil = it is about the one number
}

// dropHouse takes the rules of a case out of force.
func dropHouse(t *testing.T, a *DB, _ campaigns.Campaign) {
	t.Helper()
	_, err := a.Drop(t.Context(), campaigns.Adoption{Set: "house", By: "cora", Reason: "test"})
	must(t, err)
}

var changes = []change{
	{what: "a number enters the do-not-call list", do: func(t *testing.T, a *DB, _ campaigns.Campaign, number string) {
		must(t, a.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: number, Channel: "agent", By: "ana", At: time.Now()}))
	}},
	{what: "somebody stops the house", do: func(t *testing.T, a *DB, _ campaigns.Campaign, _ string) {
		_, err := a.ThrowStop(t.Context(), campaigns.Stop{Scope: campaigns.StopHouse, Reason: "fire", By: "cora"})
		must(t, err)
	}, undo: func(t *testing.T, a *DB, _ campaigns.Campaign) {
		held, err := a.Stops(t.Context(), true, 10)
		must(t, err)
		must(t, a.LiftStop(t.Context(), held[0].ID, "cora", "over"))
	}},
	{what: "somebody stops a caller ID", do: func(t *testing.T, a *DB, _ campaigns.Campaign, _ string) {
		_, err := a.ThrowStop(t.Context(), campaigns.Stop{Scope: campaigns.StopCallerID, Value: shown, Reason: "flagged", By: "cora"})
		must(t, err)
	}, undo: func(t *testing.T, a *DB, _ campaigns.Campaign) {
		held, err := a.Stops(t.Context(), true, 10)
		must(t, err)
		must(t, a.LiftStop(t.Context(), held[0].ID, "cora", "over"))
	}},
	{what: "rules are adopted", rule: "test.list", do: func(t *testing.T, a *DB, _ campaigns.Campaign, _ string) {
		must(t, adoptText(t.Context(), a, houseRules("id: test.list, type: list, list: robinson, max_age: 31d")))
	}, undo: dropHouse},
	{what: "today is a holiday", rule: "test.hours", setUp: func(t *testing.T, a *DB, _ campaigns.Campaign, _ string) {
		must(t, a.SetHolidays(t.Context(), rules.BuiltHolidays(), "cora"))
		must(t, adoptText(t.Context(), a, houseRules(`id: test.hours, type: window, weekly: {sun-sat: ["00:00-24:00"]}, holidays: es+region`)))
	}, do: func(t *testing.T, a *DB, _ campaigns.Campaign, _ string) {
		must(t, a.SetHolidays(t.Context(), holidaysNow(t), "cora"))
	}, undo: func(t *testing.T, a *DB, c campaigns.Campaign) {
		dropHouse(t, a, c)
		must(t, a.SetHolidays(t.Context(), rules.BuiltHolidays(), "cora"))
	}},
	{what: "a campaign is closed by its hours", do: func(t *testing.T, a *DB, c campaigns.Campaign, _ string) {
		c.Windows = rules.Week{}
		_, err := a.UpdateCampaign(t.Context(), c, "maria")
		must(t, err)
	}, undo: func(t *testing.T, a *DB, c campaigns.Campaign) {
		_, err := a.UpdateCampaign(t.Context(), c, "maria")
		must(t, err)
	}},
	{what: "the right to a caller ID ends", rule: "test.assigned", setUp: func(t *testing.T, a *DB, c campaigns.Campaign, _ string) {
		must(t, adoptText(t.Context(), a, houseRules("id: test.assigned, type: cli, require: [assigned]")))
		must(t, a.PutCallerRight(t.Context(), campaigns.CallerRight{ID: uuid.NewString(), Number: shown, Holder: c.Seller, Contract: "1", From: time.Now().Add(-time.Hour), By: "cora", At: time.Now()}))
	}, do: func(t *testing.T, a *DB, _ campaigns.Campaign, _ string) {
		all, err := a.CallerRights(t.Context(), shown)
		must(t, err)
		must(t, a.EndCallerRight(t.Context(), all[0].ID, "cora", "cancelled"))
	}, undo: dropHouse},
	{what: "a person takes their consent back", rule: "test.consent", setUp: func(t *testing.T, a *DB, c campaigns.Campaign, number string) {
		must(t, adoptText(t.Context(), a, houseRules("id: test.consent, type: consent, level: express")))
		for _, n := range []string{number, numberOf(c, 0)} {
			_, err := a.AddConsents(t.Context(), []campaigns.Consent{{
				Number: n, Kind: campaigns.ConsentGiven, Level: campaigns.LevelExpress, Seller: c.Seller, At: time.Now().Add(-time.Minute),
				Source: campaigns.ConsentByCall, Channels: []campaigns.ConsentChannel{campaigns.ConsentLive}, By: "ana",
			}})
			must(t, err)
		}
	}, do: func(t *testing.T, a *DB, _ campaigns.Campaign, number string) {
		_, err := a.Withdraw(t.Context(), campaigns.Withdrawal{Number: number, At: time.Now(), Source: campaigns.ConsentByCall, By: "ana"})
		must(t, err)
	}, undo: dropHouse},
}

// numberOf is the number of the i-th person of fill.
func numberOf(_ campaigns.Campaign, i int) string { return people(i, 1)[0].Phones[0].Number }

// TestWhatIsChangedAtOneNodeIsInForceAtTheNextBeginOfAnother: the change returns at
// one, and the other is asked with no pause.
func TestWhatIsChangedAtOneNodeIsInForceAtTheNextBeginOfAnother(t *testing.T) {
	for _, x := range changes {
		t.Run(x.what, func(t *testing.T) {
			all := openShared(t, 2)
			a, b := all[0], all[1]
			for i, db := range all {
				_, err := db.Join(t.Context(), string(rune('a'+i)), "", "")
				must(t, err)
			}
			c, l := newCampaign(t, a, "c")
			c.Seller = "Aigua SL"
			c, err := a.UpdateCampaign(t.Context(), c, "maria")
			must(t, err)
			fill(t, a, l, 3)
			call := func(i int) error { // by the other node
				fence, err := b.TakeCampaign(t.Context(), c.ID)
				must(t, err)
				for _, p := range leaseAll(t, b, c) {
					if p.Phones[0].Number != numberOf(c, i) {
						continue
					}
					at := campaigns.NewAttempt(c, p, shown, time.Now())
					at.Fence = fence
					if err := b.Begin(t.Context(), c, at); err != nil {
						return err
					}
					return b.Finish(t.Context(), closed(at))
				}
				t.Fatalf("person %d is not there", i)
				return nil
			}
			if x.setUp != nil {
				x.setUp(t, a, c, numberOf(c, 1))
			}
			must(t, call(0))
			x.do(t, a, c, numberOf(c, 1))
			var refused *rules.Refusal
			if err := call(1); !errors.As(err, &refused) || x.rule != "" && refused.Primary.Rule != x.rule {
				t.Errorf("a call after it: %v", err)
			}
			if x.undo != nil {
				x.undo(t, a, c)
				must(t, call(2))
			}
			clean(t, a)
		})
	}
}

func TestAHoldThatIsSetAtOneNodeKeepsThePersonAtAnother(t *testing.T) {
	all := openShared(t, 2)
	a, b := all[0], all[1]
	_, l := newCampaign(t, a, "c")
	fill(t, a, l, 1)
	number := numberOf(campaigns.Campaign{}, 0)
	ask, err := b.AskErasure(t.Context(), number, campaigns.BasisWithdrawn, "cora")
	must(t, err)
	h, err := a.AddHold(t.Context(), campaigns.Hold{Scope: campaigns.HoldNumber, Number: number, Reason: "dispute", By: "cora"})
	must(t, err)
	if _, err := b.Erase(t.Context(), ask.ID); !errors.Is(err, campaigns.ErrHeld) {
		t.Errorf("erased though a hold is set: %v", err)
	}
	_, err = a.ReleaseHold(t.Context(), h.ID, "cora", "settled")
	must(t, err)
	_, err = b.Erase(t.Context(), ask.ID)
	must(t, err)
}

func TestAKeyThatIsTakenIntoUseAtOneNodeIsKnownAtAnother(t *testing.T) {
	all := openShared(t, 2)
	key, _ := signs(t, all[0])
	keys, err := all[1].Keys(t.Context())
	must(t, err)
	if len(keys) != 1 || keys[0].ID != key.ID() {
		t.Errorf("%d keys", len(keys))
	}
	checkpoint(t, all[1], key) // and what it signs at the other is taken
}

// closed is an attempt that nobody answered.
func closed(a *campaigns.Attempt) campaigns.Attempt {
	a.Outcome, a.EndedAt = campaigns.NoAnswer, time.Now()
	return *a
}
