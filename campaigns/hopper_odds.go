package campaigns

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns/odds"
	"github.com/forecall/forecall/campaigns/rules"
)

// OddsWindow is how many contacts one look at the odds shows at most: more
// than one decision places.
const OddsWindow = 128

const (
	// poolFactor is how many times its size a hopper holds whose contacts are
	// chosen among, and not taken in order.
	poolFactor = 3
	// rankEvery is how often the order of best times is made anew: hours begin
	// at any quarter of an hour somewhere.
	rankEvery = time.Minute
	// alike is the difference of log-odds below which two hours are as good as
	// each other, so that the list's order decides.
	alike = 0.05
)

// Odds appends to buf[:0] the answer odds of the contacts that come next, in
// the order in which Next would give them: 1 is the campaign's mean. Pick takes
// one by its place there. There are at most OddsWindow of them, and only of
// those that are first by right: while a callback is due, or a list of higher
// priority has contacts, or somebody has been passed over for longer than the
// hopper's patience, no other contact is in the window, however good its odds.
// It is empty when the campaign does not use odds or has nobody to call.
//
// Within a rank, those come first for whom this hour is the best of their week,
// or nearly so. That is not who answers best: it is who loses most by being
// called at another time.
func (h *Hopper) Odds(now time.Time, buf []float64) []float64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	buf = buf[:0]
	h.shown = h.shown[:0]
	if !h.campaign.KnowOdds {
		return buf
	}
	if !h.opens.IsZero() && !now.Before(h.opens) {
		h.sortAside(now)
	}
	for _, q := range h.callable[:min(len(h.callable), OddsWindow)] {
		if first := h.callable[0]; q.Rank != first.Rank || h.overdue(q, now) != h.overdue(first, now) {
			break
		}
		h.shown = append(h.shown, q)
		buf = append(buf, h.oddsOf(q, now))
	}
	return buf
}

// oddsOf are the odds of a contact in this minute.
func (h *Hopper) oddsOf(q *queued, now time.Time) float64 {
	if minute := now.Unix() / 60; q.oddsAt != minute {
		_, q.odds = h.learned.Answer(factsOf(q.Contact, now))
		q.oddsAt = minute
	}
	return q.odds
}

// Pick takes the contact at place i of the window that Odds gave last out of
// the hopper, whatever was taken of it since. It is false when there is none at
// that place, or not any more, and when its calling window, judged again at
// this last moment, is closed.
func (h *Hopper) Pick(now time.Time, i int) (Contact, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i < 0 || i >= len(h.shown) || h.shown[i].taken {
		return Contact{}, false
	}
	place := slices.Index(h.callable, h.shown[i])
	if place < 0 {
		return Contact{}, false
	}
	return h.take(place, now)
}

// Resolved tells how an attempt that was placed then has ended: answered by a
// person or not. The contact is as it was when it was taken. What we withdrew,
// or what never reached the contact, is not to be told: it says nothing of who
// answers.
func (h *Hopper) Resolved(c Contact, placed time.Time, answered bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.learned.Learn(factsOf(c, placed), answered)
	h.dirty = true
}

// Chance is how likely the contact is to answer at a time, and why.
func (h *Hopper) Chance(c Contact, at time.Time) odds.Chance {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.learned.Chance(factsOf(c, at))
}

// factsOf is what odds are made of. Where somebody may be in one of several
// zones, the first one gives the hour.
func factsOf(c Contact, at time.Time) odds.Facts {
	phone, zones := c.Dial()
	f := odds.Facts{
		List: c.List, Region: phone.Region, Tries: c.Tries, Last: string(c.Last), Phone: c.Phone, Mobile: phone.Kind == "mobile",
	}
	if !c.TriedAt.IsZero() {
		f.SinceLast = at.Sub(c.TriedAt)
	}
	local := at.UTC()
	if len(zones) > 0 {
		f.Zone = zones[0]
		if loc, err := rules.Location(zones[0]); err == nil {
			local = at.In(loc)
		}
	}
	f.Weekday, f.Hour = local.Weekday(), local.Hour()
	return f
}

// Everything below holds the lock.

// size is how many callable contacts are kept, and low when to get more.
func (h *Hopper) size() int {
	if h.campaign.KnowOdds {
		return poolFactor * h.settings.Size
	}
	return h.settings.Size
}

func (h *Hopper) low() int {
	if h.campaign.KnowOdds {
		return poolFactor * h.settings.Low
	}
	return h.settings.Low
}

// overdue tells whether a contact was passed over for long enough.
func (h *Hopper) overdue(q *queued, now time.Time) bool {
	return now.Sub(q.since) >= h.settings.Patience
}

// rank judges the hour anew for everybody in the queue, and orders it.
func (h *Hopper) rank(now time.Time) {
	h.ranked = now
	if !h.campaign.KnowOdds {
		return
	}
	h.findBest()
	for _, q := range h.callable {
		h.judge(q, now)
	}
	h.order(now)
}

// reorder is rank for a queue to which a few were added.
func (h *Hopper) reorder(now time.Time) {
	if !h.campaign.KnowOdds {
		return
	}
	for _, q := range h.callable {
		if !q.judged {
			h.judge(q, now)
		}
	}
	h.order(now)
}

// judge says how good this hour is for a contact. Of an hour that was not tried
// yet nothing is known: it is as good as the best, so that it will be.
func (h *Hopper) judge(q *queued, now time.Time) {
	f := factsOf(q.Contact, now)
	q.judged, q.prefer = true, 0
	if add, known := h.learned.Hourly(f.Weekday, f.Hour, f.Mobile); known {
		if best := h.bestHour(f.Mobile); !math.IsInf(best, 0) { // else no hour that may be called was tried
			q.prefer = min(0, int((add-best)/alike))
		}
	}
}

// bestHour is what the best hour of the week adds, of those that were tried.
func (h *Hopper) bestHour(mobile bool) float64 {
	if mobile {
		return h.best[1]
	}
	return h.best[0]
}

// findBest looks for the best hours in which the campaign may call, by the
// clock of who is called.
func (h *Hopper) findBest() {
	h.best = [2]float64{math.Inf(-1), math.Inf(-1)}
	for day := range h.campaign.Windows {
		for hour := range 24 {
			if !openIn(h.campaign.Windows[day], hour) {
				continue
			}
			for i, mobile := range []bool{false, true} {
				if add, known := h.learned.Hourly(time.Weekday(day), hour, mobile); known {
					h.best[i] = max(h.best[i], add)
				}
			}
		}
	}
}

func openIn(spans []rules.Span, hour int) bool {
	for _, s := range spans {
		if s.From < (hour+1)*60 && s.To > hour*60 {
			return true
		}
	}
	return false
}

// order puts the queue into the order of a campaign that knows odds: by rank;
// those passed over for too long, the longest first; those whose hour it is; as
// they stood.
func (h *Hopper) order(now time.Time) {
	slices.SortStableFunc(h.callable, func(a, b *queued) int {
		if a.Rank != b.Rank {
			return cmp.Compare(b.Rank, a.Rank)
		}
		late, lateB := h.overdue(a, now), h.overdue(b, now)
		switch {
		case late && lateB:
			return a.since.Compare(b.since)
		case late:
			return -1
		case lateB:
			return 1
		}
		return cmp.Compare(b.prefer, a.prefer)
	})
}
