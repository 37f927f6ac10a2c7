package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// header are the fields of ruleset.
type header struct {
	ID         string `yaml:"id"`
	Title      string `yaml:"title"`
	Version    int    `yaml:"version"`
	BasedOn    string `yaml:"based_on"`
	SHA256     string `yaml:"sha256"` // auto; the sum is worked out, not read
	ReviewedOn string `yaml:"reviewed_on"`
	ReviewedBy string `yaml:"reviewed_by"`
	Optional   bool   `yaml:"optional"`
}

var (
	setID  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
	ruleID = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*$`)
)

// purposes and parties that documents may name.
var (
	purposeWords = words{"sales", "debt", "service", "survey", "political", "charity"}
	partyWords   = words{partyConsumer, partyBusiness}
)

// ParseSet reads a rule set. It is strict: an unknown field or type, a field
// that does not belong to its rule's type, a missing citation, a span that ends
// before it begins are errors that name the rule and the line, and say what to
// write; all of them are reported together.
func ParseSet(source []byte) (*Set, error) {
	root, err := document(source)
	if err != nil {
		return nil, fmt.Errorf("rule set: %w", err)
	}
	if err := onlyKeys(root, "ruleset", "applies_when", "variables", "rules", "notes"); err != nil {
		return nil, fmt.Errorf("rule set: %w", err)
	}
	s, err := parseHeader(root)
	if err != nil {
		return nil, fmt.Errorf("rule set: %w", err)
	}
	sum := sha256.Sum256(source)
	s.Source, s.SHA256 = slices.Clone(source), hex.EncodeToString(sum[:])
	errs := []error{s.readScope(child(root, "applies_when")), s.readVariables(child(root, "variables")), s.readNotes(child(root, "notes"))}
	errs = append(errs, s.readRules(child(root, "rules"))...)
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("rule set %s: %w", s.ID, err)
	}
	return s, nil
}

func parseHeader(root *yaml.Node) (*Set, error) {
	n := child(root, "ruleset")
	if n == nil {
		return nil, errors.New("the document has no field ruleset with id, version and reviewed_on")
	}
	if err := onlyKeys(n, "id", "title", "version", "based_on", "sha256", "reviewed_on", "reviewed_by", "optional"); err != nil {
		return nil, err
	}
	var h header
	if err := n.Decode(&h); err != nil {
		return nil, err
	}
	_, notDate := time.Parse(time.DateOnly, h.ReviewedOn)
	switch {
	case !setID.MatchString(h.ID):
		return nil, fmt.Errorf("line %d: id %q: write small letters, digits and dashes, as us-federal", n.Line, h.ID)
	case h.Version < 1:
		return nil, fmt.Errorf("line %d: version of %s: write a number from 1 on", n.Line, h.ID)
	case notDate != nil:
		return nil, fmt.Errorf("line %d: reviewed_on of %s: write the date of the last review, as 2026-11-21", n.Line, h.ID)
	}
	return &Set{
		ID: h.ID, Title: h.Title, Version: h.Version, BasedOn: h.BasedOn, ReviewedOn: h.ReviewedOn, ReviewedBy: h.ReviewedBy, Optional: h.Optional,
	}, nil
}

// Reviewed is the date of the last review.
func (s *Set) Reviewed() time.Time {
	t, _ := time.Parse(time.DateOnly, s.ReviewedOn) // ParseSet has read it
	return t
}

// ReviewAge is how old a review may be before people are warned of it.
const ReviewAge = 180 * 24 * time.Hour

// Old tells whether the last review is more than 180 days ago.
func (s *Set) Old(now time.Time) bool { return now.Sub(s.Reviewed()) > ReviewAge }

// scopeNode reads one word or several for each part.
type scopeNode struct {
	Countries words `yaml:"called_country"`
	Regions   words `yaml:"called_region"`
	Purposes  words `yaml:"purpose"`
	Parties   words `yaml:"party"`
}

func (s *Set) readScope(n *yaml.Node) error {
	if n == nil {
		return nil
	}
	if err := onlyKeys(n, "called_country", "called_region", "purpose", "party"); err != nil {
		return err
	}
	var in scopeNode
	if err := n.Decode(&in); err != nil {
		return err
	}
	s.Applies = Scope{in.Countries, in.Regions, in.Purposes, in.Parties}
	return atLine(n, checkPlace(in.Countries, in.Regions), checkWords("purpose", in.Purposes, purposeWords), checkWords("party", in.Parties, partyWords))
}

// atLine puts the line of a node before the first error.
func atLine(n *yaml.Node, errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("line %d: %w", n.Line, err)
		}
	}
	return nil
}

func checkPlace(countries, regions words) error {
	for _, c := range countries {
		if !isCountry(c) {
			return fmt.Errorf("country %q: write the two capitals of ISO 3166-1, as US", c)
		}
	}
	for _, r := range regions {
		if country, _, ok := strings.Cut(r, "-"); !ok || !isCountry(country) {
			return fmt.Errorf("region %q: write it as in ISO 3166-2, as US-FL", r)
		}
	}
	return nil
}

func checkWords(field string, given, known words) error {
	for _, w := range given {
		if !known.has(w) {
			return fmt.Errorf("%s %q: write %s", field, w, strings.Join(known, ", "))
		}
	}
	return nil
}

func (s *Set) readVariables(n *yaml.Node) error {
	if n == nil {
		return nil
	}
	var in map[string]words
	if err := n.Decode(&in); err != nil {
		return err
	}
	s.Variables = map[string][]string{}
	for name, values := range in {
		s.Variables[name] = values
	}
	return nil
}

func (s *Set) readNotes(n *yaml.Node) error {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		return fmt.Errorf("line %d: notes are a list", n.Line)
	}
	for _, one := range n.Content {
		var note Note
		if err := onlyKeys(one, "id", "text", "cite", "status"); err != nil {
			return err
		}
		if err := one.Decode(&note); err != nil {
			return err
		}
		if !ruleID.MatchString(string(note.ID)) || note.Text == "" || note.Cite == "" {
			return fmt.Errorf("line %d: a note has id, text and cite", one.Line)
		}
		s.Notes = append(s.Notes, note)
	}
	return nil
}

func (s *Set) readRules(n *yaml.Node) (errs []error) {
	if n == nil || n.Tag == "!!null" {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		return []error{fmt.Errorf("line %d: rules are a list", n.Line)}
	}
	seen := map[ID]bool{}
	for _, one := range n.Content {
		r, err := readRule(one)
		if err == nil && (seen[r.ID] || slices.Contains(Base(), r.ID)) {
			err = errors.New("this id is taken; every rule has one of its own")
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("rule %s (line %d): %w", ruleName(one), one.Line, err))
			continue
		}
		seen[r.ID] = true
		s.Rules = append(s.Rules, r)
	}
	return errs
}

// ruleName is the id of a rule that may be broken.
func ruleName(n *yaml.Node) string {
	if id := child(n, "id"); n.Kind == yaml.MappingNode && id != nil && id.Value != "" {
		return id.Value
	}
	return "without id"
}

func readRule(n *yaml.Node) (r Rule, err error) {
	if n.Kind != yaml.MappingNode {
		return r, errors.New("a rule is fields with values: {id: ..., type: ..., cite: ...}")
	}
	id, kind := child(n, "id"), child(n, "type")
	if id == nil || !ruleID.MatchString(id.Value) {
		return r, errors.New("write an id of small letters, digits, dots and dashes, as us.fl.hours")
	}
	if kind == nil || !slices.Contains(Types(), Type(kind.Value)) {
		return r, fmt.Errorf("write a type, one of %s", joinTypes())
	}
	if err := onlyKeys(n, append(slices.Clone(commonFields), typeFields[Type(kind.Value)]...)...); err != nil {
		return r, fmt.Errorf("type %s: %w", kind.Value, err)
	}
	if when := child(n, "when"); when != nil {
		if err := onlyKeys(when, "country", "state", "via", "any", "all", "not", "purpose", "goods", "line_type", "party"); err != nil {
			return r, fmt.Errorf("when: %w", err)
		}
	}
	if err := n.Decode(&r); err != nil {
		return r, err
	}
	r.line = n.Line
	return r, r.check(n)
}

func joinTypes() string {
	var texts []string
	for _, t := range Types() {
		texts = append(texts, string(t))
	}
	return strings.Join(texts, ", ")
}

// commonFields may stand in every rule.
var commonFields = []string{"id", "type", "when", "cite", "label", "note", "status", "unless"}

// typeFields are those that belong to a type.
var typeFields = map[Type][]string{
	TypeList:     {"list", "scope", "max_age", "grace"},
	TypeConsent:  {"level", "channel", "names_seller", "max_age", "any"},
	TypeWindow:   {"zones", "weekly", "holidays", "pre_holiday", "margin"},
	TypeCap:      {"max", "per", "elapsed", "calendar_days", "key", "count"},
	TypeCooldown: {"after", "for", "elapsed", "calendar_days", "first_day", "key"},
	TypeGuard:    {"after", "for", "elapsed", "calendar_days", "first_day", "key"},
	TypeRate:     {"max", "window", "group", "formula", "act_at", "on_breach", "act", "start", "within"},
	TypeRing:     {"min"},
	TypeConnect:  {"within", "from", "fallback", "message"},
	TypeCLI:      {"require", "forbid_ranges", "require_range", "tested_within"},
	TypeRecord:   {"require", "keep", "hold"},
	TypeExternal: {"check", "max_age"},
	TypeLineType: {"allow", "forbid", "unknown"},
	TypeZone:     {"sources", "max_zones"},
	TypeCustom:   {"expr"},
}
