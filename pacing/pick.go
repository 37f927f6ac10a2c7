package pacing

// open begins the choosing of contacts with these odds; with none there is nothing to choose.
func (w *scratch) open(odds []float64) {
	w.picks = nil
	if len(odds) == 0 {
		return
	}
	w.chosen, w.taken = w.chosen[:0], sized(w.taken, len(odds))
	w.picks = w.chosen
}

// known returns odds that can be reckoned with: what is not above zero, or not a number, is the mean, as in Event.Odds.
func known(odds float64) float64 {
	if !(odds > 0) {
		return 1
	}
	return min(odds, maxOdds)
}

// pick takes the likeliest contact that is left, of equals the first, and returns its index; false when none is.
func (w *scratch) pick(odds []float64) (int, bool) {
	best := -1
	for i, o := range odds {
		if !w.taken[i] && (best < 0 || known(o) > known(odds[best])) {
			best = i
		}
	}
	if best < 0 {
		return 0, false
	}
	w.taken[best] = true
	w.chosen = append(w.chosen, best)
	w.picks = w.chosen
	return best, true
}
