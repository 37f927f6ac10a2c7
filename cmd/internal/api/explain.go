package api

import (
	"context"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/odds"
	"github.com/forecall/forecall/campaigns/rules"
)

// Explanation says why a number is called by a campaign at a time, or is not.
type Explanation struct {
	Number     string           `json:"number"`
	Campaign   string           `json:"campaign"`
	CampaignID int64            `json:"campaign_id"`
	At         time.Time        `json:"at"`
	Status     campaigns.Status `json:"status"`
	BestTime   bool             `json:"best_time" doc:"The campaign calls people when they are most likely to answer."`
	Allowed    bool             `json:"allowed" doc:"It may be called at that time."`
	Summary    string           `json:"summary" doc:"Why it is called or not, in a sentence."`
	DoNotCall  bool             `json:"do_not_call"`
	Contacts   []Explained      `json:"contacts" doc:"The campaign's contacts with this number."`
	Verdicts   []rules.Verdict  `json:"verdicts" doc:"Of the rules, for the number alone; when there is no such contact."`

	Place    campaigns.Whereabouts    `json:"place,omitzero" doc:"Of the number alone: jurisdictions, and the time in every zone."`
	Next     time.Time                `json:"next,omitzero" doc:"When all rules allow it, of the number alone."`
	Rulebook campaigns.Rulebook       `json:"rulebook" doc:"The rule sets in force, and the hash of all of them together."`
	Past     []campaigns.PastDecision `json:"past" doc:"What was decided of the number before, newest first."`
}

// Verdict is the explanation in two words.
func (e Explanation) Verdict() string {
	switch {
	case !e.Allowed:
		return "Not called"
	case e.Status != campaigns.Running:
		return "Allowed"
	}
	return "May be called"
}

// Explained is one contact with the number.
type Explained struct {
	Contact    int64           `json:"contact_id"`
	Name       string          `json:"name"`
	List       string          `json:"list"`
	ListActive bool            `json:"list_active"`
	Phone      int             `json:"phone" doc:"Which of the contact's phones the number is; 1 is the first."`
	Turn       bool            `json:"turn" doc:"This phone is the one to be called next."`
	State      string          `json:"state" doc:"Where the contact stands, in a sentence."`
	Allowed    bool            `json:"allowed"`
	Next       time.Time       `json:"next,omitzero" doc:"When it may be called, as far as the rules alone decide."`
	Verdicts   []rules.Verdict `json:"verdicts"`
	Chance     odds.Chance     `json:"chance" doc:"How likely an answer is at that time, and why."`
	Hours      []HourChance    `json:"hours" doc:"The next 24 hours."`

	Place        campaigns.Whereabouts `json:"place" doc:"Jurisdictions of number and address, and the time in every zone."`
	ReservedOnly bool                  `json:"reserved_only,omitempty" doc:"A call would be allowed with an agent who is reserved for it alone."`
}

// Learned tells whether enough calls have ended to tell contacts and hours apart.
func (x Explained) Learned() bool {
	return len(x.Chance.Why) > 0 && x.Chance.Why[0].Name != odds.NotEnough
}

// HourChance is how likely an answer is in an hour.
type HourChance struct {
	At     time.Time `json:"at"`
	Local  string    `json:"local" doc:"There."`
	Open   bool      `json:"open" doc:"The calling window is open."`
	Answer float64   `json:"answer"`
	Odds   float64   `json:"odds" doc:"Against the campaign's mean."`
}

// ExplanationOf is an explanation as clients see it.
func ExplanationOf(e campaigns.Explanation) Explanation {
	return Explanation{
		Number: e.Number, Campaign: e.Campaign, CampaignID: e.CampaignID, At: e.At.UTC(), Status: e.Status, BestTime: e.KnowOdds,
		Allowed: e.Allowed, Summary: e.Summary, DoNotCall: e.DoNotCall, Contacts: each(e.Contacts, explainedOf), Verdicts: verdictsOf(e.Verdicts),
		Place: e.Place, Next: utc(e.Next), Rulebook: e.Rulebook, Past: e.Past,
	}
}

func explainedOf(x campaigns.Explained) Explained {
	c := x.Chance
	c.Answer, c.Mean, c.Odds, c.Trials = rounded(c.Answer, 4), rounded(c.Mean, 4), rounded(c.Odds, 3), rounded(c.Trials, 1)
	c.Why = each(c.Why, func(f odds.Factor) odds.Factor {
		f.Times, f.Trials = rounded(f.Times, 3), rounded(f.Trials, 1)
		return f
	})
	return Explained{
		Contact: x.Contact.ID, Name: x.Contact.Name, List: x.List, ListActive: x.ListActive, Phone: x.Phone + 1, Turn: x.Turn, State: x.State,
		Allowed: x.Allowed, Next: utc(x.Next), Verdicts: verdictsOf(x.Verdicts), Chance: c, Place: x.Place, ReservedOnly: x.Reserved,
		Hours: each(x.Hours, func(h campaigns.HourChance) HourChance {
			return HourChance{At: h.At.UTC(), Local: h.Local, Open: h.Open, Answer: rounded(h.Answer, 4), Odds: rounded(h.Odds, 3)}
		}),
	}
}

func verdictsOf(list []rules.Verdict) []rules.Verdict {
	return each(list, func(v rules.Verdict) rules.Verdict {
		v.Next = utc(v.Next)
		return v
	})
}

type explainInput struct {
	ByID
	Number string    `query:"number" required:"true" minLength:"2" maxLength:"40" doc:"E.164, as +34600111222; the plus may be left out."`
	At     time.Time `query:"at" doc:"When; now when absent."`
}

type explainOutput struct{ Body Explanation }

// explain says why a number is called, or is not.
func (s *Server) explain(ctx context.Context, in *explainInput) (*explainOutput, error) {
	e, err := s.Lookup.Explain(ctx, who(ctx), in.ID, Dialed(in.Number), in.At)
	if err != nil {
		return nil, err
	}
	return &explainOutput{ExplanationOf(e)}, nil
}

// Dialed is a number as people write it, as E.164 where it is only a matter of blanks, dashes and the plus: a plus in an
// address that nobody escaped arrives as a blank.
func Dialed(text string) string {
	text = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \u00a0-./()", r) {
			return -1
		}
		return r
	}, text)
	if text != "" && strings.Trim(text, "0123456789") == "" && text[0] != '0' {
		return "+" + text
	}
	return text
}
