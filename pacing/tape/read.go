package tape

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/forecall/forecall/pacing"
)

// ErrVersion is wrapped by the error of a tape that a newer forecall wrote.
var ErrVersion = errors.New("tape of another version")

// TruncatedError says where a tape breaks off. All lines before were given.
type TruncatedError struct {
	Lines int       // whole lines, the header included
	At    time.Time // instant of the last of them; zero when there is none
	Err   error
}

// Error says the place and the cause.
func (e *TruncatedError) Error() string {
	if e.At.IsZero() {
		return fmt.Sprintf("tape breaks off in line %d: %v", e.Lines+1, e.Err)
	}
	return fmt.Sprintf("tape breaks off in line %d, after %s: %v", e.Lines+1, e.At.Format(time.RFC3339Nano), e.Err)
}

// Unwrap returns the cause.
func (e *TruncatedError) Unwrap() error { return e.Err }

// longestLine bounds the memory for one line: a keyframe of a thousand agents
// has a quarter of a megabyte.
const longestLine = 16 << 20

// Read gives every line of a tape, the header first. An error of each ends it
// and is returned. A tape that breaks off, or is damaged, is a *TruncatedError;
// one of another version wraps ErrVersion.
func Read(tape []byte, each func(Line) error) error {
	zip, err := gzip.NewReader(bytes.NewReader(tape))
	if err != nil {
		return &TruncatedError{Err: err}
	}
	r := reader{}
	lines := bufio.NewReaderSize(zip, 64<<10)
	for {
		text, err := oneLine(lines)
		if err == io.EOF && len(text) == 0 && r.lines > 0 {
			return nil
		}
		if err != nil {
			return r.broken(err)
		}
		l, err := r.parse(text)
		if errors.Is(err, ErrVersion) {
			return err
		}
		if err != nil {
			return r.broken(err)
		}
		r.lines, r.at = r.lines+1, l.At
		if err := each(l); err != nil {
			return err
		}
	}
}

// oneLine is a line with its end; io.EOF stands for a clean end, and
// io.ErrUnexpectedEOF for one in the middle of a line.
func oneLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case len(line) > longestLine:
			return nil, errors.New("a line has no end")
		case errors.Is(err, bufio.ErrBufferFull):
		case err == io.EOF && len(line) > 0:
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, err
		}
	}
}

// reader is what must be known of the lines before.
type reader struct {
	header Header
	odds   []float64
	lines  int
	at     time.Time
}

func (r *reader) broken(err error) error {
	return &TruncatedError{Lines: r.lines, At: r.at, Err: err}
}

func (r *reader) parse(text []byte) (Line, error) {
	if r.lines == 0 {
		return r.parseHeader(text)
	}
	var rec record
	if err := json.Unmarshal(text, &rec); err != nil {
		return Line{}, err
	}
	l := Line{At: r.header.From.Add(time.Duration(rec.T)), Policy: rec.Policy, Ledger: rec.Ledger, Missing: rec.Missing}
	var err error
	switch {
	case rec.Floor != nil:
		l.Floor, err = r.floor(rec.Floor)
	case rec.Kind != "":
		l.Event, err = r.event(rec.fact, l.At)
	case rec.Place != nil:
		l.Look = r.look(&rec)
	}
	return l, err
}

func (r *reader) parseHeader(text []byte) (Line, error) {
	if err := json.Unmarshal(text, &r.header); err != nil {
		return Line{}, err
	}
	if r.header.Version != version {
		return Line{}, fmt.Errorf("%w: %d, not %d", ErrVersion, r.header.Version, version)
	}
	h := r.header
	return Line{At: h.From, Header: &h}, nil
}

func (r *reader) floor(rec *floorRecord) (*Floor, error) {
	f := rec.Floor
	for _, s := range rec.Standing {
		e, err := r.event(s.fact, r.header.From.Add(time.Duration(s.T)))
		if err != nil {
			return nil, err
		}
		f.Standing = append(f.Standing, *e)
	}
	return &f, nil
}

func (r *reader) event(f fact, at time.Time) (*pacing.Event, error) {
	e, known := f.event(at)
	if !known {
		return nil, fmt.Errorf("no event is called %q", f.Kind)
	}
	return &e, nil
}

func (r *reader) look(rec *record) *Look {
	if rec.NextOdds != nil {
		r.odds = *rec.NextOdds
	}
	l := &Look{NextOdds: r.odds, Place: *rec.Place, Why: reasonOf(rec.Why), Picks: rec.Picks, Whole: rec.Whole}
	if l.Whole != nil {
		l.Whole.Why = l.Why
	}
	return l
}
