package api

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// ruleRoutes is which rules bind the house.
func (s *Server) ruleRoutes() []route {
	return []route{
		do(get, "/v1/rules", compliance, "rules", "The rule sets in force", s.rulesInForce),
		do(get, "/v1/rules/presets", compliance, "rules", "The rule sets that come with the program", s.rulePresets),
		do(get, "/v1/rules/sets/{name}", compliance, "rules", "One rule set with its source: that in force, else the preset", s.ruleSet),
		do(post, "/v1/rules/weigh", compliance, "rules", "Compare a document with the one in force; nothing changes", s.weighRules),
		do(post, "/v1/rules", editRules, "rules", "Put a document in force: at once, or, when it loosens a rule, when a second person approves", s.proposeRules),
		do(post, "/v1/rules/sets/{name}/drop", editRules, "rules", "Ask to take a rule set out of force", s.dropRules),
		do(get, "/v1/rules/requests", compliance, "rules", "What waits for a second person, and what was decided", s.ruleRequests),
		do(post, "/v1/rules/requests/{id}/approve", approveRules, "rules", "Approve what somebody else asked for", s.approveRules),
		do(post, "/v1/rules/requests/{id}/refuse", compliance, "rules", "Refuse a request, or withdraw one's own", s.refuseRules),
		do(get, "/v1/rules/history", compliance, "rules", "Every change of the rules, and what was loosened", s.ruleHistory),
	}
}

// RuleSet is a document of rules.
type RuleSet struct {
	ID         string    `json:"id"`
	Title      string    `json:"title"`
	Version    int       `json:"version"`
	SHA256     string    `json:"sha256"`
	Rules      int       `json:"rules"`
	Advisory   int       `json:"advisory" doc:"Rules that are shown and do not refuse: unverified."`
	ReviewedOn string    `json:"reviewed_on"`
	ReviewedBy string    `json:"reviewed_by,omitempty"`
	Stale      bool      `json:"stale" doc:"Nobody compared it with the law for 180 days."`
	Since      time.Time `json:"since,omitzero" doc:"In force since; absent: it is not."`
	By         string    `json:"by,omitempty"`
	ApprovedBy string    `json:"approved_by,omitempty"`
	Reason     string    `json:"reason,omitempty"`
	Source     string    `json:"source,omitempty"`
}

func ruleSetOf(set *rules.Set) RuleSet {
	out := RuleSet{ID: set.ID, Title: set.Title, Version: set.Version, SHA256: set.SHA256, Rules: len(set.Rules), ReviewedOn: set.ReviewedOn, ReviewedBy: set.ReviewedBy}
	for _, r := range set.Rules {
		if !r.Status.Binds() {
			out.Advisory++
		}
	}
	return out
}

type ruleSetsOutput struct {
	Body struct {
		Sets []RuleSet `json:"sets"`
	}
}

func (s *Server) rulesInForce(ctx context.Context, _ *struct{}) (*ruleSetsOutput, error) {
	all, err := s.RuleDesk.InForce(ctx, who(ctx))
	out := &ruleSetsOutput{}
	out.Body.Sets = make([]RuleSet, len(all))
	for i, f := range all {
		set := ruleSetOf(f.Document)
		set.Stale, set.Since, set.By, set.ApprovedBy, set.Reason = f.Stale, utc(f.At), f.By, f.ApprovedBy, f.Reason
		out.Body.Sets[i] = set
	}
	return out, err
}

func (s *Server) rulePresets(context.Context, *struct{}) (*ruleSetsOutput, error) {
	out := &ruleSetsOutput{}
	out.Body.Sets = []RuleSet{}
	for _, set := range rules.Presets() {
		out.Body.Sets = append(out.Body.Sets, ruleSetOf(set))
	}
	return out, nil
}

type ruleSetInput struct {
	Name string `path:"name" maxLength:"64"`
}

type ruleSetOutput struct{ Body RuleSet }

func (s *Server) ruleSet(ctx context.Context, in *ruleSetInput) (*ruleSetOutput, error) {
	set, err := s.RuleDesk.RuleSet(ctx, who(ctx), in.Name, nil)
	if err != nil {
		return nil, err
	}
	out := &ruleSetOutput{ruleSetOf(set)}
	out.Body.Source = string(set.Source)
	return out, nil
}

type weighInput struct {
	Body struct {
		Source string `json:"source" maxLength:"1000000" doc:"YAML."`
	}
}

type weighOutput struct {
	Body struct {
		Set     RuleSet        `json:"set"`
		Loosens bool           `json:"loosens" doc:"It needs a second person."`
		Changes []rules.Change `json:"changes"`
	}
}

func (s *Server) weighRules(ctx context.Context, in *weighInput) (*weighOutput, error) {
	w, err := s.RuleDesk.Weigh(ctx, who(ctx), []byte(in.Body.Source))
	if err != nil {
		return nil, err
	}
	out := &weighOutput{}
	out.Body.Set, out.Body.Loosens, out.Body.Changes = ruleSetOf(w.Document), w.Loosens, notNil(w.Changes)
	return out, nil
}

type proposeInput struct {
	Body struct {
		Source string `json:"source" maxLength:"1000000" doc:"YAML."`
		Reason string `json:"reason" maxLength:"4000"`
	}
}

type proposeOutput struct {
	Body struct {
		InForce bool                   `json:"in_force" doc:"False: it waits for a second person."`
		Request *campaigns.RuleRequest `json:"request,omitempty"`
	}
}

func proposed(r *campaigns.RuleRequest, err error) (*proposeOutput, error) {
	out := &proposeOutput{}
	out.Body.InForce, out.Body.Request = r == nil, r
	return out, err
}

func (s *Server) proposeRules(ctx context.Context, in *proposeInput) (*proposeOutput, error) {
	return proposed(s.RuleDesk.Propose(ctx, who(ctx), []byte(in.Body.Source), in.Body.Reason))
}

type dropRulesInput struct {
	Name string `path:"name" maxLength:"64"`
	Body struct {
		Reason string `json:"reason" maxLength:"4000"`
	}
}

func (s *Server) dropRules(ctx context.Context, in *dropRulesInput) (*proposeOutput, error) {
	return proposed(s.RuleDesk.Drop(ctx, who(ctx), in.Name, in.Body.Reason))
}

type requestsOutput struct {
	Body struct {
		Waiting []campaigns.RuleRequest `json:"waiting"`
		Decided []campaigns.RuleRequest `json:"decided"`
	}
}

func (s *Server) ruleRequests(ctx context.Context, _ *struct{}) (*requestsOutput, error) {
	waiting, decided, err := s.RuleDesk.Requests(ctx, who(ctx))
	out := &requestsOutput{}
	out.Body.Waiting, out.Body.Decided = notNil(waiting), notNil(decided)
	return out, err
}

type decideInput struct {
	ID   int64 `path:"id" minimum:"1"`
	Body struct {
		Word string `json:"word,omitempty" maxLength:"4000"`
	}
}

func (s *Server) approveRules(ctx context.Context, in *decideInput) (*struct{}, error) {
	return nil, s.RuleDesk.Approve(ctx, who(ctx), in.ID, in.Body.Word)
}

func (s *Server) refuseRules(ctx context.Context, in *decideInput) (*struct{}, error) {
	return nil, s.RuleDesk.Refuse(ctx, who(ctx), in.ID, in.Body.Word)
}

type historyOutput struct {
	Body struct {
		Adoptions  []campaigns.Adoption  `json:"adoptions"`
		Loosenings []campaigns.Loosening `json:"loosenings"`
	}
}

func (s *Server) ruleHistory(ctx context.Context, _ *struct{}) (*historyOutput, error) {
	all, err := s.RuleDesk.History(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	looser, err := s.RuleDesk.Loosenings(ctx)
	out := &historyOutput{}
	out.Body.Adoptions, out.Body.Loosenings = notNil(all), notNil(looser)
	return out, err
}
