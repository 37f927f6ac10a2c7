package pacing

import "math"

// answerRows is how many ages have a row: each answerRowStep of a second up to the last bin.
const (
	answerRowStep = 0.25
	answerRows    = answerBins/answerRowStep + 1
)

// answerRow is what the model says of the attempts of one age. Of those that a person will answer and those that end
// otherwise it holds the shares still in the air, and of the former the shares that are answered within each horizon.
type answerRow struct {
	known       bool
	live, other float64
	within      perHorizon
	mean        perHorizon // the chances of an attempt of mean odds
}

// chances returns for each horizon the chance that an attempt of that age and odds is answered within it. The longer an
// attempt rings, the less likely is it one that a person will answer: by Bayes, for each odds its own way.
func (m *answerModel) chances(age, odds float64) *perHorizon {
	row := &m.rows[int(min(age, answerBins)/answerRowStep+0.5)]
	if !row.known {
		m.makeRow(row, min(age, answerBins))
	}
	if odds == 1 {
		return &row.mean
	}
	m.odd = row.chances(min(maxChance, odds*m.share()))
	return &m.odd
}

func (m *answerModel) makeRow(row *answerRow, age float64) {
	age = math.Floor(age/answerRowStep+0.5) * answerRowStep
	i := int(age)
	f := age - float64(i)
	all := max(1e-12, m.share())
	at := func(j int) float64 { return m.answered[j] + f*(m.answered[j+1]-m.answered[j]) }
	alive := m.survival[i] + f*(m.survival[i+1]-m.survival[i])
	base := at(i)
	row.known = true
	row.live = max(0, all-base) / all
	row.other = clamp((alive-(all-base))/max(1e-12, 1-all), 0, 1)
	for h := range horizonCount {
		row.within[h] = max(0, at(i+horizon(h))-base) / all
	}
	if alive < 1e-9 {
		row.mean = exhausted()
		return
	}
	row.mean = row.chances(all)
}

// chances are those of an attempt that was answered with chance p when it was fresh.
func (row *answerRow) chances(p float64) (q perHorizon) {
	alive := p*row.live + (1-p)*row.other
	if alive < 1e-9 {
		return exhausted()
	}
	k := p / alive
	for h := range horizonCount {
		q[h] = min(maxChance, k*row.within[h])
	}
	return q
}

// exhausted is for ages which no attempt was ever thought to reach: an answer is as likely as the prior says.
func exhausted() (q perHorizon) {
	for h := range horizonCount {
		q[h] = priorAnswer * float64(horizon(h)) / horizonLast
	}
	return q
}
