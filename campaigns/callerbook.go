package campaigns

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// CallerBook chooses the number that a person sees: one of the campaign's own
// and of its pools, as near to the person as there is one.
//
//	numbers of the campaign and its pools
//	  -- not one whose right to use is over, not one that rests --
//	  -- of these the nearest: same area, same country, of no country, any --
//	  -- of these in turn
//
// It is asked for every call, so it answers from memory; Learn tells it anew.
type CallerBook struct {
	mu     sync.Mutex // guards what follows
	known  map[string]CallerID
	rights map[string][]CallerRight
	shown  map[string]int64 // calls of the day
	day    string           // UTC, that shown is of
	turns  map[int64]int    // by campaign
}

// NewCallerBook returns a book that knows no number yet: campaigns show what
// their settings name.
func NewCallerBook() *CallerBook {
	return &CallerBook{turns: map[int64]int{}, shown: map[string]int64{}}
}

// Learn replaces what is known of our numbers. Shown is how many calls of the
// day have shown each.
func (b *CallerBook) Learn(ids []CallerID, rights []CallerRight, shown map[string]int64, now time.Time) {
	known, held := make(map[string]CallerID, len(ids)), map[string][]CallerRight{}
	for _, c := range ids {
		known[c.Number] = c
	}
	for _, r := range rights {
		held[r.Number] = append(held[r.Number], r)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known, b.rights = known, held
	b.newDay(now)
	for number, n := range shown {
		b.shown[number] = max(b.shown[number], n) // what was picked meanwhile is not in the store yet
	}
}

func (b *CallerBook) newDay(now time.Time) {
	if day := now.UTC().Format(time.DateOnly); day != b.day {
		b.day, b.shown = day, map[string]int64{}
	}
}

// Shows tells whether a number is one that the campaign shows.
func (b *CallerBook) Shows(c Campaign, number string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Contains(b.numbers(c), number)
}

// Profile is the address of what carriers may show beside a number (RFC 9795);
// empty = none.
func (b *CallerBook) Profile(number string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.known[number].Profile
}

// Why says why no number of the campaign may be shown now; empty when one may,
// or when the campaign names none and its trunk shows its own.
func (b *CallerBook) Why(c Campaign, now time.Time) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.newDay(now)
	all := b.numbers(c)
	switch {
	case len(all) == 0 && len(c.CallerPools) > 0:
		return "the caller ID pools " + strings.Join(c.CallerPools, ", ") + " have no number"
	case len(all) == 0 || slices.ContainsFunc(all, func(n string) bool { return b.mayShow(n, now) && !b.rests(n) }):
		return ""
	case slices.ContainsFunc(all, func(n string) bool { return b.mayShow(n, now) }):
		return "every caller ID of the campaign was shown as often today as it may be; they rest until midnight UTC"
	}
	return "every caller ID of the campaign is blocked, or the right to show it is over"
}

// Pick returns the number to show to a phone, and counts it as shown; "" when
// there is none to show.
func (b *CallerBook) Pick(c Campaign, to Phone, now time.Time) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.newDay(now)
	usable := slices.DeleteFunc(slices.Clone(b.numbers(c)), func(n string) bool { return !b.mayShow(n, now) })
	if fresh := slices.DeleteFunc(slices.Clone(usable), b.rests); len(fresh) > 0 {
		usable = fresh
	}
	if len(usable) == 0 {
		return ""
	}
	near := b.nearest(usable, to)
	number := near[b.turns[c.ID]%len(near)]
	b.turns[c.ID]++
	b.shown[number]++
	return number
}

// numbers are the campaign's own, then those of its pools in order.
func (b *CallerBook) numbers(c Campaign) []string {
	if len(c.CallerPools) == 0 {
		return c.CallerIDs
	}
	out := slices.Clone(c.CallerIDs)
	for n, known := range b.known {
		if known.Pool != "" && slices.Contains(c.CallerPools, known.Pool) && !slices.Contains(c.CallerIDs, n) {
			out = append(out, n)
		}
	}
	slices.Sort(out[len(c.CallerIDs):])
	return out
}

// mayShow tells whether a number is not blocked and the right to show it holds.
// A number of which no right was ever written down is left to the rules, which
// may want one.
func (b *CallerBook) mayShow(number string, now time.Time) bool {
	rights := b.rights[number]
	return b.known[number].Blocked == "" &&
		(len(rights) == 0 || slices.ContainsFunc(rights, func(r CallerRight) bool { return r.Holds(now) }))
}

func (b *CallerBook) rests(number string) bool {
	c := b.known[number]
	return c.Rest && c.Most > 0 && b.shown[number] >= c.Most
}

// nearest keeps the numbers that are as near to a phone as any of them.
func (b *CallerBook) nearest(numbers []string, to Phone) []string {
	best, out := -1, numbers[:0]
	for _, n := range numbers {
		switch near := nearness(b.known[n], to); {
		case near > best:
			best, out = near, append(out[:0], n)
		case near == best:
			out = append(out, n)
		}
	}
	return out
}

// nearness of a number of ours to a phone: digits of the area that agree, or
// the country, or belonging nowhere; 0 = for somebody else.
func nearness(c CallerID, to Phone) int {
	switch {
	case c.Area != "" && strings.HasPrefix(to.Number, c.Area):
		return 2 + len(c.Area)
	case c.Area != "":
		return 0
	case c.Region != "" && c.Region == to.Region:
		return 2
	case c.Region == "":
		return 1
	}
	return 0
}
