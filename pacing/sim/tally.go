package sim

import "time"

const (
	halfHour        = 30 * time.Minute
	halfHourAnswers = 20 // fewer say nothing about a half hour
)

// tally counts one shift.
type tally struct {
	length  time.Duration
	present int // agents logged in
	lines   int // held now

	worked, loggedIn time.Duration
	lineTime         time.Duration // lines x time
	linesMax         int
	dials, cancelled int
	answered         int
	connects         int
	abandoned        int
	cut              int
	decisions        int
	waits            []float64
	halves           []half
}

// half counts the people who answered in one half hour.
type half struct{ answered, abandoned int }

func (t *tally) init(length time.Duration) {
	t.length = length
	t.halves = make([]half, 1+int((length-1)/halfHour))
}

// pass lets time pass.
func (t *tally) pass(d time.Duration) {
	t.loggedIn += d * time.Duration(t.present)
	t.lineTime += d * time.Duration(t.lines)
}

func (t *tally) dial() {
	t.dials++
	t.lines++
	t.linesMax = max(t.linesMax, t.lines)
}

func (t *tally) answer(at time.Duration) {
	t.answered++
	t.halves[at/halfHour].answered++
}

// abandon counts a person who answered at a time.
func (t *tally) abandon(at time.Duration) {
	t.abandoned++
	t.halves[at/halfHour].abandoned++
}

func (t *tally) connect(waited time.Duration) {
	t.connects++
	t.waits = append(t.waits, waited.Seconds())
}

func (t *tally) shift() Shift {
	s := Shift{
		Worked: t.worked.Seconds(), LoggedIn: t.loggedIn.Seconds(),
		Answered: t.answered, Connects: t.connects, Abandoned: t.abandoned, Cut: t.cut,
		Dials: t.dials, Cancelled: t.cancelled, Decisions: t.decisions,
		LinesMean: t.lineTime.Seconds() / t.length.Seconds(), LinesMax: t.linesMax,
		waits: t.waits,
	}
	if t.loggedIn > 0 {
		s.Occupancy = s.Worked / s.LoggedIn
	}
	for _, h := range t.halves {
		if h.answered >= halfHourAnswers {
			s.WorstHalfHour = max(s.WorstHalfHour, float64(h.abandoned)/float64(h.answered))
		}
	}
	return s
}
