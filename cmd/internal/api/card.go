package api

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Card is what an agent sees of a call: the person, what was said before, the
// words to say and the words to end with.
type Card struct {
	Attempt      string               `json:"attempt_id,omitempty" doc:"Empty while a preview waits for your decision."`
	State        campaigns.AgentState `json:"state"`
	Since        time.Time            `json:"since,omitzero"`
	Campaign     string               `json:"campaign"`
	CampaignID   int64                `json:"campaign_id"`
	Number       string               `json:"number" doc:"E.164, the phone that is called."`
	Contact      Person               `json:"contact"`
	Finishing    bool                 `json:"finishing" doc:"You have said that the conversation is about to end."`
	Step         string               `json:"step,omitempty" doc:"Of the script, as you said last."`
	LocalTime    string               `json:"local_time,omitempty" doc:"The person's time, with its offset."`
	Zones        []string             `json:"zones" doc:"IANA zones the person may be in."`
	Script       string               `json:"script" doc:"A text to read; empty for a script of steps, which stands under /v1/agent/call/script."`
	ScriptVer    string               `json:"script_version,omitempty"`
	Talk         Talk                 `json:"talk"`
	Dispositions []DispositionType    `json:"dispositions"`
	History      []Past               `json:"history" doc:"Earlier calls, newest first."`
	CardTrade
	CardInbound
	CardClock
}

// Person is a contact with everything the list said of them.
type Person struct {
	ID       int64             `json:"id"`
	External string            `json:"external_id,omitempty"`
	Name     string            `json:"name"`
	Company  string            `json:"company,omitempty"`
	Language string            `json:"language,omitempty"`
	Phones   []campaigns.Phone `json:"phones"`
	Fields   map[string]string `json:"fields"`
}

// DispositionType is a word that ends a call, with what it does to the contact.
type DispositionType struct {
	Code   string           `json:"code" minLength:"1" maxLength:"64"`
	Label  string           `json:"label" minLength:"1" maxLength:"100"`
	Effect campaigns.Effect `json:"effect" enum:"done,retry,callback,dnc,wrong_number,refused"`
	Delay  Duration         `json:"delay,omitempty" doc:"Of a retry."`
	DispositionShown
}

// Past is an earlier call of the person on the line.
type Past struct {
	At      time.Time         `json:"at"`
	Outcome campaigns.Outcome `json:"outcome"`
	Code    string            `json:"disposition,omitempty"`
	Note    string            `json:"note,omitempty"`
	Agent   string            `json:"agent,omitempty"`
	Name    string            `json:"agent_name,omitempty"`
	Attempt string            `json:"attempt_id"`
	Reason  string            `json:"reason,omitempty"`
}

func cardOf(c campaigns.Card) Card {
	card := Card{
		Attempt: c.Attempt, State: c.State, Since: c.Since.UTC(), Campaign: c.Campaign.Name, CampaignID: c.Campaign.ID,
		Number: c.Number, Finishing: c.Finishing, Step: c.Step, Zones: notNil(c.Zones), Script: readAsIs(c.Campaign.Script), ScriptVer: c.Campaign.ScriptVer,
		Talk: talkOf(c.Talk), Dispositions: shownOn(c), CardTrade: tradeOf(c), CardInbound: cardInboundOf(c), CardClock: cardClockOf(c), History: make([]Past, len(c.History)),
		Contact: Person{
			ID: c.Contact.ID, External: c.Contact.External, Name: c.Contact.Name, Company: c.Contact.Company,
			Language: c.Contact.Language, Phones: notNil(c.Contact.Phones), Fields: c.Contact.Fields,
		},
	}
	if card.Contact.Fields == nil {
		card.Contact.Fields = map[string]string{}
	}
	if !c.LocalTime.IsZero() {
		card.LocalTime = c.LocalTime.Format(time.RFC3339)
	}
	for i, call := range c.History {
		card.History[i] = pastOf(call, c.Known.Names)
	}
	return card
}

func pastOf(c campaigns.Call, names map[int64]string) Past {
	p := Past{At: c.IntentAt.UTC(), Outcome: c.Outcome, Agent: c.AgentLogin, Name: names[c.Agent], Attempt: c.ID}
	if c.Disposition != nil {
		p.Code, p.Note, p.Reason = c.Disposition.Code, c.Disposition.Note, c.Disposition.Reason
	}
	return p
}

func typesOf(types []campaigns.DispositionType) []DispositionType {
	out := make([]DispositionType, len(types))
	for i, t := range types {
		out[i] = DispositionType{
			Code: t.Code, Label: t.Label, Effect: t.Effect, Delay: Duration(t.Delay), DispositionShown: DispositionShown{Group: t.Group, Key: t.Key, Asks: t.Asks},
		}
	}
	return out
}

type cardOutput struct{ Body Card }

func (s *Server) agentCall(ctx context.Context, _ *struct{}) (*cardOutput, error) {
	card, ok, err := s.Desk.Card(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, &campaigns.Problem{Kind: campaigns.KindNotFound, Code: "no_call", Text: "You have no call at this moment."}
	}
	return &cardOutput{cardOf(card)}, nil
}
