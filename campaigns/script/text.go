package script

import (
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Text is one line in the languages of a script, with merge fields.
type Text struct {
	by map[string]string // by language
}

// Rich is a text in the languages of a script, read as Markdown.
type Rich struct {
	by map[string]passage
}

// passage is a text in one language: as it was written, and as blocks whose
// spans still name fields.
type passage struct {
	source string
	blocks []Block
}

// The kinds of blocks.
const (
	BlockSay     = "say"     // a paragraph to read aloud
	BlockText    = "text"    // a paragraph of a note
	BlockHeading = "heading" // not read aloud
	BlockList    = "list"
	BlockQuote   = "quote" // a note within the text
)

// Block is a paragraph, a heading, a list or a note.
type Block struct {
	Kind    string   `json:"kind" enum:"say,text,heading,list,quote" doc:"say: a paragraph to read aloud; text, quote: a note for the agent."`
	Note    bool     `json:"note,omitempty" doc:"Not to be read aloud."`
	Ordered bool     `json:"ordered,omitempty" doc:"Of a list: numbered."`
	Spans   []Span   `json:"spans,omitempty"`
	Items   [][]Span `json:"items,omitempty" doc:"Of a list."`
}

// Span is a run of text. A merge field is a span of its own.
type Span struct {
	Text    string `json:"text"`
	Bold    bool   `json:"bold,omitempty"`
	Italic  bool   `json:"italic,omitempty"`
	Field   string `json:"field,omitempty" doc:"Name of the merge field that the text came from."`
	Missing bool   `json:"missing,omitempty" doc:"The field has no value for this person, and the script no default."`
}

// fieldPattern is a merge field: a name and, after a bar, what to say when
// there is no value.
var fieldPattern = regexp.MustCompile(`^\{\{([^{}|\n]*)(?:\|([^{}\n]*))?\}\}`)

// anyField finds the fields of a text that is not Markdown.
var anyField = regexp.MustCompile(`\{\{([^{}|\n]*)(?:\|([^{}\n]*))?\}\}`)

// kindField is the node of a merge field.
var kindField = ast.NewNodeKind("MergeField")

type fieldNode struct {
	ast.BaseInline
	name, instead string
	at            int // octet in the source
}

// Kind tells the node from others.
func (n *fieldNode) Kind() ast.NodeKind { return kindField }

// Dump prints the node for debugging.
func (n *fieldNode) Dump(source []byte, level int) {
	ast.DumpHelper(n, source, level, map[string]string{"name": n.name}, nil)
}

// fieldParser reads merge fields before Markdown gets to see them.
type fieldParser struct{}

// Trigger is what a field begins with.
func (fieldParser) Trigger() []byte { return []byte{'{'} }

// Parse reads one field.
func (fieldParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	m := fieldPattern.FindSubmatch(line)
	if m == nil {
		return nil
	}
	block.Advance(len(m[0]))
	return &fieldNode{name: strings.TrimSpace(string(m[1])), instead: strings.TrimSpace(string(m[2])), at: segment.Start}
}

// paragraph takes lines that stand far to the right, too: without it goldmark
// would drop them, since code is no part of our Markdown.
type paragraph struct{ parser.BlockParser }

// CanAcceptIndentedLine says so.
func (paragraph) CanAcceptIndentedLine() bool { return true }

// newMarkdown is the small Markdown of scripts: no HTML, no links, no code.
func newMarkdown() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewListParser(), 300), util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewATXHeadingParser(), 600), util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(paragraph{parser.NewParagraphParser()}, 1000),
		),
		parser.WithInlineParsers(util.Prioritized(fieldParser{}, 100), util.Prioritized(parser.NewEmphasisParser(), 500)),
	)
}

// markdown reads a text. Used calls back for each merge field with its place
// in the source.
func markdown(source string, note bool, used func(name string, at int)) []Block {
	data := []byte(source)
	w := writer{source: data, used: used}
	w.blocks(newMarkdown().Parse(text.NewReader(data)), note, BlockText)
	return w.out
}

// writer turns the tree into blocks.
type writer struct {
	source []byte
	used   func(name string, at int)
	out    []Block
}

func (w *writer) blocks(parent ast.Node, note bool, noted string) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n.Kind() {
		case ast.KindHeading:
			w.add(Block{Kind: BlockHeading, Note: true, Spans: w.spans(n)})
		case ast.KindBlockquote:
			w.blocks(n, true, BlockQuote)
		case ast.KindList:
			list, _ := n.(*ast.List)
			w.add(Block{Kind: BlockList, Note: note, Ordered: list != nil && list.IsOrdered(), Items: w.items(n, nil)})
		default:
			kind := BlockSay
			if note {
				kind = noted
			}
			w.add(Block{Kind: kind, Note: note, Spans: w.spans(n)})
		}
	}
}

func (w *writer) add(b Block) {
	if len(b.Spans)+len(b.Items) > 0 {
		w.out = append(w.out, b)
	}
}

// items are the lines of a list; those of lists within follow theirs.
func (w *writer) items(list ast.Node, out [][]Span) [][]Span {
	for item := list.FirstChild(); item != nil; item = item.NextSibling() {
		for n := item.FirstChild(); n != nil; n = n.NextSibling() {
			switch {
			case n.Kind() == ast.KindList:
				out = w.items(n, out)
			case n.Kind() == ast.KindBlockquote:
				for q := n.FirstChild(); q != nil; q = q.NextSibling() {
					out = appendSpans(out, w.spans(q))
				}
			default:
				out = appendSpans(out, w.spans(n))
			}
		}
	}
	return out
}

func appendSpans(out [][]Span, s []Span) [][]Span {
	if len(s) == 0 {
		return out
	}
	return append(out, s)
}

// spans are the runs of text beneath a node.
func (w *writer) spans(n ast.Node) []Span {
	var out []Span
	w.inline(n, Span{}, &out)
	return out
}

func (w *writer) inline(parent ast.Node, style Span, out *[]Span) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			end := ""
			if n.HardLineBreak() {
				end = "\n"
			} else if n.SoftLineBreak() {
				end = " "
			}
			addText(out, style, string(util.UnescapePunctuations(n.Segment.Value(w.source)))+end)
		case *ast.Emphasis:
			inner := style
			inner.Bold, inner.Italic = inner.Bold || n.Level > 1, inner.Italic || n.Level == 1
			w.inline(n, inner, out)
		case *fieldNode:
			w.used(n.name, n.at)
			f := style
			f.Field, f.Text = n.name, n.instead
			*out = append(*out, f)
		default:
			w.inline(n, style, out)
		}
	}
}

// addText appends to the last span where the style is the same.
func addText(out *[]Span, style Span, s string) {
	if s == "" {
		return
	}
	if k := len(*out); k > 0 {
		if last := &(*out)[k-1]; last.Field == "" && last.Bold == style.Bold && last.Italic == style.Italic {
			last.Text += s
			return
		}
	}
	style.Text = s
	*out = append(*out, style)
}
