package rules

import "time"

// Evaluate runs the base rules alone, which know no sets, and returns all
// verdicts in order. It takes the campaign's settings from the Facts.
func Evaluate(f Facts, now time.Time) []Verdict {
	d := f.decide(now)
	return d.Verdicts()
}

// Check runs the base rules alone and returns nil when the number may be called
// now.
func Check(f Facts, now time.Time) *Refusal {
	return f.decide(now).Refusal()
}

func (f *Facts) decide(now time.Time) *Decision {
	f.Place.Zones = f.Zones
	t := Terms{Windows: f.Week, Margin: f.Margin, MaxTries: f.MaxTries, Cooldown: f.Cooldown}
	var d Decision
	newPlan(&Book{base: compileBase(false)}, t, f.Place).Decide(f, now, &d)
	return &d
}
