package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/numbers"
)

// Store keeps what is imported.
type Store interface {
	BeginLoad(ctx context.Context, l campaigns.Load) (int64, error)
	AddContacts(ctx context.Context, load int64, batch []campaigns.Contact, policy campaigns.Duplicates) ([]campaigns.RowVerdict, error)
	EndLoad(ctx context.Context, load int64, counts campaigns.LoadCounts, cut campaigns.LoadCut) error
}

// Result is what became of a list.
type Result struct {
	Load      int64                `json:"load"` // 0 in a dry run
	Counts    campaigns.LoadCounts `json:"counts"`
	Codes     map[string]int64     `json:"codes"`           // rejections by code
	Blank     int64                `json:"blank"`           // rows with nothing in them
	PhonesOut int64                `json:"phones_left_out"` // of contacts that were taken
	Noted     int64                `json:"noted"`           // parts of rows that were taken which could not be used: a postcode of no country
	Reread    int64                `json:"reread"`          // rows of a UTF-8 file that were not UTF-8 and were read as Windows-1252
	Unchecked int64                `json:"unchecked"`       // numbers beyond the memory for duplicates: the store alone looked at them
	// Bars counts the contacts that were taken, or would be, by the rule that
	// forbids calling them. They are kept: rules and lists change.
	Bars      campaigns.Bars `json:"rules"`
	Charset   Charset        `json:"charset"`
	Delimiter string         `json:"delimiter"`
	Header    bool           `json:"header"`
	Columns   []Column       `json:"columns"`
	First     []Rejection    `json:"first"` // the first rejections
	// Samples are the first rejections of each code.
	Samples map[string][]Rejection `json:"samples"`
	// Octets is how long the text was.
	Octets  int64         `json:"octets"`
	Elapsed time.Duration `json:"elapsed"`
}

// Rate is rows a second.
func (r Result) Rate() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Counts.Rows) / r.Elapsed.Seconds()
}

// firstKept is how many rejections a Result shows.
const firstKept = 20

// samplesKept is how many it shows of each code.
const samplesKept = 20

// cutBy says what an error is to the load that it ended; who ends the context may say
// why in words of their own.
func cutBy(ctx context.Context, err error) campaigns.LoadCut {
	switch {
	case err == nil:
		return ""
	case ctx.Err() != nil:
		return campaigns.CutStopped
	}
	return campaigns.CutFailed
}

// Import reads a list to its end and stores its contacts, unless the options
// ask for a dry run, where store may be nil. A *FileError with a Result of no load
// means that nothing was stored. Any other error, cancellation included, stops the import where
// it is: what was stored is a load that can be undone, and the Result says how
// far it came. Import returns when its goroutines have ended; a reader that
// may block for ever has to be closed by who cancels.
func Import(ctx context.Context, store Store, in io.Reader, o Options) (Result, error) {
	if err := o.check(); err != nil {
		return Result{}, err
	}
	if o.Duplicates == "" {
		o.Duplicates = campaigns.SkipDuplicates
	}
	read := &counter{in: in}
	parser, err := numbers.NewParser(o.Numbers)
	if err != nil {
		return Result{}, err
	}
	list, err := open(read, o)
	if err != nil {
		return Result{}, err
	}
	l, err := arrange(list.sample, o, isPhone(parser, o.DefaultRegion))
	result := Result{Charset: list.charset, Delimiter: string(rune(list.records.delim)), Header: l.header, Columns: l.columns, Codes: map[string]int64{}, Samples: map[string][]Rejection{}}
	if err != nil {
		return result, err
	}
	rejected, err := newRejects(o.Report, l)
	if err != nil {
		return result, err
	}
	rows := newRowParser(o, l, parser, list.charset.Name == "UTF-8")
	s := &sink{store: store, options: o, layout: l, result: &result, rejects: rejected, meter: newMeter(o, read)}
	err = run(ctx, list, rows, s)
	result.Octets = read.n.Load()
	return result, errors.Join(err, s.end(ctx, cutBy(ctx, err)))
}

func isPhone(parser *numbers.Parser, region string) func(string) bool {
	return func(cell string) bool {
		_, err := parser.Parse(cell, region)
		return err == nil
	}
}

// mostWorkers bounds the chunks in memory on machines with many cores; so many
// parse several million rows a second, which no store takes.
const mostWorkers = 8

// run moves chunks from the reader over the parsers to the sink, in order.
func run(ctx context.Context, list *text, rows *rowParser, s *sink) error {
	if err := list.skipHeader(len(rows.layout.columns), rows.layout.header); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	workers := min(runtime.GOMAXPROCS(0), mostWorkers)
	line := &belt{todo: make(chan *chunk, workers), ordered: make(chan *chunk, 2*workers), free: make(chan *chunk, 2*workers)}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { line.read(ctx, list.records) })
	for range workers {
		wg.Go(func() {
			for c := range line.todo {
				c.parse(rows)
			}
		})
	}
	for c := range line.ordered {
		<-c.done
		if err := errors.Join(c.err, context.Cause(ctx)); err != nil {
			return err
		}
		if err := s.take(ctx, c); err != nil {
			return err
		}
		line.reuse(c)
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return line.err
}

// belt is what chunks travel on.
type belt struct {
	todo    chan *chunk // to any parser
	ordered chan *chunk // to the sink, in the order of the file
	free    chan *chunk // to be used again
	err     error       // of the reader; set before ordered is closed
}

// read cuts the file into chunks until it ends or the context does.
func (b *belt) read(ctx context.Context, r *records) {
	defer close(b.ordered)
	defer close(b.todo)
	var record cut
	for {
		c := b.chunk()
		err := c.fill(r, &record)
		if len(c.rows) > 0 && !b.send(ctx, c) {
			return
		}
		if err != nil {
			if err != io.EOF {
				b.err = err
			}
			return
		}
	}
}

// send gives a chunk to the parsers first: the sink waits only for chunks that
// a parser has or will get.
func (b *belt) send(ctx context.Context, c *chunk) bool {
	select {
	case b.todo <- c:
	case <-ctx.Done():
		return false
	}
	select {
	case b.ordered <- c:
		return true
	case <-ctx.Done():
		return false
	}
}

func (b *belt) chunk() *chunk {
	select {
	case c := <-b.free:
		return c
	default:
		return &chunk{}
	}
}

func (b *belt) reuse(c *chunk) {
	select {
	case b.free <- c:
	default:
	}
}

// skipHeader reads the header away, and refuses a list that ends with it.
func (t *text) skipHeader(columns int, header bool) error {
	t.records.want = columns
	var c cut
	if header {
		if err := t.records.next(&c); err != nil && err != io.EOF {
			return err
		}
		if c.bad != nil {
			return fileError(FileHeaderBroken, "the header in line %d cannot be read: %s", c.line, c.bad.reason)
		}
	}
	if header && len(t.sample) == 1 {
		if ended, err := t.records.ended(); err != nil || ended {
			return errors.Join(err, fileError(FileHeaderOnly, "the list has a header and no rows"))
		}
	}
	return nil
}

// ended tells whether nothing but empty lines is left.
func (r *records) ended() (bool, error) {
	for {
		for r.at < r.end && (r.buf[r.at] == '\n' || r.buf[r.at] == '\r') {
			r.use(1)
		}
		if r.at < r.end {
			return false, nil
		}
		if r.eof {
			return true, nil
		}
		if err := r.fill(); err != nil {
			return false, fmt.Errorf("read the list: %w", err)
		}
	}
}
