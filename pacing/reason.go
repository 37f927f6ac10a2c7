package pacing

// Reason says what bounded a decision: why not one call more. It is set in every Decision, also when calls are placed.
type Reason uint8

const (
	// ReasonNoAgents: nobody is ready or busy, so nobody could take an answer.
	ReasonNoAgents Reason = iota + 1
	// ReasonEveryFreeAgentHasACall: preview or progressive mode has a call for each free agent.
	ReasonEveryFreeAgentHasACall
	// ReasonNoFreeAgent: preview or progressive mode, and everybody is busy.
	ReasonNoFreeAgent
	// ReasonLossOverTheta: the next call would be abandoned with a chance above theta.
	ReasonLossOverTheta
	// ReasonNoRelease: as ReasonLossOverTheta, and it is because nobody is free and nobody is about to be.
	ReasonNoRelease
	// ReasonColdStart: too few attempts have resolved to predict; one call for each free agent.
	ReasonColdStart
	// ReasonBudgetSpent: one more abandoned call could break the legal period; one call for each free agent.
	ReasonBudgetSpent
	// ReasonLines: every line of the campaign is in use.
	ReasonLines
	// ReasonPerAgent: the limit of attempts per agent is reached.
	ReasonPerAgent
	// ReasonAtOnce: one decision places no more.
	ReasonAtOnce

	reasons
)

var reasonNames = [reasons]string{
	"not decided",
	"no agents",
	"every free agent has a call",
	"no free agent",
	"one more call would be lost too often",
	"all busy and no release expected",
	"cold start, one call for each free agent",
	"abandonment budget spent, one call for each free agent",
	"all lines in use",
	"limit of attempts per agent",
	"limit of calls at once",
}

// String returns the reason as a short sentence for people.
func (r Reason) String() string {
	if r >= reasons {
		return reasonNames[0]
	}
	return reasonNames[r]
}
