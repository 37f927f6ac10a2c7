package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
)

// engine is the version of the meaning of rules: it goes into every hash, so
// that a decision is never taken again by an engine that reads sets otherwise.
const engine = "forecall rules 1"

// maxPlans bounds the plans that a book remembers. A country has a few hundred
// kinds of places; what is beyond is forgotten and made anew.
const maxPlans = 8192

// Book is what is in force: sets and holidays. It does not change; a house that
// adopts another set makes another book.
type Book struct {
	sets      []*Set
	holidays  *Holidays
	variables map[string][]string
	countries bool // some set speaks of countries
	base      []compiled
	rules     [][]compiled // of each set
	hash      [32]byte
	seed      maphash.Seed

	mu      sync.RWMutex
	plans   map[uint64]*Plan // of the same sum, the last
	windows map[windowKey]*window
}

// NewBook puts sets in force, in the order of their ids. Two sets with one id,
// or two rules with one id, are an error; so is a variable that no set gives.
func NewBook(sets []*Set, h *Holidays) (*Book, error) {
	b := &Book{sets: slices.Clone(sets), holidays: h, seed: maphash.MakeSeed(), plans: map[uint64]*Plan{}, windows: map[windowKey]*window{}, variables: map[string][]string{}}
	slices.SortFunc(b.sets, func(x, y *Set) int { return strings.Compare(x.ID, y.ID) })
	seen := map[ID]string{}
	for i, s := range b.sets {
		if i > 0 && b.sets[i-1].ID == s.ID {
			return nil, fmt.Errorf("rule set %q is there twice, versions %d and %d: adopt one of them", s.ID, b.sets[i-1].Version, s.Version)
		}
		for _, r := range s.Rules {
			if other, twice := seen[r.ID]; twice {
				return nil, fmt.Errorf("rule %s stands in rule sets %q and %q: rename one", r.ID, other, s.ID)
			}
			seen[r.ID] = s.ID
		}
		for name, values := range s.Variables {
			b.variables[name] = append(b.variables[name], values...)
		}
		b.countries = b.countries || len(s.Applies.Countries)+len(s.Applies.Regions) > 0
	}
	if err := errors.Join(b.checkVariables(), b.checkRegions()); err != nil {
		return nil, err
	}
	b.hash, b.base = b.sum(), compileBase(b.countries)
	for _, s := range b.sets {
		rules := make([]compiled, len(s.Rules))
		for i := range s.Rules {
			rules[i] = b.compile(s, &s.Rules[i])
		}
		b.rules = append(b.rules, rules)
	}
	return b, nil
}

func (b *Book) checkVariables() error {
	var errs []error
	for _, s := range b.sets {
		for _, r := range s.Rules {
			for _, word := range r.RequireRange {
				if name, is := variable(word); is {
					if _, known := b.variables[name]; !known {
						errs = append(errs, fmt.Errorf("rule %s of %s names $%s, which no set in force gives: write it below variables", r.ID, s.Name(), name))
					}
				}
			}
		}
	}
	return errors.Join(errs...)
}

// checkRegions finds regions that the holidays in force do not know: a slip of
// the pen there would leave days out in silence.
func (b *Book) checkRegions() error {
	var errs []error
	for _, s := range b.sets {
		for _, r := range s.Rules {
			if r.Holidays == "" {
				continue
			}
			country, region, _ := parseHolidaySpec(r.Holidays) // ParseSet has read it
			known := b.holidays.Regions(country)
			if region != "" && region != country+nationalOnly && len(known) > 0 && !slices.Contains(known, region) {
				errs = append(errs, fmt.Errorf("rule %s of %s asks for the holidays of %s, which the holiday data of %s does not list", r.ID, s.Name(), region, country))
			}
		}
	}
	return errors.Join(errs...)
}

func (b *Book) sum() [32]byte {
	sum := sha256.New()
	sum.Write([]byte(engine))
	for _, s := range b.sets {
		one := sha256.Sum256(s.Source)
		sum.Write([]byte{0})
		sum.Write([]byte(s.ID))
		sum.Write(one[:])
	}
	holidays := b.holidays.digest()
	sum.Write([]byte{1})
	sum.Write(holidays[:])
	return [32]byte(sum.Sum(nil))
}

// Hash names the book: sets by id and content, holidays, and the version of
// this engine. Decision records carry it.
func (b *Book) Hash() [32]byte { return b.hash }

// HashText is Hash in hexadecimal.
func (b *Book) HashText() string { return hex.EncodeToString(b.hash[:]) }

// Sets lists the sets in force by id.
func (b *Book) Sets() []*Set { return slices.Clone(b.sets) }

// Set is the one with an id, or nil.
func (b *Book) Set(id string) *Set {
	for _, s := range b.sets {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// Holidays are those in force; nil = none.
func (b *Book) Holidays() *Holidays { return b.holidays }

// Plan is which rules apply to calls of a campaign to a place. It is made once
// and remembered by value; asking again costs no allocation.
func (b *Book) Plan(t Terms, p Place) *Plan {
	sum := b.planSum(&t, &p)
	b.mu.RLock()
	plan := b.plans[sum]
	b.mu.RUnlock()
	if plan != nil && plan.terms.Equal(&t) && plan.place.equal(&p) {
		return plan
	}
	return b.remember(sum, newPlan(b, t.clone(), p.clone()))
}

func (b *Book) remember(sum uint64, p *Plan) *Plan {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.plans) >= maxPlans {
		clear(b.plans)
	}
	b.plans[sum] = p
	return p
}

// windowKey is a rule with holidays, and the regions whose days they are.
type windowKey struct {
	rule    *Rule
	regions string
}

// windowAt is the window of a rule in regions, shared by all plans.
func (b *Book) windowAt(r *Rule, regions []string) *window {
	key := windowKey{r, strings.Join(regions, " ")}
	b.mu.RLock()
	w := b.windows[key]
	b.mu.RUnlock()
	if w != nil {
		return w
	}
	w = newWindow(r.Weekly, r.PreHoliday, b.holidays.dates(r.Holidays, regions))
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.windows) >= maxPlans {
		clear(b.windows)
	}
	b.windows[key] = w
	return w
}

func (b *Book) planSum(t *Terms, p *Place) uint64 {
	var h maphash.Hash
	h.SetSeed(b.seed)
	t.hash(&h)
	p.hash(&h)
	return h.Sum64()
}

// variable is the name in a word like $es_commercial_code.
func variable(word string) (string, bool) {
	if len(word) > 1 && word[0] == '$' {
		return word[1:], true
	}
	return "", false
}
