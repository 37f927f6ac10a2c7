package api

import (
	"context"
	"errors"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/script"
)

// ScriptSource is a campaign's script as its manager writes it.
type ScriptSource struct {
	Version string `json:"version" doc:"Number and hash; empty while there is none."`
	Source  string `json:"source" doc:"YAML of steps, or a text to read."`
	Marks   []Mark `json:"findings" doc:"Warnings; of a script that an older forecall took also errors."`
}

type scriptSourceOutput struct{ Body ScriptSource }

func scriptSourceAnswer(src campaigns.ScriptSource, err error) (*scriptSourceOutput, error) {
	if err != nil {
		return nil, scriptFault(err)
	}
	return &scriptSourceOutput{ScriptSource{Version: src.Version, Source: src.Source, Marks: findingsOf(src.Findings)}}, nil
}

func (s *Server) script(ctx context.Context, in *ByID) (*scriptSourceOutput, error) {
	return scriptSourceAnswer(s.Scripts.Source(ctx, who(ctx), in.ID))
}

type saveScriptInput struct {
	ByID
	Body struct {
		Source string `json:"source" maxLength:"200000"`
		Base   string `json:"base,omitempty" maxLength:"100" doc:"Version that you wrote from; another one meanwhile is answered 409. Absent: whatever stands there is replaced."`
	}
}

func (s *Server) saveScript(ctx context.Context, in *saveScriptInput) (*scriptSourceOutput, error) {
	return scriptSourceAnswer(s.Scripts.Save(ctx, who(ctx), in.ID, in.Body.Source, in.Body.Base))
}

// ScriptVersion is what a script was from a time on.
type ScriptVersion struct {
	No      int64     `json:"no"`
	Version string    `json:"version"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Source  string    `json:"source,omitempty"`
}

type scriptVersionsOutput struct {
	Body struct {
		Versions []ScriptVersion `json:"versions" doc:"The newest first, without their source."`
	}
}

func (s *Server) scriptVersions(ctx context.Context, in *ByID) (*scriptVersionsOutput, error) {
	list, err := s.Scripts.Versions(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	out := &scriptVersionsOutput{}
	out.Body.Versions = each(list, func(v campaigns.ScriptVersion) ScriptVersion {
		return ScriptVersion{No: v.No, Version: v.Name(), By: v.By, At: utc(v.At)}
	})
	return out, nil
}

type scriptVersionInput struct {
	ByID
	No int64 `path:"no" minimum:"1"`
}

type scriptVersionOutput struct{ Body ScriptVersion }

func (s *Server) scriptVersion(ctx context.Context, in *scriptVersionInput) (*scriptVersionOutput, error) {
	v, err := s.Scripts.Version(ctx, who(ctx), in.ID, in.No)
	if err != nil {
		return nil, err
	}
	return &scriptVersionOutput{ScriptVersion{No: v.No, Version: v.Name(), By: v.By, At: utc(v.At), Source: v.Source}}, nil
}

// ScriptPerson is somebody of a list to try a script on.
type ScriptPerson struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Company  string `json:"company,omitempty"`
	Language string `json:"language,omitempty"`
}

type scriptSamplesOutput struct {
	Body struct {
		People []ScriptPerson `json:"people"`
	}
}

func (s *Server) scriptSamples(ctx context.Context, in *ByID) (*scriptSamplesOutput, error) {
	list, err := s.Scripts.Samples(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	out := &scriptSamplesOutput{}
	out.Body.People = each(list, func(c campaigns.Contact) ScriptPerson {
		return ScriptPerson{ID: c.ID, Name: c.Name, Company: c.Company, Language: c.Language}
	})
	return out, nil
}

// ScriptWalk is where a preview stands; a client sends back what it was given.
type ScriptWalk struct {
	Step      string              `json:"step,omitempty" maxLength:"64"`
	Objection string              `json:"objection,omitempty" maxLength:"64"`
	History   []string            `json:"history,omitempty" maxItems:"500"`
	Answers   map[string][]string `json:"answers,omitempty" maxProperties:"200"`
}

type checkScriptInput struct {
	Body struct {
		Campaign int64          `json:"campaign_id" minimum:"1" doc:"Whose lists and dispositions the script is checked against."`
		Source   string         `json:"source" maxLength:"200000"`
		Lang     string         `json:"lang,omitempty" maxLength:"35"`
		Contact  int64          `json:"contact_id,omitempty" minimum:"0" doc:"Of the campaign, to fill the fields with; absent: the examples of the script."`
		Walk     ScriptWalk     `json:"walk,omitempty" required:"false" doc:"Where the preview stands; absent: at the first step."`
		Answers  map[string]any `json:"answers,omitempty" maxProperties:"200"`
		Go       string         `json:"go,omitempty" maxLength:"64" doc:"next, back, or the id of an objection."`
	}
}

// ScriptCheck is what a draft would do.
type ScriptCheck struct {
	OK         bool            `json:"ok" doc:"It can be saved."`
	Marks      []Mark          `json:"findings" doc:"In the order of the file."`
	Languages  []string        `json:"languages"`
	Drawing    *script.Drawing `json:"drawing,omitempty" doc:"The steps and their ways; absent when the file cannot be read."`
	Walk       *ScriptWalk     `json:"walk,omitempty"`
	Step       *ScriptStep     `json:"step,omitempty" doc:"As an agent would see it."`
	Objections []script.Shout  `json:"objections"`
	Refused    string          `json:"refused,omitempty" doc:"Why the preview does not go where it was asked to."`
}

type checkScriptOutput struct{ Body ScriptCheck }

func (s *Server) checkScript(ctx context.Context, in *checkScriptInput) (*checkScriptOutput, error) {
	b := in.Body
	proof, err := s.Scripts.Proof(ctx, who(ctx), campaigns.ScriptDraft{
		Campaign: b.Campaign, Source: b.Source, Language: b.Lang, Contact: b.Contact, Walk: script.Walk(b.Walk), Answers: b.Answers, Go: b.Go,
	})
	if err != nil {
		return nil, scriptFault(err)
	}
	return &checkScriptOutput{ScriptCheckOf(proof)}, nil
}

// ScriptCheckOf is a proof as the API and the pages show it.
func ScriptCheckOf(p campaigns.ScriptProof) ScriptCheck {
	out := ScriptCheck{
		OK: p.Fault == nil, Marks: findingsOf(p.Findings), Languages: notNil(p.Languages), Objections: notNil(p.Shouts), Refused: p.Refused,
	}
	if p.Fault != nil {
		out.Marks = marksOf(p.Fault)
	}
	if p.Page.ID != "" {
		walk := ScriptWalk(p.Walk)
		step := ScriptStep{Page: p.Page}
		step.Blocks = notNil(step.Blocks)
		out.Drawing, out.Walk, out.Step = &p.Drawing, &walk, &step
	}
	return out
}

// ScriptMarks lists what is wrong with a script that was refused; nil when the
// error is another.
func ScriptMarks(err error) []Mark {
	var fault *campaigns.ScriptFault
	if !errors.As(err, &fault) {
		return nil
	}
	return marksOf(fault)
}
