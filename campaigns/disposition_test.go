package campaigns

import (
	"strings"
	"testing"
	"time"
)

func TestADispositionSaysWhatIsWrongWithIt(t *testing.T) {
	c := NewCampaign("solar")
	ok := func(d Disposition) Disposition { d.Agent = 1; return d }
	for _, d := range []Disposition{
		{Code: "not_interested"},
		{Code: "sale", Sale: &Sale{Currency: "EUR", Lines: []OrderLine{{Product: "Panel", Quantity: 2, UnitPrice: 19999}, {Product: "Gift", Quantity: 1}}}},
		{Code: "appointment", Appointment: &Appointment{At: noon.Add(time.Hour), Zone: "Europe/Madrid", Person: "Éva"}},
		{Code: "survey", Answers: []Answer{{Question: "Rooms?", Value: ""}}},
		{Code: "callback", Callback: &Callback{At: noon.Add(time.Minute)}},
		{Code: "no_decision", Callback: &Callback{At: noon.Add(time.Minute)}},
	} {
		if err := ok(d).Validate(c, noon); err != nil {
			t.Errorf("%s: %v", d.Code, err)
		}
	}
	for _, bad := range []struct {
		d    Disposition
		says string
	}{
		{Disposition{Code: "maybe"}, "not_interested"},
		{Disposition{Code: ""}, "is not one of campaign solar"},
		{Disposition{Code: "callback"}, "needs its time"},
		{Disposition{Code: "callback", Callback: &Callback{At: noon}}, "past"},
		{Disposition{Code: "sale", Callback: &Callback{}}, "needs its time"},
		{Disposition{Code: "do_not_call", Callback: &Callback{At: noon.Add(time.Minute)}}, "cannot be called back"},
		{Disposition{Code: "sale", Sale: &Sale{Currency: "eur", Lines: []OrderLine{{Product: "x", Quantity: 1}}}}, "ISO 4217"},
		{Disposition{Code: "sale", Sale: &Sale{Currency: "EUR"}}, "no order line"},
		{Disposition{Code: "sale", Sale: &Sale{Currency: "EUR", Lines: []OrderLine{{Product: "x", Quantity: 1}, {Product: "y"}}}}, "line 2"},
		{Disposition{Code: "sale", Sale: &Sale{Currency: "EUR", Lines: []OrderLine{{Product: "x", Quantity: 1, UnitPrice: -1}}}}, "line 1"},
		{Disposition{Code: "sale", Sale: &Sale{Currency: "EUR", Lines: []OrderLine{{Product: "x", Quantity: 1 << 40, UnitPrice: 1 << 40}}}}, "no order"},
		{Disposition{Code: "appointment", Appointment: &Appointment{Zone: "UTC", Person: "x"}}, "a time"},
		{Disposition{Code: "appointment", Appointment: &Appointment{At: noon, Zone: "UTC"}}, "the person"},
		{Disposition{Code: "appointment", Appointment: &Appointment{At: noon, Zone: "", Person: "x"}}, "not a time zone"},
		{Disposition{Code: "appointment", Appointment: &Appointment{At: noon, Zone: "Mars", Person: "x"}}, "not a time zone"},
		{Disposition{Code: "appointment", Appointment: &Appointment{At: noon, Zone: "Local", Person: "x"}}, "not a time zone"},
		{Disposition{Code: "survey", Answers: []Answer{{Question: "a"}, {}}}, "answer 2"},
	} {
		if err := bad.d.Validate(c, noon); err == nil || !strings.Contains(err.Error(), bad.says) {
			t.Errorf("%+v: %v does not say %q", bad.d, err, bad.says)
		}
	}
}

func TestAnOrdersTotalIsExact(t *testing.T) {
	s := Sale{Currency: "EUR", Lines: []OrderLine{{Quantity: 3, UnitPrice: 10}, {Quantity: 7, UnitPrice: 1_000_000_000_001}}}
	if s.Total() != 7_000_000_000_037 {
		t.Errorf("%d", s.Total())
	}
}
