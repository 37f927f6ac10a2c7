package rules

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

func itoa(n int) string { return strconv.Itoa(n) }

// words is one word or a list of them.
type words []string

// UnmarshalYAML reads a list of words, or one alone.
func (w *words) UnmarshalYAML(n *yaml.Node) error {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return nil
		}
		*w = words{n.Value}
		return nil
	case yaml.SequenceNode:
		out := make(words, len(n.Content))
		for i, c := range n.Content {
			if c.Kind != yaml.ScalarNode {
				return fmt.Errorf("line %d: a list of words holds words only", c.Line)
			}
			out[i] = c.Value
		}
		*w = out
		return nil
	}
	return fmt.Errorf("line %d: write a word or a list of words", n.Line)
}

func (w words) has(word string) bool { return slices.Contains(w, word) }

// spans are hours of one day.
type spans []Span

// UnmarshalYAML reads a list of spans, as ["10:00-19:00"].
func (s *spans) UnmarshalYAML(n *yaml.Node) error {
	var texts words
	if err := texts.UnmarshalYAML(n); err != nil {
		return err
	}
	out, err := parseSpans("pre_holiday", texts)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	*s = out
	return nil
}

// UnmarshalYAML reads the form that ParseWeek reads.
func (w *Week) UnmarshalYAML(n *yaml.Node) error {
	var days map[string]words
	if err := n.Decode(&days); err != nil {
		return fmt.Errorf("line %d: hours of a week are days with spans: {mon-fri: [\"09:00-20:00\"]}: %w", n.Line, err)
	}
	plain := make(map[string][]string, len(days))
	for day, spans := range days {
		plain[day] = spans
	}
	read, err := ParseWeek(plain)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	*w = read
	return nil
}

// onlyKeys refuses a field that does not belong into a mapping.
func onlyKeys(n *yaml.Node, allowed ...string) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: here fields with values are wanted: %s", n.Line, strings.Join(allowed, ", "))
	}
	for i := 0; i < len(n.Content); i += 2 {
		if key := n.Content[i]; !slices.Contains(allowed, key.Value) {
			return fmt.Errorf("line %d: there is no field %q here; known are %s", key.Line, key.Value, strings.Join(allowed, ", "))
		}
	}
	return nil
}

// child is the value of a field of a mapping, or nil.
func child(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// document reads one YAML document without anchors, as a tree.
func document(source []byte) (*yaml.Node, error) {
	if len(source) > maxSource {
		return nil, fmt.Errorf("the document is longer than %d bytes", maxSource)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(source, &root); err != nil {
		return nil, fmt.Errorf("not YAML: %w", err)
	}
	if root.Kind != yaml.DocumentNode || len(root.Content) != 1 || root.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("the document is empty, or no mapping of fields to values")
	}
	return root.Content[0], noAlias(&root)
}

// noAlias refuses anchors and references: what is in force should stand where
// it is read.
func noAlias(n *yaml.Node) error {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return fmt.Errorf("line %d: anchors and references (& and *) are not allowed; write the value out", n.Line)
	}
	for _, c := range n.Content {
		if err := noAlias(c); err != nil {
			return err
		}
	}
	return nil
}

func joinKeys[V any](m map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}
