package campaigns

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/campaigns/script"
)

// atHand is the agent's call with its script and walk.
func (s *Scripts) atHand(ctx context.Context, u User) (*scriptCall, error) {
	current, ok := s.Line.Current(u.ID)
	if !ok {
		return nil, errNoCall
	}
	campaign, err := s.Campaigns.Campaign(ctx, current.Campaign)
	if err != nil {
		return nil, fmt.Errorf("campaign of the call at hand: %w", err)
	}
	c := &scriptCall{current: current, campaign: campaign, values: valuesOf(u, campaign, current.Contact, current.Number, zonesOf(current))}
	if err := s.walkOf(ctx, c); err != nil {
		return nil, err
	}
	return c, nil
}

// walkOf reads where the call stands. The version is the one that the call
// began with: a script that changes meanwhile changes no conversation.
func (s *Scripts) walkOf(ctx context.Context, c *scriptCall) error {
	version := c.campaign.ScriptVer
	if c.current.Attempt != "" {
		walk, err := s.Store.Walk(ctx, c.current.Attempt)
		switch {
		case err == nil:
			c.script = s.read(s.sourceOf(ctx, c.campaign, walk.Version))
			if c.script.Fits(walk.Walk) {
				c.walk = walk
				return nil
			}
		case !errors.Is(err, ErrNotFound):
			return fmt.Errorf("walk of attempt %s: %w", c.current.Attempt, err)
		}
		call, err := s.Records.Attempt(ctx, c.current.Attempt)
		if err == nil {
			version = call.ScriptVer
		} else if !errors.Is(err, ErrUnknownAttempt) && !errors.Is(err, ErrNotFound) {
			return fmt.Errorf("attempt %s: %w", c.current.Attempt, err)
		}
	}
	c.fresh = true
	c.script = s.read(s.sourceOf(ctx, c.campaign, version))
	c.walk = CallWalk{Version: version, Walk: c.script.Begin()}
	return nil
}

// sourceOf is the text of a version, or the campaign's of today where the
// version is not kept: it was made by an older forecall, or named by hand.
func (s *Scripts) sourceOf(ctx context.Context, c Campaign, version string) string {
	no, _, _ := strings.Cut(version, ".")
	n, err := strconv.ParseInt(no, 10, 64)
	if version == c.ScriptVer || err != nil {
		return c.Script
	}
	kept, err := s.Store.ScriptVersion(ctx, c.ID, n)
	if err != nil || kept.Name() != version {
		return c.Script
	}
	return kept.Source
}

// valuesOf is what a script may say of a person.
func valuesOf(u User, c Campaign, p Contact, number string, zones []string) script.Values {
	now := time.Now()
	v := script.Values{
		Name: p.Name, Company: p.Company, Number: number, Language: p.Language, Agent: cmp.Or(u.Name, u.Login), Campaign: c.Name, Seller: c.Seller,
		Now: now, Fields: p.Fields,
	}
	if len(zones) > 0 {
		if loc, err := rules.Location(zones[0]); err == nil {
			v.Local = now.In(loc)
		}
	}
	return v
}

// Answered lists what was answered in the script of a call, in its order; the
// disposition of the call keeps it.
func (s *Scripts) Answered(ctx context.Context, attempt string) ([]Answer, error) {
	walk, err := s.Store.Walk(ctx, attempt)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("walk of attempt %s: %w", attempt, err)
	}
	call, err := s.Records.Attempt(ctx, attempt)
	if err != nil {
		return nil, fmt.Errorf("attempt %s: %w", attempt, err)
	}
	campaign, err := s.Campaigns.Campaign(ctx, call.Attempt.Campaign)
	if err != nil {
		return nil, fmt.Errorf("campaign of attempt %s: %w", attempt, err)
	}
	var out []Answer
	for _, g := range s.read(s.sourceOf(ctx, campaign, walk.Version)).Given(walk.Walk) {
		out = append(out, Answer{Question: g.Question, Value: g.Value})
	}
	return out, nil
}

// withScript adds what was answered in the script to a disposition; an answer
// that the agent gives with it stands.
func (d *Desk) withScript(ctx context.Context, in *Disposition) error {
	if d.Scripts == nil {
		return nil
	}
	answered, err := d.Scripts.Answered(ctx, in.Attempt)
	if err != nil {
		return fmt.Errorf("answers in the script of attempt %s: %w", in.Attempt, err)
	}
	for _, a := range answered {
		if !slices.ContainsFunc(in.Answers, func(given Answer) bool { return given.Question == a.Question }) {
			in.Answers = append(in.Answers, a)
		}
	}
	return nil
}
