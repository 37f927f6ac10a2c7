package postgres

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// Texts of Postgres are UTF-8 without a zero; what carriers and files send is
// anything, and the chain has digested it as it came. Each octet that Postgres
// refuses is written as this letter, which Unicode keeps for such ends, and two
// digits; so is the letter itself.
const mark = "\ufdd0"

// armour makes a text one that Postgres takes.
func armour(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, "\x00") && !strings.Contains(s, mark) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == 0 || r == '\ufdd0' || r == utf8.RuneError && n == 1 {
			for _, c := range []byte(s[:n]) {
				b.WriteString(mark + hex.EncodeToString([]byte{c}))
			}
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// disarm undoes armour.
func disarm(s string) string {
	before, rest, found := strings.Cut(s, mark)
	if !found {
		return s
	}
	var b strings.Builder
	for found {
		b.WriteString(before)
		octet, err := "", error(nil)
		if len(rest) >= 2 {
			var raw []byte
			raw, err = hex.DecodeString(rest[:2])
			octet = string(raw)
		}
		if octet == "" || err != nil {
			b.WriteString(mark)
		} else {
			b.WriteString(octet)
			rest = rest[2:]
		}
		before, rest, found = strings.Cut(rest, mark)
	}
	b.WriteString(before)
	return b.String()
}
