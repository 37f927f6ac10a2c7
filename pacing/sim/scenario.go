package sim

import (
	"math"
	"time"
)

// Scenario is a working day to be dialed again and again: the team, the people on the list and what happens meanwhile.
// Its fields are the keys of a scenario file, in the same order; Default has the values that omitted keys get.
type Scenario struct {
	Name   string        `yaml:"name"`
	Shift  time.Duration `yaml:"shift"`  // length of one shift
	Shifts int           `yaml:"shifts"` // repetitions, each with its own people
	Seed   uint64        `yaml:"seed"`
	Cap    float64       `yaml:"cap"`  // abandoned over answered, the legal limit of one shift
	Hold   time.Duration `yaml:"hold"` // how long an answered person may wait before it counts as abandoned; 0 = not at all
	Agents int           `yaml:"agents"`
	Lines  int           `yaml:"lines"` // calls at once, conversations included; 0 = no limit (but 200 for each agent)
	CPS    float64       `yaml:"cps"`   // new calls a second; 0 = no limit

	Answer   Shares   `yaml:"answer"`    // share of attempts that a person answers
	Ring     Dist     `yaml:"ring"`      // from placing to the answer, for those who answer
	NoAnswer Dist     `yaml:"no_answer"` // from placing to the end of ringing, for the others
	FastFail FastFail `yaml:"fast_fail"`
	Talk     Dists    `yaml:"talk"`
	Wrap     Dist     `yaml:"wrap"`
	Odds     Odds     `yaml:"odds"`
	Breaks   []Break  `yaml:"breaks"`
	Vanish   []Vanish `yaml:"vanish"`
}

// Shares is a share that may change during the shift: each entry holds from its time on. The first is from 0.
type Shares []Share

// Share is a share from a time of the shift on.
type Share struct {
	From time.Duration `yaml:"from"`
	Is   float64       `yaml:"is"`
}

// Dists is a distribution that may change during the shift: each entry holds from its time on. The first is from 0.
type Dists []TimedDist

// TimedDist is a distribution from a time of the shift on.
type TimedDist struct {
	From time.Duration `yaml:"from"`
	Dist `yaml:",inline"`
}

// FastFail says how many of the attempts that no person answers fail without ringing (busy, invalid, refused), and when.
type FastFail struct {
	Share float64 `yaml:"share"`
	Dist  `yaml:",inline"`
}

// Odds says how much the contacts differ: half of them answer at 1+Spread of the share, half at 1-Spread.
type Odds struct {
	Spread float64 `yaml:"spread"`
	// Known lets the policy see each contact's odds before it is placed, and choose among the next Window contacts.
	Known bool `yaml:"known"`
}

// Break is a share of all agents that leaves at a time, each after the present call and its wrap-up, and comes back.
type Break struct {
	At    time.Duration `yaml:"at"`
	Share float64       `yaml:"share"`
	For   time.Duration `yaml:"for"`
}

// Vanish is a share of all agents that is gone at a time, in the middle of their calls, and stays away.
type Vanish struct {
	At    time.Duration `yaml:"at"`
	Share float64       `yaml:"share"`
}

// Default is the scenario that an empty file describes: the model of the project's notes with ten agents.
func Default() Scenario {
	return Scenario{
		Shift: 8 * time.Hour, Shifts: 12, Seed: 1, Cap: 0.03, Hold: 2 * time.Second, Agents: 10,
		Answer:   Always(0.25),
		Ring:     Dist{Shape: Lognormal, Mean: 12 * time.Second, CV: 0.5, Max: 25 * time.Second},
		NoAnswer: Dist{Shape: Uniform, Min: 25 * time.Second, Max: 30 * time.Second},
		FastFail: FastFail{Dist: Dist{Shape: Uniform, Min: time.Second, Max: 5 * time.Second}},
		Talk:     AlwaysDist(Dist{Shape: Lognormal, Mean: 180 * time.Second, CV: 1}),
		Wrap:     Dist{Shape: Lognormal, Mean: 15 * time.Second, CV: 0.5},
	}
}

// Always is a share that does not change.
func Always(is float64) Shares { return Shares{{Is: is}} }

// AlwaysDist is a distribution that does not change.
func AlwaysDist(d Dist) Dists { return Dists{{Dist: d}} }

// At returns the share that holds at a time of the shift, and until when it does.
func (s Shares) At(t time.Duration) (is float64, until time.Duration) {
	i := 0
	for i+1 < len(s) && s[i+1].From <= t {
		i++
	}
	if i+1 < len(s) {
		return s[i].Is, s[i+1].From
	}
	return s[i].Is, math.MaxInt64
}

// At returns the distribution that holds at a time of the shift, and until when it does.
func (d Dists) At(t time.Duration) (is Dist, until time.Duration) {
	i := 0
	for i+1 < len(d) && d[i+1].From <= t {
		i++
	}
	if i+1 < len(d) {
		return d[i].Dist, d[i+1].From
	}
	return d[i].Dist, math.MaxInt64
}
