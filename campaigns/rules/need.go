package rules

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Need is one thing that satisfies a consent rule or lifts another rule.
type Need struct {
	// Kind is that of a Grant: consent, out_of_hours, contract, purchase, inquiry,
	// interaction (which any of the last three is as well); or one of the words that
	// need no grant: reserved_agent, agreed, manual; or ebr.
	Kind        string `yaml:"-"`
	Level       string `yaml:"level"`        // least: soft, express, express_written
	Channel     string `yaml:"channel"`      // live (default) or automated
	MaxAge      Period `yaml:"max_age"`      // since given or renewed; zero = any
	NamesSeller bool   `yaml:"names_seller"` // one for the house as a whole does not do
}

// The words of needs.
const (
	needReserved    = "reserved_agent"
	needAgreed      = "agreed"
	needManual      = "manual"
	needEBR         = "ebr"
	kindConsent     = "consent"
	kindOutOfHours  = "out_of_hours"
	kindContract    = "contract"
	kindPurchase    = "purchase"
	kindInquiry     = "inquiry"
	kindInteraction = "interaction"
)

// levels are those of consents, the firmest last.
var levels = []string{"", "soft", "express", "express_written"}

// level is how firm a consent is; an unknown word is as good as none.
func level(name string) int { return max(0, slices.Index(levels, name)) }

// words of needs in documents, with what they stand for.
var needWords = map[string]Need{
	needReserved: {Kind: needReserved}, needAgreed: {Kind: needAgreed}, "callback": {Kind: needAgreed}, needManual: {Kind: needManual},
	needEBR:        {Kind: needEBR},
	kindConsent:    {Kind: kindConsent},
	"consent.soft": {Kind: kindConsent, Level: "soft"}, "consent.express": {Kind: kindConsent, Level: "express"},
	"consent.written": {Kind: kindConsent, Level: "express_written"}, "consent.express_written": {Kind: kindConsent, Level: "express_written"},
	"consent.automated":    {Kind: kindConsent, Channel: channelAutomated},
	"consent.out_of_hours": {Kind: kindOutOfHours}, kindOutOfHours: {Kind: kindOutOfHours},
	kindContract: {Kind: kindContract}, "contract_similar": {Kind: kindContract},
	kindPurchase: {Kind: kindPurchase}, kindInquiry: {Kind: kindInquiry}, kindInteraction: {Kind: kindInteraction},
}

const (
	channelLive      = "live"
	channelAutomated = "automated"
)

// String writes the need in words: consent in writing (at most 2y old).
func (n Need) String() string {
	text := kindText(n.Kind)
	switch n.Level {
	case "":
	case "express_written":
		text += " in writing"
	default:
		text = n.Level + " " + text
	}
	if n.Channel == channelAutomated {
		text += " to automated calls"
	}
	if n.NamesSeller {
		text += " naming the seller"
	}
	if !n.MaxAge.IsZero() {
		text += " (at most " + n.MaxAge.String() + " old)"
	}
	return text
}

// kindText names what a grant or a need is.
func kindText(kind string) string {
	switch kind {
	case needReserved:
		return "a reserved agent"
	case needAgreed:
		return "an agreed callback"
	case needManual:
		return "a number that an agent typed"
	case needEBR:
		return "a business relationship"
	case kindOutOfHours:
		return "consent to calls out of hours"
	}
	return kind
}

// UnmarshalYAML reads a word, or a word with its conditions: {consent: {max_age: 2y}}.
func (n *Need) UnmarshalYAML(node *yaml.Node) error {
	word, body := node, (*yaml.Node)(nil)
	if node.Kind == yaml.MappingNode && len(node.Content) == 2 {
		word, body = node.Content[0], node.Content[1]
	}
	known, ok := needWords[word.Value]
	if word.Kind != yaml.ScalarNode || !ok {
		return fmt.Errorf("line %d: %q is nothing that can be asked for; write one of %s", node.Line, word.Value, joinKeys(needWords))
	}
	*n = known
	if body == nil {
		return nil
	}
	if known.Kind == needReserved || known.Kind == needAgreed || known.Kind == needManual || known.Kind == needEBR {
		return fmt.Errorf("line %d: %s takes no conditions", node.Line, word.Value)
	}
	if err := onlyKeys(body, "level", "channel", "max_age", "names_seller"); err != nil {
		return err
	}
	type plain Need // without this method
	p := plain(known)
	if err := body.Decode(&p); err != nil {
		return err
	}
	*n = Need(p)
	return n.check(node.Line)
}

func (n *Need) check(line int) error {
	if !slices.Contains(levels, n.Level) {
		return fmt.Errorf("line %d: level %q; write soft, express or express_written", line, n.Level)
	}
	if n.Channel != "" && n.Channel != channelLive && n.Channel != channelAutomated {
		return fmt.Errorf("line %d: channel %q; write live or automated", line, n.Channel)
	}
	return nil
}

// needs is one need or several.
type needs []Need

// UnmarshalYAML reads a list of needs, or one alone.
func (n *needs) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.SequenceNode {
		var one Need
		if err := one.UnmarshalYAML(node); err != nil {
			return err
		}
		*n = needs{one}
		return nil
	}
	out := make(needs, len(node.Content))
	for i, c := range node.Content {
		if err := out[i].UnmarshalYAML(c); err != nil {
			return err
		}
	}
	*n = out
	return nil
}

func (n needs) String() string {
	texts := make([]string, len(n))
	for i, one := range n {
		texts[i] = one.String()
	}
	return strings.Join(texts, " or ")
}
