package api

import (
	"time"

	"github.com/forecall/forecall/campaigns"
)

// CardTrade is what a card knows of the person beside the calls before, and what
// there is to sell, to ask and to complain of.
type CardTrade struct {
	Fields      []campaigns.Field `json:"fields" doc:"Every further column of the list, in the order of its file."`
	Orders      []Order           `json:"orders" doc:"Newest first."`
	Meetings    []Booking         `json:"appointments" doc:"By time, cancelled ones too."`
	Cases       []Case            `json:"complaints" doc:"Newest first."`
	Callback    *OpenCallback     `json:"open_callback,omitempty" doc:"That is agreed and not kept yet; another one replaces it."`
	DoNotCall   bool              `json:"do_not_call" doc:"The number stands on the do-not-call list."`
	Products    []Product         `json:"products" doc:"What is sold; none: write down what was sold."`
	Reasons     []string          `json:"reasons" doc:"Of people who are not interested."`
	Departments []string          `json:"complaint_departments"`
	TriesLeft   int               `json:"tries_left" doc:"After this one."`
}

// Order is an order of an earlier call.
type Order struct {
	At      time.Time `json:"at"`
	Agent   string    `json:"agent,omitempty"`
	Attempt string    `json:"attempt_id"`
	Sale    Sale      `json:"sale"`
}

// OpenCallback is a call that was agreed with the person.
type OpenCallback struct {
	At    time.Time `json:"at"`
	Local string    `json:"local,omitempty" doc:"By the person's clock, with its offset."`
	Agent string    `json:"agent,omitempty" doc:"The only one who takes it; absent: anybody."`
	Note  string    `json:"note,omitempty"`
}

// DispositionShown is how an agent finds and fills in a disposition.
type DispositionShown struct {
	Group       campaigns.Group `json:"group,omitempty" enum:"success,retry,final" doc:"Follows from the rest when absent."`
	Key         string          `json:"key,omitempty" maxLength:"1" doc:"A digit or a small letter; given out in order when absent."`
	Asks        campaigns.Asks  `json:"asks,omitempty" enum:"nothing,sale,appointment,survey,callback,reason,complaint" doc:"What is filled in with it."`
	Consequence string          `json:"consequence,omitempty" readOnly:"true" doc:"What it leads to for this person, in one sentence."`
	Says        string          `json:"consequence_text,omitempty" readOnly:"true" doc:"The same with %s in the places of its values, for a catalogue of messages."`
	Values      []string        `json:"consequence_values,omitempty" readOnly:"true"`
}

// shownOn lists the dispositions of a card with their keys and consequences.
func shownOn(c campaigns.Card) []DispositionType {
	types := c.Campaign.Shown()
	out := typesOf(types)
	for i, t := range types {
		leads := c.Campaign.Consequence(t, c.Contact, c.Number)
		out[i].Consequence, out[i].Says, out[i].Values = leads.String(), leads.Text, leads.Args
	}
	return out
}

func tradeOf(c campaigns.Card) CardTrade {
	k, zone := c.Known, ""
	if len(c.Zones) > 0 {
		zone = c.Zones[0]
	}
	out := CardTrade{
		Fields: notNil(k.Fields), Orders: make([]Order, len(k.Orders)), Meetings: make([]Booking, len(k.Meetings)), Cases: make([]Case, len(k.Cases)),
		DoNotCall: k.DoNotCall, Products: each(c.Campaign.Products, productOf), Reasons: notNil(c.Campaign.Reasons), Departments: notNil(c.Campaign.Complaints),
		TriesLeft: max(0, c.Campaign.MaxAttempts-c.Contact.Tries-1),
	}
	for i, o := range k.Orders {
		out.Orders[i] = Order{At: o.At.UTC(), Agent: k.Names[o.Agent], Attempt: o.Attempt, Sale: saleOf(o.Sale)}
	}
	for i, b := range k.Meetings {
		out.Meetings[i] = bookingOf(b)
		out.Meetings[i].AgentName = k.Names[b.Agent]
	}
	for i, x := range k.Cases {
		out.Cases[i] = caseOf(x)
		if name := k.Names[x.Agent]; name != "" {
			out.Cases[i].Agent = name
		}
	}
	if b := k.Callback; b != nil {
		out.Callback = &OpenCallback{At: b.At.UTC(), Local: localTime(b.At, zone), Agent: k.Names[b.Agent], Note: b.Note}
	}
	return out
}

// CampaignTrade is what a campaign sells, asks and pays.
type CampaignTrade struct {
	Products   []Product  `json:"products"`
	Reasons    []string   `json:"reasons" doc:"Of people who are not interested."`
	Complaints []string   `json:"complaints" doc:"Departments that take complaints."`
	Commission Commission `json:"commission"`
}

// TradeChange is the part of a campaign's settings that CampaignTrade shows; each
// list replaces all that were there.
type TradeChange struct {
	Products   []Product   `json:"products,omitempty" maxItems:"1000" doc:"What is sold; replaces all."`
	Reasons    []string    `json:"reasons,omitempty" maxItems:"100"`
	Complaints []string    `json:"complaints,omitempty" maxItems:"100"`
	Commission *Commission `json:"commission,omitempty"`
}

// Commission is the rule by which an agent earns, and what a day should bring.
type Commission struct {
	Currency       string    `json:"currency,omitempty" pattern:"^([A-Z]{3})?$" doc:"ISO 4217."`
	PerSale        int64     `json:"per_sale,omitempty" minimum:"0" doc:"In the smallest unit."`
	PerAppointment int64     `json:"per_appointment,omitempty" minimum:"0"`
	PerSurvey      int64     `json:"per_survey,omitempty" minimum:"0"`
	ShareOfSales   float64   `json:"share_of_sales,omitempty" minimum:"0" maximum:"1" doc:"Of what orders are worth until their subscriptions may end."`
	DayTarget      DayTarget `json:"day_target,omitzero" required:"false"`
}

func campaignTradeOf(c campaigns.Campaign) CampaignTrade {
	m := c.Commission
	return CampaignTrade{
		Products: each(c.Products, productOf), Reasons: notNil(c.Reasons), Complaints: notNil(c.Complaints),
		Commission: Commission{m.Currency, m.PerSale, m.PerAppointment, m.PerSurvey, m.ShareOfSales, DayTarget(m.DayTarget)},
	}
}

// applyTrade sets what is given on a campaign.
func (ch TradeChange) applyTrade(c *campaigns.Campaign) {
	if ch.Products != nil {
		c.Products = each(ch.Products, Product.domain)
	}
	setList(&c.Reasons, ch.Reasons)
	setList(&c.Complaints, ch.Complaints)
	if m := ch.Commission; m != nil {
		c.Commission = campaigns.Commission{
			Currency: m.Currency, PerSale: m.PerSale, PerAppointment: m.PerAppointment, PerSurvey: m.PerSurvey,
			ShareOfSales: m.ShareOfSales, DayTarget: campaigns.DayTarget(m.DayTarget),
		}
	}
}
