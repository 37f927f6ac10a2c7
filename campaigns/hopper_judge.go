package campaigns

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

const (
	// nearAside is how soon a refused contact may be called again to be kept at
	// hand instead of going back to the store.
	nearAside = 5 * time.Minute
	// anewPerSecond is how many of the contacts that wait outside are judged anew
	// each second at most: a million whose window is closed cost the store 3 % of
	// its time (BenchmarkClosed), and a list of less than half a million notices
	// within longestAway that its rules have changed.
	anewPerSecond = 500
)

// barKey is why contacts were handed back, and until when.
type barKey struct {
	rule  string
	until time.Time // to the minute
}

// barrier is how many contacts stand behind a rule.
type barrier struct {
	contacts int
	opens    time.Time // when the rule lets the first of them through; zero = not by time alone
	detail   string    // of the first of them
}

// Barred is how many contacts the rules keep out of a hopper, by the rule.
type Barred struct {
	Rule     string    `json:"rule"`
	Contacts int       `json:"contacts"`
	Opens    time.Time `json:"opens,omitzero"`   // when the first of them is judged again
	Detail   string    `json:"detail,omitempty"` // of one of them
	Done     bool      `json:"done,omitempty"`   // they will not be called at all
}

// hear asks the rules of contacts that were just leased, before they take a
// place: who may not be called goes back until the rules may allow it. Without
// an answer all of them go back: nobody is offered whom nobody judged.
func (h *Hopper) hear(ctx context.Context, batch []Contact, now time.Time) ([]Contact, error) {
	if h.settings.Judge == nil || len(batch) == 0 {
		return batch, nil
	}
	verdicts, err := h.settings.Judge.Judge(ctx, h.id(), batch, now)
	if err == nil && len(verdicts) != len(batch) {
		err = fmt.Errorf("%d judgements for %d contacts", len(verdicts), len(batch))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		for _, p := range batch {
			h.back = append(h.back, p.ID)
		}
		return nil, fmt.Errorf("judge contacts: %w", err)
	}
	fit := batch[:0]
	for i, v := range verdicts {
		p := batch[i]
		if len(p.Phones) > 1 {
			p.Phone = v.Phone // another's turn, when the number of the first keeps it out
		}
		if v.Allowed {
			p.ReservedOnly = v.Reserved
			fit = append(fit, p)
			continue
		}
		h.bar(p, v, now)
	}
	return fit, nil
}

// bar keeps a contact out. It holds the lock.
func (h *Hopper) bar(p Contact, v Judgement, now time.Time) {
	if v.Until.IsZero() {
		gone := h.ended[v.Rule]
		gone.contacts, gone.detail = gone.contacts+1, v.Detail
		h.ended[v.Rule] = gone
		h.barredBack = append(h.barredBack, Back{Contact: p.ID})
		return
	}
	if v.Until.Sub(now) <= nearAside && len(h.aside) < h.settings.Aside {
		h.keepAside(asideContact{contact: p, until: v.Until, putOff: true})
		return
	}
	until := h.awayUntil(v.Until, now)
	h.barredBack = append(h.barredBack, Back{Contact: p.ID, Until: until, Held: v.Held})
	key := barKey{v.Rule, until}
	b := h.barred[key]
	if b.contacts == 0 {
		b.detail = v.Detail
	}
	b.contacts++
	b.opens = earliest(b.opens, v.Until)
	h.barred[key] = b
	h.waiting++
}

// awayUntil is when a contact is judged anew: when the rules may let it through,
// but within longestAway, since rules, lists and windows change; later the more
// contacts wait. It is a full minute, so that many go back at once.
func (h *Hopper) awayUntil(until, now time.Time) time.Time {
	maps.DeleteFunc(h.barred, func(k barKey, b barrier) bool {
		over := !now.Before(k.until)
		if over {
			h.waiting -= b.contacts
		}
		return over
	})
	limit := now.Add(max(longestAway, time.Duration(h.waiting/anewPerSecond)*time.Second))
	if until.After(limit) {
		until = limit
	}
	return until.Add(time.Minute - 1).Truncate(time.Minute)
}

// Lifted hears that a kill switch is lifted: whom it kept out comes back, and the
// store is asked for them at once.
func (h *Hopper) Lifted() {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.DeleteFunc(h.barred, func(k barKey, b barrier) bool {
		over := k.rule == string(rules.Stopped)
		if over {
			h.waiting -= b.contacts
		}
		return over
	})
	h.nudge()
}

// barriers are the rules that keep contacts out now, the one with most first.
// It holds the lock.
func (h *Hopper) barriers(now time.Time) []Barred {
	sum := make(map[string]Barred)
	for key, b := range h.barred {
		if !now.Before(key.until) {
			continue
		}
		one := sum[key.rule]
		one.Rule, one.Contacts, one.Opens = key.rule, one.Contacts+b.contacts, earliest(one.Opens, b.opens)
		if one.Detail == "" || one.Opens.Equal(b.opens) {
			one.Detail = b.detail
		}
		sum[key.rule] = one
	}
	out := slices.Collect(maps.Values(sum))
	for rule, b := range h.ended {
		out = append(out, Barred{Rule: rule, Contacts: b.contacts, Detail: b.detail, Done: true})
	}
	slices.SortFunc(out, func(a, b Barred) int {
		if a.Contacts != b.Contacts {
			return b.Contacts - a.Contacts
		}
		return strings.Compare(a.Rule, b.Rule)
	})
	return out
}

// keptOut takes over what keeps contacts out. The campaign's own windows are told
// as they always were.
func (s *HopperState) keptOut(all []Barred) {
	for _, b := range all {
		if b.Rule == string(rules.Hours) && !b.Done {
			s.Closed += b.Contacts
			s.Opens = earliest(s.Opens, b.Opens)
			continue
		}
		s.Barred = append(s.Barred, b)
	}
}

// KeptOut tells whether rules keep contacts out that may be called later.
func (s HopperState) KeptOut() bool {
	return slices.ContainsFunc(s.Barred, func(b Barred) bool { return !b.Done })
}

// barredWhy says which rules keep the contacts out, when any of them may still
// be called later; empty when none does.
func (s HopperState) barredWhy() string {
	n, parts, first := 0, make([]string, 0, len(s.Barred)), time.Time{}
	for _, b := range s.Barred {
		if b.Done {
			continue
		}
		n += b.Contacts
		first = earliest(first, b.Opens)
		text := fmt.Sprintf("%s %s", thousands(int64(b.Contacts)), b.Rule)
		if b.Detail != "" {
			text += " (" + b.Detail + ")"
		}
		parts = append(parts, text)
	}
	if n == 0 {
		return ""
	}
	const most = 3
	if len(parts) > most {
		parts = append(parts[:most], "...")
	}
	return fmt.Sprintf("the rules allow none of the %s contacts at hand now: %s; judged again from %s on",
		thousands(int64(n)), strings.Join(parts, ", "), stamp(first))
}
