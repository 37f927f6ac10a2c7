package campaigns

import (
	"testing"
	"time"
)

func TestADayAddsUpWhatItIsMadeOf(t *testing.T) {
	from := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	today, then := shop(), shop()
	today.ID = 3
	today.Commission = Commission{Currency: "EUR", PerSale: 900, PerSurvey: 900, DayTarget: DayTarget{Sales: 3, Calls: 80}}
	then.Commission = Commission{Currency: "EUR", PerSale: 500, PerSurvey: 20} // in force when the calls began
	sale, err := then.Price(Sale{Lines: []OrderLine{{Product: "f500", Quantity: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	said := func(d Disposition) Call {
		return Call{Attempt: Attempt{Campaign: 3}, Disposition: &d, Settings: &then}
	}
	answers := []Answer{{Question: "q", Value: "a"}}
	spent := []SpellTotal{{Campaign: 4, State: AgentReady, Duration: time.Hour}}
	for _, s := range []AgentState{AgentTalking, AgentElsewhere, AgentReserved, AgentPreview, AgentWrapUp, AgentPaused, AgentResting} {
		spent = append(spent, SpellTotal{Campaign: 3, State: s, Duration: time.Minute})
	}
	d := NewDay(from, from.Add(24*time.Hour), spent, []Talk{{Campaign: 3, Calls: 7}, {Campaign: 5, Calls: 2}},
		[]Call{said(Disposition{Code: "sale", Sale: &sale, Answers: answers}), said(Disposition{Code: "survey", Answers: answers}),
			said(Disposition{Code: "callback", Callback: &Callback{}}), {Attempt: Attempt{Campaign: 3}}},
		map[int64]Campaign{3: today, 4: {Commission: Commission{DayTarget: DayTarget{Calls: 60, Surveys: 9}}}})
	if d.Calls != 9 || d.Talk != 2*time.Minute || d.Wait != time.Hour+2*time.Minute || d.WrapUp != time.Minute || d.Paused != 2*time.Minute || d.SignedIn != time.Hour+7*time.Minute {
		t.Errorf("times %+v", d)
	}
	if d.Sales != 1 || d.Sold["EUR"] != 2990 || d.Worth["EUR"] != 12*2990 || d.Surveys != 1 || d.Callbacks != 1 || d.Earned["EUR"] != 520 {
		t.Errorf("outcomes %+v", d)
	}
	if d.Target != (DayTarget{Sales: 3, Calls: 80, Surveys: 9}) || d.Outcomes["survey"] != 1 {
		t.Errorf("target %+v, outcomes %v", d.Target, d.Outcomes)
	}
}

func TestAnAgentSeesTheirOwnDayAndNobodyElses(t *testing.T) {
	days := NewDays(nil, nil)
	now := time.Now()
	if _, err := days.Of(t.Context(), User{ID: 1, Role: Agent}, 2, now, now.Add(time.Hour)); code(err) != "" || err == nil {
		t.Errorf("another's day: %v", err)
	}
	for _, to := range []time.Time{now, now.Add(longestDay + 1)} {
		if _, err := days.Of(t.Context(), User{ID: 1, Role: Agent}, 1, now, to); code(err) != "period_invalid" {
			t.Errorf("until %s: %v", to, err)
		}
	}
}

func TestQuickPicksFollowThePersonsClock(t *testing.T) {
	w := week(t, map[string][]string{"mon-fri": {"09:00-20:00"}})
	now := moment(t, "2026-11-23T17:45:10+01:00") // a Monday
	picks := quickPicks(w, []string{"Europe/Madrid"}, now)
	var names []string
	for _, p := range picks {
		names = append(names, p.Name)
		if p.Name == "Tomorrow morning" && (!p.At.Equal(moment(t, "2026-11-24T10:00:00+01:00")) || !p.Allowed) {
			t.Errorf("%+v", p)
		}
	}
	if len(names) != 6 {
		t.Errorf("picks %v", names)
	}
	late := quickPicks(w, []string{"Europe/Madrid"}, now.Add(2*time.Hour)) // 19:45: the evening is over, two hours on is too late
	if len(late) != 5 || late[1].Allowed || !late[1].Due.Equal(moment(t, "2026-11-24T09:00:00+01:00")) {
		t.Errorf("late %+v", late)
	}
	if picks := quickPicks(w, nil, now); len(picks) < 5 || !picks[0].Allowed {
		t.Errorf("without a zone %+v", picks)
	}
}

func TestFieldsStandInTheOrderOfTheFile(t *testing.T) {
	got := ordered(map[string]string{"b": "1", "a": "2", "z": "3", "y": "4"}, []string{"z", "gone", "a", "z"})
	want := []Field{{"z", "3"}, {"a", "2"}, {"b", "1"}, {"y", "4"}}
	for i := range want {
		if len(got) != len(want) || got[i] != want[i] {
			t.Fatalf("%v, want %v", got, want)
		}
	}
}
