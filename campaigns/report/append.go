package report

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

// appendTime writes 2026-11-22T01:02:03.004Z (ISO 8601, UTC); nothing for the
// zero time.
func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	b = two(two(b, year/100%100), year%100)
	b = two(append(b, '-'), int(month))
	b = two(append(b, '-'), day)
	b = two(append(b, 'T'), hour)
	b = two(append(b, ':'), minute)
	b = two(append(b, ':'), second)
	ms := t.Nanosecond() / int(time.Millisecond)
	b = two(append(b, '.', byte('0'+ms/100)), ms%100)
	return append(b, 'Z')
}

func two(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

func appendDigits(b []byte, n, width int) []byte {
	for power := pow10(width - 1); power > 0; power /= 10 {
		b = append(b, byte('0'+n/power%10))
	}
	return b
}

func pow10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}

// appendLocal writes the wall clock of a zone with its offset:
// 2026-11-22T02:02:03.004+01:00; nothing when the zone is unknown.
func appendLocal(b []byte, t time.Time, zone string) []byte {
	if t.IsZero() {
		return b
	}
	loc, err := rules.Location(zone)
	if err != nil {
		return b
	}
	return t.In(loc).AppendFormat(b, "2006-01-02T15:04:05.000-07:00")
}

// appendJSON writes a JSON string. Plain text, which is nearly all, is copied;
// the rest is left to encoding/json.
func appendJSON(b []byte, s []byte) []byte {
	for _, c := range s {
		if c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return appendOddJSON(b, s)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// appendOddJSON leaves letters of any script as they are.
func appendOddJSON(b []byte, s []byte) []byte {
	if utf8.Valid(s) && !needsEscape(s) {
		b = append(b, '"')
		b = append(b, s...)
		return append(b, '"')
	}
	encoded, err := json.Marshal(string(s))
	if err != nil { // a string can always be written
		return append(b, `""`...)
	}
	return append(b, encoded...)
}

func needsEscape(s []byte) bool {
	for i, c := range s {
		if c < ' ' || c == '"' || c == '\\' {
			return true
		}
		if c == 0xe2 && i+2 < len(s) && s[i+1] == 0x80 && s[i+2]&^1 == 0xa8 { // U+2028, U+2029
			return true
		}
	}
	return false
}

// appendCell writes a CSV cell (RFC 4180): in quotes where it has to be.
func appendCell(b []byte, s []byte) []byte {
	quote := len(s) > 0 && (s[0] == ' ' || s[len(s)-1] == ' ')
	for _, c := range s {
		if c == ',' || c == '"' || c == '\n' || c == '\r' {
			quote = true
			break
		}
	}
	if !quote {
		return append(b, s...)
	}
	b = append(b, '"')
	for _, c := range s {
		if c == '"' {
			b = append(b, '"')
		}
		b = append(b, c)
	}
	return append(b, '"')
}

// appendMoney writes an amount of smallest units as people do: 1999 EUR cents
// are 19.99.
func appendMoney(b []byte, amount int64, currency string) []byte {
	digits := campaigns.Digits(currency)
	if amount < 0 {
		b, amount = append(b, '-'), -amount
	}
	unit := int64(pow10(digits))
	b = appendInt(b, amount/unit)
	if digits == 0 {
		return b
	}
	return appendDigits(append(b, '.'), int(amount%unit), digits)
}
