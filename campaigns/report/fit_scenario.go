package report

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/forecall/forecall/pacing/sim"
)

const (
	// longGap without a call is a break of an agent, and no waiting.
	longGap = 30 * time.Minute
	// hourPrior is how many attempts at the mean stand beside those of an hour, so that a thin hour is not believed too much.
	hourPrior = 50
	// fittedShifts are simulated of a fitted scenario.
	fittedShifts = 20
	// steadyCV is the variation below which a time is a constant.
	steadyCV = 0.02
)

// fit makes the scenario of what was gathered.
func (f *fitter) fit(t tally) Fit {
	out := Fit{
		Days: len(f.days), Attempts: t.attempts, Answered: t.answered, Rings: t.ring.n(),
		NoAnswers: t.noAnswer.n(), FastFails: t.fastFail.n(), Talks: t.talk.n(), Wraps: t.wrap.n(),
		Abandonment: float64(t.abandoned) / float64(t.answered),
	}
	for _, d := range f.days {
		out.From, out.To = earlier(out.From, d.begun), later(out.To, d.newest)
	}
	c, s := f.o.Campaign, sim.Default()
	s.Name, s.Shifts, s.Seed = c.Name+", fitted", fittedShifts, 1
	s.Cap, s.Hold, s.Lines = c.Cap, c.Hold, c.MaxLines
	start, length := f.shift()
	s.Shift = length
	s.Agents = f.team(&out)
	s.Answer = f.answers(&out, t, start, length)
	f.times(&out, &t, &s)
	f.caveats(&out, t)
	out.Scenario = s
	return out
}

// times are those of ringing, talk and wrap-up.
func (f *fitter) times(out *Fit, t *tally, s *sim.Scenario) {
	s.Ring = t.ring.dist(f.o.Campaign.RingTime)
	s.Talk = sim.AlwaysDist(t.talk.dist(0))
	if n := t.noAnswer.n(); n >= leastTalks {
		s.NoAnswer = t.noAnswer.dist(0)
	} else {
		out.note("Only %d calls rang out; they are taken to ring 25 to 30 s.", n)
	}
	if n := t.fastFail.n(); n > 0 {
		s.FastFail = sim.FastFail{Share: round(float64(n)/float64(n+t.noAnswer.n()), 4), Dist: t.fastFail.dist(0)}
	}
	if n := t.wrap.n(); n >= leastWraps {
		s.Wrap = t.wrap.dist(0)
	} else {
		out.note("Only %d wrap-ups are known (the time from the end of a call until the agent said what came of it); 15 s are assumed.", n)
	}
}

// caveats says what the model leaves out.
func (f *fitter) caveats(out *Fit, t tally) {
	if t.cancelled > 0 {
		out.note("%d calls that were withdrawn before anybody answered are left out.", t.cancelled)
	}
	if t.oneByOne*10 > t.attempts {
		out.note("%d of %d calls were placed one by one (preview): agents' waits then hold their reading time.", t.oneByOne, t.attempts)
	}
	if f.o.Campaign.KnowOdds {
		out.note("Best time to call was on; here all contacts are alike, so that the simulation is on the careful side.")
	}
}

func (out *Fit) note(format string, args ...any) {
	out.Notes = append(out.Notes, fmt.Sprintf(format, args...))
}

// shift is when the usual day begins, as a time of day, and how long it is.
func (f *fitter) shift() (start, length time.Duration) {
	var starts, lengths []time.Duration
	for _, d := range f.days {
		local := d.begun.In(f.o.Zone)
		midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, f.o.Zone)
		starts, lengths = append(starts, local.Sub(midnight)), append(lengths, d.last.Sub(d.begun))
	}
	length = time.Duration(float64(median(lengths)) * f.o.Speed).Round(time.Minute)
	return median(starts), min(max(length, time.Minute), 24*time.Hour)
}

func median(of []time.Duration) time.Duration {
	slices.Sort(of)
	return of[len(of)/2]
}

// team is how many agents were there on average, and what they did all day.
func (f *fitter) team(out *Fit) int {
	var present, worked, waited, dialed float64
	waits, spans, people := 0, 0, map[int64]bool{}
	for _, d := range f.days {
		dialed += f.life(d.begun, d.last)
		for agent, list := range d.work {
			people[agent] = true
			spans++
			slices.SortFunc(list, func(a, b work) int { return a.began.Compare(b.began) })
			for i, w := range list {
				worked += f.life(w.began, w.free)
				if i == 0 {
					continue
				}
				if gap := f.life(list[i-1].free, w.began); gap <= longGap.Seconds() {
					waited, waits = waited+gap, waits+1
				}
			}
		}
	}
	present = worked + waited
	out.People = len(people)
	if present > 0 {
		out.Occupancy = min(1, worked/present)
	}
	if waits > 0 {
		wait := waited / float64(waits)
		out.Wait = span(wait)
		present += 2 * wait * float64(spans) // before the first conversation of a day and after the last
	}
	there := present / max(1, dialed)
	if agents := int(math.Round(there)); agents < len(people) {
		out.note("%d agents talked; on average %.1f of them were there at once.", len(people), there)
	}
	return max(1, int(math.Round(there)))
}

// answers is the share of answers by the hour of the shift, or one share when the hours do not differ by more than chance.
func (f *fitter) answers(out *Fit, t tally, start, length time.Duration) sim.Shares {
	var attempts, answered [24]int
	for _, d := range f.days {
		for h := range 24 {
			attempts[h] += d.attemptsAt[h]
			answered[h] += d.answersAt[h]
		}
	}
	mean := float64(t.answered) / float64(t.attempts)
	if f.o.Speed != 1 || !differ(attempts, answered, mean) {
		out.note("The hours of the day answer alike, or differ by no more than chance.")
		return sim.Always(round(mean, 4))
	}
	var shares sim.Shares
	for h := range 24 {
		from := time.Duration(h)*time.Hour - start
		if attempts[h] == 0 || from >= length || from <= -time.Hour { // before most days begin
			continue
		}
		is := (float64(answered[h]) + hourPrior*mean) / (float64(attempts[h]) + hourPrior)
		shares = append(shares, sim.Share{From: max(0, from.Round(time.Minute)), Is: round(is, 4)})
	}
	if len(shares) == 0 {
		return sim.Always(round(mean, 4))
	}
	shares[0].From = 0
	return slices.CompactFunc(shares, func(a, b sim.Share) bool { return a.From == b.From })
}

// differ tests whether the shares of the hours differ by more than chance: Pearson's statistic against its mean and two of
// its standard deviations.
func differ(attempts, answered [24]int, mean float64) bool {
	statistic, hours := 0.0, 0
	for h, n := range attempts {
		if float64(n)*mean*(1-mean) < 5 {
			continue // too thin for the test
		}
		expected := float64(n) * mean
		statistic += (float64(answered[h]) - expected) * (float64(answered[h]) - expected) / (expected * (1 - mean))
		hours++
	}
	free := float64(hours - 1)
	return hours > 1 && statistic > free+2*math.Sqrt(2*free)
}

func round(v float64, decimals int) float64 {
	p := math.Pow(10, float64(decimals))
	return math.Round(v*p) / p
}
