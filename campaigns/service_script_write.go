package campaigns

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns/script"
)

// ScriptFault is a script that cannot be taken: what Parse or Check found.
type ScriptFault struct {
	Faults   []*script.Fault
	Findings []script.Finding // errors and warnings, when there is no fault
}

// Error says the first of them and how many there are.
func (f *ScriptFault) Error() string {
	n, first := len(f.Faults), ""
	if n > 0 {
		first = f.Faults[0].Error()
	}
	for _, finding := range f.Findings {
		if finding.Severity != script.SeverityError {
			continue
		}
		if n == 0 {
			first = fmt.Sprintf("line %d: %s", finding.Line, finding.Text)
		}
		n++
	}
	if n == 1 {
		return "The script is not right: " + first
	}
	return fmt.Sprintf("The script has %d faults; the first: %s", n, first)
}

// CheckScript reads a script for a campaign: nil, or a Problem whose cause is a
// ScriptFault. Columns are those of the campaign's lists; none = it has no list yet.
func (c Campaign) CheckScript(columns []string) error {
	_, _, fault := c.readScript(columns)
	if fault == nil {
		return nil
	}
	return &Problem{Kind: KindInvalid, Code: "script_invalid", Text: fault.Error(), Cause: fault}
}

// readScript reads the campaign's script; the findings of a sound one are
// warnings. The script is nil when it has faults.
func (c Campaign) readScript(columns []string) (*script.Script, []script.Finding, *ScriptFault) {
	s, err := script.Parse("", c.Script)
	if err != nil {
		return nil, nil, &ScriptFault{Faults: script.Faults(err)}
	}
	if len(columns) == 0 {
		columns = nil
	}
	findings := s.Check(script.Known{Columns: columns, Dispositions: codes(c)})
	if !script.Sound(findings) {
		return s, findings, &ScriptFault{Findings: findings}
	}
	return s, findings, nil
}

// writesScript checks a script that has changed and names its version. Every
// version is kept before a call can name it.
func (b *Book) writesScript(ctx context.Context, by User, old Campaign, c *Campaign) error {
	switch {
	case script.Canonical(c.Script) == "":
		c.ScriptVer = ""
		return nil
	case c.Script == old.Script && old.ScriptVer != "":
		c.ScriptVer = old.ScriptVer
		return nil
	}
	columns, err := b.store.FieldNames(ctx, c.ID)
	if err != nil {
		return fmt.Errorf("columns of campaign %d: %w", c.ID, err)
	}
	if c.Script != old.Script {
		if err := c.CheckScript(columns); err != nil {
			return err
		}
	}
	kept, err := b.store.KeepScript(ctx, ScriptVersion{Campaign: c.ID, Hash: script.Hash(c.Script), Source: c.Script, By: by.Login})
	if err != nil {
		return missing("campaign", err)
	}
	c.ScriptVer = kept.Name()
	return nil
}

// ScriptSource is a campaign's script as its manager writes it.
type ScriptSource struct {
	Campaign Campaign
	Source   string
	Version  string
	Findings []script.Finding
}

// Source returns the script of a campaign with what Check finds in it.
func (s *Scripts) Source(ctx context.Context, by User, campaign int64) (ScriptSource, error) {
	c, err := s.Book.Campaign(ctx, by, campaign)
	if err != nil {
		return ScriptSource{}, err
	}
	columns, err := s.People.FieldNames(ctx, campaign)
	if err != nil {
		return ScriptSource{}, fmt.Errorf("columns of campaign %d: %w", campaign, err)
	}
	_, findings, _ := c.readScript(columns)
	return ScriptSource{Campaign: c, Source: c.Script, Version: c.ScriptVer, Findings: findings}, nil
}

// Save gives a campaign a script. Base is the version that it was written from:
// when somebody has saved another one meanwhile it is refused; empty = any.
func (s *Scripts) Save(ctx context.Context, by User, campaign int64, source, base string) (ScriptSource, error) {
	if err := by.Allow(EditCampaigns); err != nil {
		return ScriptSource{}, err
	}
	c, err := s.Campaigns.Campaign(ctx, campaign)
	if err != nil {
		return ScriptSource{}, missing("campaign", err)
	}
	if base != "" && base != c.ScriptVer {
		return ScriptSource{}, problem(KindConflict, "script_changed",
			"The script has been changed meanwhile: it is version %s now, and you wrote from %s; copy your text, load the page again and bring them together.", c.ScriptVer, base)
	}
	c.Script = source
	if _, err := s.Book.Update(ctx, by, c); err != nil {
		return ScriptSource{}, err
	}
	return s.Source(ctx, by, campaign)
}

// Versions lists what the script of a campaign has been, the newest first.
func (s *Scripts) Versions(ctx context.Context, by User, campaign int64) ([]ScriptVersion, error) {
	if _, err := s.Book.Campaign(ctx, by, campaign); err != nil {
		return nil, err
	}
	return s.Store.ScriptVersions(ctx, campaign)
}

// Version returns one of them.
func (s *Scripts) Version(ctx context.Context, by User, campaign, no int64) (ScriptVersion, error) {
	if _, err := s.Book.Campaign(ctx, by, campaign); err != nil {
		return ScriptVersion{}, err
	}
	v, err := s.Store.ScriptVersion(ctx, campaign, no)
	return v, missing("version", err)
}

// ScriptDraft is a script that is being written, and what to show of it.
type ScriptDraft struct {
	Campaign int64 // whose lists and dispositions it is checked against
	Source   string
	Language string
	Contact  int64       // of the campaign, to fill the fields with; 0 = the script's examples
	Walk     script.Walk // where the preview stands; none = at the first step
	Answers  map[string]any
	Go       string // next, back, or an objection
}

// ScriptProof is a draft as it would be read.
type ScriptProof struct {
	Fault     *ScriptFault // why it cannot be saved; nil = it can
	Findings  []script.Finding
	Languages []string
	Drawing   script.Drawing
	Walk      script.Walk
	Page      script.Page
	Shouts    []script.Shout
	Refused   string // why the preview does not go where it was asked to
}

// Proof checks a draft and walks it, for the preview beside the editor. Nothing
// is kept.
func (s *Scripts) Proof(ctx context.Context, by User, d ScriptDraft) (ScriptProof, error) {
	if err := by.Allow(EditCampaigns); err != nil {
		return ScriptProof{}, err
	}
	c, err := s.Campaigns.Campaign(ctx, d.Campaign)
	if err != nil {
		return ScriptProof{}, missing("campaign", err)
	}
	columns, err := s.People.FieldNames(ctx, d.Campaign)
	if err != nil {
		return ScriptProof{}, fmt.Errorf("columns of campaign %d: %w", d.Campaign, err)
	}
	c.Script = d.Source
	var p ScriptProof
	sc, findings, fault := c.readScript(columns)
	p.Findings, p.Fault = findings, fault
	if sc == nil {
		return p, nil
	}
	values, err := s.sample(ctx, by, c, sc, d.Contact)
	if err != nil {
		return ScriptProof{}, err
	}
	call := &scriptCall{script: sc, values: values, walk: CallWalk{Walk: d.Walk}}
	if !sc.Fits(d.Walk) {
		call.walk.Walk = sc.Begin()
	}
	p.Refused = tried(call, d)
	p.Walk, p.Languages = call.walk.Walk, sc.Languages
	language := sc.Language(d.Language, c.Language)
	p.Page, p.Drawing, p.Shouts = sc.Render(p.Walk, language, values), sc.Draw(language), sc.Shouts(language, values)
	return p, nil
}

// tried answers and moves; what is refused is told as a sentence.
func tried(call *scriptCall, d ScriptDraft) string {
	err := call.answer(d.Answers)
	if err == nil {
		err = call.move(d.Go)
	}
	var refused *Problem
	switch {
	case errors.As(err, &refused):
		return refused.Text
	case err != nil:
		return "With these answers the script leads nowhere."
	}
	return ""
}

// sample is whom a preview is read to: a person of the campaign's lists, or the
// script's own examples.
func (s *Scripts) sample(ctx context.Context, by User, c Campaign, sc *script.Script, contact int64) (script.Values, error) {
	if contact == 0 {
		v := sc.Example(time.Now())
		v.Agent, v.Campaign = cmp.Or(by.Name, by.Login), c.Name
		if c.Seller != "" {
			v.Seller = c.Seller
		}
		return v, nil
	}
	p, err := s.People.Contact(ctx, contact)
	if err == nil && p.Campaign != c.ID {
		err = ErrNotFound
	}
	if err != nil {
		return script.Values{}, missing("contact", err)
	}
	phone, zones := p.Dial()
	return valuesOf(by, c, p, phone.Number, zones), nil
}

// Samples are a few people of a campaign's lists to try a script on.
func (s *Scripts) Samples(ctx context.Context, by User, campaign int64) ([]Contact, error) {
	if err := by.Allow(EditCampaigns); err != nil {
		return nil, err
	}
	if _, err := s.Campaigns.Campaign(ctx, campaign); err != nil {
		return nil, missing("campaign", err)
	}
	return s.People.SampleContacts(ctx, campaign, sampleSize)
}

// sampleSize is how many people the preview offers.
const sampleSize = 20
