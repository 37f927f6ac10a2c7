package source

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/forecall/forecall/campaigns"
)

// Sizes: of a chunk of lines, of the longest line, of what is looked at to find
// out how a file is laid out, and of rejects that the report itself keeps.
const (
	chunkSize  = 1 << 20
	maxLine    = 64 << 10
	sampleSize = 64 << 10
	mostFirst  = 100
)

// Sink takes the numbers of a file.
type Sink interface {
	Add(number uint64)
	Drop(number uint64)
}

// File is one file of a register.
type File struct {
	Name string
	io.ReaderAt
	Size int64
}

// Options say how files are read.
type Options struct {
	campaigns.RegisterReading
	Change   bool
	Rejects  func(campaigns.RegisterReject) error // every rejected line, in the order of the file; nil = only the report's
	Progress func(bytes int64)                    // how much of the files has been read; nil = not asked
}

// Read reads the files, one after the other, to their end. The report says what
// became of every line.
func Read(ctx context.Context, files []File, o Options, into Sink) (campaigns.RegisterReport, error) {
	r, err := newReader(strings.ToUpper(o.Country))
	if err != nil {
		return campaigns.RegisterReport{}, fmt.Errorf("%w: %w", ErrFile, err)
	}
	j := &job{Options: o, reader: r, sink: into, areas: make(map[uint64]bool), foreign: false}
	sum := sha256.New()
	for _, f := range files {
		// The hash is taken of the file as it came, beside the reading.
		body := io.TeeReader(&counted{r: io.NewSectionReader(f, 0, f.Size), job: j}, sum)
		if err := j.file(ctx, f, body); err != nil {
			return j.report, fmt.Errorf("%s: %w", f.Name, err)
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			return j.report, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	j.report.SHA256 = hex.EncodeToString(sum.Sum(nil))
	j.report.AreaCodes = j.areaCodes()
	if j.report.Lines == 0 {
		return j.report, unreadable("no line of it holds anything")
	}
	return j.report, nil
}

// job is a reading under way.
type job struct {
	Options
	reader  *reader
	sink    Sink
	report  campaigns.RegisterReport
	areas   map[uint64]bool // first four digits of numbers of country code 1
	last    uint64
	foreign bool // numbers of other countries too
	name    string
}

// counted tells how much was read.
type counted struct {
	r   io.Reader
	job *job
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.job.report.Bytes += int64(n)
	if c.job.Progress != nil {
		c.job.Progress(c.job.report.Bytes)
	}
	return n, err
}

// file sees through archives. A zip is read by its index, which stands at its
// end; its hash is taken by the caller.
func (j *job) file(ctx context.Context, f File, body io.Reader) error {
	j.name = f.Name
	in := bufio.NewReaderSize(body, sampleSize)
	head, err := in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return j.archive(ctx, f)
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(in)
		if err != nil {
			return unreadable("it is no whole gzip file: %v", err)
		}
		return j.plain(ctx, z)
	}
	return j.plain(ctx, in)
}

// plain reads a file that is not packed.
func (j *job) plain(ctx context.Context, in io.Reader) error {
	b := bufio.NewReaderSize(in, sampleSize)
	sample, err := b.Peek(sampleSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return broken(err)
	}
	trimmed := bytes.TrimLeft(bytes.TrimPrefix(sample, []byte("\uFEFF")), " \t\r\n")
	if bytes.IndexByte(sample, 0) >= 0 {
		return unreadable("it is not text")
	}
	if j.Format == "xml" || j.Format == "" && bytes.HasPrefix(trimmed, []byte("<")) {
		j.report.Format = "XML"
		return j.xml(ctx, b)
	}
	if i := bytes.LastIndexByte(sample, '\n'); i >= 0 {
		sample = sample[:i+1]
	}
	l, err := layoutOf(sample, j.RegisterReading, j.Change, j.reader)
	if err != nil {
		return err
	}
	j.report.Format = l.words()
	return j.text(ctx, b, l)
}

// broken says of a file that it ends or breaks where it should not.
func broken(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) {
		return unreadable("it is damaged: %v", err)
	}
	return err
}

// words say how a file was read.
func (l layout) words() string {
	switch {
	case l.width > 0:
		return fmt.Sprintf("fixed width, characters %d to %d", l.start+1, l.start+l.width)
	case l.delimiter == 0:
		return "one number a line"
	}
	columns := make([]string, len(l.columns))
	for i, c := range l.columns {
		columns[i] = strconv.Itoa(c + 1)
	}
	text := fmt.Sprintf("columns by %q, number in %s", l.delimiter, strings.Join(columns, " and "))
	if l.action >= 0 {
		text += fmt.Sprintf(", add or delete in %d", l.action+1)
	}
	return text
}

// chunk is some whole lines of a file, and what became of them.
type chunk struct {
	data    []byte
	first   bool
	done    chan struct{}
	lines   int64 // all
	held    int64 // those that hold something
	entries []entry
	rejects []campaigns.RegisterReject // with line numbers from 1 within the chunk
}

// text reads lines: one goroutine cuts, some parse, one takes in order.
func (j *job) text(ctx context.Context, in io.Reader, l layout) error {
	workers := max(1, runtime.GOMAXPROCS(0))
	parse, order := make(chan *chunk, workers), make(chan *chunk, 2*workers)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(parse)
		defer close(order)
		return cut(ctx, in, func(c *chunk) error {
			for _, to := range []chan *chunk{order, parse} {
				select {
				case to <- c:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	})
	for range workers {
		g.Go(func() error {
			for c := range parse {
				c.parse(&l, j.reader, j.name)
				close(c.done)
			}
			return nil
		})
	}
	g.Go(func() error {
		at := int64(0)
		for c := range order {
			select {
			case <-c.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := j.take(c, at); err != nil {
				return err
			}
			at += c.lines
		}
		return nil
	})
	return g.Wait()
}

// cut reads chunks of whole lines.
func cut(ctx context.Context, in io.Reader, give func(*chunk) error) error {
	var rest []byte
	first := true
	for {
		buffer := make([]byte, len(rest), len(rest)+chunkSize)
		copy(buffer, rest)
		n, err := io.ReadFull(in, buffer[len(rest):cap(buffer)])
		buffer = buffer[:len(rest)+n]
		end := errors.Is(err, io.EOF) || n > 0 && errors.Is(err, io.ErrUnexpectedEOF) && ctx.Err() == nil
		if err != nil && !end {
			return broken(err)
		}
		whole := bytes.LastIndexByte(buffer, '\n') + 1
		if end {
			whole = len(buffer)
		}
		if rest = buffer[whole:]; len(rest) > maxLine {
			return unreadable("a line is longer than %d bytes", maxLine)
		}
		if whole > 0 {
			if err := give(&chunk{data: buffer[:whole], first: first, done: make(chan struct{})}); err != nil {
				return err
			}
			first = false
		}
		if end {
			return nil
		}
	}
}

// parse reads the lines of a chunk.
func (c *chunk) parse(l *layout, r *reader, name string) {
	c.entries = make([]entry, 0, len(c.data)/12)
	var s scratch
	rest := c.data
	for len(rest) > 0 {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		c.lines++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if c.first && l.header && c.held == 0 {
			c.first = false
			continue
		}
		c.held++
		e, err := l.line(line, r, &s)
		if err != nil {
			c.rejects = append(c.rejects, reject(name, c.lines, err, line))
			continue
		}
		c.entries = append(c.entries, e)
	}
	c.data = nil
}

// reject keeps the beginning of the line: without it nobody could mend the file.
func reject(name string, line int64, err error, text []byte) campaigns.RegisterReject {
	const most = 80
	return campaigns.RegisterReject{
		File: name, Line: line, Reason: err.Error(), Text: strings.ToValidUTF8(string(bytes.TrimSpace(text[:min(len(text), most)])), "?"),
	}
}

// take gives the numbers of a chunk to the sink. Lines before it are at.
func (j *job) take(c *chunk, at int64) error {
	j.report.Lines += c.held
	for _, e := range c.entries {
		j.entry(e)
	}
	for _, r := range c.rejects {
		r.Line += at
		if err := j.reject(r); err != nil {
			return err
		}
	}
	return nil
}

func (j *job) entry(e entry) {
	if e.drop {
		j.report.Deletes++
		j.sink.Drop(e.number)
		return
	}
	j.report.Adds++
	j.sink.Add(e.number)
	if area := e.number / 1e7; area != j.last {
		j.last = area
		if area >= 1000 && area < 2000 {
			j.areas[area] = true
		} else {
			j.foreign = true
		}
	}
}

func (j *job) reject(r campaigns.RegisterReject) error {
	if j.report.Rejected++; len(j.report.First) < mostFirst {
		j.report.First = append(j.report.First, r)
	}
	if j.Rejects == nil {
		return nil
	}
	return j.Rejects(r)
}

// areaCodes are those of the numbers, when all of them are of country code 1.
func (j *job) areaCodes() []string {
	if j.foreign {
		return nil
	}
	var out []string
	for a := range j.areas {
		out = append(out, strconv.FormatUint(a, 10))
	}
	slices.Sort(out)
	return out
}
