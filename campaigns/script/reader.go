package script

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
)

// reader turns nodes of YAML into a script and collects faults.
type reader struct {
	file   string
	faults []error
	script *Script
}

// maxFaults is how many faults are told: after as many nobody reads on.
const maxFaults = 50

func (r *reader) fault(line int, key, wrong, right string) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, &Fault{File: r.file, Line: line, Key: key, Wrong: wrong, Right: right})
	}
}

// field reads the value of one key.
type field struct {
	key  string
	read func(n *yaml.Node, key string)
}

// mapping reads keys and values and refuses keys that are unknown or given twice.
func (r *reader) mapping(n *yaml.Node, in string, fields []field) {
	if n.Kind != yaml.MappingNode {
		r.fault(n.Line, in, "it is not a set of keys and values", keysOf(fields))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		full := strings.TrimPrefix(in+"."+k.Value, ".")
		at := slices.IndexFunc(fields, func(f field) bool { return f.key == k.Value })
		switch {
		case at < 0:
			r.fault(k.Line, full, "there is no such key", nearestKey(k.Value, fields))
		case seen[k.Value]:
			r.fault(k.Line, full, "the key is given twice", "once")
		case v.Kind == yaml.AliasNode:
			r.fault(v.Line, full, "references to other parts of the file are not read", "the value itself")
		default:
			seen[k.Value] = true
			fields[at].read(v, full)
		}
	}
}

func names(fields []field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.key
	}
	return out
}

func keysOf(fields []field) string { return "keys such as " + strings.Join(names(fields), ", ") }

func nearestKey(key string, fields []field) string { return nearest(key, names(fields)) }

// list reads the entries of a sequence, at most as many as given.
func (r *reader) list(n *yaml.Node, key string, most int, read func(n *yaml.Node, key string)) {
	if n.Kind != yaml.SequenceNode {
		r.fault(n.Line, key, "it is not a list", "entries that begin with a dash")
		return
	}
	if len(n.Content) > most {
		r.fault(n.Line, key, "it has "+strconv.Itoa(len(n.Content))+" entries", "at most "+strconv.Itoa(most))
		return
	}
	for i, item := range n.Content {
		at := key + "[" + strconv.Itoa(i) + "]"
		if item.Kind == yaml.AliasNode {
			r.fault(item.Line, at, "references to other parts of the file are not read", "the value itself")
			continue
		}
		read(item, at)
	}
}

// scalar reads a plain value.
func (r *reader) scalar(to *string) func(*yaml.Node, string) {
	return func(n *yaml.Node, key string) {
		if n.Kind != yaml.ScalarNode {
			r.fault(n.Line, key, "it is not a single value", "a word or a sentence")
			return
		}
		if len(n.Value) > maxText {
			r.fault(n.Line, key, "it is too long", "at most "+strconv.Itoa(maxText)+" octets")
			return
		}
		*to = strings.TrimSpace(n.Value)
	}
}

func (r *reader) truth(to *bool) func(*yaml.Node, string) {
	return func(n *yaml.Node, key string) {
		switch {
		case n.Kind == yaml.ScalarNode && slices.Contains([]string{"true", "yes", "on"}, strings.ToLower(n.Value)):
			*to = true
		case n.Kind == yaml.ScalarNode && slices.Contains([]string{"false", "no", "off"}, strings.ToLower(n.Value)):
			*to = false
		default:
			r.fault(n.Line, key, "it is neither true nor false", "true or false")
		}
	}
}

// Names: a step's stands in the call log, a question's in conditions, an
// option's in exports.
var (
	stepName     = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)
	questionName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	optionName   = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}_+.-]{0,63}$`)
	keyName      = regexp.MustCompile(`^[a-z0-9]$`)
)

func (r *reader) name(to *string, pattern *regexp.Regexp, right string) func(*yaml.Node, string) {
	return func(n *yaml.Node, key string) {
		if n.Kind != yaml.ScalarNode || !pattern.MatchString(n.Value) {
			r.fault(n.Line, key, quoted(n)+" is no name", right)
			return
		}
		*to = n.Value
	}
}

// quoted is a value for a fault, short.
func quoted(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode {
		return "it"
	}
	v := []rune(n.Value)
	if len(v) > 40 {
		v = append(v[:40], '…')
	}
	return strconv.Quote(string(v))
}

const (
	rightStep     = "small letters, digits, dash and underscore, such as offer_price"
	rightQuestion = "small letters, digits and underscore, such as current_provider"
	rightOption   = "letters, digits, dash and underscore, such as yes"
)

// languages reads the list of languages; the first is the default.
func (r *reader) languages(n *yaml.Node, key string) {
	var tags []string
	if n.Kind == yaml.ScalarNode {
		n = &yaml.Node{Kind: yaml.SequenceNode, Line: n.Line, Content: []*yaml.Node{n}}
	}
	r.list(n, key, maxLanguages, func(n *yaml.Node, key string) {
		var tag string
		r.scalar(&tag)(n, key)
		if _, err := language.Parse(tag); err != nil {
			r.fault(n.Line, key, quoted(n)+" is no language", "a tag such as en, es or pt-BR (BCP 47)")
			return
		}
		if slices.Contains(tags, tag) {
			r.fault(n.Line, key, quoted(n)+" stands there twice", "once")
			return
		}
		tags = append(tags, tag)
	})
	if len(tags) > 0 {
		r.script.Languages = tags
	}
}

// said is a text in one language with the line where it begins.
type said struct {
	text string
	line int
	raw  bool // a block whose lines stand as they are
}

// variants reads a text, or a text for each language.
func (r *reader) variants(n *yaml.Node, key string) map[string]said {
	out := map[string]said{}
	put := func(lang string, n *yaml.Node, key string) {
		switch {
		case n.Kind != yaml.ScalarNode:
			r.fault(n.Line, key, "it is not a text", "a text, or a text for each language such as {en: ..., es: ...}")
		case len(n.Value) > maxText:
			r.fault(n.Line, key, "the text is too long", "at most "+strconv.Itoa(maxText)+" octets")
		default:
			s := said{text: n.Value, line: n.Line}
			if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
				s.line, s.raw = n.Line+1, true
			}
			out[lang] = s
		}
	}
	if n.Kind != yaml.MappingNode {
		put(r.script.Languages[0], n, key)
		return out
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if !slices.Contains(r.script.Languages, k.Value) {
			r.fault(k.Line, key+"."+k.Value, "the script is not in language "+quoted(k), nearest(k.Value, r.script.Languages)+", or "+k.Value+" among languages at the top")
			continue
		}
		put(k.Value, v, key+"."+k.Value)
	}
	if _, ok := out[r.script.Languages[0]]; !ok && len(n.Content) > 0 {
		r.fault(n.Line, key, "the text is missing in "+r.script.Languages[0]+", the first language of the script", r.script.Languages[0]+": ...")
	}
	return out
}

// text reads one line in the languages of the script.
func (r *reader) text(to *Text) func(*yaml.Node, string) {
	return func(n *yaml.Node, key string) {
		to.by = map[string]string{}
		for lang, s := range r.variants(n, key) {
			one := strings.Join(strings.Fields(s.text), " ")
			for _, m := range anyField.FindAllStringSubmatch(one, -1) {
				r.known(strings.TrimSpace(m[1]), s.line, key)
			}
			r.closed(anyField.ReplaceAllString(one, ""), s.line, key)
			to.by[lang] = one
		}
	}
}

// rich reads a text as Markdown.
func (r *reader) rich(to *Rich, note bool) func(*yaml.Node, string) {
	return func(n *yaml.Node, key string) {
		to.by = map[string]passage{}
		for lang, s := range r.variants(n, key) {
			blocks := markdown(s.text, note, func(name string, at int) {
				line := s.line
				if s.raw {
					line += strings.Count(s.text[:min(at, len(s.text))], "\n")
				}
				r.known(name, line, key)
			})
			for _, spans := range allSpans(blocks) {
				for _, sp := range spans {
					if sp.Field == "" {
						r.closed(sp.Text, s.line, key)
					}
				}
			}
			to.by[lang] = passage{source: s.text, blocks: blocks}
		}
	}
}

// known wants a merge field to be one of ours or a column of the list.
func (r *reader) known(name string, line int, key string) {
	if column, ok := strings.CutPrefix(name, columnPrefix); ok && strings.TrimSpace(column) == column && column != "" {
		if _, before := r.script.usedAt[column]; !before {
			r.script.usedAt[column] = line
		}
		return
	}
	if slices.Contains(builtins, name) {
		return
	}
	r.fault(line, key, "there is no field "+strconv.Quote(name), nearest(name, builtins)+"; a column of the list is written {{fields."+orX(name)+"}}")
}

func orX(name string) string {
	if name == "" {
		return "x"
	}
	return name
}

// closed wants no braces that are left over.
func (r *reader) closed(rest string, line int, key string) {
	if strings.Contains(rest, "{{") || strings.Contains(rest, "}}") {
		r.fault(line, key, "two braces stand alone", "a field such as {{name}} or {{name|sir or madam}}, on one line; \\{\\{ for the braces themselves")
	}
}

func allSpans(blocks []Block) [][]Span {
	var out [][]Span
	for _, b := range blocks {
		out = append(append(out, b.Spans), b.Items...)
	}
	return out
}

// notYAML turns an error of the YAML reader into a fault with its line.
func notYAML(file string, err error) error {
	f := &Fault{File: file, Wrong: strings.TrimPrefix(err.Error(), "yaml: "), Right: "YAML: put a text in quotes where : or # stand in it, and inside braces where , or ? do"}
	if m := yamlLine.FindStringSubmatch(f.Wrong); m != nil {
		if line, err := strconv.Atoi(m[1]); err == nil {
			f.Line, f.Wrong = line, m[2]
		}
	}
	return errors.Join(f)
}

var yamlLine = regexp.MustCompile(`^line (\d+): (.*)$`)
