package filter

import (
	"strings"
	"testing"
)

// The parser must not be led into work that grows faster than the text: each
// of these is as long as a filter may be, and a slow one would hang the test.
func TestNoShortTextTakesLongToRead(t *testing.T) {
	for _, part := range []string{"(", "[", "{", "a[", "not ", "- ", "!", "a.", "a?.", "a?", "a ? b : ", "fields[", "filter(a, ", "1 < ", "lower(", "a ?? ", "a | ", "if a { ", "#", "let a = ", "\"", "`", "/*"} {
		for _, tail := range []string{"", "a", "1", "tries < 3"} {
			Parse(strings.Repeat(part, (longest-len(tail))/len(part))+tail, Names{})
		}
	}
}
