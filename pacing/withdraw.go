package pacing

const (
	withdrawLoss = 0.3 // predicted loss, if answered, above which an attempt is withdrawn
	withdrawMost = 32  // at one decision
)

// withdraw chooses attempts that would be lost if they were answered: those which have rung their legal time, and those
// which have not begun to ring, for nobody hears of them. Worst first; each is judged as if those before it were gone.
func (d *Decision) withdraw(s *Snapshot, p Policy) {
	w := s.scratch
	w.cancel = w.cancel[:0]
	if len(s.Attempts) == 0 || d.Place > 0 {
		return
	}
	w.dropped = sized(w.dropped, len(s.Attempts))
	w.bounds = sized(w.bounds, len(s.Attempts))
	for i := range s.Attempts {
		w.bounds[i] = d.bound(s, p, i)
	}
	for range withdrawMost {
		i := worst(w.bounds)
		if i < 0 || w.bounds[i] <= withdrawLoss {
			break
		}
		w.bounds[i] = 0
		if d.lossWithout(s, i) <= withdrawLoss {
			w.dropped[i] = false
			break
		}
		w.cancel = append(w.cancel, s.Attempts[i].Call)
	}
	d.Cancel = w.cancel
}

// bound is the loss of an attempt with itself counted among its rivals, which is never below its loss without; zero
// when it may not be withdrawn.
func (d *Decision) bound(s *Snapshot, p Policy, i int) float64 {
	a := &s.Attempts[i]
	if a.Rung >= 0 && a.Rung < p.MinRing.Seconds() {
		return 0
	}
	if s.Agents == 0 {
		return 1
	}
	q := s.answers.chances(a.Age, a.Odds)
	return s.scratch.loss.ofAttempt(q)
}

// lossWithout drops attempt i and returns its loss against the rivals that stay.
func (d *Decision) lossWithout(s *Snapshot, i int) float64 {
	w := s.scratch
	w.dropped[i] = true
	if s.Agents == 0 {
		return 1
	}
	l := &w.loss
	l.forgetAnswers()
	for j := range s.Attempts {
		if !w.dropped[j] {
			l.answer(s.answers.chances(s.Attempts[j].Age, s.Attempts[j].Odds))
		}
	}
	l.weigh()
	q := s.answers.chances(s.Attempts[i].Age, s.Attempts[i].Odds)
	return l.ofAttempt(q)
}

func worst(bounds []float64) int {
	at := -1
	for i, b := range bounds {
		if at < 0 || b > bounds[at] {
			at = i
		}
	}
	return at
}

// sized returns a cleared slice of n elements, in the same memory when that is large enough.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		s = make([]T, n, 2*n)
	}
	s = s[:n]
	clear(s)
	return s
}
