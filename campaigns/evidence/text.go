package evidence

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Records are JSON lines that keep what JSON loses: the order of columns, whole
// numbers of 64 bits beside reals (which always have a point or an exponent),
// octets ({"hex":...}) and text that is not UTF-8 ({"text":...}).

// appendRecord writes one line.
func appendRecord(b []byte, r Record) []byte {
	b = append(b, `{"link":`...)
	b = strconv.AppendInt(b, r.Link, 10)
	b = append(b, `,"kind":`...)
	b = appendText(b, r.Kind)
	b = append(b, `,"ref":`...)
	b = strconv.AppendInt(b, r.Ref, 10)
	b = append(b, `,"rows":[`...)
	for i, row := range r.Rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendRow(b, row)
	}
	return append(b, "]}\n"...)
}

func appendRow(b []byte, row Row) []byte {
	b = append(b, `{"format":`...)
	b = strconv.AppendInt(b, int64(row.Format), 10)
	b = append(b, `,"ref":`...)
	b = strconv.AppendInt(b, row.Ref, 10)
	if row.Withheld != nil {
		return append(appendHex(append(b, `,"withheld":`...), row.Withheld), '}')
	}
	b = appendFields(append(b, `,"public":`...), row.Public)
	if len(row.Personal) > 0 {
		b = appendFields(append(b, `,"personal":`...), row.Personal)
	}
	if row.Opening != nil {
		b = appendHex(append(b, `,"opening":`...), row.Opening)
	}
	if row.Commitment != nil {
		b = appendHex(append(b, `,"commitment":`...), row.Commitment)
	}
	if row.Erased {
		b = append(b, `,"erased":true`...)
	}
	return append(b, '}')
}

func appendFields(b []byte, fields []Field) []byte {
	b = append(b, '{')
	for i, f := range fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, f.Name)
		b = append(b, ':')
		b = appendValue(b, f.Value)
	}
	return append(b, '}')
}

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		at := len(b)
		b = strconv.AppendFloat(b, v, 'g', -1, 64)
		if !bytes.ContainsAny(b[at:], ".eIN") {
			b = append(b, ".0"...)
		}
		return b
	case string:
		if utf8.ValidString(v) {
			return appendText(b, v)
		}
		return append(appendHex(append(b, `{"text":`...), []byte(v)), '}')
	case []byte:
		return append(appendHex(append(b, `{"hex":`...), v), '}')
	}
	return append(b, "null"...)
}

func appendHex(b, octets []byte) []byte {
	return append(hex.AppendEncode(append(b, '"'), octets), '"')
}

const hexDigits = "0123456789abcdef"

// appendText quotes a text as JSON (RFC 8259 section 7).
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

var errText = errors.New("it is not a record as forecall writes it")

// scanner reads what appendRecord writes, and nothing else: an export has one
// form.
type scanner struct {
	b  []byte
	at int
}

// readRecord reads one line.
func readRecord(line []byte) (r Record, err error) {
	s := &scanner{b: line}
	defer func() {
		if p := recover(); p != nil {
			bad, ok := p.(scanError)
			if !ok {
				panic(p)
			}
			err = fmt.Errorf("%w: octet %d", errText, bad.at+1)
		}
	}()
	s.want(`{"link":`)
	r.Link = s.integer()
	s.want(`,"kind":`)
	r.Kind = s.text()
	s.want(`,"ref":`)
	r.Ref = s.integer()
	s.want(`,"rows":[`)
	for {
		r.Rows = append(r.Rows, s.row())
		if !s.has(`,`) {
			break
		}
	}
	s.want("]}")
	if s.at != len(line) {
		s.fail()
	}
	return r, nil
}

// scanError unwinds the scanner; it never leaves readRecord.
type scanError struct{ at int }

func (s *scanner) fail() { panic(scanError{s.at}) }

func (s *scanner) has(text string) bool {
	if bytes.HasPrefix(s.b[s.at:], []byte(text)) {
		s.at += len(text)
		return true
	}
	return false
}

func (s *scanner) want(text string) {
	if !s.has(text) {
		s.fail()
	}
}

func (s *scanner) row() (row Row) {
	s.want(`{"format":`)
	row.Format = int(s.integer())
	s.want(`,"ref":`)
	row.Ref = s.integer()
	if s.has(`,"withheld":`) {
		row.Withheld = s.octets()
		s.want(`}`)
		return row
	}
	s.want(`,"public":`)
	row.Public = s.fields()
	if s.has(`,"personal":`) {
		row.Personal = s.fields()
	}
	if s.has(`,"opening":`) {
		row.Opening = s.octets()
	}
	if s.has(`,"commitment":`) {
		row.Commitment = s.octets()
	}
	row.Erased = s.has(`,"erased":true`)
	s.want(`}`)
	return row
}

func (s *scanner) fields() (out []Field) {
	s.want(`{`)
	out = make([]Field, 0, 32)
	for !s.has(`}`) {
		if len(out) > 0 {
			s.want(`,`)
		}
		f := Field{Name: s.text()}
		s.want(`:`)
		f.Value = s.value()
		out = append(out, f)
	}
	return out
}

func (s *scanner) value() any {
	switch {
	case s.has(`null`):
		return nil
	case s.has(`{"hex":`):
		v := s.octets()
		s.want(`}`)
		return v
	case s.has(`{"text":`):
		v := string(s.octets())
		s.want(`}`)
		return v
	case s.at < len(s.b) && s.b[s.at] == '"':
		return s.text()
	}
	return s.number()
}

func (s *scanner) literal() string {
	from := s.at
	for s.at < len(s.b) && bytes.IndexByte([]byte("+-.0123456789eInfNa"), s.b[s.at]) >= 0 {
		s.at++
	}
	return string(s.b[from:s.at])
}

func (s *scanner) integer() int64 {
	v, err := strconv.ParseInt(s.literal(), 10, 64)
	if err != nil {
		s.fail()
	}
	return v
}

func (s *scanner) number() any {
	text := s.literal()
	if v, err := strconv.ParseInt(text, 10, 64); err == nil {
		return v
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		s.fail()
	}
	return v
}

func (s *scanner) octets() []byte {
	v, err := hex.DecodeString(s.text())
	if err != nil {
		s.fail()
	}
	return v
}

func (s *scanner) text() string {
	s.want(`"`)
	from := s.at
	end := bytes.IndexAny(s.b[from:], "\"\\")
	if end < 0 {
		s.fail()
	}
	if s.b[from+end] == '"' {
		s.at = from + end + 1
		return string(s.b[from : from+end])
	}
	out := append([]byte(nil), s.b[from:from+end]...)
	for s.at = from + end; ; {
		switch {
		case s.at >= len(s.b):
			s.fail()
		case s.has(`"`):
			return string(out)
		case s.has(`\u00`):
			v, err := strconv.ParseUint(string(s.take(2)), 16, 8)
			if err != nil {
				s.fail()
			}
			out = append(out, byte(v))
		case s.has(`\`):
			out = append(out, s.take(1)...)
		default:
			out = append(out, s.take(1)...)
		}
	}
}

func (s *scanner) take(n int) []byte {
	if s.at+n > len(s.b) {
		s.fail()
	}
	s.at += n
	return s.b[s.at-n : s.at]
}
