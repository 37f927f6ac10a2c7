package sim

// Options are how much of a scenario is run, and how. The zero Options run what the scenario says on all cores.
type Options struct {
	Shifts  int    // 0 = as many as the scenario says
	Workers int    // shifts at once; 0 = one for each core
	Seed    uint64 // 0 = the scenario's
	// Progress, if set, is called after each shift, by one goroutine at a time.
	Progress func(done, total int)
	// Extra are policies beyond Policies.
	Extra []Entry
}
