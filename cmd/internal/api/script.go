package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/script"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// CallScript is where an agent stands in the script of a call.
type CallScript struct {
	Version    string         `json:"version" doc:"As the call log names it."`
	Title      string         `json:"title,omitempty"`
	Languages  []string       `json:"languages" doc:"That it is written in; the first is the default."`
	Objections []script.Shout `json:"objections" doc:"What a person may say, each one key away."`
	Step       ScriptStep     `json:"step"`
}

// ScriptStep is a step, or an objection, as it is shown.
type ScriptStep struct {
	script.Page
	Own         string         `json:"own,omitempty" doc:"Your own wording of the step, as you wrote it."`
	OwnBlocks   []script.Block `json:"own_blocks,omitempty" doc:"The same with its fields filled."`
	OwnOutdated bool           `json:"own_outdated,omitempty" doc:"The official text has changed since you wrote it."`
}

func callScriptOf(v campaigns.ScriptView) CallScript {
	out := CallScript{
		Version: v.Version, Title: v.Title, Languages: notNil(v.Languages), Objections: notNil(v.Objections), Step: ScriptStep{Page: v.Page},
	}
	out.Step.Blocks = notNil(out.Step.Blocks)
	if v.Own != nil {
		out.Step.Own, out.Step.OwnBlocks, out.Step.OwnOutdated = v.Own.Text, v.Own.Blocks, v.Own.Outdated
	}
	return out
}

type callScriptOutput struct{ Body CallScript }

type callScriptInput struct {
	Lang string `query:"lang" maxLength:"35" doc:"BCP 47; else the contact's language, else the campaign's."`
}

func (s *Server) callScript(ctx context.Context, in *callScriptInput) (*callScriptOutput, error) {
	return callScriptAnswer(s.Scripts.Script(ctx, who(ctx), in.Lang))
}

type moveScriptInput struct {
	Lang string `query:"lang" maxLength:"35"`
	Body struct {
		Step    string         `json:"step,omitempty" maxLength:"64" doc:"That you see. From one that was left already nothing moves, so that a second click does no harm."`
		Answers map[string]any `json:"answers,omitempty" maxProperties:"200" doc:"By question: a text, a number, a list of options; null takes an answer away."`
		Go      string         `json:"go,omitempty" maxLength:"64" doc:"next, back, or the id of an objection; absent: the answers are kept and nothing moves."`
	}
}

func (s *Server) moveScript(ctx context.Context, in *moveScriptInput) (*callScriptOutput, error) {
	return callScriptAnswer(s.Scripts.Move(ctx, who(ctx), campaigns.ScriptMove{
		Step: in.Body.Step, Answers: in.Body.Answers, Go: in.Body.Go, Language: in.Lang,
	}))
}

func callScriptAnswer(v campaigns.ScriptView, err error) (*callScriptOutput, error) {
	if err != nil {
		return nil, scriptFault(err)
	}
	return &callScriptOutput{callScriptOf(v)}, nil
}

// readAsIs is a script that is a text; one of steps is walked, and no card
// carries its file.
func readAsIs(source string) string {
	if script.Structured(source) {
		return ""
	}
	return source
}

// scriptFault gives a problem of a script, or of answers, with each thing that
// is wrong beside it.
func scriptFault(err error) error {
	var problem *campaigns.Problem
	if !errors.As(err, &problem) || problem.Kind != campaigns.KindInvalid {
		return err
	}
	details := scriptDetails(err)
	if len(details) == 0 {
		return err
	}
	f := edge.NewFault(http.StatusUnprocessableEntity, problem.Code, problem.Text)
	f.Errors = details
	return f
}

func scriptDetails(err error) []edge.Detail {
	var out []edge.Detail
	for _, m := range ScriptMarks(err) {
		out = append(out, edge.Detail{Location: fmt.Sprintf("line %d", m.Line), Message: m.Text})
	}
	for _, r := range script.Refusals(err) {
		out = append(out, edge.Detail{Location: "answers." + r.Question, Message: r.Text})
	}
	return out
}

// Mark is something to say of a line of a script.
type Mark struct {
	Severity script.Severity `json:"severity" enum:"error,warning"`
	Line     int             `json:"line,omitempty"`
	Step     string          `json:"step,omitempty"`
	Text     string          `json:"text"`
}

// marksOf lists what is wrong with a script that cannot be taken.
func marksOf(f *campaigns.ScriptFault) []Mark {
	out := make([]Mark, 0, len(f.Faults)+len(f.Findings))
	for _, one := range f.Faults {
		text := one.Sentence()
		if one.Key != "" {
			text = one.Key + ": " + text
		}
		out = append(out, Mark{Severity: script.SeverityError, Line: one.Line, Text: text})
	}
	return append(out, findingsOf(f.Findings)...)
}

func findingsOf(list []script.Finding) []Mark {
	return each(list, func(f script.Finding) Mark {
		return Mark{Severity: f.Severity, Line: f.Line, Step: f.Step, Text: f.Text}
	})
}

// Wording is an agent's own wording of a step.
type Wording struct {
	Step     string    `json:"step"`
	Language string    `json:"language"`
	Text     string    `json:"text"`
	Agent    string    `json:"agent" doc:"Login."`
	At       time.Time `json:"at,omitzero"`
	Outdated bool      `json:"outdated" doc:"The official text has changed since it was written."`
}

func wordingOf(w campaigns.Wording) Wording {
	return Wording{Step: w.Step, Language: w.Language, Text: w.Text, Agent: w.Login, At: utc(w.At), Outdated: w.Outdated}
}

type wordingInput struct {
	Body struct {
		Campaign string `json:"campaign,omitempty" maxLength:"64" doc:"Name; absent: that of the call at hand."`
		Step     string `json:"step,omitempty" maxLength:"64" doc:"Or objection; absent: where you stand."`
		Lang     string `json:"lang,omitempty" maxLength:"35" doc:"Absent: as the script is read to the person."`
		Text     string `json:"text" maxLength:"10000" doc:"As a script's text is written; empty takes your wording away."`
	}
}

type wordingOutput struct{ Body Wording }

func (s *Server) putWording(ctx context.Context, in *wordingInput) (*wordingOutput, error) {
	w, err := s.Scripts.PutWording(ctx, who(ctx), campaigns.OwnWords{
		Campaign: in.Body.Campaign, Step: in.Body.Step, Language: in.Body.Lang, Text: in.Body.Text,
	})
	if err != nil {
		return nil, err
	}
	return &wordingOutput{wordingOf(w)}, nil
}

type wordingsOutput struct {
	Body struct {
		Wordings []Wording `json:"wordings"`
	}
}

type ownWordingsInput struct {
	Campaign string `query:"campaign" maxLength:"64" doc:"Name; absent: that of the call at hand."`
}

func (s *Server) ownWordings(ctx context.Context, in *ownWordingsInput) (*wordingsOutput, error) {
	return wordingsAnswer(s.Scripts.OwnWordings(ctx, who(ctx), in.Campaign))
}

func (s *Server) scriptWordings(ctx context.Context, in *ByID) (*wordingsOutput, error) {
	return wordingsAnswer(s.Scripts.Wordings(ctx, who(ctx), in.ID))
}

func wordingsAnswer(list []campaigns.Wording, err error) (*wordingsOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &wordingsOutput{}
	out.Body.Wordings = each(list, wordingOf)
	return out, nil
}
