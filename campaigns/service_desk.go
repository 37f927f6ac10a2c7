package campaigns

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// Shift is where an agent begins and ends to work: SignIn makes the house call
// the agent's phone once, or takes the headset in the browser, and returns when
// that leg is up and stays up.
type Shift interface {
	SignIn(ctx context.Context, u User, campaigns []Campaign, h Handset) error
	SignOut(ctx context.Context, agent int64) error
	Agent(agent int64) (AgentStatus, bool)
}

// Seat is what an agent says of their own availability.
type Seat interface {
	Ready(ctx context.Context, agent int64) error
	Pause(ctx context.Context, agent int64, reason string) error
	WrapUpDone(ctx context.Context, agent int64) error
}

// Line is the call an agent is in, and those that must not go on.
type Line interface {
	Current(agent int64) (CurrentCall, bool)
	HangUp(ctx context.Context, agent int64) error
	Withdraw(number string)
}

// Previews is what an agent answers to a card shown before the call.
type Previews interface {
	Dial(ctx context.Context, agent int64) error
	Skip(ctx context.Context, agent int64, reason string) error
}

// DispositionStore keeps what agents said. Dispose is idempotent by attempt
// and key: created is false when the same is there already, and another one
// is ErrDisposed. It applies the effect to the contact in the same transaction.
type DispositionStore interface {
	Dispose(ctx context.Context, d Disposition) (created bool, err error)
	Attempt(ctx context.Context, id string) (Call, error)
	History(ctx context.Context, contact int64, limit int) ([]Call, error)
}

// CampaignReader finds campaigns.
type CampaignReader interface {
	Campaign(ctx context.Context, id int64) (Campaign, error)
	CampaignByName(ctx context.Context, name string) (Campaign, error)
	Campaigns(ctx context.Context) ([]Campaign, error)
}

// ScriptAnswers knows what was answered in the script of a call.
type ScriptAnswers interface {
	Answered(ctx context.Context, attempt string) ([]Answer, error)
}

// DeskSettings is what a Desk stands on; all of it is needed but Breaks, Leaves
// and Signs: without them no breaks are planned, and nobody hears of signs.
type DeskSettings struct {
	Shift      Shift
	Seat       Seat
	Line       Line
	Previews   Previews
	Records    DispositionStore
	Campaigns  CampaignReader
	DNC        *Suppression
	Breaks     BreakStore
	Leaves     Leaves
	Signs      Signs
	Talk       Conversation  // nil = nothing beside talking
	Passing    Transfers     // nil = calls are not passed on
	Colleagues FloorSource   // whom calls may be passed on to
	Calendars  Calendars     // nil = no calendars of salespeople
	Drafts     Drafts        // nil = nothing is kept before the disposition
	Past       Background    // nil = a card shows earlier calls alone
	Audit      Auditor       // of what supervisors do to agents; nil = it is written nowhere
	Scripts    ScriptAnswers // whose answers a disposition keeps that brings none; nil = none
	Consents   *Consents     // nil = agents record no consents
	// Lost tells whether somebody was signed out though nobody had asked for it; nil =
	// nobody is.
	Lost func(agent int64) bool
}

// Desk is an agent's work: signing in, taking calls, saying what came of
// them. Whatever it does, it does for the user it is given and for nobody else.
type Desk struct{ DeskSettings }

// NewDesk returns the service.
func NewDesk(s DeskSettings) *Desk { return &Desk{s} }

// Problems of an agent that has no call, or is not there.
var (
	errNotSignedIn = problem(KindConflict, "not_signed_in", "Sign in first; your phone is not connected.")
	errNoCall      = problem(KindConflict, "no_call", "You have no call at this moment.")
)

// SignIn connects the agent's phone for the named campaigns; none means all
// that the agent works for. No handset named is the one that there is.
func (d *Desk) SignIn(ctx context.Context, u User, names []string, h Handset) (AgentStatus, error) {
	if err := u.Allow(DoCalls); err != nil {
		return AgentStatus{}, err
	}
	h, err := h.Choose(u)
	if err != nil {
		return AgentStatus{}, err
	}
	if len(names) == 0 {
		names = u.Campaigns
	}
	chosen, err := d.choose(ctx, u, names)
	if err != nil {
		return AgentStatus{}, err
	}
	if err := d.Shift.SignIn(ctx, u, chosen, h); err != nil {
		return AgentStatus{}, fmt.Errorf("sign agent %d in: %w", u.ID, err)
	}
	if err := d.tellLeaves(ctx, u.ID); err != nil {
		return AgentStatus{}, err
	}
	return d.State(u)
}

func (d *Desk) choose(ctx context.Context, u User, names []string) ([]Campaign, error) {
	if len(names) == 0 {
		return nil, problem(KindConflict, "no_campaign", "You are assigned to no campaign; ask your manager.")
	}
	chosen := make([]Campaign, 0, len(names))
	for _, name := range names {
		if !slices.Contains(u.Campaigns, name) {
			return nil, problem(KindForbidden, "campaign_not_yours", "You do not work for campaign %q.", name)
		}
		c, err := d.Campaigns.CampaignByName(ctx, name)
		if err != nil {
			return nil, missing("campaign", err)
		}
		chosen = append(chosen, c)
	}
	return chosen, nil
}

// SignOut ends the agent's shift and frees the phone.
func (d *Desk) SignOut(ctx context.Context, u User) error {
	return d.do(u, func() error { return d.Shift.SignOut(ctx, u.ID) })
}

// Ready makes the agent take calls.
func (d *Desk) Ready(ctx context.Context, u User) error {
	return d.do(u, func() error { return d.Seat.Ready(ctx, u.ID) })
}

// Pause stops new calls for the agent, after the one at hand, for a reason
// that stands on the wallboard.
func (d *Desk) Pause(ctx context.Context, u User, reason string) error {
	reason = strings.TrimSpace(reason)
	if reason == "" || len(reason) > 64 {
		return problem(KindInvalid, "pause_reason", "A pause needs a reason of at most 64 characters.")
	}
	return d.do(u, func() error { return d.Seat.Pause(ctx, u.ID, reason) })
}

// HangUp ends the customer's leg.
func (d *Desk) HangUp(ctx context.Context, u User) error {
	return d.do(u, func() error {
		if _, ok := d.Line.Current(u.ID); !ok {
			return errNoCall
		}
		return d.Line.HangUp(ctx, u.ID)
	})
}

// Dial calls the contact whose card the agent looks at.
func (d *Desk) Dial(ctx context.Context, u User) error {
	return d.do(u, func() error {
		if err := d.previewing(u); err != nil {
			return err
		}
		return d.Previews.Dial(ctx, u.ID)
	})
}

// Skip puts the contact whose card the agent looks at back, for a reason.
func (d *Desk) Skip(ctx context.Context, u User, reason string) error {
	return d.do(u, func() error {
		if err := d.previewing(u); err != nil {
			return err
		}
		return d.Previews.Skip(ctx, u.ID, reason)
	})
}

func (d *Desk) previewing(u User) error {
	if s, _ := d.Shift.Agent(u.ID); s.State != AgentPreview {
		return problem(KindConflict, "no_preview", "There is no card waiting for your decision.")
	}
	return nil
}

// PauseAgent pauses another user, after the call at hand.
func (d *Desk) PauseAgent(ctx context.Context, by User, agent int64, reason string) error {
	return d.steer(ctx, by, agent, "agent.pause", reason, func() error { return d.Seat.Pause(ctx, agent, reason+" ("+by.Login+")") })
}

// SignAgentOut ends the shift of another user.
func (d *Desk) SignAgentOut(ctx context.Context, by User, agent int64) error {
	return d.steer(ctx, by, agent, "agent.sign_out", "", func() error { return d.Shift.SignOut(ctx, agent) })
}

// steer runs an action of a supervisor on an agent who is there, and writes it
// down before.
func (d *Desk) steer(ctx context.Context, by User, agent int64, kind, detail string, action func() error) error {
	if err := by.Allow(SteerAgents); err != nil {
		return err
	}
	if _, ok := d.Shift.Agent(agent); !ok {
		return problem(KindNotFound, "agent_not_there", "The agent is not signed in.")
	}
	if d.Audit != nil {
		e := AuditEntry{At: time.Now().UTC(), Kind: kind, By: by.Login, Subject: fmt.Sprintf("user %d", agent), Detail: detail}
		if err := d.Audit.AddAudit(ctx, e); err != nil {
			return fmt.Errorf("write down what a supervisor does: %w", err)
		}
	}
	return action()
}

// do runs an action of an agent who may take calls and is signed in.
func (d *Desk) do(u User, action func() error) error {
	if err := u.Allow(DoCalls); err != nil {
		return err
	}
	if _, ok := d.Shift.Agent(u.ID); !ok {
		return errNotSignedIn
	}
	return action()
}

// State is where the agent stands; offline when not signed in.
func (d *Desk) State(u User) (AgentStatus, error) {
	if err := u.Allow(DoCalls); err != nil {
		return AgentStatus{}, err
	}
	if s, ok := d.Shift.Agent(u.ID); ok {
		s.Monitors = nil // who listens is for those who see the floor
		s.Lost = s.State == AgentOffline && d.lost(u)
		return s, nil
	}
	return AgentStatus{Agent: u.ID, Login: u.Login, Name: u.Name, State: AgentOffline, Lost: d.lost(u)}, nil
}

func (d *Desk) lost(u User) bool { return d.Lost != nil && d.Lost(u.ID) }

// Card is what an agent sees of a call: the person, what was said before, the
// words to say and the words to end with.
type Card struct {
	CurrentCall
	Campaign  Campaign
	LocalTime time.Time // in the first of Zones, when one is known
	Zones     []string
	History   []Call // newest first
	Known     Known
}

// Calls of the history that a card shows, and those whose orders, appointments
// and complaints it tells of.
const (
	cardHistory = 5
	cardOrders  = 50
)

// Card returns what the agent has on the line, and false when there is nothing.
func (d *Desk) Card(ctx context.Context, u User) (Card, bool, error) {
	if err := u.Allow(DoCalls); err != nil {
		return Card{}, false, err
	}
	current, ok := d.Line.Current(u.ID)
	if !ok {
		return Card{}, false, nil
	}
	campaign, err := d.Campaigns.Campaign(ctx, current.Campaign)
	if err != nil {
		return Card{}, false, fmt.Errorf("campaign of the call at hand: %w", err)
	}
	history, err := d.history(ctx, current.Contact.ID)
	if err != nil {
		return Card{}, false, err
	}
	history = slices.DeleteFunc(history, func(c Call) bool { return c.ID == current.Attempt }) // it is no earlier call
	known, err := d.known(ctx, current, history)
	if err != nil {
		return Card{}, false, err
	}
	history = history[:min(len(history), cardHistory)]
	card := Card{Known: known, CurrentCall: current, Campaign: campaign, History: history, Zones: zonesOf(current)}
	if len(card.Zones) > 0 {
		if loc, err := rules.Location(card.Zones[0]); err == nil {
			card.LocalTime = time.Now().In(loc)
		}
	}
	return card, true, nil
}

// history reads the earlier calls of a contact. Somebody whose number is withheld
// is no contact, and has none.
func (d *Desk) history(ctx context.Context, contact int64) ([]Call, error) {
	if contact == 0 {
		return nil, nil
	}
	history, err := d.Records.History(ctx, contact, cardOrders+1)
	if err != nil {
		return nil, fmt.Errorf("history of contact %d: %w", contact, err)
	}
	return history, nil
}

// zonesOf are the zones of the phone that is called.
func zonesOf(c CurrentCall) []string {
	if len(c.Contact.Zones) > 0 {
		return c.Contact.Zones
	}
	for _, p := range c.Contact.Phones {
		if p.Number == c.Number {
			return p.Zones
		}
	}
	_, zones := c.Contact.Dial()
	return zones
}

// DoNotCall puts the number of the call at hand on the do-not-call list: from
// the return on nobody calls it, and what rings there is withdrawn.
func (d *Desk) DoNotCall(ctx context.Context, u User, note string) error {
	return d.do(u, func() error {
		current, ok := d.Line.Current(u.ID)
		if !ok {
			return errNoCall
		}
		return d.DNC.Add(ctx, u, DoNotCall{Number: current.Number, Reason: note, Attempt: current.Attempt, Campaign: current.Campaign})
	})
}
