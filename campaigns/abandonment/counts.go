package abandonment

// Counts are the finished calls of some time by class, judged from one start.
type Counts struct {
	Met      int64 `json:"met"`
	Late     int64 `json:"late"`
	Told     int64 `json:"told"`
	ToldLate int64 `json:"told_late"`
	Silent   int64 `json:"silent"`
	HungUp   int64 `json:"hung_up"`
	Machine  int64 `json:"machine"`
	// AgentMachine is how many of the calls that an agent had were found by the
	// agent to be machines.
	AgentMachine int64 `json:"agent_machine"`
	// Reserved is how many of the calls answered by a person were placed with an
	// agent kept for that call alone.
	Reserved int64 `json:"reserved"`
}

// Note counts one call of a class.
func (n *Counts) Note(c Class, reserved bool) {
	if p := n.of(c); p != nil {
		*p++
	}
	if reserved && c.Live() {
		n.Reserved++
	}
}

// Of is how many calls are in a class.
func (n Counts) Of(c Class) int64 {
	if p := n.of(c); p != nil {
		return *p
	}
	return 0
}

func (n *Counts) of(c Class) *int64 {
	switch c {
	case Met:
		return &n.Met
	case Late:
		return &n.Late
	case Told:
		return &n.Told
	case ToldLate:
		return &n.ToldLate
	case Silent:
		return &n.Silent
	case HungUp:
		return &n.HungUp
	case Machine:
		return &n.Machine
	}
	return nil
}

// Add adds the calls of another time or campaign.
func (n *Counts) Add(m Counts) {
	for _, c := range Classes() {
		*n.of(c) += m.Of(c)
	}
	n.AgentMachine += m.AgentMachine
	n.Reserved += m.Reserved
}

// Empty tells whether nothing was counted.
func (n Counts) Empty() bool { return n == Counts{} }

// Answered is how many calls a person answered.
func (n Counts) Answered() int64 { return n.Talked() + n.Told + n.ToldLate + n.Silent + n.HungUp }

// Abandoned is how many of them were abandoned, late connections included.
func (n Counts) Abandoned() int64 { return n.Late + n.Told + n.ToldLate + n.Silent }

// Dropped is how many of them no agent ever met.
func (n Counts) Dropped() int64 { return n.Told + n.ToldLate + n.Silent }

// Talked is how many an agent had, in time or late.
func (n Counts) Talked() int64 { return n.Met + n.Late }

// Humans is how many of those an agent found to be people.
func (n Counts) Humans() int64 { return max(0, n.Talked()-n.AgentMachine) }

// Differ names the classes in which two counts differ, with both figures.
func (n Counts) Differ(m Counts) []Difference {
	var out []Difference
	note := func(what string, a, b int64) {
		if a != b {
			out = append(out, Difference{what, a, b})
		}
	}
	for _, c := range Classes() {
		note(string(c), n.Of(c), m.Of(c))
	}
	note("agent_machine", n.AgentMachine, m.AgentMachine)
	note("reserved", n.Reserved, m.Reserved)
	return out
}

// Difference is a figure that was kept and one that was counted again.
type Difference struct {
	What      string `json:"what"`
	Kept      int64  `json:"kept"`
	Recounted int64  `json:"recounted"`
}
