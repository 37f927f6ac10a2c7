package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// edition is a list as look-ups see it: its version in force and what has
// changed before. It is never changed; a new version makes a new edition.
type edition struct {
	set     *Set
	answer  rules.Listed // to a number that is not on it
	covers  cover
	changes []change // newest first: version n, n-1, ... 2
	recent  *Set     // all that came within memory, in one; nil = nobody
}

// change is what came and went with a version.
type change struct {
	version    campaigns.RegisterVersion
	added      *Set
	removed    *Set
	notEarlier time.Time // access of the version before: who came with this one was not on the list then
}

// memory is how far back look-ups know since when a number is on a list.
// Grace after a registration is 31 days at most (16 CFR 310.4(b)(3)(iv)).
const memory = 92 * 24 * time.Hour

func newEdition(set *Set, changes []change) (*edition, error) {
	v := set.Version
	sum, err := hex.DecodeString(v.SHA256)
	if err != nil || len(sum) != sha256.Size {
		return nil, fmt.Errorf("%w: %q is no SHA-256", ErrDamaged, v.SHA256)
	}
	e := &edition{set: set, changes: changes, covers: newCover(v.Covers), answer: rules.Listed{
		Loaded: true, Version: v.List + "@" + strconv.FormatInt(v.Version, 10), SHA256: [32]byte(sum), AccessedAt: v.AccessedAt,
	}}
	young := NewBuilder(nil)
	for _, c := range e.young() {
		c.added.Each(func(n uint64) bool { young.Add(n); return true })
	}
	if young.Count() == 0 {
		return e, nil
	}
	e.recent, err = young.memory()
	return e, err
}

// young are the changes within memory.
func (e *edition) young() []change {
	i := slices.IndexFunc(e.changes, func(c change) bool { return e.set.Version.AccessedAt.Sub(c.notEarlier) > memory })
	if i < 0 {
		return e.changes
	}
	return e.changes[:i]
}

// look is the answer to one number.
func (e *edition) look(number uint64) rules.Listed {
	out := e.answer
	if !e.covers.has(number) {
		out.Loaded = false // the version does not speak of it
		return out
	}
	if out.Listed = e.set.Has(number); out.Listed && e.recent != nil && e.recent.Has(number) {
		out.RegisteredAt = e.since(number)
	}
	return out
}

// since is the earliest time at which a number that is on the list can have
// come onto it: when the last version that had not got it was accessed. Zero
// when that is longer ago than memory, or unknown.
func (e *edition) since(number uint64) time.Time {
	for _, c := range e.young() {
		if c.added.Has(number) {
			return c.notEarlier
		}
	}
	return time.Time{}
}

// cover is the part of all numbers that a version speaks of, as beginnings of
// numbers; none = all.
type cover struct {
	lengths []int // of the beginnings
	starts  map[uint64]bool
}

func newCover(starts []string) cover {
	c := cover{starts: make(map[uint64]bool, len(starts))}
	for _, s := range starts {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			continue // CheckCover has seen them
		}
		c.starts[n] = true
		if !slices.Contains(c.lengths, len(s)) {
			c.lengths = append(c.lengths, len(s))
		}
	}
	return c
}

func (c cover) has(number uint64) bool {
	if len(c.lengths) == 0 {
		return true
	}
	digits := 0
	for n := number; n > 0; n /= 10 {
		digits++
	}
	for _, length := range c.lengths {
		n := number
		for range digits - length {
			n /= 10
		}
		if digits >= length && c.starts[n] {
			return true
		}
	}
	return false
}

// ErrCover marks beginnings of numbers that are none.
var ErrCover = errors.New("this is nothing that a list could cover")

// CheckCover tells whether every beginning is one of E.164 numbers.
func CheckCover(starts []string) error {
	for _, s := range starts {
		if n, err := strconv.ParseUint(s, 10, 64); err != nil || len(s) > mostDigits || s[0] == '0' || n == 0 {
			return fmt.Errorf("%w: %q is not the beginning of a number with its country code, as 1202", ErrCover, s)
		}
	}
	return nil
}
