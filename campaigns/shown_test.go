package campaigns

import (
	"testing"
	"time"
)

func TestEveryDispositionHasAKeyAGroupAndAConsequence(t *testing.T) {
	c := NewCampaign("c")
	c.Dispositions[7].Key = "1" // the manager wants it there
	c.Dispositions = append(c.Dispositions, DispositionType{Code: "eleventh", Label: "Eleventh", Effect: EffectRetry, Delay: 36 * time.Hour})
	p := Contact{Phones: []Phone{{Number: "+34600000001"}, {Number: "+34600000002"}}}
	want := []struct {
		key   string
		group Group
		asks  Asks
		says  string
	}{
		{"2", GroupSuccess, AsksSale, "Never again in this campaign."},
		{"3", GroupSuccess, AsksAppointment, "Never again in this campaign."},
		{"4", GroupSuccess, AsksSurvey, "Never again in this campaign."},
		{"5", GroupRetry, AsksCallback, "Calls at the agreed time."},
		{"6", GroupFinal, AsksReason, "Never again in this campaign, and by no other of the seller while the law wants rest."},
		{"7", GroupFinal, AsksNothing, "This number never again; another number of the person is tried."},
		{"8", GroupRetry, AsksNothing, "Calls again in 4 h."},
		{"1", GroupRetry, AsksNothing, "Calls again in 1 d."},
		{"9", GroupFinal, AsksNothing, "Never again, in no campaign, at once."},
		{"0", GroupFinal, AsksComplaint, "Never again in this campaign."},
		{"", GroupRetry, AsksNothing, "Calls again in 1 d 12 h."},
	}
	shown := c.Shown()
	if len(shown) != len(want) {
		t.Fatalf("%d dispositions", len(shown))
	}
	for i, d := range shown {
		w := want[i]
		if says := c.Consequence(d, p, "+34600000001").String(); d.Key != w.key || d.Group != w.group || d.Asks != w.asks || says != w.says {
			t.Errorf("%s: key %q, %s, asks %s, %q; want %+v", d.Code, d.Key, d.Group, d.Asks, says, w)
		}
	}
	p.Phones, p.Tries = p.Phones[:1], c.MaxAttempts-1
	if says := c.Consequence(shown[5], p, "+34600000001").String(); says != "This number never again; there is no other." {
		t.Error(says)
	}
	if says := c.Consequence(shown[6], p, "+34600000001").String(); says != "Never again: this was the last try." {
		t.Error(says)
	}
}

func TestADispositionWithoutWhatItAsksForIsRefused(t *testing.T) {
	c := shop()
	c.Reasons, c.Complaints = []string{"too dear", "has one"}, []string{"Billing"}
	sale := &Sale{Currency: "EUR", Lines: []OrderLine{{Product: "f500", Quantity: 1}}}
	for _, x := range []struct {
		d  Disposition
		ok bool
	}{
		{Disposition{Code: "sale"}, false},
		{Disposition{Code: "sale", Sale: sale}, true},
		{Disposition{Code: "not_interested"}, false},
		{Disposition{Code: "not_interested", Reason: "dislikes us"}, false},
		{Disposition{Code: "not_interested", Reason: "too dear"}, true},
		{Disposition{Code: "complaint"}, false},
		{Disposition{Code: "complaint", Complaint: &Complaint{Text: "the bill"}}, false},
		{Disposition{Code: "complaint", Complaint: &Complaint{Text: " ", Department: "Billing"}}, false},
		{Disposition{Code: "complaint", Complaint: &Complaint{Text: "the bill", Department: "Billing"}}, true},
		{Disposition{Code: "machine"}, true},
	} {
		if err := x.d.Validate(c, time.Now()); (err == nil) != x.ok {
			t.Errorf("%+v: %v", x.d, err)
		}
	}
}

func TestCommissionFollowsTheRuleOfTheCampaign(t *testing.T) {
	c := shop()
	c.Commission = Commission{Currency: "EUR", PerSale: 500, PerAppointment: 300, PerSurvey: 50, ShareOfSales: 0.02}
	eur, _ := c.Price(Sale{Lines: []OrderLine{{Product: "f500", Quantity: 1}}}) // worth 12 * 29.90
	kwd, _ := c.Price(Sale{Lines: []OrderLine{{Product: "gold", Quantity: 1}}}) // 1234.567
	answers := []Answer{{Question: "q", Value: "a"}}
	got := c.Earned([]Disposition{
		{Code: "sale", Sale: &eur, Answers: answers}, {Code: "sale", Sale: &kwd}, {Code: "appointment", Appointment: &Appointment{}},
		{Code: "survey", Answers: answers}, {Code: "not_interested", Answers: answers},
	})
	if len(got) != 2 || got["EUR"] != 500+718+500+300+50 || got["KWD"] != 24_691 {
		t.Errorf("earned %v", got)
	}
	c.Commission = Commission{}
	if got := c.Earned([]Disposition{{Code: "sale", Sale: &eur}}); len(got) != 0 {
		t.Errorf("without a rule: %v", got)
	}
}
