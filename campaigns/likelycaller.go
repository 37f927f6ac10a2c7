package campaigns

import "time"

// LikelyCaller is the number that a campaign would show to a phone now, when its
// turns stood at the beginning: what a decision is explained with that places no
// call. When none may be shown it is the campaign's first, so that the rules say
// what is wrong with it; empty when the campaign has none.
func LikelyCaller(c Campaign, known []CallerID, rights []CallerRight, to Phone, now time.Time) string {
	book := NewCallerBook()
	book.Learn(known, rights, nil, now)
	if number := book.Pick(c, to, now); number != "" {
		return number
	}
	if len(c.CallerIDs) > 0 {
		return c.CallerIDs[0]
	}
	return ""
}
