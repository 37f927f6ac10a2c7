package campaigns

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/forecall/forecall/campaigns/script"
)

// OwnWords is what an agent writes beside the official text of a step.
type OwnWords struct {
	Campaign string // name; empty = that of the call at hand
	Step     string // or objection; empty = where the agent stands
	Language string // empty = as the script is read to the person
	Text     string // empty takes the own wording away
}

// PutWording keeps how an agent says a step. It stands beside the official text
// and replaces it for nobody else.
func (s *Scripts) PutWording(ctx context.Context, u User, in OwnWords) (Wording, error) {
	if err := u.Allow(DoCalls); err != nil {
		return Wording{}, err
	}
	c, sc, err := s.wordingOf(ctx, u, &in)
	if err != nil {
		return Wording{}, err
	}
	if sc.Step(in.Step) == nil && sc.Objection(in.Step) == nil {
		return Wording{}, problem(KindNotFound, "step_not_found", "The script of campaign %q has no step %q.", c.Name, in.Step)
	}
	text := strings.TrimSpace(in.Text)
	if err := script.CheckOwn(text); err != nil {
		return Wording{}, problem(KindInvalid, "wording_invalid", "Your wording is not right: %s.", script.Faults(err)[0].Sentence())
	}
	w := Wording{
		Campaign: c.ID, Agent: u.ID, Login: u.Login, Step: in.Step, Language: in.Language, Text: text,
		Official: script.Hash(sc.Official(in.Step, in.Language)),
	}
	kept, err := s.Store.PutWording(ctx, w)
	if err != nil {
		return Wording{}, fmt.Errorf("keep the wording of agent %d: %w", u.ID, err)
	}
	return kept, nil
}

// wordingOf finds the script that a wording is for, and fills in what it leaves
// to the call at hand.
func (s *Scripts) wordingOf(ctx context.Context, u User, in *OwnWords) (Campaign, *script.Script, error) {
	if in.Campaign != "" {
		if !slices.Contains(u.Campaigns, in.Campaign) {
			return Campaign{}, nil, problem(KindForbidden, "campaign_not_yours", "You do not work for campaign %q.", in.Campaign)
		}
		c, err := s.Campaigns.CampaignByName(ctx, in.Campaign)
		if err != nil {
			return Campaign{}, nil, missing("campaign", err)
		}
		sc := s.read(c.Script)
		in.Language = sc.Language(in.Language, c.Language)
		return c, sc, nil
	}
	call, err := s.atHand(ctx, u)
	if err != nil {
		return Campaign{}, nil, err
	}
	if in.Step == "" {
		in.Step = call.walk.Walk.At()
	}
	in.Language = call.script.Language(in.Language, call.current.Contact.Language, call.campaign.Language)
	return call.campaign, call.script, nil
}

// Wordings lists the own wordings of all agents of a campaign, for its
// managers. What was written beside another official text is outdated.
func (s *Scripts) Wordings(ctx context.Context, by User, campaign int64) ([]Wording, error) {
	if err := by.Allow(EditCampaigns); err != nil {
		return nil, err
	}
	c, err := s.Campaigns.Campaign(ctx, campaign)
	if err != nil {
		return nil, missing("campaign", err)
	}
	return s.marked(ctx, c, 0)
}

// OwnWordings lists those of the agent who asks, in a campaign of theirs.
func (s *Scripts) OwnWordings(ctx context.Context, u User, campaign string) ([]Wording, error) {
	if err := u.Allow(DoCalls); err != nil {
		return nil, err
	}
	c, _, err := s.wordingOf(ctx, u, &OwnWords{Campaign: campaign})
	if err != nil {
		return nil, err
	}
	return s.marked(ctx, c, u.ID)
}

func (s *Scripts) marked(ctx context.Context, c Campaign, agent int64) ([]Wording, error) {
	list, err := s.Store.Wordings(ctx, c.ID, agent)
	if err != nil {
		return nil, fmt.Errorf("own wordings in campaign %d: %w", c.ID, err)
	}
	sc := s.read(c.Script)
	for i, w := range list {
		list[i].Outdated = w.Official != script.Hash(sc.Official(w.Step, w.Language))
	}
	return list, nil
}
