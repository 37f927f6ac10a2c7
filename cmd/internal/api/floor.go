package api

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Floor is everything that goes on, at one instant.
type Floor struct {
	At        time.Time       `json:"at"`
	Campaigns []FloorCampaign `json:"campaigns"`
	Agents    []Agent         `json:"agents"`
	Calls     []FloorCall     `json:"calls" doc:"That hold a line."`
	Last      []EndedCall     `json:"last" doc:"That ended, newest first."`
}

// FloorCampaign is one campaign as it runs.
type FloorCampaign struct {
	ID        int64            `json:"id"`
	Name      string           `json:"name"`
	Status    campaigns.Status `json:"status"`
	Mode      campaigns.Mode   `json:"mode"`
	Placed    int              `json:"placed"`
	Ringing   int              `json:"ringing"`
	Waiting   int              `json:"waiting" doc:"Answered, and no agent yet."`
	Queued    int              `json:"queued" doc:"Called us, and no agent yet."`
	Talking   int              `json:"talking"`
	Answered  int              `json:"answered" doc:"By a person: what abandoned is measured against."`
	Bridged   int              `json:"bridged"`
	Abandoned int              `json:"abandoned"`
	Share     float64          `json:"abandoned_share"`
	Cap       float64          `json:"cap"`
	Limit     string           `json:"limit_rule,omitempty" doc:"Rule that answered, abandoned and cap are of: the tightest."`
	PerMinute float64          `json:"per_minute"`
	Ready     int              `json:"agents_ready"`
	Hopper    int              `json:"hopper" doc:"Contacts that could be dialed now."`
	WhyCode   string           `json:"why_code,omitempty"`
	Why       string           `json:"why,omitempty" doc:"What holds dialing back, in a sentence."`
	Pacing    *Pacing          `json:"pacing,omitempty" doc:"The last decision, and what it saw."`
}

// FloorCall is a call that holds a line.
type FloorCall struct {
	Attempt  string    `json:"attempt_id"`
	Campaign string    `json:"campaign"`
	Contact  string    `json:"contact"`
	Number   string    `json:"number" doc:"The last digits."`
	State    string    `json:"state"`
	Since    time.Time `json:"since"`
	Agent    string    `json:"agent,omitempty"`
	Trunk    string    `json:"trunk,omitempty"`
	Odds     float64   `json:"odds,omitempty" doc:"To answer, against the campaign's mean: 1.8 answers 1.8 times as often. Absent when the campaign does not use them."`
	Inbound  bool      `json:"inbound,omitempty" doc:"The person called us."`
}

// EndedCall is a call that is over.
type EndedCall struct {
	Attempt  string            `json:"attempt_id"`
	Campaign string            `json:"campaign"`
	Contact  string            `json:"contact"`
	Number   string            `json:"number" doc:"The last digits."`
	Outcome  campaigns.Outcome `json:"outcome"`
	At       time.Time         `json:"at"`
	Talk     Duration          `json:"talk"`
	Agent    string            `json:"agent,omitempty"`
}

func floorCampaignOf(c campaigns.CampaignStatus) FloorCampaign {
	return FloorCampaign{
		ID: c.ID, Name: brief(c.Name), Status: c.Status, Mode: c.Mode, Placed: c.Placed, Ringing: c.Ringing, Waiting: c.Waiting, Queued: c.Queued,
		Talking: c.Talking, Answered: c.Answered, Bridged: c.Bridged, Abandoned: c.Abandoned, Share: c.AbandonShare(),
		Cap: c.Cap, Limit: c.Limit, PerMinute: c.PerMinute, Ready: c.Ready, Hopper: c.Hopper, WhyCode: c.WhyCode, Why: brief(c.Why),
		Pacing: pacingOf(c.Mode, c.Decision),
	}
}

// FloorOf is the floor as clients see it. Words are clipped: many come from
// lists that others wrote, and a wallboard sends them twice a second.
func FloorOf(s campaigns.FloorSnapshot) Floor {
	f := Floor{
		At:        s.At.UTC(),
		Campaigns: each(s.Campaigns, floorCampaignOf),
		Agents:    each(s.Agents, floorAgentOf),
		Calls:     each(s.Calls, floorCallOf),
		Last:      each(s.Last, endedCallOf),
	}
	slices.SortStableFunc(f.Campaigns, func(a, b FloorCampaign) int { return natural(a.Name, b.Name) })
	slices.SortStableFunc(f.Agents, func(a, b Agent) int { return natural(a.Name, b.Name) })
	slices.SortStableFunc(f.Calls, func(a, b FloorCall) int { return a.Since.Compare(b.Since) })
	slices.SortStableFunc(f.Last, func(a, b EndedCall) int { return b.At.Compare(a.At) })
	f.Last = f.Last[:min(len(f.Last), lastShown)]
	return f
}

// lastShown is how many ended calls a wallboard shows, over all campaigns.
const lastShown = 50

// natural orders names as people do: Ana 2 before Ana 10.
func natural(a, b string) int {
	for a != "" && b != "" {
		i, j := leadingNumber(a), leadingNumber(b)
		if i == 0 || j == 0 {
			if a[0] != b[0] {
				return strings.Compare(a, b)
			}
			a, b = a[1:], b[1:]
			continue
		}
		m, n := strings.TrimLeft(a[:i], "0"), strings.TrimLeft(b[:j], "0")
		if c := cmp.Or(cmp.Compare(len(m), len(n)), strings.Compare(m, n)); c != 0 {
			return c
		}
		a, b = a[i:], b[j:]
	}
	return cmp.Compare(len(a), len(b))
}

// leadingNumber is how many digits a text begins with.
func leadingNumber(text string) int { return len(text) - len(strings.TrimLeft(text, "0123456789")) }

func floorAgentOf(a campaigns.AgentStatus) Agent {
	t := &a.Talk
	t.Transfer.To, t.Transfer.From, t.Transfer.Why, t.PassedTo = brief(t.Transfer.To), brief(t.Transfer.From), brief(t.Transfer.Why), brief(t.PassedTo)
	a.Login, a.Name, a.Reason, a.Campaign = brief(a.Login), brief(a.Name), brief(a.Reason), brief(a.Campaign)
	return agentOf(a)
}

func floorCallOf(c campaigns.AirCall) FloorCall {
	return FloorCall{
		Attempt: c.Attempt, Campaign: brief(c.Campaign), Contact: brief(c.Contact), Number: c.Number, State: c.State,
		Since: c.Since.UTC(), Agent: brief(c.Agent), Trunk: brief(c.Trunk), Odds: rounded(c.Odds, 2), Inbound: c.Inbound,
	}
}

func endedCallOf(c campaigns.EndedCall) EndedCall {
	return EndedCall{
		Attempt: c.Attempt, Campaign: brief(c.Campaign), Contact: brief(c.Contact), Number: c.Number, Outcome: c.Outcome,
		At: c.At.UTC(), Talk: Duration(c.Talk.Truncate(time.Second)), Agent: brief(c.Agent),
	}
}

// brief is what a wallboard shows of a name or a sentence: not too long, and
// without the marks that make text read backwards (Unicode TR 36, section 2.5).
func brief(text string) string {
	const longest = 120
	return strings.Map(func(r rune) rune {
		if r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, clipped(text, longest))
}

func each[A, B any](list []A, view func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = view(a)
	}
	return out
}

type floorOutput struct{ Body Floor }

func (s *Server) floor(ctx context.Context, _ *struct{}) (*floorOutput, error) {
	snapshot, err := s.Board.Snapshot(who(ctx))
	if err != nil {
		return nil, err
	}
	return &floorOutput{FloorOf(snapshot)}, nil
}

// floorEvery is how often a stream looks at the floor. Looking costs the
// engine nothing: it reads what was published.
const floorEvery = 500 * time.Millisecond

// floorEvents streams the floor: a snapshot first, then patches with what has
// changed. A client that comes back begins with a snapshot again; a slow one
// gets fewer, newer patches.
func (s *Server) floorEvents(w http.ResponseWriter, r *http.Request) {
	tick := time.NewTicker(floorEvery)
	defer tick.Stop()
	st := openStream(w, r)
	var seen rows
	n := 0
	follow(r.Context(), s, st, campaigns.SeeFloor, tick.C, func(u campaigns.User) error {
		now, err := s.shared.see(s.Board, u)
		if err != nil {
			return err
		}
		if seen == nil {
			seen = now.rows
			st.send("0", "snapshot", now.floor)
			return nil
		}
		if p, changed := seen.patch(now.rows, now.floor.At); changed {
			n++
			st.send(strconv.Itoa(n), "patch", p)
		}
		seen = now.rows
		return nil
	})
}

// rows are the parts of a floor by kind and key, as they were sent.
type rows map[rowKey]string

type rowKey struct{ kind, id string }

// The kinds of rows.
const (
	kindCampaign = "campaigns"
	kindAgent    = "agents"
	kindCall     = "calls"
	kindLast     = "last"
)

func rowsOf(f Floor) rows {
	r := make(rows, len(f.Campaigns)+len(f.Agents)+len(f.Calls)+1)
	for _, c := range f.Campaigns {
		r.put(kindCampaign, strconv.FormatInt(c.ID, 10), c)
	}
	for _, a := range f.Agents {
		r.put(kindAgent, strconv.FormatInt(a.ID, 10), a)
	}
	for _, c := range f.Calls {
		r.put(kindCall, c.Attempt, c)
	}
	r.put(kindLast, "", f.Last)
	return r
}

func (r rows) put(kind, id string, row any) {
	body, err := json.Marshal(row)
	if err != nil {
		panic(err) // our own structs always marshal
	}
	r[rowKey{kind, id}] = string(body)
}

// patch is what changed on the floor: rows that are new or different, the
// keys of those that are gone, and the list of ended calls when it moved.
type patch struct {
	At        time.Time           `json:"at"`
	Campaigns []json.RawMessage   `json:"campaigns,omitempty"`
	Agents    []json.RawMessage   `json:"agents,omitempty"`
	Calls     []json.RawMessage   `json:"calls,omitempty"`
	Last      json.RawMessage     `json:"last,omitempty"`
	Gone      map[string][]string `json:"gone,omitempty"`
}

// patch compares what was sent with what is.
func (r rows) patch(next rows, at time.Time) (p patch, changed bool) {
	p.At = at
	lists := map[string]*[]json.RawMessage{kindCampaign: &p.Campaigns, kindAgent: &p.Agents, kindCall: &p.Calls}
	for key, body := range next {
		if r[key] == body {
			continue
		}
		changed = true
		if list, ok := lists[key.kind]; ok {
			*list = append(*list, json.RawMessage(body))
		} else {
			p.Last = json.RawMessage(body)
		}
	}
	for key := range r {
		if _, there := next[key]; !there {
			changed = true
			if p.Gone == nil {
				p.Gone = make(map[string][]string)
			}
			p.Gone[key.kind] = append(p.Gone[key.kind], key.id)
		}
	}
	return p, changed
}
