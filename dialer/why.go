package dialer

import "time"

// Cause names why a campaign is not dialing, or not faster.
type Cause string

// The causes. CausePacing is the normal state of a campaign that dials as fast
// as it may.
const (
	CauseStarting     Cause = "starting"
	CausePacing       Cause = "pacing"
	CauseNoAgents     Cause = "no_agents"     // nobody is signed in for it
	CauseNoneReady    Cause = "none_ready"    // they are paused, or busy where one call goes to one agent
	CauseWindowClosed Cause = "window_closed" // for every contact at hand
	CauseRules        Cause = "rules"         // they keep out every contact at hand
	CauseListEmpty    Cause = "list_empty"    // no contact is due
	CauseTrunk        Cause = "trunk"         // lines, calls a second, or its breaker
	CauseLines        Cause = "lines"         // the campaign's own limit
	CauseBudgetSpent  Cause = "budget_spent"  // abandonment: one to one until it recovers
	CausePaused       Cause = "paused"
	CauseDraining     Cause = "draining"
	CauseStopped      Cause = "stopped"
	CauseStopping     Cause = "stopping" // the whole service
	CauseClockJumped  Cause = "clock_jumped"
	CauseStoreFailing Cause = "store_failing"
	CauseKillSwitch   Cause = "kill_switch" // somebody stopped it, or the whole house
	CauseCallerIDs    Cause = "caller_ids"  // none may be shown: they rest, are blocked, or the right is over
)

// Why says what keeps a campaign from placing one more call now.
type Why struct {
	Cause Cause     `json:"cause"`
	Text  string    `json:"text"`           // a sentence for people
	Until time.Time `json:"until,omitzero"` // when it ends by itself, as far as is known
}
