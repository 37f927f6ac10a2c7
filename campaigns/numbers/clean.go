package numbers

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Most digits that a text may hold: 15 of E.164 and an international prefix.
const maxDigits = 20

// Longest text that is looked at, in bytes.
const maxText = 80

// clean reduces a text to what a numbering plan can judge: its digits, and
// whether a plus sign stood before them. It knows what people write between
// digits; all else is refused by name. Digits are appended to buf.
func clean(text string, buf []byte) (digits []byte, plus bool, refusal *Refusal) {
	text = strings.TrimSpace(text)
	if len(text) > maxText {
		return nil, false, refuse(TooLong, "the text is %d bytes long, which no phone number is", len(text))
	}
	text = unwrap(text)
	if text == "" {
		return nil, false, refuse(Empty, "there is no number")
	}
	digits = buf
	for i, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits = append(digits, byte(r))
		case r == ' ' || r == '-' || r == '.' || r == '(' || r == ')' || r == '/':
		case (r == '+' || r == '\uff0b') && !plus && len(digits) == 0:
			plus = true
		default:
			d, ok := foreign(r)
			if !ok {
				return nil, false, strange(text, i, r)
			}
			if d >= 0 {
				digits = append(digits, byte('0'+d))
			}
		}
		if len(digits) > maxDigits {
			return nil, false, tooMany(text)
		}
	}
	if len(digits) == 0 {
		return nil, false, refuse(NotANumber, "there is no digit in it")
	}
	if len(digits) > 12 && twoNumbers(text) {
		return nil, false, tooMany(text)
	}
	return digits, plus, nil
}

// unwrap takes off what programs put around a number: the tel: scheme of
// RFC 3966, the apostrophe that marks a spreadsheet cell as text, and the
// ".0" of a number that went through a floating-point column.
func unwrap(text string) string {
	if len(text) > 4 && strings.EqualFold(text[:4], "tel:") {
		text = text[4:]
	}
	text = strings.TrimPrefix(text, "'")
	if whole, ok := strings.CutSuffix(text, ".0"); ok && len(whole) >= 7 && onlyDigits(strings.TrimPrefix(whole, "+")) {
		text = whole
	}
	return text
}

func onlyDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// foreign knows digits of other scripts (their value) and the dashes and
// spaces of typography (-1).
func foreign(r rune) (digit int, ok bool) {
	if r < utf8.RuneSelf {
		return 0, false
	}
	if unicode.Is(unicode.Nd, r) {
		return digitValue(r), true
	}
	return -1, unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Zs, r) || invisible(r)
}

// digitValue is the value of a decimal digit of any script: Unicode keeps the
// ten of a script in order, and every run begins with its zero.
func digitValue(r rune) int {
	for _, run := range unicode.Nd.R16 {
		if r >= rune(run.Lo) && r <= rune(run.Hi) {
			return int(r-rune(run.Lo)) % 10
		}
	}
	for _, run := range unicode.Nd.R32 {
		if r >= rune(run.Lo) && r <= rune(run.Hi) {
			return int(r-rune(run.Lo)) % 10
		}
	}
	return 0
}

// invisible knows the marks that come along when a number is copied from a
// page: zero-width spaces, direction marks, the byte order mark, the soft hyphen.
func invisible(r rune) bool {
	return r >= '\u200b' && r <= '\u200f' || r >= '\u202a' && r <= '\u202e' || r == '\u2060' || r == '\ufeff' || r == '\u00ad'
}

// strange explains a character that no phone number has.
func strange(text string, at int, r rune) *Refusal {
	switch {
	case r < ' ' || r == 0x7f || r == '\u0085' || r == '\u2028' || r == '\u2029':
		return refuse(Control, "a control character (U+%04X) stands in it", r)
	case strings.ContainsAny(text, ";@") || hasScheme(text):
		return refuseParameters(text)
	case strings.ContainsAny(text, "*#"):
		return refuse(Stars, "* and # are codes of a phone, not digits of a number")
	case isExponent(text):
		return refuse(Spreadsheet, "a spreadsheet made it %q: its last digits are lost; format the column as text and export again", text)
	case isExtension(text[at:]) && strings.ContainsAny(text[:at], "0123456789"):
		return refuse(Extension, "it has an extension, which cannot be dialed; give the direct number")
	case strings.ContainsRune(",|&\\", r):
		return refuse(Several, "more than one number stands in it; give each its own column")
	case unicode.IsLetter(r):
		return refuse(Letters, "letters stand in it")
	case r == '+':
		return refuse(NotANumber, "a plus sign stands inside it")
	case r == utf8.RuneError:
		return refuse(NotANumber, "it is not readable in the file's character set")
	}
	return refuse(NotANumber, "%q is not part of a phone number", r)
}

func refuseParameters(text string) *Refusal {
	if !strings.Contains(text, "@") && strings.Count(text, ";") > 0 && onlyNumbers(strings.Split(text, ";")) {
		return refuse(Several, "more than one number stands in it; give each its own column")
	}
	return refuse(Parameters, "it is an address or carries parameters (; or @), not a plain number")
}

func onlyNumbers(parts []string) bool {
	for _, p := range parts {
		if strings.Trim(p, "0123456789 +-.()/") != "" {
			return false
		}
	}
	return true
}

func hasScheme(text string) bool {
	lower := strings.ToLower(text)
	return strings.HasPrefix(lower, "sip:") || strings.HasPrefix(lower, "sips:") || strings.HasPrefix(lower, "tel:")
}

// isExponent knows 3.46E+10 and 3,46E+10.
func isExponent(text string) bool {
	mantissa, exponent, ok := strings.Cut(strings.ToUpper(text), "E")
	if !ok {
		return false
	}
	return onlyDigits(strings.TrimPrefix(exponent, "+")) &&
		onlyDigits(strings.NewReplacer(".", "", ",", "").Replace(mantissa))
}

// isExtension knows x12, ext 12, ext. 12, extension 12.
func isExtension(rest string) bool {
	rest = strings.ToLower(rest)
	word := strings.TrimLeft(rest, "extnsio")
	if word == rest || rest[0] != 'e' && rest[0] != 'x' {
		return false
	}
	return onlyDigits(strings.Trim(word, " .:"))
}

// twoNumbers knows 600111222 / 600111333.
func twoNumbers(text string) bool {
	a, b, ok := strings.Cut(text, "/")
	return ok && len(a) > 6 && len(b) > 6 && onlyNumbers([]string{a, b})
}

func tooMany(text string) *Refusal {
	if strings.ContainsAny(text, "/") || strings.Count(text, "+") > 1 {
		return refuse(Several, "more than one number stands in it; give each its own column")
	}
	return refuse(TooLong, "it has more than %d digits; a number has at most 15", maxDigits)
}
