package campaigns

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// shelfLife is a store that deletes at once what it is told to.
type shelfLife struct {
	rules  []RetentionRule
	book   *rules.Book
	before map[string]time.Time // what was deleted of each kind: older than this
	left   map[string]int64
}

func (s *shelfLife) Retention(context.Context) ([]RetentionRule, error) {
	return slices.Clone(s.rules), nil
}

func (s *shelfLife) SetRetention(_ context.Context, kind string, keep time.Duration, by string) error {
	for i := range s.rules {
		if s.rules[i].Kind == kind {
			s.rules[i].Keep, s.rules[i].By = keep, by
		}
	}
	return nil
}

func (s *shelfLife) Expired(_ context.Context, kind string, _ time.Time) (n, held int64, err error) {
	return s.left[kind], 0, nil
}

func (s *shelfLife) Expire(_ context.Context, kind string, before time.Time, _ string) (int64, error) {
	s.before[kind] = before
	n := s.left[kind]
	s.left[kind] = 0
	return n, nil
}

func (s *shelfLife) Book() *rules.Book { return s.book }

// withDuty is a book in which recordings must be kept for a year.
func withDuty(t *testing.T) *rules.Book {
	t.Helper()
	set, err := rules.ParseSet([]byte(`ruleset: {id: test, version: 1, title: Test, reviewed_on: 2026-11-22}
rules:
  - {id: test.keep, type: record, keep: [recordings], hold: 1y, cite: "a law", status: verified}
`))
	if err != nil {
		t.Fatal(err)
	}
	b, err := rules.NewBook([]*rules.Set{set}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestNothingIsKeptShorterThanARuleInForceAsksFor(t *testing.T) {
	s := &shelfLife{rules: DefaultRetention(), book: withDuty(t), before: map[string]time.Time{}, left: map[string]int64{KeepRecordings: 3, KeepCalls: 2}}
	r, cora := NewRetention(s), User{Login: "cora", Role: Compliance}
	all, err := r.Matrix(t.Context(), cora)
	if err != nil || all[0].Kind != KeepRecordings || all[0].Least != year || !strings.Contains(all[0].Law, "a law") {
		t.Fatalf("%+v, %v", all, err)
	}
	var p *Problem
	for _, tt := range []struct {
		kind string
		keep time.Duration
		code string
	}{
		{KeepRecordings, 364 * 24 * time.Hour, "keep_unlawful"}, {KeepMessages, time.Hour, "keep_short"}, {"everything", year, "kind_unknown"},
	} {
		if err := r.Set(t.Context(), cora, tt.kind, tt.keep); !errors.As(err, &p) || p.Code != tt.code {
			t.Errorf("%s for %s: %v", tt.kind, tt.keep, err)
		}
	}
	if err := r.Set(t.Context(), cora, KeepRecordings, 2*year); err != nil || s.rules[0].Keep != 2*year || s.rules[0].By != "cora" {
		t.Errorf("%+v, %v", s.rules[0], err)
	}
	if err := r.Set(t.Context(), User{Login: "mia", Role: Manager}, KeepRecordings, 3*year); !errors.Is(err, ErrForbidden) {
		t.Errorf("a manager changes it: %v", err)
	}
}

func TestARuleThatAsksForLongerThanTheMatrixWins(t *testing.T) {
	s := &shelfLife{rules: DefaultRetention(), book: withDuty(t), before: map[string]time.Time{}, left: map[string]int64{KeepRecordings: 3}}
	now := time.Date(2026, 11, 22, 3, 15, 0, 0, time.UTC)
	gone, err := NewRetention(s).Run(t.Context(), now)
	if err != nil || gone[KeepRecordings] != 3 {
		t.Fatalf("%v, %v", gone, err)
	}
	if got := now.Sub(s.before[KeepRecordings]); got != year {
		t.Errorf("recordings older than %s were deleted, the law says a year", got)
	}
	if got := now.Sub(s.before[KeepMessages]); got != year {
		t.Errorf("messages older than %s were deleted", got)
	}
}

func TestAHoldSaysWhatItCoversAndWhy(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		code string
		h    Hold
	}{
		{"reason_missing", Hold{Scope: HoldNumber, Number: "+34600000001"}},
		{"number_invalid", Hold{Scope: HoldNumber, Number: "12", Reason: "r"}},
		{"campaign_missing", Hold{Scope: HoldCampaign, Reason: "r"}},
		{"seller_missing", Hold{Scope: HoldSeller, Reason: "r"}},
		{"period_empty", Hold{Scope: HoldPeriod, Reason: "r"}},
		{"period_empty", Hold{Scope: HoldPeriod, From: now, To: now, Reason: "r"}},
		{"until_past", Hold{Scope: HoldPeriod, From: now, Reason: "r", Until: now}},
		{"scope_unknown", Hold{Scope: "house", Reason: "r"}},
		{"", Hold{Scope: HoldNumber, Number: "+34600000001", Reason: "r"}},
		{"", Hold{Scope: HoldPeriod, From: now, Reason: "r", Until: now.Add(time.Hour)}},
	} {
		err := tt.h.check(now)
		var p *Problem
		if tt.code == "" && err != nil || tt.code != "" && (!errors.As(err, &p) || p.Code != tt.code) {
			t.Errorf("%+v: %v, want %q", tt.h, err, tt.code)
		}
	}
	if h := (Hold{Until: now}); h.Open(now) || !h.Open(now.Add(-time.Nanosecond)) || (Hold{ReleasedAt: now}).Open(now) {
		t.Error("a hold is open when it is over, or over when it is open")
	}
}

func TestCallsAreKeptForAsLongAsRulesCountThem(t *testing.T) {
	set, ok := rules.Preset("fr")
	if !ok {
		t.Fatal("no preset of France")
	}
	book, err := rules.NewBook([]*rules.Set{set}, rules.BuiltHolidays())
	if err != nil {
		t.Fatal(err)
	}
	least, law := LeastKept(book, KeepCalls) // fr.refusal: 60 days of silence
	if least < 60*24*time.Hour || !strings.HasPrefix(law, "fr.refusal") {
		t.Errorf("calls are kept for %s (%s)", least, law)
	}
	s := &shelfLife{rules: DefaultRetention(), book: book}
	var p *Problem
	err = NewRetention(s).Set(t.Context(), User{Login: "cora", Role: Compliance}, KeepCalls, 30*24*time.Hour)
	if !errors.As(err, &p) || p.Code != "keep_unlawful" {
		t.Errorf("calls that the rules count may be deleted after 30 days: %v", err)
	}
	if least, law := LeastKept(book, KeepRecordings); least != 0 {
		t.Errorf("recordings are kept for %s (%s)", least, law)
	}
}
