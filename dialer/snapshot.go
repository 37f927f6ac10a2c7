package dialer

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/pacing"
)

// Snapshot is the whole floor as it was published last. Nobody's work waits
// for its reader.
type Snapshot struct {
	At        time.Time      `json:"at"`
	Stopping  bool           `json:"stopping"`
	Campaigns []CampaignView `json:"campaigns"` // by id
	Agents    []AgentState   `json:"agents"`    // by id
}

// Calls returns the calls in the air of all campaigns, oldest first.
func (s Snapshot) Calls() []CallView {
	var all []CallView
	for _, c := range s.Campaigns {
		all = append(all, c.Calls...)
	}
	slices.SortFunc(all, func(a, b CallView) int { return a.Placed.Compare(b.Placed) })
	return all
}

// CampaignView is one campaign that ran since the engine started.
type CampaignView struct {
	ID       int64            `json:"id"`
	Name     string           `json:"name"`
	Status   campaigns.Status `json:"status"`
	Mode     campaigns.Mode   `json:"mode"`
	Priority int              `json:"priority"`
	Cap      float64          `json:"cap"`
	Active   bool             `json:"active"` // its loop runs: it dials, or still has calls

	Why     Why    `json:"why"`               // what keeps it from one more call now
	Warning string `json:"warning,omitempty"` // what a manager should mend

	Totals Totals `json:"totals"`
	Period Period `json:"period"`
	// Budgets are the limits of abandonment: the campaign's own first, then the
	// rate rules in force.
	Budgets []Budget `json:"budgets,omitempty"`

	InAir     int     `json:"in_air"` // placed, not resolved
	Ringing   int     `json:"ringing"`
	Waiting   int     `json:"waiting"` // persons without an agent
	Queued    int     `json:"queued"`  // people who called us and wait for an agent
	Talking   int     `json:"talking"`
	Messages  int     `json:"messages"`             // persons hearing the message
	Unwritten int     `json:"unwritten"`            // ended calls whose outcome the store has not taken yet
	TapesLost int     `json:"tapes_lost,omitempty"` // minutes of pacing's tape that the store did not take
	PerMinute float64 `json:"per_minute"`

	Agents map[State]int `json:"agents"`

	Hopper   campaigns.HopperState `json:"hopper"`
	Parked   int                   `json:"parked"` // callbacks that wait for their agent
	Decision pacing.Decision       `json:"decision"`
	Calls    []CallView            `json:"calls"` // in the air and talking
	Last     []EndedCall           `json:"last"`  // newest first
}

// Totals counts a campaign's calls since the engine started.
type Totals struct {
	Placed    int                       `json:"placed"`
	Answered  int                       `json:"answered"` // by a person
	Bridged   int                       `json:"bridged"`
	Abandoned int                       `json:"abandoned"`
	OptedOut  int                       `json:"opted_out"` // pressed 9
	Outcomes  map[campaigns.Outcome]int `json:"outcomes"`
	Refused   map[rules.ID]int          `json:"refused"` // by the rule that did; no INVITE left
	Skipped   int                       `json:"skipped"` // previews that the agent passed over
}

// Period is the account of the legal period that runs (16 CFR
// 310.4(b)(4)(i): thirty days from the campaign's start, and so on).
type Period struct {
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Answered  int       `json:"answered"`
	Abandoned int       `json:"abandoned"`
}

// Budget is what one limit of abandonment leaves.
type Budget struct {
	Rule      string    `json:"rule"`
	Label     string    `json:"label,omitempty"`
	Cite      string    `json:"cite,omitempty"`
	Max       float64   `json:"max"`    // share
	ActAt     float64   `json:"act_at"` // share that is aimed at
	Act       string    `json:"act"`    // period or hard
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Answered  float64   `json:"answered"`      // below the line
	Abandoned float64   `json:"abandoned"`     // above it, estimates included
	Estimated int64     `json:"amd_estimated"` // of it, false positives of the machine detection
	Left      int64     `json:"left"`          // calls that may still be abandoned
	Share     float64   `json:"share"`
	Projected float64   `json:"projected"`          // at the end of the period, if it goes on like this
	Binding   bool      `json:"binding"`            // the tightest
	Advisory  bool      `json:"advisory,omitempty"` // shown, and holds nothing back
}

// CallView is one call that is not over.
type CallView struct {
	Attempt  string    `json:"attempt_id"`
	Campaign int64     `json:"campaign_id"`
	Contact  int64     `json:"contact_id"`
	Name     string    `json:"name"`
	Number   string    `json:"number"`
	State    CallState `json:"state"`
	Placed   time.Time `json:"placed"`
	Since    time.Time `json:"since"` // of the state
	Trunk    string    `json:"trunk,omitempty"`
	Agent    int64     `json:"agent_id,omitempty"`
	NoAudio  bool      `json:"no_audio,omitempty"`
	Inbound  bool      `json:"inbound,omitempty"` // the person called us
	// Odds are how much likelier than the campaign's mean it was, when the call
	// was placed, that this person answers; 0 = the campaign does not use odds.
	Odds float64 `json:"odds,omitempty"`
}

// EndedCall is one call that is over.
type EndedCall struct {
	Attempt  string            `json:"attempt_id"`
	Campaign int64             `json:"campaign_id"`
	Contact  int64             `json:"contact_id"`
	Name     string            `json:"name"`
	Number   string            `json:"number"`
	Outcome  campaigns.Outcome `json:"outcome"`
	At       time.Time         `json:"at"`
	Talk     time.Duration     `json:"talk"`
	Agent    int64             `json:"agent_id,omitempty"`
	Trunk    string            `json:"trunk,omitempty"`
	Code     int               `json:"sip_final_code"`
}

// showcase is where owners lay out what others may read.
type showcase struct {
	stopping atomic.Bool

	mu        sync.RWMutex // guards what follows; the values are never changed
	agents    map[int64]*AgentState
	campaigns map[int64]*CampaignView
	lost      map[int64]bool // who was signed out though nobody had asked for it
}

func newShowcase() *showcase {
	return &showcase{agents: make(map[int64]*AgentState), campaigns: make(map[int64]*CampaignView), lost: make(map[int64]bool)}
}

func (s *showcase) putAgent(a AgentState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.agents[a.ID] = &a
	if a.State != StateOffline {
		delete(s.lost, a.ID)
	}
}

// leave notes that an agent leaves, before it is told, and whether they are lost.
func (s *showcase) leave(id int64, lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if delete(s.lost, id); lost {
		s.lost[id] = true
	}
}

func (s *showcase) isLost(id int64) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.lost[id]
}

func (s *showcase) dropAgent(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.agents, id)
}

func (s *showcase) agent(id int64) (AgentState, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	a, ok := s.agents[id]
	if !ok {
		return AgentState{}, false
	}
	return *a, true
}

// everybody is every agent who is signed in.
func (s *showcase) everybody() []AgentState {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]AgentState, 0, len(s.agents))
	for _, a := range s.agents {
		all = append(all, *a)
	}
	return all
}

func (s *showcase) putCampaign(c CampaignView) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.campaigns[c.ID] = &c
}

func (s *showcase) campaign(id int64) (CampaignView, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c, ok := s.campaigns[id]
	if !ok {
		return CampaignView{}, false
	}
	return *c, true
}

func (s *showcase) snapshot(now time.Time) Snapshot {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := Snapshot{At: now, Stopping: s.stopping.Load()}
	for _, c := range s.campaigns {
		out.Campaigns = append(out.Campaigns, *c)
	}
	for _, a := range s.agents {
		out.Agents = append(out.Agents, *a)
	}
	slices.SortFunc(out.Campaigns, func(a, b CampaignView) int { return int(a.ID - b.ID) })
	slices.SortFunc(out.Agents, func(a, b AgentState) int { return int(a.ID - b.ID) })
	return out
}
