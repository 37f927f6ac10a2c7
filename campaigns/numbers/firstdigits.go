package numbers

// Country is the country of an E.164 number, and how many of its first digits,
// the "+" not counted, are enough to know it: every number that begins with
// them is of the same country. A store walks its numbers by it, from country to
// country instead of one by one. It is "" and all the digits for what is no
// number.
func Country(e164 string) (code string, digits int) {
	if len(e164) < 2 || e164[0] != '+' {
		return "", max(0, len(e164)-1)
	}
	at := uint16(0)
	for i := 1; i < len(e164) && !atlas.whole[at]; i++ {
		d := e164[i] - '0'
		if d > 9 {
			return "", len(e164) - 1
		}
		digits = i
		next := atlas.steps[at][d]
		if next == 0 {
			break
		}
		at = next
	}
	return atlas.places[at].Country, digits
}

// survey marks the prefixes below which all numbers are of one country, and
// tells whether this is one of them.
func (t *tree) survey(node uint16) bool {
	one := true
	for _, next := range t.steps[node] {
		if next != 0 && (!t.survey(next) || t.places[next].Country != t.places[node].Country) {
			one = false
		}
	}
	t.whole[node] = one
	return one
}
