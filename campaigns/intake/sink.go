package intake

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// sink takes parsed chunks in the order of the file: drops duplicates, stores,
// counts, reports. One goroutine owns it.
type sink struct {
	store   Store
	options Options
	layout  layout
	result  *Result
	rejects *rejects
	meter   *meter
	seen    seen
	begun   bool
}

// take handles one chunk.
func (s *sink) take(ctx context.Context, c *chunk) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	for i := range c.rows {
		p := &c.parsed[i]
		if p.ok && s.options.Duplicates == campaigns.SkipDuplicates {
			s.dropSeen(p, c.rows[i].line)
		}
		if p.ok {
			p.contact.Load = s.result.Load
			c.contacts = append(c.contacts, p.contact)
			c.from = append(c.from, i)
		}
	}
	stored, err := s.keep(ctx, c)
	if !stored {
		return err
	}
	for i := range c.rows {
		if err := s.account(c, i); err != nil {
			return err
		}
	}
	s.result.Unchecked = s.seen.forgotten
	s.meter.tick(s.result.Counts, false)
	return err
}

// begin opens the load with the first row, so that a list which cannot be read
// leaves none.
func (s *sink) begin(ctx context.Context) error {
	if s.begun || s.options.DryRun {
		return nil
	}
	now := time.Now
	if s.options.Now != nil {
		now = s.options.Now
	}
	id, err := s.store.BeginLoad(ctx, campaigns.Load{
		Campaign: s.options.Campaign, List: s.options.List, Source: s.options.Source,
		Policy: s.options.Duplicates, By: s.options.By, BeganAt: now().UTC(),
		Columns: s.layout.fields(),
	})
	if err != nil {
		return fmt.Errorf("begin the load of %s: %w", s.options.Source, err)
	}
	s.result.Load, s.begun = id, true
	return nil
}

// dropSeen takes off the phones that stood in the file before; without a phone
// left the row is a duplicate.
func (s *sink) dropSeen(p *parsed, line int) {
	kept := p.contact.Phones[:0] // the array belongs to this chunk alone
	for _, phone := range p.contact.Phones {
		first := s.seen.first(phone.Number, line)
		if first == 0 || first == line {
			kept = append(kept, phone)
			continue
		}
		p.rejected = append(p.rejected, Rejection{
			Verdict: VerdictPhoneOut, Column: phone.Label, Code: PhoneTwiceInFile,
			Reason: fmt.Sprintf("the number stands in line %d already", first),
		})
	}
	if len(kept) > 0 {
		p.contact.Phones = kept
		return
	}
	last := p.rejected[len(p.rejected)-1]
	last.Verdict, last.Code, last.Column = VerdictDuplicate, RowTwiceInFile, ""
	p.ok, p.rejected = false, []Rejection{last}
}

// keep hands the contacts to the store and notes what it did not take. What is
// stored is counted, also when the rules could not be asked any more.
func (s *sink) keep(ctx context.Context, c *chunk) (stored bool, err error) {
	if len(c.contacts) == 0 {
		return true, nil
	}
	bars := s.askRules(ctx, c)
	if s.options.DryRun {
		if err := s.bar(c, bars); err != nil {
			return false, err
		}
		err := s.foresee(ctx, c)
		return err == nil, err
	}
	verdicts, err := s.store.AddContacts(ctx, s.result.Load, c.contacts, s.options.Duplicates)
	barred := s.bar(c, bars)
	if err != nil {
		return false, fmt.Errorf("store rows from line %d on: %w", c.contacts[0].Row, err)
	}
	if len(verdicts) != len(c.contacts) {
		return false, fmt.Errorf("store rows from line %d on: %d verdicts for %d contacts", c.contacts[0].Row, len(verdicts), len(c.contacts))
	}
	for i, v := range verdicts {
		s.settle(&c.parsed[c.from[i]], v)
	}
	return true, barred
}

// barred is what the rules say of a chunk.
type barred struct {
	bars []campaigns.Bar
	err  error
}

// askRules asks which of the contacts no call may be placed to, whatever the
// hour, beside the store that takes them; nil when nobody is to be asked. The
// answer always comes.
func (s *sink) askRules(ctx context.Context, c *chunk) <-chan barred {
	if s.options.Foresight == nil {
		return nil
	}
	answer := make(chan barred, 1)
	people := slices.Clone(c.contacts) // the store may change the others
	go func() {
		bars, err := s.options.Foresight.Foresee(ctx, s.options.Campaign, people)
		answer <- barred{bars, err}
	}()
	return answer
}

// bar waits for the answer and notes what forbids calling each contact.
func (s *sink) bar(c *chunk, answer <-chan barred) error {
	if answer == nil {
		return nil
	}
	got := <-answer
	if got.err != nil {
		return fmt.Errorf("ask the rules: %w", got.err)
	}
	for i := range min(len(got.bars), len(c.contacts)) {
		c.parsed[c.from[i]].bar = &got.bars[i]
	}
	return nil
}

func (s *sink) settle(p *parsed, v campaigns.RowVerdict) {
	if p.bar != nil && (v.Fate == campaigns.RowAdded || v.Fate == campaigns.RowUpdated) {
		s.result.Bars.Add(*p.bar)
	}
	switch v.Fate {
	case campaigns.RowAdded:
		s.result.Counts.Added++
		return
	case campaigns.RowUpdated:
		s.result.Counts.Updated++
		return
	case campaigns.RowDuplicate:
		reason := v.Reason
		if reason == "" {
			reason = fmt.Sprintf("the campaign has the number already (contact %d)", v.Contact)
		}
		p.rejected = []Rejection{{Verdict: VerdictDuplicate, Code: RowInStore, Reason: reason}}
	default:
		p.rejected = []Rejection{{Verdict: VerdictRefused, Code: RowStoreRefused, Reason: v.Reason}}
	}
	p.ok = false
}

// account counts a row and reports what is wrong with it.
func (s *sink) account(c *chunk, i int) error {
	p := &c.parsed[i]
	if p.blank {
		s.result.Blank++
		return nil
	}
	s.result.Counts.Rows++
	if p.reread {
		s.result.Reread++
	}
	for _, j := range p.rejected {
		s.count(j)
		j.Line, j.Cells = c.rows[i].line, c.original(c.rows[i])
		if len(s.result.First) < firstKept {
			s.result.First = append(s.result.First, shortCells(j))
		}
		if len(s.result.Samples[j.Code]) < samplesKept {
			s.result.Samples[j.Code] = append(s.result.Samples[j.Code], shortCells(j))
		}
		if err := s.rejects.add(j); err != nil {
			return err
		}
	}
	return nil
}

func (s *sink) count(j Rejection) {
	s.result.Codes[j.Code]++
	switch j.Verdict {
	case VerdictRefused:
		s.result.Counts.Refused++
	case VerdictDuplicate:
		s.result.Counts.Duplicates++
	case VerdictPhoneOut:
		s.result.PhonesOut++
	case VerdictNoted:
		s.result.Noted++
	}
}

// shortCells keeps what a Result shows small, whatever stood in the file, and
// apart from the chunk's text.
func shortCells(j Rejection) Rejection {
	cells := make([]string, 0, min(len(j.Cells), 20))
	for _, cell := range j.Cells[:min(len(j.Cells), 20)] {
		cells = append(cells, strings.Clone(readable(shorten(cell, 100))))
	}
	j.Cells = cells
	return j
}

// end closes the load, also after an error or a cancellation.
func (s *sink) end(ctx context.Context, cut campaigns.LoadCut) error {
	s.result.Elapsed = time.Since(s.meter.started)
	err := s.rejects.flush()
	if s.begun {
		if ended := s.store.EndLoad(context.WithoutCancel(ctx), s.result.Load, s.result.Counts, cut); ended != nil {
			err = fmt.Errorf("end load %d: %w", s.result.Load, ended)
		}
	}
	s.meter.tick(s.result.Counts, true)
	return err
}
