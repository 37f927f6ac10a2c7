package web

import (
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// The period of account is older than who leads: what was answered in it before is not
// what came of the calls since.
func TestTheAnswerRateIsThatOfTheCallsPlaced(t *testing.T) {
	h, now := newHistory(), time.Now()
	see := func(placed, picked, account int) {
		now = now.Add(sampleEvery)
		h.look(campaigns.FloorSnapshot{Campaigns: []campaigns.CampaignStatus{{ID: 1, Name: "c", Placed: placed, PickedUp: picked, Answered: account}}}, now)
	}
	see(0, 0, 0)
	see(10, 4, 64) // the account was read
	see(20, 8, 68)
	past := h.hour(1)
	if got := answerRate(past, len(past)-1); got != 0.4 {
		t.Errorf("answer rate %g of %+v", got, past)
	}
	stand := campaignStand{Floor: campaigns.CampaignStatus{Placed: 20, PickedUp: 8, Answered: 68}}
	if got := stand.AnswerRate(); got != 0.4 {
		t.Errorf("answer rate %g on the campaign's page", got)
	}
}
