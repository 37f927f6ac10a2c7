package campaigns

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns/script"
)

// ScriptStore keeps scripts, how agents word them and where they stand in
// them. KeepScript numbers a version; the newest version once more is no new
// one. Walk answers ErrNotFound before the first SaveWalk of an attempt.
type ScriptStore interface {
	KeepScript(ctx context.Context, v ScriptVersion) (ScriptVersion, error)
	ScriptVersions(ctx context.Context, campaign int64) ([]ScriptVersion, error)
	ScriptVersion(ctx context.Context, campaign, no int64) (ScriptVersion, error)
	PutWording(ctx context.Context, w Wording) (Wording, error)
	Wordings(ctx context.Context, campaign, agent int64) ([]Wording, error)
	SaveWalk(ctx context.Context, attempt string, w CallWalk) error
	Walk(ctx context.Context, attempt string) (CallWalk, error)
}

// ListPeople tells what the lists of a campaign hold: their columns, a few of
// their people.
type ListPeople interface {
	FieldNames(ctx context.Context, campaign int64) ([]string, error)
	SampleContacts(ctx context.Context, campaign int64, n int) ([]Contact, error)
	Contact(ctx context.Context, id int64) (Contact, error)
}

// ScriptSettings is what Scripts stands on; all of it is needed but Signs.
type ScriptSettings struct {
	Store     ScriptStore
	People    ListPeople
	Campaigns CampaignReader
	Book      *Book
	Line      Line
	Records   DispositionStore
	Signs     Signs // is told each step; nil = nobody is
}

// Scripts is what agents read: for managers to write, for agents to walk.
type Scripts struct {
	ScriptSettings

	mu    sync.Mutex
	known map[string]*script.Script // by hash of the whole source
}

// NewScripts returns the service.
func NewScripts(s ScriptSettings) *Scripts {
	return &Scripts{ScriptSettings: s, known: map[string]*script.Script{}}
}

// maxKnown is how many scripts are kept ready; beyond, all are read anew.
const maxKnown = 200

// read is a source as a script. One that an older forecall took and this one
// does not is read as it is, word by word: an agent in a call needs a text.
func (s *Scripts) read(source string) *script.Script {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ready, ok := s.known[source]; ok {
		return ready
	}
	sc, err := script.Parse("", source)
	if err != nil {
		sc = script.Verbatim(source)
	}
	if len(s.known) >= maxKnown {
		clear(s.known)
	}
	s.known[source] = sc
	return sc
}

// ScriptView is what an agent sees of the script at a moment of a call.
type ScriptView struct {
	Version    string
	Title      string
	Languages  []string
	Page       script.Page
	Objections []script.Shout
	Own        *OwnWording // the agent's own wording of the step; nil = none
}

// OwnWording is an agent's own wording of a step, ready to be read.
type OwnWording struct {
	Wording
	Blocks []script.Block
}

// ScriptMove is what an agent does in a script.
type ScriptMove struct {
	Step     string         // that the agent sees; another one than the walk's has been left already
	Answers  map[string]any // to its questions
	Go       string         // next, back, the id of an objection, or empty: only keep the answers
	Language string
}

// call is a call at hand with the script that is read in it.
type scriptCall struct {
	current  CurrentCall
	campaign Campaign
	script   *script.Script
	walk     CallWalk
	values   script.Values
	fresh    bool // nothing of it has been kept yet
}

// Script shows where the agent stands in the script of the call at hand; in a
// preview, the first step.
func (s *Scripts) Script(ctx context.Context, u User, language string) (ScriptView, error) {
	if err := u.Allow(DoCalls); err != nil {
		return ScriptView{}, err
	}
	c, err := s.atHand(ctx, u)
	if err != nil {
		return ScriptView{}, err
	}
	if c.fresh && c.current.Attempt != "" && c.current.State == AgentTalking {
		if err := s.keep(ctx, u, c); err != nil {
			return ScriptView{}, err
		}
	}
	return s.view(ctx, u, c, language)
}

// Move takes answers and goes on, back or to an objection. Answers are kept
// also where the way on is refused because another one is missing. A move from
// a step that has been left already, as by a second click, changes nothing.
func (s *Scripts) Move(ctx context.Context, u User, m ScriptMove) (ScriptView, error) {
	if err := u.Allow(DoCalls); err != nil {
		return ScriptView{}, err
	}
	c, err := s.atHand(ctx, u)
	if err != nil {
		return ScriptView{}, err
	}
	if c.current.Attempt == "" {
		return ScriptView{}, problem(KindConflict, "no_attempt", "The script begins with the call; now you may only look at it.")
	}
	if m.Step != "" && m.Step != c.walk.Walk.At() {
		return s.view(ctx, u, c, m.Language)
	}
	if c.fresh {
		c.walk.visit(c.walk.Walk.At(), time.Now())
	}
	if err := c.answer(m.Answers); err != nil {
		return ScriptView{}, err
	}
	refused := c.move(m.Go)
	c.walk.visit(c.walk.Walk.At(), time.Now())
	if err := s.keep(ctx, u, c); err != nil {
		return ScriptView{}, err
	}
	if refused != nil {
		return ScriptView{}, refused
	}
	return s.view(ctx, u, c, m.Language)
}

func (c *scriptCall) answer(answers map[string]any) error {
	if len(answers) == 0 {
		return nil
	}
	walk, err := c.script.Answer(c.walk.Walk, c.values, answers)
	if err != nil {
		return unanswered("answer_invalid", err)
	}
	c.walk.Walk = walk
	return nil
}

// unanswered turns refusals of package script into a Problem.
func unanswered(code string, err error) error {
	refusals := script.Refusals(err)
	if len(refusals) == 0 {
		return fmt.Errorf("walk the script: %w", err)
	}
	texts := make([]string, len(refusals))
	for i, r := range refusals {
		texts[i] = r.Text
	}
	return &Problem{Kind: KindInvalid, Code: code, Text: strings.Join(texts, " "), Cause: err}
}

// move goes where the agent says.
func (c *scriptCall) move(where string) error {
	var err error
	walk := c.walk.Walk
	switch where {
	case "":
		return nil
	case "next":
		walk, err = c.script.Next(walk, c.values)
	case "back":
		walk = c.script.Back(walk)
	default:
		if c.script.Objection(where) == nil {
			return problem(KindInvalid, "no_such_objection", "The script has no objection %q; go next, back, or to an objection that it lists.", where)
		}
		walk, err = c.script.Object(walk, where)
	}
	if err != nil {
		return unanswered("answer_missing", err)
	}
	c.walk.Walk = walk
	return nil
}

// keep stores the walk and tells the step.
func (s *Scripts) keep(ctx context.Context, u User, c *scriptCall) error {
	if c.fresh {
		c.walk.visit(c.walk.Walk.At(), time.Now())
	}
	if err := s.Store.SaveWalk(ctx, c.current.Attempt, c.walk); err != nil {
		return fmt.Errorf("keep the walk of attempt %s: %w", c.current.Attempt, err)
	}
	at := c.walk.Walk.At()
	if s.Signs == nil || c.script.Plain || c.current.State != AgentTalking || c.current.Step == at {
		return nil
	}
	var gone *Problem
	if err := s.Signs.Step(ctx, u.ID, at); err != nil && !errors.As(err, &gone) { // the call may have ended meanwhile
		return fmt.Errorf("tell the step of attempt %s: %w", c.current.Attempt, err)
	}
	return nil
}

// view renders where the call stands.
func (s *Scripts) view(ctx context.Context, u User, c *scriptCall, language string) (ScriptView, error) {
	language = c.script.Language(language, c.current.Contact.Language, c.campaign.Language)
	v := ScriptView{
		Version: c.walk.Version, Title: c.script.Title, Languages: c.script.Languages,
		Page: c.script.Render(c.walk.Walk, language, c.values), Objections: c.script.Shouts(language, c.values),
	}
	own, err := s.Store.Wordings(ctx, c.campaign.ID, u.ID)
	if err != nil {
		return ScriptView{}, fmt.Errorf("own wordings of agent %d: %w", u.ID, err)
	}
	for _, w := range own {
		if w.Step == v.Page.ID && w.Language == language {
			w.Outdated = w.Official != script.Hash(c.script.Official(w.Step, language))
			v.Own = &OwnWording{Wording: w, Blocks: c.script.Own(w.Text, language, c.values)}
		}
	}
	return v, nil
}
