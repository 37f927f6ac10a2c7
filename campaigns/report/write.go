package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/forecall/forecall/campaigns"
)

// ErrNoColumn marks a column that the report does not have.
var ErrNoColumn = errors.New("the report has no such column")

// Options of a report; the zero value is right for a file that people open.
type Options struct {
	// Campaign finds the settings of a campaign, for who sells what and on
	// whose behalf, of calls that do not carry those that were in force when
	// they began; nil leaves their columns empty.
	Campaign func(id int64) (campaigns.Campaign, bool)
	// Raw writes CSV cells as they are, for programs: no apostrophe before
	// what a spreadsheet would run, +34600111222 stays +34600111222.
	Raw bool
	// Mark begins CSV with a byte order mark, without which some spreadsheets
	// read UTF-8 as Windows-1252.
	Mark bool
	// Fields are the columns of the call log that are wanted, in its own order;
	// none is all. One that there is not is ErrNoColumn.
	Fields []string
	// Loosened is what was loosened of the rules, ever: each call shows what of
	// it held when the call was begun, whatever columns are wanted.
	Loosened []campaigns.Loosening
}

const bufferSize = 64 << 10

// WriteCSV writes the call log as CSV (RFC 4180, UTF-8, one header line) and
// returns how many calls it wrote. An error of the calls ends the report: what
// was written so far is flushed and the error returned.
func WriteCSV(w io.Writer, calls iter.Seq2[campaigns.Call, error], o Options) (rows int64, err error) {
	fields, err := o.chosen(callFields)
	if err != nil {
		return 0, err
	}
	return writeCSV(w, calls, o, fields, func(*campaigns.Call) int { return 1 })
}

// WriteJSONLines writes the call log as one JSON object a line. Empty fields
// are left out; what was sold, agreed and answered stands in details as it is.
func WriteJSONLines(w io.Writer, calls iter.Seq2[campaigns.Call, error], o Options) (rows int64, err error) {
	fields, err := o.chosen(callFields)
	if err != nil {
		return 0, err
	}
	p := newPrinter(w, o)
	for c, failure := range calls {
		if failure != nil {
			return rows, p.end(fmt.Errorf("read the call log after %d calls: %w", rows, failure))
		}
		if err := p.object(fields, p.take(c)); err != nil {
			return rows, err
		}
		rows++
	}
	return rows, p.end(nil)
}

// writeCSV writes as many rows for each call as it has lines. Every table says
// what of the rules was loosened, once anything was.
func writeCSV(w io.Writer, calls iter.Seq2[campaigns.Call, error], o Options, fields []field, lines func(*campaigns.Call) int) (rows int64, err error) {
	if len(o.Loosened) > 0 && !slices.ContainsFunc(fields, func(f field) bool { return f.name == loosenedColumn }) {
		fields = append(slices.Clip(fields), field{loosenedColumn, text, loosened})
	}
	p := newPrinter(w, o)
	if err := p.header(fields); err != nil {
		return 0, err
	}
	for c, failure := range calls {
		if failure != nil {
			return rows, p.end(fmt.Errorf("read the call log after %d rows: %w", rows, failure))
		}
		r := p.take(c)
		for r.line = range lines(r.call) {
			if err := p.record(fields, r); err != nil {
				return rows, err
			}
			rows++
		}
	}
	return rows, p.end(nil)
}

// printer writes rows and keeps what is needed for that: a line, a value, and
// the campaigns already looked up.
type printer struct {
	out       *bufio.Writer
	options   Options
	line      []byte
	value     []byte
	call      campaigns.Call
	current   row
	campaigns map[int64]*campaigns.Campaign
}

func newPrinter(w io.Writer, o Options) *printer {
	return &printer{out: bufio.NewWriterSize(w, bufferSize), options: o, campaigns: map[int64]*campaigns.Campaign{}}
}

// take keeps the call in the printer: one place for all of them, no garbage.
func (p *printer) take(c campaigns.Call) *row {
	p.call = c
	settings := c.Settings
	if settings == nil {
		settings = p.campaign(c.Attempt.Campaign)
	}
	p.current = row{call: &p.call, campaign: settings, loosened: p.options.Loosened}
	return &p.current
}

func (p *printer) campaign(id int64) *campaigns.Campaign {
	if c, known := p.campaigns[id]; known {
		return c
	}
	c := &campaigns.Campaign{}
	if p.options.Campaign != nil {
		if found, ok := p.options.Campaign(id); ok {
			c = &found
		}
	}
	p.campaigns[id] = c
	return c
}

func (p *printer) header(fields []field) error {
	p.line = p.line[:0]
	if p.options.Mark {
		p.line = append(p.line, "\xef\xbb\xbf"...)
	}
	for i, name := range names(fields) {
		if i > 0 {
			p.line = append(p.line, ',')
		}
		p.value = append(p.value[:0], name...) // questions of scripts may be names of columns
		if !p.options.Raw && runs(p.value) {
			p.value = append([]byte{'\''}, p.value...)
		}
		p.line = appendCell(p.line, p.value)
	}
	return p.flushLine()
}

// record writes one CSV line.
func (p *printer) record(fields []field, r *row) error {
	p.line = p.line[:0]
	for i := range fields {
		f := &fields[i]
		if f.kind == object {
			continue
		}
		if i > 0 {
			p.line = append(p.line, ',')
		}
		if f.kind != text {
			p.line = f.put(p.line, r)
			continue
		}
		p.value = f.put(p.value[:0], r)
		if len(p.value) > 0 && !p.options.Raw && runs(p.value) {
			p.value = append(p.value, 0)
			copy(p.value[1:], p.value)
			p.value[0] = '\''
		}
		p.line = appendCell(p.line, p.value)
	}
	return p.flushLine()
}

// object writes one JSON line.
func (p *printer) object(fields []field, r *row) error {
	p.line = append(p.line[:0], '{')
	for i := range fields {
		f := &fields[i]
		p.value = f.put(p.value[:0], r)
		if len(p.value) == 0 {
			continue
		}
		if len(p.line) > 1 {
			p.line = append(p.line, ',')
		}
		p.line = append(append(append(p.line, '"'), f.name...), '"', ':')
		if f.kind == text {
			p.line = appendJSON(p.line, p.value)
		} else {
			p.line = append(p.line, p.value...)
		}
	}
	p.line = append(p.line, '}')
	return p.flushLine()
}

func (p *printer) flushLine() error {
	p.line = append(p.line, '\n')
	if _, err := p.out.Write(p.line); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// end flushes; an earlier error goes first.
func (p *printer) end(earlier error) error {
	if err := p.out.Flush(); err != nil && earlier == nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return earlier
}
