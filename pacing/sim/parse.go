package sim

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Parse reads a scenario file. Omitted keys have the values of Default, and a scenario without a name gets the file's.
// Unknown keys are refused. Every error is a Fault, joined with the others: file, line, key, what is wrong and what would
// be right.
func Parse(name string, data []byte) (Scenario, error) {
	s := Default()
	r := &reader{file: name, lines: map[string]int{}}
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return s, notYAML(name, err)
	}
	switch {
	case root.Kind == 0: // an empty file describes the default
	case root.Content[0].Kind != yaml.MappingNode:
		r.fault(root.Content[0], "", "the file is not a list of keys and values", "lines such as agents: 20")
	default:
		r.scenario(root.Content[0], &s)
	}
	if s.Name == "" {
		s.Name = plainName(name)
	}
	if len(r.faults) == 0 {
		r.validate(s)
	}
	return s, errors.Join(r.faults...)
}

// reader turns nodes into values and collects faults.
type reader struct {
	file   string
	lines  map[string]int // of each key, for faults found after reading
	faults []error
}

func (r *reader) fault(n *yaml.Node, key, wrong, right string) {
	r.faults = append(r.faults, &Fault{File: r.file, Line: n.Line, Key: key, Wrong: wrong, Right: right})
}

// validate adds the faults of Validate with the lines where their keys stand.
func (r *reader) validate(s Scenario) {
	var all interface{ Unwrap() []error }
	if !errors.As(s.Validate(), &all) {
		return
	}
	for _, err := range all.Unwrap() {
		var f *Fault
		if errors.As(err, &f) {
			f.File, f.Line = r.file, r.line(f.Key)
		}
		r.faults = append(r.faults, err)
	}
}

// line is where a key stands, or the key that holds it.
func (r *reader) line(key string) int {
	for key != "" {
		if n, ok := r.lines[key]; ok {
			return n
		}
		key = key[:max(0, strings.LastIndexAny(key, ".["))]
	}
	return 0
}

// field reads the value of one key.
type field struct {
	key  string
	read func(n *yaml.Node, key string)
}

func (r *reader) scenario(n *yaml.Node, s *Scenario) {
	r.mapping(n, "", []field{
		{"name", r.text(&s.Name)}, {"shift", r.duration(&s.Shift)}, {"shifts", r.integer(&s.Shifts)}, {"seed", r.seed(&s.Seed)},
		{"cap", r.number(&s.Cap)}, {"hold", r.duration(&s.Hold)}, {"agents", r.integer(&s.Agents)},
		{"lines", r.integer(&s.Lines)}, {"cps", r.number(&s.CPS)},
		{"answer", r.shares(&s.Answer)}, {"ring", r.dist(&s.Ring)}, {"no_answer", r.dist(&s.NoAnswer)},
		{"fast_fail", r.fastFail(&s.FastFail)}, {"talk", r.dists(&s.Talk)}, {"wrap", r.dist(&s.Wrap)},
		{"odds", r.odds(&s.Odds)}, {"breaks", r.breaks(&s.Breaks)}, {"vanish", r.vanish(&s.Vanish)},
	})
}

// mapping reads keys and values and refuses keys that are unknown or given twice.
func (r *reader) mapping(n *yaml.Node, in string, fields []field) {
	if n = resolved(n); n.Kind != yaml.MappingNode {
		r.fault(n, in, "it is not a set of keys and values", "{"+example(fields)+"}")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		full := strings.TrimPrefix(in+"."+k.Value, ".")
		at := slices.IndexFunc(fields, func(f field) bool { return f.key == k.Value })
		switch {
		case at < 0:
			r.fault(k, full, "there is no such key", nearest(k.Value, fields))
		case seen[k.Value]:
			r.fault(k, full, "the key is given twice", "once")
		default:
			seen[k.Value] = true
			r.lines[full] = k.Line
			fields[at].read(resolved(v), full)
		}
	}
}

// list reads the entries of a sequence.
func (r *reader) list(n *yaml.Node, key string, read func(n *yaml.Node, key string)) {
	if n.Kind != yaml.SequenceNode {
		r.fault(n, key, "it is not a list", "[{...}, {...}]")
		return
	}
	for i, e := range n.Content {
		full := fmt.Sprintf("%s[%d]", key, i)
		r.lines[full] = e.Line
		read(resolved(e), full)
	}
}

// resolved follows an alias to what it stands for.
func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// nearest names the key that was probably meant.
func nearest(key string, fields []field) string {
	best, least := "", 3
	var names []string
	for _, f := range fields {
		names = append(names, f.key)
		if d := distance(strings.ToLower(key), f.key); d < least {
			best, least = f.key, d
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	return "there are " + strings.Join(names, ", ")
}

func example(fields []field) string {
	var keys []string
	for _, f := range fields {
		keys = append(keys, f.key+": ...")
	}
	return strings.Join(keys, ", ")
}

// distance is Levenshtein's, between two short words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

// plainName is a file's name without folder and ending.
func plainName(file string) string {
	if i := strings.LastIndexAny(file, `/\`); i >= 0 {
		file = file[i+1:]
	}
	file = strings.TrimSuffix(file, ".yml")
	return strings.TrimSuffix(file, ".yaml")
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

// notYAML turns the parser's complaint into a Fault with its line; its text is the only place where the line stands.
func notYAML(file string, err error) error {
	f := &Fault{File: file, Wrong: strings.TrimPrefix(err.Error(), "yaml: "), Right: "the file is not YAML"}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		f.Line, _ = strconv.Atoi(m[1])
		f.Wrong = strings.TrimPrefix(err.Error(), m[0])
	}
	return f
}

func (r *reader) scalar(n *yaml.Node, key, right string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.fault(n, key, "it has no value", right)
		return "", false
	}
	return strings.TrimSpace(n.Value), true
}

func (r *reader) text(to *string) func(*yaml.Node, string) {
	return func(n *yaml.Node, key string) {
		if v, ok := r.scalar(n, key, "a name such as twenty-agents"); ok {
			*to = v
		}
	}
}

func (r *reader) duration(to *time.Duration) func(*yaml.Node, string) {
	return func(n *yaml.Node, key string) {
		v, ok := r.scalar(n, key, "a duration such as 90s, 15m or 8h")
		if !ok {
			return
		}
		d, err := time.ParseDuration(v)
		if err != nil {
			r.fault(n, key, fmt.Sprintf("%q is not a duration", v), "a number with its unit such as 90s, 15m or 8h")
			return
		}
		*to = d
	}
}

func (r *reader) number(to *float64) func(*yaml.Node, string) {
	return func(n *yaml.Node, key string) {
		v, ok := r.scalar(n, key, "a number such as 0.25")
		if !ok {
			return
		}
		x, err := strconv.ParseFloat(v, 64)
		if err != nil || !finite(x) {
			r.fault(n, key, fmt.Sprintf("%q is not a number", v), "a number such as 0.25")
			return
		}
		*to = x
	}
}

func (r *reader) integer(to *int) func(*yaml.Node, string) {
	return func(n *yaml.Node, key string) {
		v, ok := r.scalar(n, key, "a whole number such as 20")
		if !ok {
			return
		}
		x, err := strconv.Atoi(v)
		if err != nil {
			r.fault(n, key, fmt.Sprintf("%q is not a whole number", v), "a whole number such as 20")
			return
		}
		*to = x
	}
}

func (r *reader) seed(to *uint64) func(*yaml.Node, string) {
	return func(n *yaml.Node, key string) {
		v, ok := r.scalar(n, key, "a whole number such as 1")
		if !ok {
			return
		}
		x, err := strconv.ParseUint(v, 10, 64)
		if err != nil {
			r.fault(n, key, fmt.Sprintf("%q is not a whole number of 0 or more", v), "a whole number such as 1")
			return
		}
		*to = x
	}
}

func (r *reader) flag(to *bool) func(*yaml.Node, string) {
	return func(n *yaml.Node, key string) {
		if err := n.Decode(to); err != nil {
			r.fault(n, key, fmt.Sprintf("%q is neither true nor false", n.Value), "true or false")
		}
	}
}
