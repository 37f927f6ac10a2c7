package demo

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/pacing/sim"
	"github.com/forecall/forecall/storage/records"
)

// Shift is what came of a lived shift, counted as the simulator counts its own:
// from the first call for as long as the scenario says, on the scenario's
// clock. Whoever answers later counts nothing.
type Shift struct {
	sim.Result
	From time.Time `json:"from"` // the first call
	To   time.Time `json:"to"`
	// Worked and LoggedIn are those of all agents together, in seconds of the
	// shift; Occupancy is the one over the other.
	Worked   float64  `json:"worked_s"`
	LoggedIn float64  `json:"logged_in_s"`
	Late     Lateness `json:"late"`
}

// Lateness is how much later things happened than the people and the robots
// meant them to, in seconds of the shift, as means: what the wires, the
// programs and the machine add to a scenario, multiplied by the speed.
type Lateness struct {
	Ring    float64 `json:"ring_s"`    // from the call's row in the ledger to the answer, beyond the drawn ring time
	Connect float64 `json:"connect_s"` // answer to agent, median: of those for whom somebody was free
	Talk    float64 `json:"talk_s"`    // beyond the drawn talk
	Wrap    float64 `json:"wrap_s"`    // beyond the drawn wrap-up
}

// measure counts the shift from the ledger, the floor and the carrier's log.
func (r *run) measure(ctx context.Context, db *records.DB, s *Summary) error {
	plans, err := r.plans()
	if err != nil {
		return err
	}
	m := &meter{scenario: r.Scenario, speed: r.Speed, plans: plans}
	for c, err := range db.Calls(ctx, campaigns.CallFilter{}) {
		if err != nil {
			return err
		}
		m.add(c.Attempt)
	}
	s.Shift = m.shift()
	s.Shift.Late.Wrap = mean(r.crew.wraps.all())
	m.staff(s.Shift, r.seats.between(m.from, m.to))
	s.Shift.Seed, s.Shift.Seconds = r.Seed, s.Seconds
	return nil
}

// plans is what each callee meant to do, by SIP Call-ID.
func (r *run) plans() (map[string]carrier.Record, error) {
	f, err := os.Open(filepath.Join(r.Data, carrierLog))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	records, err := carrier.ReadLog(f)
	plans := map[string]carrier.Record{}
	for _, rec := range records {
		if rec.Event == carrier.Invited {
			plans[rec.CallID] = rec
		}
	}
	return plans, err
}

// meter counts the calls of a shift in the order of the ledger, which is that
// of their beginnings.
type meter struct {
	scenario *sim.Scenario
	speed    float64
	plans    map[string]carrier.Record
	from, to time.Time

	result              sim.Result
	halves              map[int][2]float64 // answered, abandoned
	edges               []edge             // of lines
	ring, connect, talk []float64          // lateness
}

// edge is a line taken (+1) or freed (-1).
type edge struct {
	at time.Time
	by int
}

const halfHour = 30 * time.Minute

func (m *meter) add(a campaigns.Attempt) {
	if m.from.IsZero() {
		m.from = a.IntentAt
		m.to = m.from.Add(time.Duration(float64(m.scenario.Shift) / m.speed))
		m.halves = map[int][2]float64{}
	}
	if !a.IntentAt.Before(m.to) {
		return
	}
	m.result.Dials++
	if a.Outcome == campaigns.Cancelled && a.EndedAt.Before(m.to) {
		m.result.Cancelled++
	}
	freed := a.EndedAt
	if a.Outcome.Live() && a.AnsweredAt.Before(m.to) {
		m.result.Answered++
		if gaveUp := a.AnsweredAt.Add(m.real(m.scenario.Hold)); a.Outcome.Abandoned() && gaveUp.Before(m.to) {
			freed = gaveUp // the message is not part of the model
			m.result.Abandoned++
			m.half(a.AnsweredAt, 1, 1)
		} else {
			m.half(a.AnsweredAt, 1, 0)
		}
		m.meet(a)
	}
	m.edges = append(m.edges, edge{a.IntentAt, 1})
	if freed.Before(m.to) {
		m.edges = append(m.edges, edge{freed, -1})
	}
}

// meet counts a conversation, and how late everything in it was.
func (m *meter) meet(a campaigns.Attempt) {
	plan := m.plans[a.CallID()]
	m.ring = append(m.ring, m.seconds(a.AnsweredAt.Sub(a.IntentAt))-plan.Ring.Seconds())
	if a.BridgedAt.IsZero() || !a.BridgedAt.Before(m.to) {
		return
	}
	m.result.Connects++
	m.connect = append(m.connect, m.seconds(a.ConnectDelay))
	if a.EndedBy == "callee" {
		m.talk = append(m.talk, m.seconds(a.EndedAt.Sub(a.BridgedAt))-plan.Talk.Seconds())
	}
}

func (m *meter) half(at time.Time, answered, abandoned float64) {
	i := int(m.seconds(at.Sub(m.from)) / halfHour.Seconds())
	h := m.halves[i]
	m.halves[i] = [2]float64{h[0] + answered, h[1] + abandoned}
}

func (m *meter) real(d time.Duration) time.Duration { return time.Duration(float64(d) / m.speed) }
func (m *meter) seconds(d time.Duration) float64    { return d.Seconds() * m.speed }

// leastAnswers are those without which a half hour says nothing, as in the
// simulator.
const leastAnswers = 20

func (m *meter) shift() *Shift {
	s := &Shift{Result: m.result, From: m.from, To: m.to}
	s.Scenario, s.Policy, s.Agents, s.Shifts = m.scenario.Name, "live", m.scenario.Agents, 1
	s.Abandonment = float64(s.Abandoned) / float64(max(1, s.Answered))
	s.AbandonmentMax = s.Abandonment
	if float64(s.Abandoned) > m.scenario.Cap*float64(s.Answered)+1e-9 {
		s.ShiftsOverCap = 1
	}
	s.DialsPer = float64(s.Dials) / float64(max(1, s.Connects))
	for _, h := range m.halves {
		if h[0] >= leastAnswers {
			s.WorstHalfHour = max(s.WorstHalfHour, h[1]/h[0])
		}
	}
	s.LinesMean, s.LinesMax = m.lines()
	s.Late = Lateness{Ring: mean(m.ring), Connect: quantile(m.connect, 0.5), Talk: mean(m.talk)}
	return s
}

// lines is how many calls held a line, on average over the shift and at most.
func (m *meter) lines() (average float64, most int) {
	if len(m.edges) == 0 {
		return 0, 0
	}
	slices.SortFunc(m.edges, func(a, b edge) int { return a.at.Compare(b.at) })
	held, last, sum := 0, m.from, 0.0
	for _, e := range m.edges {
		sum += float64(held) * e.at.Sub(last).Seconds()
		held, last = held+e.by, e.at
		most = max(most, held)
	}
	sum += float64(held) * m.to.Sub(last).Seconds()
	return sum / m.to.Sub(m.from).Seconds(), most
}

// staff adds what the agents did.
func (m *meter) staff(s *Shift, l labour) {
	if s.Worked, s.LoggedIn = m.seconds(l.worked), m.seconds(l.present); s.LoggedIn > 0 {
		s.Occupancy = s.Worked / s.LoggedIn
	}
	waits := make([]float64, 0, len(l.waits))
	for _, w := range l.waits {
		waits = append(waits, m.seconds(w))
	}
	s.WaitMean, s.WaitP95 = mean(waits), quantile(waits, 0.95)
}

func (s *Shift) print(p func(string, ...any)) {
	p("shift of %s: occupancy %.1f %%, abandoned %.2f %%, wait mean %.1f s and p95 %.1f s, %.2f calls a connect, lines %.1f (at most %d)",
		s.Scenario, 100*s.Occupancy, 100*s.Abandonment, s.WaitMean, s.WaitP95, s.DialsPer, s.LinesMean, s.LinesMax)
	p("later than drawn, in seconds of the shift: answer %.2f, talk %.2f, wrap-up %.2f; answer to agent %.2f (median)",
		s.Late.Ring, s.Late.Talk, s.Late.Wrap, s.Late.Connect)
}

func mean(all []float64) float64 {
	sum := 0.0
	for _, x := range all {
		sum += x
	}
	return sum / math.Max(1, float64(len(all)))
}

// quantile sorts what it is given.
func quantile(all []float64, q float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[max(0, int(math.Ceil(q*float64(len(all))))-1)]
}
