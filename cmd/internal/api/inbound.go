package api

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// CardInbound is what a card says of how the call comes about.
type CardInbound struct {
	Direction string    `json:"direction" enum:"inbound,outbound" doc:"Inbound: the person called us."`
	DialAt    time.Time `json:"dial_at,omitzero" doc:"When the number of a card is dialed by itself; absent: by your key alone."`
}

func cardInboundOf(c campaigns.Card) CardInbound {
	out := CardInbound{Direction: "outbound", DialAt: c.DialAt}
	if c.Inbound {
		out.Direction = "inbound"
	}
	return out
}

// CampaignInbound is what a campaign sets of people who call it, of numbers
// typed by hand, and of cards and callbacks.
type CampaignInbound struct {
	Inbound       InboundPolicy `json:"inbound"`
	ManualDial    bool          `json:"manual_dial" doc:"Agents who may, call numbers that they type."`
	PreviewDial   Duration      `json:"preview_dial" doc:"How long a card is looked at before its number is dialed by itself; 0s: by key alone."`
	CallbackGrace Duration      `json:"callback_grace" doc:"How long past its time a callback agreed with one agent waits for that agent, before anybody takes it."`
}

// InboundPolicy is how callers are served.
type InboundPolicy struct {
	Off           bool     `json:"off" doc:"Calls to the campaign's numbers are refused."`
	Queue         Duration `json:"queue" doc:"Longest wait for an agent; then a call back is offered."`
	Places        int      `json:"places" minimum:"0" maximum:"1000" doc:"Callers who may wait at once; the next hears that we are busy."`
	LastAgentWait Duration `json:"last_agent_wait" doc:"How long to wait for the agent who talked to the person last."`
	Greeting      string   `json:"greeting" maxLength:"500" doc:"Name of a WAV file among the prompts; empty: the house's words."`
	Closed        string   `json:"closed" maxLength:"500" doc:"The same, when nobody is signed in."`
}

// InboundChange is what of it is to be set; what is absent stays.
type InboundChange struct {
	Inbound       *InboundPolicyChange `json:"inbound,omitempty"`
	ManualDial    *bool                `json:"manual_dial,omitempty"`
	PreviewDial   *Duration            `json:"preview_dial,omitempty"`
	CallbackGrace *Duration            `json:"callback_grace,omitempty"`
}

// InboundPolicyChange is what is to be set of how callers are served.
type InboundPolicyChange struct {
	Off           *bool     `json:"off,omitempty"`
	Queue         *Duration `json:"queue,omitempty"`
	Places        *int      `json:"places,omitempty" minimum:"0" maximum:"1000"`
	LastAgentWait *Duration `json:"last_agent_wait,omitempty"`
	Greeting      *string   `json:"greeting,omitempty" maxLength:"500"`
	Closed        *string   `json:"closed,omitempty" maxLength:"500"`
}

func campaignInboundOf(c campaigns.Campaign) CampaignInbound {
	p := c.Inbound.Filled()
	return CampaignInbound{
		Inbound: InboundPolicy{
			Off: p.Off, Queue: Duration(p.Queue), Places: p.Places, LastAgentWait: Duration(p.LastAgentWait), Greeting: p.Greeting, Closed: p.Closed,
		},
		ManualDial: c.ManualDial, PreviewDial: Duration(c.PreviewDial), CallbackGrace: Duration(c.Grace()),
	}
}

func (ch InboundChange) applyInbound(c *campaigns.Campaign) error {
	set(&c.ManualDial, ch.ManualDial)
	set(&c.PreviewDial, (*time.Duration)(ch.PreviewDial))
	set(&c.CallbackGrace, (*time.Duration)(ch.CallbackGrace))
	p := ch.Inbound
	if p == nil {
		return nil
	}
	set(&c.Inbound.Off, p.Off)
	set(&c.Inbound.Queue, (*time.Duration)(p.Queue))
	set(&c.Inbound.Places, p.Places)
	set(&c.Inbound.LastAgentWait, (*time.Duration)(p.LastAgentWait))
	for _, file := range []struct {
		field  string
		to     *string
		change *string
	}{{"inbound.greeting", &c.Inbound.Greeting, p.Greeting}, {"inbound.closed", &c.Inbound.Closed, p.Closed}} {
		if name := file.change; name != nil && *name != "" && *name != *file.to && !plainFile.MatchString(*name) {
			return promptProblem(file.field)
		}
		set(file.to, file.change)
	}
	return nil
}

type dialNumberInput struct {
	Body struct {
		Campaign string `json:"campaign" minLength:"1" maxLength:"64" doc:"Name of one of your campaigns that allows it."`
		Number   string `json:"number" minLength:"1" maxLength:"64" doc:"As people write it; without a country code it belongs to the country of the campaign's caller ID."`
		Look     bool   `json:"look,omitempty" doc:"Show the card first; dial it with your key, or skip it."`
	}
}

type dialNumberOutput struct {
	Body struct {
		Number string `json:"number" doc:"E.164, as it is dialed."`
		Region string `json:"region,omitempty"`
	}
}

// dialNumber calls a number that the agent typed.
func (s *Server) dialNumber(ctx context.Context, in *dialNumberInput) (*dialNumberOutput, error) {
	phone, err := s.Manual.Dial(ctx, who(ctx), in.Body.Campaign, in.Body.Number, in.Body.Look)
	if err != nil {
		return nil, err
	}
	out := &dialNumberOutput{}
	out.Body.Number, out.Body.Region = phone.Number, phone.Region
	return out, nil
}
