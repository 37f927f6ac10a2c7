package report

import "strings"

// Harmless makes a cell safe to open in a spreadsheet: text that one would run
// as a formula, because it begins with = + - @ TAB CR LF or one of the four
// in full width, gets a leading apostrophe, which spreadsheets take for "this
// is text" (OWASP, CSV injection). A cell that begins with apostrophes before
// such a sign gets one more, so that Plain is exact.
//
// E.164 numbers pass through here as well: +34600111222 becomes '+34600111222.
// Without it a spreadsheet computes 34600111222, loses the plus sign, and shows
// 3.46E+10.
func Harmless(cell string) string {
	if runs(cell) {
		return "'" + cell
	}
	return cell
}

// Plain takes off what Harmless put on.
func Plain(cell string) string {
	if strings.HasPrefix(cell, "'") && runs(cell[1:]) {
		return cell[1:]
	}
	return cell
}

// runs tells whether a spreadsheet would run the cell, apostrophes aside.
func runs[T string | []byte](cell T) bool {
	for len(cell) > 0 && cell[0] == '\'' {
		cell = cell[1:]
	}
	if len(cell) == 0 {
		return false
	}
	switch cell[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		return true
	case 0xef: // U+FF1D, FF0B, FF0D, FF20: EF BC 9D, 8B, 8D, A0
		return len(cell) > 2 && cell[1] == 0xbc && (cell[2] == 0x9d || cell[2] == 0x8b || cell[2] == 0x8d || cell[2] == 0xa0)
	}
	return false
}
