package campaigns

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// objections is a house that keeps consents and a do-not-call list, in memory.
type objections struct {
	ConsentStore
	SuppressionReader
	SuppressionStore
	sellers   []string
	unread    error // what the campaigns answer
	unlisted  error // what the do-not-call list answers
	listed    []DoNotCall
	withdrawn []Withdrawal
}

func (o *objections) Campaigns(context.Context) (out []Campaign, err error) {
	for i, s := range o.sellers {
		out = append(out, Campaign{ID: int64(i + 1), Seller: s})
	}
	return out, o.unread
}

func (o *objections) AddDoNotCall(_ context.Context, d DoNotCall) error {
	o.listed = append(o.listed, d)
	return o.unlisted
}

func (o *objections) Withdraw(_ context.Context, w Withdrawal) (int, error) {
	o.withdrawn = append(o.withdrawn, w)
	return 1, nil
}

// quiet is a floor on which nothing rings.
type quiet struct{}

func (quiet) Withdraw(string)                 {}
func (quiet) WithdrawAll(_ []DoNotCall) error { return nil }

func TestAWithdrawalIsKeptAndTheNumberListedWhateverTheSellerIsCalled(t *testing.T) {
	full := errors.New("the disk is full")
	cora := User{Login: "cora", Role: Compliance}
	for name, c := range map[string]struct {
		house  objections
		listed string // the seller of the do-not-call entry
		want   error
	}{
		"a seller of a campaign":                {house: objections{sellers: []string{"Aigua SL"}}, listed: "AIGUA sl"},
		"a seller for whom no campaign calls":   {house: objections{sellers: []string{"Gas SA"}}},
		"a house whose campaigns name nobody":   {house: objections{}},
		"campaigns that cannot be read":         {house: objections{unread: full}},
		"a do-not-call list that takes nothing": {house: objections{sellers: []string{"Aigua SL"}, unlisted: full}, listed: "AIGUA sl", want: full},
	} {
		t.Run(name, func(t *testing.T) {
			h := c.house
			s := NewConsents(&h, NewSuppression(&h, &h, quiet{}), quiet{}, nil)
			ended, err := s.Withdraw(t.Context(), cora, Withdrawal{Number: "+34600111222", Seller: "AIGUA sl", Note: "by letter"}, true)
			if !errors.Is(err, c.want) || ended != 1 {
				t.Errorf("ended %d, %v", ended, err)
			}
			if len(h.withdrawn) != 1 || h.withdrawn[0].Seller != "AIGUA sl" || h.withdrawn[0].By != "cora" || time.Since(h.withdrawn[0].At) > time.Hour {
				t.Errorf("withdrawn %+v", h.withdrawn)
			}
			if len(h.listed) != 1 || h.listed[0].Seller != c.listed || !strings.HasPrefix(h.listed[0].Reason, "by letter") {
				t.Fatalf("listed %+v", h.listed)
			}
			if said := strings.Contains(h.listed[0].Reason, `"AIGUA sl"`); said != (c.listed == "") {
				t.Errorf("the entry says %q", h.listed[0].Reason)
			}
		})
	}
}
