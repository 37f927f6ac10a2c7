package api

import (
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// Campaign is what a manager sets: who is called, when, how fast, and what
// happens after each outcome.
type Campaign struct {
	ID     int64            `json:"id"`
	Name   string           `json:"name"`
	Status campaigns.Status `json:"status" enum:"draft,running,paused,draining,stopped"`
	Mode   campaigns.Mode   `json:"mode" enum:"preview,progressive,predictive"`

	Priority     int                             `json:"priority"`
	Seller       string                          `json:"seller"`
	Telemarketer string                          `json:"telemarketer"`
	Purpose      string                          `json:"purpose"`
	Goods        string                          `json:"goods_or_service"`
	Subject      string                          `json:"subject_key"`
	Language     string                          `json:"language"`
	Zone         string                          `json:"zone" doc:"IANA time zone in which legal periods begin and end; fixed by the first call. Empty is UTC."`
	Windows      map[string][]string             `json:"windows" doc:"Calling windows by weekday, in the contact's own time zone."`
	Retry        map[campaigns.Outcome]RetryRule `json:"retry" doc:"What follows each outcome; one that is absent ends the contact."`
	MaxAttempts  int                             `json:"max_attempts"`
	Cooldown     Duration                        `json:"cooldown"`
	CallerIDs    []string                        `json:"caller_ids"`
	CallerPools  []string                        `json:"caller_pools"`
	Trunks       []string                        `json:"trunks"`
	RingTime     Duration                        `json:"ring_time"`
	Hold         Duration                        `json:"hold"`
	Cap          float64                         `json:"cap" doc:"Abandoned over answered by a person: 0.03 is 3 %."`
	Target       float64                         `json:"target"`
	MaxLines     int                             `json:"max_lines"`
	BestTime     bool                            `json:"best_time" doc:"Best time to call: people are called when they are most likely to answer, as learned from the campaign's own calls."`
	Ceiling      float64                         `json:"ceiling" doc:"Sustained occupancy of an agent: 0.85 is 85 %; above it, short rests are given. 0 is none."`
	Cancel       bool                            `json:"cancel" doc:"Withdraw calls that would find no free agent, after the legal ring time."`
	WrapUp       Duration                        `json:"wrap_up"`
	SafeHarbor   string                          `json:"safe_harbor" doc:"Message when no agent is free."`
	SafeHarbors  map[string]string               `json:"safe_harbors" doc:"The same in further languages."`
	Script       string                          `json:"script"`
	ScriptVer    string                          `json:"script_version"`
	Dispositions []DispositionType               `json:"dispositions"`
	CampaignTrade
	CampaignOffice
	CampaignInbound
	CampaignTalk
	Consent   campaigns.ConsentAsk `json:"consent" doc:"The words that agents read out to ask for permission to call again, and how long it holds."`
	Schedule  []campaigns.Job      `json:"schedule"`
	CreatedAt time.Time            `json:"created_at"`
}

// RetryRule says what happens to a contact after an outcome.
type RetryRule struct {
	Delay     Duration `json:"delay,omitempty"`
	Max       int      `json:"max,omitempty" minimum:"0" maximum:"1000" doc:"Tries ended so, after which the contact is done; 0 leaves it to max_attempts."`
	NextPhone bool     `json:"next_phone,omitempty" doc:"Another phone of the contact next."`
}

// CampaignChange is the settings to set; what is absent stays, or has the
// default of a new campaign.
type CampaignChange struct {
	Name         *string              `json:"name,omitempty" maxLength:"64"`
	Mode         *string              `json:"mode,omitempty" enum:"preview,progressive,predictive"`
	Priority     *int                 `json:"priority,omitempty"`
	Seller       *string              `json:"seller,omitempty" maxLength:"500"`
	Telemarketer *string              `json:"telemarketer,omitempty" maxLength:"500"`
	Purpose      *string              `json:"purpose,omitempty" maxLength:"100"`
	Zone         *string              `json:"zone,omitempty" maxLength:"64"`
	Goods        *string              `json:"goods_or_service,omitempty" maxLength:"500"`
	Subject      *string              `json:"subject_key,omitempty" maxLength:"100"`
	Language     *string              `json:"language,omitempty" maxLength:"35"`
	Windows      map[string][]string  `json:"windows,omitempty" doc:"As {\"mon-fri\": [\"09:00-13:00\", \"14:00-20:00\"]}."`
	Retry        map[string]RetryRule `json:"retry,omitempty"`
	MaxAttempts  *int                 `json:"max_attempts,omitempty" minimum:"1" maximum:"100"`
	Cooldown     *Duration            `json:"cooldown,omitempty"`
	CallerIDs    []string             `json:"caller_ids,omitempty" maxItems:"1000"`
	CallerPools  []string             `json:"caller_pools,omitempty" maxItems:"100" doc:"Pools whose numbers are shown as well."`
	Trunks       []string             `json:"trunks,omitempty" maxItems:"100"`
	RingTime     *Duration            `json:"ring_time,omitempty"`
	Hold         *Duration            `json:"hold,omitempty"`
	Cap          *float64             `json:"cap,omitempty" minimum:"0" maximum:"1"`
	Target       *float64             `json:"target,omitempty" minimum:"0" maximum:"1"`
	MaxLines     *int                 `json:"max_lines,omitempty" minimum:"0"`
	BestTime     *bool                `json:"best_time,omitempty"`
	Ceiling      *float64             `json:"ceiling,omitempty" minimum:"0" maximum:"1" doc:"0, or 0.5 to 1."`
	Cancel       *bool                `json:"cancel,omitempty"`
	WrapUp       *Duration            `json:"wrap_up,omitempty"`
	SafeHarbor   *string              `json:"safe_harbor,omitempty" maxLength:"500" doc:"Name of a WAV file in the folder prompts of the data folder; empty for none."`
	SafeHarbors  map[string]string    `json:"safe_harbors,omitempty" maxProperties:"50" doc:"The same by language (BCP 47), as {\"es\": \"es.wav\"}; replaces all."`
	Script       *string              `json:"script,omitempty" maxLength:"200000"`
	ScriptVer    *string              `json:"script_version,omitempty" maxLength:"100" doc:"Not taken: forecall names each version itself."`
	Dispositions []DispositionType    `json:"dispositions,omitempty" maxItems:"100"`
	TradeChange
	OfficeChange
	InboundChange
	TalkChange
	Consent  *campaigns.ConsentAsk `json:"consent,omitempty"`
	Schedule []campaigns.Job       `json:"schedule,omitempty" maxItems:"100"`
}

func campaignOf(c campaigns.Campaign) Campaign {
	out := Campaign{
		ID: c.ID, Name: c.Name, Status: c.Status, Mode: c.Mode, Priority: c.Priority,
		Seller: c.Seller, Telemarketer: c.Telemarketer, Purpose: c.Purpose, Goods: c.Goods, Subject: c.Subject, Language: c.Language, Zone: c.Zone,
		Windows: c.Windows.Days(), Retry: make(map[campaigns.Outcome]RetryRule, len(c.Retry)),
		MaxAttempts: c.MaxAttempts, Cooldown: Duration(c.Cooldown), CallerIDs: notNil(c.CallerIDs), CallerPools: notNil(c.CallerPools), Trunks: notNil(c.Trunks),
		RingTime: Duration(c.RingTime), Hold: Duration(c.Hold), Cap: c.Cap, Target: c.Target, MaxLines: c.MaxLines,
		BestTime: c.KnowOdds, Ceiling: c.Ceiling, Cancel: c.Cancel,
		WrapUp: Duration(c.WrapUp), SafeHarbor: c.SafeHarbor, SafeHarbors: c.SafeHarbors, Script: c.Script, ScriptVer: c.ScriptVer,
		Dispositions: typesOf(c.Dispositions), CampaignTrade: campaignTradeOf(c), CampaignOffice: campaignOfficeOf(c), CampaignInbound: campaignInboundOf(c), CampaignTalk: campaignTalkOf(c), Consent: c.Consent, Schedule: notNil(c.Schedule), CreatedAt: c.CreatedAt.UTC(),
	}
	if out.SafeHarbors == nil {
		out.SafeHarbors = map[string]string{}
	}
	for o, r := range c.Retry {
		out.Retry[o] = RetryRule{Delay: Duration(r.Delay), Max: r.Max, NextPhone: r.NextPhone}
	}
	return out
}

// apply sets what is given on a campaign.
func (ch CampaignChange) apply(c *campaigns.Campaign) error {
	set(&c.Name, ch.Name)
	set(&c.Priority, ch.Priority)
	set(&c.Seller, ch.Seller)
	set(&c.Telemarketer, ch.Telemarketer)
	set(&c.Purpose, ch.Purpose)
	set(&c.Zone, ch.Zone)
	set(&c.Goods, ch.Goods)
	set(&c.Subject, ch.Subject)
	set(&c.Language, ch.Language)
	set(&c.MaxAttempts, ch.MaxAttempts)
	set(&c.Cap, ch.Cap)
	set(&c.Target, ch.Target)
	set(&c.MaxLines, ch.MaxLines)
	set(&c.KnowOdds, ch.BestTime)
	set(&c.Ceiling, ch.Ceiling)
	set(&c.Cancel, ch.Cancel)
	set(&c.Script, ch.Script)
	set(&c.Consent, ch.Consent)
	set(&c.ScriptVer, ch.ScriptVer)
	set(&c.Cooldown, (*time.Duration)(ch.Cooldown))
	set(&c.RingTime, (*time.Duration)(ch.RingTime))
	set(&c.Hold, (*time.Duration)(ch.Hold))
	set(&c.WrapUp, (*time.Duration)(ch.WrapUp))
	set(&c.Mode, (*campaigns.Mode)(ch.Mode))
	setList(&c.CallerIDs, ch.CallerIDs)
	setList(&c.CallerPools, ch.CallerPools)
	setList(&c.Trunks, ch.Trunks)
	setList(&c.Schedule, ch.Schedule)
	ch.applyTrade(c)
	ch.applyOffice(c)
	if err := ch.applyInbound(c); err != nil {
		return err
	}
	if err := ch.applyTalk(c); err != nil {
		return err
	}
	if err := ch.applyPrompts(c); err != nil {
		return err
	}
	return ch.applyRules(c)
}

// applyRules sets windows, retry rules and dispositions.
func (ch CampaignChange) applyRules(c *campaigns.Campaign) error {
	if ch.Windows != nil {
		w, err := rules.ParseWeek(ch.Windows)
		if err != nil {
			return &campaigns.Problem{Kind: campaigns.KindInvalid, Code: "windows_invalid", Text: err.Error()}
		}
		c.Windows = w
	}
	if ch.Retry != nil {
		c.Retry = make(map[campaigns.Outcome]campaigns.RetryRule, len(ch.Retry))
		for o, r := range ch.Retry {
			c.Retry[campaigns.Outcome(o)] = campaigns.RetryRule{Delay: time.Duration(r.Delay), Max: r.Max, NextPhone: r.NextPhone}
		}
	}
	if ch.Dispositions != nil {
		c.Dispositions = make([]campaigns.DispositionType, len(ch.Dispositions))
		for i, t := range ch.Dispositions {
			c.Dispositions[i] = campaigns.DispositionType{
				Code: t.Code, Label: t.Label, Effect: t.Effect, Delay: time.Duration(t.Delay), Group: t.Group, Key: t.Key, Asks: t.Asks,
			}
		}
	}
	return nil
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func setList[T any](to *[]T, from []T) {
	if from != nil {
		*to = from
	}
}
