package campaigns

import "github.com/forecall/forecall/campaigns/rules"

// The kinds of people a campaign calls (16 CFR 310.5(a)(2)(iv)).
const (
	PartyConsumer = "consumer"
	PartyBusiness = "business"
)

// PartyKind is whom the campaign calls; consumers, whom the law protects most,
// when it does not say.
func (c Campaign) PartyKind() string {
	if c.Party == "" {
		return PartyConsumer
	}
	return c.Party
}

// Terms are what the rules ask of the campaign. Its safe-harbour message always
// takes an opt-out by key; machines are not told from people by ear; calls are
// spoken by agents.
func (c Campaign) Terms() rules.Terms {
	recording := c.Recording.Mode
	if recording == "" {
		recording = RecordOff
	}
	message := c.SafeHarbor != "" || len(c.SafeHarbors) > 0
	return rules.Terms{
		Campaign: c.ID, Seller: c.Seller, Purpose: c.Purpose, Subject: c.Subject, Goods: c.Goods, Mode: string(c.Mode), Party: c.PartyKind(),
		Windows: c.Windows, Margin: c.RingTime + c.Hold, RingTime: c.RingTime, Hold: c.Hold, MaxTries: c.MaxAttempts, Cooldown: c.Cooldown,
		Message: message, OptOut: message, Recording: string(recording),
	}
}
