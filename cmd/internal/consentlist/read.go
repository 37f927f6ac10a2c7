package consentlist

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/numbers"
)

// Sizes: entries that are stored at once, refusals that are kept (all are
// counted), and bytes of the longest row.
const (
	batchSize = 500
	mostFirst = 1000
	maxRow    = 256 << 10
)

// ErrFile marks a file that cannot be read as a list of consents; its text is
// meant for people.
var ErrFile = errors.New("this is no list of consents")

// Options say how to read a file, and what its rows leave out.
type Options struct {
	Region string            // of numbers without a country code, ISO 3166-1
	Blank  campaigns.Consent // kind, seller, purpose, source and wording of rows that have none
}

// RefusedRow is a row that was not taken.
type RefusedRow struct {
	Line   int64  `json:"line"`
	Reason string `json:"reason"`
}

// Entered is what became of a file.
type Entered struct {
	Rows    int64        `json:"rows"`
	Added   int64        `json:"added"`
	Renewed int64        `json:"renewed"` // an entry with the same terms, given again later
	Known   int64        `json:"known"`   // the ledger had them
	Revoked int64        `json:"revoked"` // of those added: the person has withdrawn since
	Refused int64        `json:"refused"`
	First   []RefusedRow `json:"first,omitempty"` // the first refusals
}

// Add stores a batch; see campaigns.Consents.Import.
type Add func(ctx context.Context, batch []campaigns.Consent) ([]campaigns.ConsentFate, []campaigns.ConsentRefusal, error)

// list is a file under way.
type list struct {
	Options
	parser *numbers.Parser
	add    Add
	batch  []campaigns.Consent
	lines  []int64
	result Entered
}

// Read reads a file to its end. On an error the result says how far it came.
func Read(ctx context.Context, in io.Reader, o Options, add Add) (Entered, error) {
	parser, err := numbers.NewParser(numbers.Policy{})
	if err != nil {
		return Entered{}, err
	}
	if _, err := parser.Parse("+12025550123", o.Region); err != nil {
		return Entered{}, fmt.Errorf("region %q: %w", o.Region, err)
	}
	l := &list{Options: o, parser: parser, add: add}
	buffered := bufio.NewReaderSize(in, 64<<10)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\uFEFF" {
		_, _ = buffered.Discard(3) // they are there
	}
	first, err := firstLetter(buffered)
	if err != nil {
		return l.result, err
	}
	if first == '{' {
		err = l.objects(ctx, buffered)
	} else {
		err = l.table(ctx, buffered)
	}
	if err != nil {
		return l.result, err
	}
	return l.result, l.flush(ctx)
}

// firstLetter finds the first byte that is no space, without taking it.
func firstLetter(in *bufio.Reader) (byte, error) {
	for n := 1; n <= 4096; n++ {
		peek, err := in.Peek(n)
		if len(peek) < n {
			if errors.Is(err, io.EOF) {
				return 0, fmt.Errorf("%w: it is empty", ErrFile)
			}
			return 0, err
		}
		if c := peek[n-1]; !strings.ContainsRune(" \t\r\n", rune(c)) {
			return c, nil
		}
	}
	return 0, fmt.Errorf("%w: it begins with nothing", ErrFile)
}

// table reads CSV.
func (l *list) table(ctx context.Context, in *bufio.Reader) error {
	head, _ := in.Peek(4096) // what there is
	guard := &guarded{in: in, left: maxRow}
	r := csv.NewReader(guard)
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = delimiterOf(string(head)), -1, true
	names, err := r.Read()
	if err != nil {
		return fmt.Errorf("%w: its header cannot be read: %w", ErrFile, err)
	}
	columns, err := columnsOf(names)
	if err != nil {
		return err
	}
	for {
		guard.left = maxRow
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			return fmt.Errorf("%w: line %d: %w", ErrFile, bad.StartLine, bad.Err)
		}
		if err != nil {
			return err
		}
		if empty(row) {
			continue
		}
		line, _ := r.FieldPos(0)
		c, err := l.entry(columns, row)
		if err := l.take(ctx, int64(line), c, err); err != nil {
			return err
		}
	}
}

func empty(row []string) bool {
	for _, cell := range row {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

// delimiterOf is the one that the header has most of.
func delimiterOf(head string) rune {
	line, _, _ := strings.Cut(head, "\n")
	best, most := ',', 0
	for _, d := range []rune{',', ';', '\t', '|'} {
		if n := strings.Count(line, string(d)); n > most {
			best, most = d, n
		}
	}
	return best
}

// take keeps an entry, or why there is none.
func (l *list) take(ctx context.Context, line int64, c campaigns.Consent, err error) error {
	l.result.Rows++
	if err != nil {
		l.refuse(line, err.Error())
		return nil
	}
	l.batch, l.lines = append(l.batch, c), append(l.lines, line)
	if len(l.batch) < batchSize {
		return nil
	}
	return l.flush(ctx)
}

func (l *list) refuse(line int64, reason string) {
	if l.result.Refused++; len(l.result.First) < mostFirst {
		l.result.First = append(l.result.First, RefusedRow{Line: line, Reason: strings.ReplaceAll(reason, "\n", "; ")})
	}
}

// flush stores what has come together.
func (l *list) flush(ctx context.Context) error {
	if len(l.batch) == 0 {
		return nil
	}
	fates, refused, err := l.add(ctx, l.batch)
	wrong := map[int]bool{}
	for _, r := range refused {
		wrong[r.Index] = true
		l.refuse(l.lines[r.Index], r.Reason)
	}
	for i, f := range fates {
		switch {
		case wrong[i] || f.ID == "":
		case f.New:
			l.result.Added++
			if !f.Revoked.IsZero() {
				l.result.Revoked++
			}
		case f.Renewed:
			l.result.Renewed++
		default:
			l.result.Known++
		}
	}
	l.batch, l.lines = nil, nil // the other side may keep them
	return err
}

// guarded bounds what one row may hold.
type guarded struct {
	in   io.Reader
	left int
}

func (g *guarded) Read(b []byte) (int, error) {
	if g.left <= 0 {
		return 0, fmt.Errorf("%w: a row is longer than %d bytes; a quote may be missing", ErrFile, maxRow)
	}
	n, err := g.in.Read(b[:min(len(b), g.left)])
	g.left -= n
	return n, err
}
