package campaigns

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ScoreStore keeps scores, one for each call and scorer.
type ScoreStore interface {
	PutScore(ctx context.Context, s Score, by string) error
	Scores(ctx context.Context, attempt string) ([]Score, error)
}

// scoredCalls reads one call.
type scoredCalls interface {
	Attempt(ctx context.Context, id string) (Call, error)
}

// Scoring is how good conversations were.
type Scoring struct {
	store     ScoreStore
	calls     scoredCalls
	campaigns CampaignReader
}

// NewScoring returns the service.
func NewScoring(store ScoreStore, calls scoredCalls, campaigns CampaignReader) *Scoring {
	return &Scoring{store, calls, campaigns}
}

// Sheet is the form of a call's campaign, and the scores it has.
type Sheet struct {
	Form   []ScoreQuestion
	Scores []Score
}

// Sheet returns what is known of the quality of a call. Agents see that of
// their own calls.
func (s *Scoring) Sheet(ctx context.Context, by User, attempt string) (Sheet, error) {
	call, c, err := s.call(ctx, attempt)
	if by.Allow(ScoreCalls) != nil && by.Allow(SeeCalls) != nil {
		if err := by.Allow(DoCalls); err != nil {
			return Sheet{}, err
		}
		if err == nil && call.Agent != by.ID {
			return Sheet{}, fmt.Errorf("score of a call of another agent: %w", ErrForbidden)
		}
	}
	if err != nil {
		return Sheet{}, err
	}
	scores, err := s.store.Scores(ctx, attempt)
	if err != nil {
		return Sheet{}, fmt.Errorf("read scores: %w", err)
	}
	return Sheet{Form: c.ScoreForm, Scores: scores}, nil
}

// Score fills in the form for a call; again replaces what the same scorer said.
// Nobody scores themselves.
func (s *Scoring) Score(ctx context.Context, by User, attempt string, answers []ScoreAnswer, comment string) (Score, error) {
	if err := by.Allow(ScoreCalls); err != nil {
		return Score{}, err
	}
	call, c, err := s.call(ctx, attempt)
	switch {
	case err != nil:
		return Score{}, err
	case call.Agent == 0:
		return Score{}, problem(KindConflict, "no_agent", "No agent had this call, so there is nothing to score.")
	case call.Agent == by.ID:
		return Score{}, problem(KindConflict, "own_call", "Nobody scores their own call.")
	case len(c.ScoreForm) == 0:
		return Score{}, problem(KindConflict, "no_form", "Campaign %q has no scoring form; a manager can add one to its settings.", c.Name)
	case len([]rune(comment)) > 4000:
		return Score{}, problem(KindInvalid, "comment_too_long", "A comment has at most 4000 characters.")
	}
	share, fatal, err := Reckon(c.ScoreForm, answers)
	if err != nil {
		return Score{}, invalid("score_invalid", err)
	}
	score := Score{
		Attempt: attempt, Campaign: c.ID, Agent: call.Agent, CalledAt: call.IntentAt, Scorer: by.ID, By: by.Login, At: time.Now().UTC(),
		Share: share, Fatal: fatal, Comment: comment, Answers: answers, Form: c.ScoreForm,
	}
	if err := s.store.PutScore(ctx, score, by.Login); err != nil {
		return Score{}, fmt.Errorf("store a score: %w", err)
	}
	return score, nil
}

func (s *Scoring) call(ctx context.Context, attempt string) (Call, Campaign, error) {
	call, err := s.calls.Attempt(ctx, attempt)
	if errors.Is(err, ErrUnknownAttempt) {
		return Call{}, Campaign{}, &Problem{Kind: KindNotFound, Code: "call_not_found", Text: "There is no such call.", Cause: err}
	}
	if err != nil {
		return Call{}, Campaign{}, err
	}
	c, err := s.campaigns.Campaign(ctx, call.Campaign)
	return call, c, missing("campaign", err)
}
