package storagetest

import (
	"math"
	"time"

	"github.com/forecall/forecall/campaigns"
)

var officeFigureTests = []test{
	{"figures of agents are their calls, their time and what they said", agentFigures},
	{"a call that was passed on is talk of both agents", passedOnFigures},
	{"figures by quarter, list and campaign add up to those of agents", figuresAddUp},
	{"answers are counted by question", answerFigures},
	{"steps say where conversations end and where they convert", stepFigures},
	{"a period without calls has no figures", noFigures},
}

// talked places one call that an agent had for some seconds, and says what
// came of it.
func (b *bench) talked(c campaigns.Campaign, agent, second int64, d *campaigns.Disposition) *campaigns.Attempt {
	b.Helper()
	a := b.begin(c, b.lease(c, 1)[0])
	e := ended(*a, campaigns.Connected)
	e.Agent = agent
	e.BridgedAt = e.AnsweredAt
	e.EndedAt = e.BridgedAt.Add(40 * time.Second)
	if second != 0 {
		e.SecondAgent, e.SecondAt = second, e.BridgedAt.Add(30*time.Second)
	}
	b.must(b.Finish(b.Context(), e))
	if d != nil {
		d.Attempt, d.Key, d.At = a.ID, a.ID, time.Now()
		_, err := b.Dispose(b.Context(), *d)
		b.must(err)
	}
	return a
}

func sold(agent, price int64) *campaigns.Disposition {
	return &campaigns.Disposition{Agent: agent, Code: "sale", Sale: &campaigns.Sale{Currency: "EUR", Lines: []campaigns.OrderLine{{Product: "p", Quantity: 1, UnitPrice: price}}}}
}

func period() campaigns.FigureQuery {
	return campaigns.FigureQuery{From: time.Now().Add(-24 * time.Hour), To: time.Now().Add(24 * time.Hour), Zone: "Europe/Madrid"}
}

func agentFigures(b *bench) {
	c := b.stocked("c", 6)
	b.talked(c, 1, 0, sold(1, 1000))
	b.talked(c, 1, 0, &campaigns.Disposition{Agent: 1, Code: "survey", Answers: []campaigns.Answer{{Question: "q", Value: "yes"}}})
	b.talked(c, 2, 0, &campaigns.Disposition{Agent: 2, Code: "not_interested"})
	b.call(c, campaigns.NoAnswer)
	b.call(c, campaigns.AbandonedMsg)
	from := time.Now().Add(-3 * time.Hour).Truncate(time.Hour)
	at := func(m int) time.Time { return from.Add(time.Duration(m) * time.Minute) }
	b.must(b.SaveSpells(b.Context(), []campaigns.Spell{
		{Agent: 1, State: campaigns.AgentReady, From: at(0), To: at(10)},
		{Agent: 1, State: campaigns.AgentWrapUp, From: at(10), To: at(20)},
		{Agent: 1, State: campaigns.AgentPaused, Reason: "lunch", From: at(20), To: at(60)},
	}, time.Now()))
	got, err := b.AgentFigures(b.Context(), period(), time.Now())
	b.must(err)
	one, two, nobody := got[1], got[2], got[0]
	if one.Calls != 2 || one.Talked != 2 || one.Answered != 2 || one.Talk != 80*time.Second || one.Sales != 1 || one.Surveys != 1 || one.Converted != 2 ||
		one.Sold["EUR"] != 1000 || one.Wait != 10*time.Minute || one.WrapUp != 10*time.Minute || one.Paused != 40*time.Minute || one.SignedIn != time.Hour || one.Days != 1 {
		b.Fatalf("agent 1: %+v", one)
	}
	if one.Conversion() != 1 || one.PerHour() != 2 || math.Abs(one.Occupancy()-680.0/1280) > 1e-9 || one.MeanTalk() != 40*time.Second {
		b.Fatalf("agent 1: conversion %v, an hour %v, occupancy %v", one.Conversion(), one.PerHour(), one.Occupancy())
	}
	if two.Talked != 1 || two.Converted != 0 || two.SignedIn != 0 || nobody.Calls != 2 || nobody.Answered != 1 || nobody.Abandoned != 1 {
		b.Fatalf("agent 2: %+v, nobody: %+v", two, nobody)
	}
	q := period()
	q.Agents = []int64{2}
	got, err = b.AgentFigures(b.Context(), q, time.Now())
	b.must(err)
	if len(got) != 1 || got[2].Talked != 1 {
		b.Fatalf("of agent 2 alone: %+v", got)
	}
}

func passedOnFigures(b *bench) {
	c := b.stocked("c", 1)
	b.talked(c, 1, 2, sold(2, 500))
	got, err := b.AgentFigures(b.Context(), period(), time.Now())
	b.must(err)
	one, two := got[1], got[2]
	if one.Calls != 1 || one.Talk != 30*time.Second || one.Sales != 0 || two.Calls != 0 || two.Talked != 1 || two.Talk != 10*time.Second || two.Sales != 1 {
		b.Fatalf("first %+v, second %+v", one, two)
	}
}

func figuresAddUp(b *bench) {
	c := b.stocked("c", 4)
	other := b.stocked("other", 2)
	b.talked(c, 1, 0, sold(1, 100))
	b.talked(c, 1, 0, nil)
	b.call(c, campaigns.Busy)
	b.talked(other, 2, 0, nil)
	from := time.Now().Add(-5 * time.Hour).Truncate(time.Hour).Add(7 * time.Minute)
	b.must(b.SaveSpells(b.Context(), []campaigns.Spell{{Agent: 1, State: campaigns.AgentReady, Campaign: c.ID, From: from, To: from.Add(100 * time.Minute)}}, time.Now()))
	q := period()
	q.Campaign = c.ID
	lists, err := b.ListCallFigures(b.Context(), q)
	b.must(err)
	all, err := b.CampaignFigures(b.Context(), period())
	b.must(err)
	quarters, err := b.QuarterFigures(b.Context(), q, time.Now())
	b.must(err)
	var sum campaigns.Figures
	for quarter, f := range quarters {
		if f.Wait > campaigns.Quarter {
			b.Fatalf("%s waited in the quarter %s", f.Wait, time.Unix(quarter*900, 0))
		}
		sum.Add(f)
	}
	list := lists[1]
	if len(lists) != 1 || list.Calls != 3 || list.Talk != 80*time.Second || all[c.ID].Calls != 3 || all[other.ID].Calls != 1 ||
		sum.Calls != 3 || sum.Talk != 80*time.Second || sum.Sold["EUR"] != 100 || sum.Wait != 100*time.Minute || len(quarters) < 7 {
		b.Fatalf("list %+v, campaigns %+v, quarters %+v", list, all, sum)
	}
}

func answerFigures(b *bench) {
	c := b.stocked("c", 3)
	for i, answer := range []string{"yes", "yes", "no"} {
		d := &campaigns.Disposition{Agent: 1, Code: "survey", Answers: []campaigns.Answer{{Question: "Heating?", Value: answer}}}
		if i == 0 {
			d.Code, d.Sale = "sale", sold(1, 100).Sale
		}
		b.talked(c, 1, 0, d)
	}
	got, err := b.AnswerFigures(b.Context(), period())
	b.must(err)
	same(b, "answers", got, []campaigns.AnswerFigures{
		{Question: "Heating?", Answer: "yes", Given: 2, Share: 2.0 / 3, Sales: 1}, {Question: "Heating?", Answer: "no", Given: 1, Share: 1.0 / 3},
	})
}

func stepFigures(b *bench) {
	c := b.stocked("c", 3)
	won := b.talked(c, 1, 0, sold(1, 100))
	lost := b.talked(c, 1, 0, nil)
	b.talked(c, 1, 0, nil) // without a step
	walk := func(a *campaigns.Attempt, steps ...string) {
		var events []campaigns.CallEvent
		call, err := b.Attempt(b.Context(), a.ID)
		b.must(err)
		for i, s := range steps {
			events = append(events, campaigns.CallEvent{Attempt: a.ID, At: call.BridgedAt.Add(time.Duration(i*10) * time.Second), Kind: campaigns.EventStep, By: 1, Detail: s})
		}
		b.must(b.AddCallEvents(b.Context(), append(events, campaigns.CallEvent{Attempt: a.ID, At: call.BridgedAt, Kind: campaigns.EventHold})))
	}
	walk(won, "hello", "offer", "hello", "order")
	walk(lost, "hello", "offer")
	got, err := b.StepFigures(b.Context(), period())
	b.must(err)
	same(b, "steps", got, []campaigns.StepFigures{
		{Campaign: c.ID, Step: "hello", Reached: 2, Converted: 1, Time: 30 * time.Second},
		{Campaign: c.ID, Step: "offer", Reached: 2, Ended: 1, Converted: 1, Time: 40 * time.Second},
		{Campaign: c.ID, Step: "order", Reached: 1, Ended: 1, Converted: 1, ConvertedHere: 1, Time: 10 * time.Second},
	})
}

func noFigures(b *bench) {
	c := b.stocked("c", 1)
	b.talked(c, 1, 0, sold(1, 100))
	q := period()
	q.From, q.To = q.From.AddDate(-1, 0, 0), q.To.AddDate(-1, 0, 0)
	agents, err := b.AgentFigures(b.Context(), q, time.Now())
	b.must(err)
	quarters, err := b.QuarterFigures(b.Context(), q, time.Now())
	b.must(err)
	answers, err := b.AnswerFigures(b.Context(), q)
	b.must(err)
	if len(agents)+len(quarters)+len(answers) != 0 {
		b.Fatal(agents, quarters, answers)
	}
}
