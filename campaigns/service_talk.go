package campaigns

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/numbers"
)

// TalkState is what goes on in a call beside talking, as its agent sees it.
type TalkState struct {
	OnHold      bool
	Muted       bool
	Recording   string // on, paused, consent (not begun yet), failed; empty = not recorded
	Transfer    TransferState
	Help        bool   // a supervisor was asked for
	PassedTo    string // in wrap-up: who has the person now
	PassedAgent int64  // the same, when it is an agent
	Note        string // of the agent who passed the call on
}

// TransferState is how far passing a call on is; the zero value is none.
type TransferState struct {
	To    string // of the agent who passes on: a name or a number
	From  string // of the agent who is asked to take the call: a name
	Kind  string // blind, attended, take_over
	Phase string // ringing, talking, conference, failed
	Since time.Time
	Why   string // of failed, a sentence
}

// MonitorMode is how a supervisor takes part in an agent's calls.
type MonitorMode string

// The modes.
const (
	Listen  MonitorMode = "listen"  // nobody hears the supervisor
	Whisper MonitorMode = "whisper" // only the agent does
	Barge   MonitorMode = "barge"   // everybody does who talks with the agent
)

// MonitorState is a supervisor who takes part in an agent's calls.
type MonitorState struct {
	User  int64
	Name  string
	Mode  MonitorMode
	Since time.Time
}

// TransferTarget is where a call is to go: an agent, a department of the
// campaign or an outside number; exactly one is set.
type TransferTarget struct {
	Agent      int64
	Department string
	Number     string
	Note       string // for whoever takes the call
}

// Conversation is what an agent may do with the call at hand.
type Conversation interface {
	Hold(ctx context.Context, agent int64, on bool) error
	Mute(ctx context.Context, agent int64, on bool) error
	SendDigits(ctx context.Context, agent int64, digits string) error
	Record(ctx context.Context, agent int64, on bool) error
	AskHelp(ctx context.Context, agent int64, on bool) error
	Note(e CallEvent)
}

// Transfers is how a call goes to somebody else.
type Transfers interface {
	Transfer(ctx context.Context, agent int64, to TransferTarget, attended bool) error
	CompleteTransfer(ctx context.Context, agent int64) error
	CancelTransfer(ctx context.Context, agent int64) error
	Conference(ctx context.Context, agent int64) error
	Accept(ctx context.Context, agent int64) error
	Refuse(ctx context.Context, agent int64) error
}

// Bounds of what an agent writes and presses during a call.
const (
	maxNote   = 500
	maxDigits = 32
)

var errNoTalk = problem(KindUnavailable, "no_talk", "This installation has no functions during a call.")

// Hold puts the person on hold, with music, or takes them back.
func (d *Desk) Hold(ctx context.Context, u User, on bool) error {
	return d.during(u, func(c Conversation) error { return c.Hold(ctx, u.ID, on) })
}

// Mute lets the person not hear the agent.
func (d *Desk) Mute(ctx context.Context, u User, on bool) error {
	return d.during(u, func(c Conversation) error { return c.Mute(ctx, u.ID, on) })
}

// SendDigits presses keys towards the person, or the outside number that is
// talked to.
func (d *Desk) SendDigits(ctx context.Context, u User, digits string) error {
	digits = strings.ToUpper(strings.TrimSpace(digits))
	if digits == "" || len(digits) > maxDigits || strings.Trim(digits, "0123456789*#ABCD") != "" {
		return problem(KindInvalid, "digits", "Keys are 0 to 9, *, # and A to D, at most %d at once.", maxDigits)
	}
	return d.during(u, func(c Conversation) error { return c.SendDigits(ctx, u.ID, digits) })
}

// Record pauses the recording, for what must not be kept, and goes on; where the
// campaign asks for consent, on says that the person has agreed.
func (d *Desk) Record(ctx context.Context, u User, on bool) error {
	return d.during(u, func(c Conversation) error { return c.Record(ctx, u.ID, on) })
}

// AskHelp asks for a supervisor, or takes it back.
func (d *Desk) AskHelp(ctx context.Context, u User, on bool) error {
	return d.during(u, func(c Conversation) error { return c.AskHelp(ctx, u.ID, on) })
}

// Note writes something down in the time line of the call at hand.
func (d *Desk) Note(_ context.Context, u User, text string) error {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > maxNote {
		return problem(KindInvalid, "note", "A note has 1 to %d characters.", maxNote)
	}
	return d.during(u, func(c Conversation) error {
		current, _ := d.Line.Current(u.ID)
		if current.Attempt == "" {
			return errNoCall
		}
		c.Note(CallEvent{Attempt: current.Attempt, Kind: EventNote, By: u.ID, Detail: text})
		return nil
	})
}

// during runs an action on the call at hand of an agent.
func (d *Desk) during(u User, action func(Conversation) error) error {
	return d.do(u, func() error {
		if d.Talk == nil {
			return errNoTalk
		}
		if _, ok := d.Line.Current(u.ID); !ok {
			return errNoCall
		}
		return action(d.Talk)
	})
}

// passing runs a step of a transfer.
func (d *Desk) passing(u User, action func(Transfers) error) error {
	return d.do(u, func() error {
		if d.Passing == nil {
			return errNoTalk
		}
		if _, ok := d.Line.Current(u.ID); !ok {
			return errNoCall
		}
		return action(d.Passing)
	})
}

// Transfer passes the call at hand on. Attended, the agent talks to the other
// side first. When it does not answer, the person is back with the agent.
func (d *Desk) Transfer(ctx context.Context, u User, to TransferTarget, attended bool) error {
	to, err := to.checked()
	if err != nil {
		return err
	}
	return d.passing(u, func(t Transfers) error { return t.Transfer(ctx, u.ID, to, attended) })
}

// checked is the target with its number in E.164.
func (t TransferTarget) checked() (TransferTarget, error) {
	t.Number, t.Department, t.Note = strings.TrimSpace(t.Number), strings.TrimSpace(t.Department), strings.TrimSpace(t.Note)
	set := 0
	for _, is := range []bool{t.Agent != 0, t.Department != "", t.Number != ""} {
		if is {
			set++
		}
	}
	switch {
	case set != 1:
		return t, problem(KindInvalid, "transfer_target", "A call is passed on to an agent, a department or a number: name one of them.")
	case len(t.Note) > maxNote:
		return t, problem(KindInvalid, "note", "A note has at most %d characters.", maxNote)
	case t.Number == "":
		return t, nil
	}
	n, err := numbers.Parse(t.Number, "")
	if err != nil {
		return t, &Problem{Kind: KindInvalid, Code: "number", Text: "This is not a number with its country, as +34910000000.", Cause: err}
	}
	t.Number = n.E164
	return t, nil
}

// CompleteTransfer gives the person to the other side.
func (d *Desk) CompleteTransfer(ctx context.Context, u User) error {
	return d.passing(u, func(t Transfers) error { return t.CompleteTransfer(ctx, u.ID) })
}

// CancelTransfer takes the person back.
func (d *Desk) CancelTransfer(ctx context.Context, u User) error {
	return d.passing(u, func(t Transfers) error { return t.CancelTransfer(ctx, u.ID) })
}

// Conference lets all three hear each other.
func (d *Desk) Conference(ctx context.Context, u User) error {
	return d.passing(u, func(t Transfers) error { return t.Conference(ctx, u.ID) })
}

// Accept takes a call that somebody passes on to the agent.
func (d *Desk) Accept(ctx context.Context, u User) error {
	return d.passing(u, func(t Transfers) error { return t.Accept(ctx, u.ID) })
}

// Refuse sends it back.
func (d *Desk) Refuse(ctx context.Context, u User) error {
	return d.passing(u, func(t Transfers) error { return t.Refuse(ctx, u.ID) })
}

// Targets are where the call at hand may be passed on to.
type Targets struct {
	Agents      []TargetAgent
	Departments []TargetDepartment
	Outside     bool // any number may be typed
}

// TargetAgent is a colleague who is signed in.
type TargetAgent struct {
	ID          int64
	Login, Name string
	State       AgentState
	Free        bool
}

// TargetDepartment is a department of the campaign, with how many of its agents
// are free.
type TargetDepartment struct {
	Name      string
	Free      int
	HasNumber bool
}

// Targets lists where the agent may pass the call at hand on to; without a call,
// who is there.
func (d *Desk) Targets(ctx context.Context, u User) (Targets, error) {
	if err := u.Allow(DoCalls); err != nil {
		return Targets{}, err
	}
	if d.Colleagues == nil {
		return Targets{}, errNoTalk
	}
	var out Targets
	free := map[string]bool{}
	for _, a := range d.Colleagues.Snapshot().Agents {
		if a.Agent == u.ID || a.Supervises != 0 {
			continue
		}
		free[a.Login] = a.State == AgentReady
		out.Agents = append(out.Agents, TargetAgent{ID: a.Agent, Login: a.Login, Name: a.Name, State: a.State, Free: free[a.Login]})
	}
	slices.SortStableFunc(out.Agents, func(a, b TargetAgent) int {
		if a.Free != b.Free && a.Free {
			return -1
		} else if a.Free != b.Free {
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	current, ok := d.Line.Current(u.ID)
	if !ok {
		return out, nil
	}
	c, err := d.Campaigns.Campaign(ctx, current.Campaign)
	if err != nil {
		return Targets{}, fmt.Errorf("campaign of the call at hand: %w", err)
	}
	out.Outside = c.OutsideTransfer
	for _, dep := range c.Departments {
		t := TargetDepartment{Name: dep.Name, HasNumber: dep.Number != ""}
		for _, login := range dep.Agents {
			if free[login] {
				t.Free++
			}
		}
		out.Departments = append(out.Departments, t)
	}
	return out, nil
}

// passedOn refuses a disposition of an agent who has passed the call on: whoever
// ends with the person says what came of it. Passed on outside the house, that
// is the agent who did so.
func passedOn(u User, call Call, current CurrentCall, atHand bool) error {
	switch {
	case atHand && current.Talk.PassedAgent == 0:
		return nil
	case atHand:
		return problem(KindConflict, "call_passed_on", "You have passed this call on to %s, who says what came of it.", current.Talk.PassedTo)
	case call.SecondAgent != 0 && call.SecondAgent != u.ID:
		return problem(KindConflict, "call_passed_on", "This call went on with another agent, who says what came of it.")
	}
	return nil
}

// maskTalks hides what of the agents' calls must not hang on a wall: numbers but
// for their last digits, and notes.
func maskTalks(agents []AgentStatus) []AgentStatus {
	out := slices.Clone(agents)
	for i := range out {
		t := &out[i].Talk
		t.Transfer.To, t.Transfer.Why, t.PassedTo, t.Note = maskNumbers(t.Transfer.To), maskNumbers(t.Transfer.Why), maskNumbers(t.PassedTo), ""
	}
	return out
}
