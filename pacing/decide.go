package pacing

import "math"

// Decision is what to do now, and why. Everything that explains it is in it, so that a journal of decisions is enough to
// answer a manager's question.
type Decision struct {
	// Place is how many calls to place now.
	Place int
	// Picks, when Snapshot.NextOdds is set, are the contacts to place by their index there, the likeliest first: one likely
	// answer is less of a gamble than many unlikely ones. What goes beyond the odds known is taken in order, so there may be
	// fewer than Place. The slice belongs to the Floor like Cancel. Nil means in order.
	Picks []int
	// Cancel are the attempts to withdraw. The slice belongs to the Floor and is overwritten by its next decision.
	Cancel []CallID
	// Why is what kept Place from being one more.
	Why Reason
	// Free counts agents ready, Waiting people without one, InAir attempts unresolved, before this decision.
	Free, Waiting, InAir int
	// ExpectedAnswers and ExpectedReleases are the people expected to answer and the agents expected to come free within
	// 5, 10 and 20 s, before this decision.
	ExpectedAnswers, ExpectedReleases [3]float64
	// ExpectedLosses is how many of the calls in the air are expected to be answered and lost.
	ExpectedLosses float64
	// MarginalLoss is the chance that the next call, the one not placed any more, would be lost if it were answered.
	MarginalLoss float64
	// Theta is the MarginalLoss up to which calls are placed.
	Theta float64
	// BudgetLeft is how many more calls could have been abandoned so far at the target; below zero it is overspent for now.
	BudgetLeft float64
	// AnswerShare is the expected share of fresh attempts that a person answers.
	AnswerShare float64
}

// Decide says how many calls to place now and which to withdraw. It is a pure function of its arguments but for
// working memory and the buffer of Decision.Cancel, which belong to the snapshot's Floor. Call it at every event and
// every 250 ms.
func Decide(p Policy, s Snapshot) Decision {
	p = p.filled()
	d := Decision{Free: s.Free, Waiting: s.Waiting, InAir: s.InAir}
	d.BudgetLeft = p.Target*s.Ledger.Answered - s.Ledger.Abandoned
	d.Theta = s.theta
	if s.Agents > 0 && s.answers != nil {
		d.weigh(&s, p)
	}
	if s.scratch == nil {
		s.scratch = new(scratch)
	}
	s.scratch.open(s.NextOdds)
	d.place(&s, p)
	d.Picks = s.scratch.picks
	if p.Cancel && s.answers != nil {
		d.withdraw(&s, p)
	}
	return d
}

// coldStart is how many attempts must have resolved before their lesson is trusted, and no fewer than there are agents:
// whoever is quick of a team's first round of calls says little of the rest.
const coldStart = 15

func cold(resolved float64, agents int) bool { return resolved < float64(max(coldStart, agents)) }

func (d *Decision) place(s *Snapshot, p Policy) {
	room := d.guard(s, p)
	d.ease(room, s.slow, s.Agents)
	oneToOne := max(0, s.Free-s.Waiting-s.InAir)
	switch {
	case s.Agents <= 0:
		d.Why = ReasonNoAgents
	case p.Mode != Predictive:
		why := ReasonEveryFreeAgentHasACall
		if s.Free == 0 {
			why = ReasonNoFreeAgent
		}
		d.limit(oneToOne, why, s, p)
	case room < 0:
		d.limit(oneToOne, ReasonBudgetSpent, s, p)
	case s.answers == nil || cold(s.Resolved, s.Agents):
		d.limit(oneToOne, ReasonColdStart, s, p)
	default:
		d.predict(s, p)
	}
}

// ease lowers theta as the guard comes near: losses come in clusters, the larger the team, and who waits for the guard to
// stop him loses several at once.
func (d *Decision) ease(room, slow float64, agents int) {
	d.Theta *= clamp(room/(easeCalls*max(1, slow)*math.Sqrt(math.Sqrt(float64(max(1, agents))))), 0, 1)
}

// guard returns how many calls could be lost before one more could break the legal period, beside the people who wait
// for nobody and those in the air who are expected to be lost. Below zero the guard holds.
func (d *Decision) guard(s *Snapshot, p Policy) float64 {
	lost := 1 + float64(max(0, s.Waiting-s.Free)) + d.ExpectedLosses
	return s.Ledger.room(p.Cap, s.ToCome) - lost
}

// limit places as many as wanted within the limits.
func (d *Decision) limit(want int, why Reason, s *Snapshot, p Policy) {
	d.Place, d.Why = want, why
	if most, reason := most(s, p); most < want {
		d.Place, d.Why = most, reason
	}
	for range d.Place {
		s.scratch.pick(s.NextOdds)
	}
}

// most returns how many calls the limits allow now, and which limit it is.
func most(s *Snapshot, p Policy) (int, Reason) {
	n, why := p.MaxAtOnce, ReasonAtOnce
	if p.MaxLines > 0 && p.MaxLines-s.Lines < n {
		n, why = p.MaxLines-s.Lines, ReasonLines
	}
	if p.MaxPerAgent > 0 {
		if left := int(p.MaxPerAgent*float64(s.Agents)) - s.InAir - s.Waiting; left < n {
			n, why = left, ReasonPerAgent
		}
	}
	return max(0, n), why
}

// weigh fills the balance of answers and releases for the present instant.
func (d *Decision) weigh(s *Snapshot, p Policy) {
	l := &s.scratch.loss
	l.reset(s.Free-s.Waiting, len(s.Busy))
	for i := range s.Busy {
		l.release(s.releases.chances(&s.Busy[i]))
	}
	for i := range s.Attempts {
		l.answer(s.answers.chances(s.Attempts[i].Age, s.Attempts[i].Odds))
	}
	l.weigh()
	d.MarginalLoss = l.marginal(&s.answers.weights)
	d.ExpectedLosses = l.expected()
	d.AnswerShare = s.answers.share()
	hold := float64(s.releases.hold)
	for i, v := range [...]float64{5, 10, 20} {
		d.ExpectedAnswers[i] = l.answerMean.at(v)
		d.ExpectedReleases[i] = l.releaseMean.at(v - hold) // the rows look a hold further ahead than their horizon
	}
}

// predict places calls one by one while the next one's loss is at most theta.
func (d *Decision) predict(s *Snapshot, p Policy) {
	l := &s.scratch.loss
	limit, why := most(s, p)
	fresh := s.answers.chances(0, 1)
	for d.Place < limit {
		if d.MarginalLoss > d.Theta {
			why = ReasonLossOverTheta
			break
		}
		d.Place++
		q := fresh
		if i, found := s.scratch.pick(s.NextOdds); found {
			q = s.answers.chances(0, known(s.NextOdds[i]))
		}
		l.answer(q)
		l.weigh()
		d.MarginalLoss = l.marginal(&s.answers.weights)
	}
	if d.MarginalLoss > d.Theta {
		why = ReasonLossOverTheta
	}
	if why == ReasonLossOverTheta && s.Free == 0 && d.ExpectedReleases[2] < 0.5 {
		why = ReasonNoRelease
	}
	d.Why = why
}
