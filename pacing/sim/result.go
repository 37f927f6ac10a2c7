package sim

// Result is what came of a scenario's shifts under one policy. Shares run from 0 to 1, times are in seconds.
type Result struct {
	Scenario string `json:"scenario"`
	Policy   string `json:"policy"`
	Settings string `json:"settings,omitempty"` // of the policy, also those that were tuned for the scenario
	Agents   int    `json:"agents"`
	Shifts   int    `json:"shifts"`
	Seed     uint64 `json:"seed"`

	// Occupancy is talk and wrap-up over the time logged in, as a mean over the shifts; OccupancySD is the standard deviation
	// between shifts, so that OccupancySD / sqrt(Shifts) is the standard error.
	Occupancy   float64 `json:"occupancy"`
	OccupancySD float64 `json:"occupancy_sd"`
	// WaitMean and WaitP95 are of the idle times of agents between ready and their next call.
	WaitMean float64 `json:"wait_mean_s"`
	WaitP95  float64 `json:"wait_p95_s"`
	// Abandonment is abandoned over answered, all shifts together; AbandonmentMax is the worst shift's.
	Abandonment    float64 `json:"abandonment"`
	AbandonmentMax float64 `json:"abandonment_max"`
	ShiftsOverCap  int     `json:"shifts_over_cap"`
	DialsPer       float64 `json:"dials_per_connect"`
	// LinesMean is the mean over time of the calls that hold a line, conversations included; LinesMax the most at once.
	LinesMean float64 `json:"lines_mean"`
	LinesMax  int     `json:"lines_max"`
	// WorstHalfHour is the highest abandonment of any half hour of any shift with at least 20 answers.
	WorstHalfHour float64 `json:"worst_half_hour"`
	// Connects, Answered, Abandoned, Dials and Cancelled are counts over all shifts; a connect is an answered call that
	// reached an agent.
	Connects  int `json:"connects"`
	Answered  int `json:"answered"`
	Abandoned int `json:"abandoned"`
	Dials     int `json:"dials"`
	Cancelled int `json:"cancelled"`
	// Seconds is how long the computer took, the only figure that differs from one run to the next.
	Seconds float64 `json:"run_s"`

	// Each is every shift by itself, in the order of the seeds: the same people whatever the policy, so that policies
	// are compared pair by pair.
	Each []Shift `json:"-"`
}

// Shift is what came of one shift.
type Shift struct {
	Occupancy     float64 // share
	Worked        float64 // seconds of talk and wrap-up
	LoggedIn      float64 // seconds
	Answered      int
	Connects      int
	Abandoned     int
	Cut           int // answered, and the shift ended or the agent vanished before anyone met them
	Dials         int
	Cancelled     int
	LinesMean     float64
	LinesMax      int
	WorstHalfHour float64
	Decisions     int
	waits         []float64
}

// Abandonment is abandoned over answered, 0 when nobody answered.
func (s Shift) Abandonment() float64 {
	if s.Answered == 0 {
		return 0
	}
	return float64(s.Abandoned) / float64(s.Answered)
}
