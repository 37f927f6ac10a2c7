package postgres

import (
	"strconv"
	"strings"
)

// The store speaks one SQL. What Postgres spells otherwise is respelled here,
// once for each text; functions that it does not have stand in the schema.

// words are respelled wherever they stand outside of quotes.
var words = map[string]string{
	"user": `"user"`, // a column of ours, a function of theirs
	"LIKE": "ILIKE",  // letters of either case are the same, as in SQLite
}

// castTypes are the types that casts name.
var castTypes = map[string]string{"INTEGER": "BIGINT", "BLOB": "BYTEA", "REAL": "DOUBLE PRECISION"}

// respell turns a statement of the store into one for Postgres: ? and ?2 become
// $1 and $2, casts get the types of this schema.
func respell(query string) string {
	var b strings.Builder
	b.Grow(len(query) + 32)
	args, before := 0, ""
	for i := 0; i < len(query); {
		c := query[i]
		switch {
		case c == '\'' || c == '"':
			end := i + 1 + strings.IndexByte(query[i+1:], c)
			if end <= i {
				end = len(query) - 1
			}
			b.WriteString(query[i : end+1])
			i, before = end+1, ""
		case c == '?':
			end := i + 1
			for end < len(query) && digit(query[end]) {
				end++
			}
			n := query[i+1 : end]
			if n == "" { // one more than any before
				args++
				n = strconv.Itoa(args)
			} else if k, err := strconv.Atoi(n); err == nil {
				args = max(args, k)
			}
			b.WriteString("$" + n)
			i, before = end, ""
		case letter(c):
			end := i + 1
			for end < len(query) && (letter(query[end]) || digit(query[end])) {
				end++
			}
			word := query[i:end]
			b.WriteString(wordOf(word, before))
			i, before = end, word
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String()
}

func wordOf(word, before string) string {
	if t, ok := castTypes[word]; ok && before == "AS" {
		return t
	}
	if w, ok := words[word]; ok {
		return w
	}
	return word
}

func digit(c byte) bool  { return '0' <= c && c <= '9' }
func letter(c byte) bool { return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' }
