package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/deskphone"
)

// floor is the engine as the services of package campaigns see it: who sits
// where, which call is at hand, what the wallboard shows.
type floor struct {
	*dialer.Engine
	phones   *deskphone.Phones
	headsets *headsets
	schedule func(campaigns.Campaign) error // takes the jobs of a campaign
	several  *several                       // nil = this node stands alone
	watching sync.WaitGroup                 // streams of events; the node waits for them when the web has closed
}

var (
	_ campaigns.Shift       = (*floor)(nil)
	_ campaigns.Seat        = (*floor)(nil)
	_ campaigns.Line        = (*floor)(nil)
	_ campaigns.Previews    = (*floor)(nil)
	_ campaigns.Applier     = (*floor)(nil)
	_ campaigns.Leaves      = (*floor)(nil)
	_ campaigns.Signs       = (*floor)(nil)
	_ campaigns.FloorSource = (*floor)(nil)
	_ campaigns.NodeWatch   = (*floor)(nil)
	_ dialer.Store          = engineStore{}
)

// SetStatus keeps the status and forgets the campaign that the store returns.
func (s engineStore) SetStatus(ctx context.Context, id int64, to campaigns.Status, by string) error {
	_, err := s.DB.SetStatus(ctx, id, to, by)
	return err
}

// Apply makes the engine and the scheduler do what the campaign says.
func (f *floor) Apply(ctx context.Context, c campaigns.Campaign) error {
	return errors.Join(f.schedule(c), f.Engine.Apply(ctx, c))
}

// Estimates are nil when the campaign has not learned anything yet.
func (s engineStore) Estimates(ctx context.Context, campaign int64) ([]byte, error) {
	body, err := s.DB.Estimates(ctx, campaign)
	if errors.Is(err, campaigns.ErrNotFound) {
		return nil, nil
	}
	return body, err
}

// SignIn connects what the agent talks with, once, and hands the leg that stays
// up to the engine.
func (f *floor) SignIn(ctx context.Context, u campaigns.User, chosen []campaigns.Campaign, h campaigns.Handset) error {
	info := dialer.AgentInfo{ID: u.ID, Login: u.Login, Name: u.Name}
	for _, c := range chosen {
		info.Campaigns = append(info.Campaigns, c.ID)
	}
	if f.several != nil {
		return f.several.signIn(ctx, signIn{Agent: info, User: u.ID, Handset: h, Extension: u.Extension})
	}
	station, err := f.station(ctx, u, h)
	if err != nil {
		return err
	}
	if err := f.Engine.SignIn(ctx, info, station); err != nil {
		station.Hangup(context.WithoutCancel(ctx))
		return problemOf(err)
	}
	return nil
}

// phoneProblem is what an agent reads when their phone cannot be called.
func phoneProblem(u campaigns.User, err error) error {
	return &campaigns.Problem{
		Kind: campaigns.KindConflict, Code: "phone_unreachable", Cause: err,
		Text: fmt.Sprintf("Your phone (extension %q) did not take our call: %v. Check that it is registered and try again.", u.Extension, err),
	}
}

// problemOf turns the engine's refusals into problems that people may read.
// The order counts for an error that is several: that the house stops comes
// before what is the matter with one agent.
func problemOf(err error) error {
	for _, refusal := range []struct {
		err  error
		code string
	}{
		{dialer.ErrStopping, "stopping"}, {dialer.ErrStopped, "stopping"}, {dialer.ErrNotSignedIn, "not_signed_in"},
		{dialer.ErrInCall, "in_call"}, {dialer.ErrNoCard, "no_preview"}, {dialer.ErrTooSoon, "too_soon"},
	} {
		if errors.Is(err, refusal.err) {
			return &campaigns.Problem{Kind: campaigns.KindConflict, Code: refusal.code, Text: err.Error(), Cause: err}
		}
	}
	if errors.Is(err, dialer.ErrNoFloor) || errors.Is(err, dialer.ErrHandsLost) || errors.Is(err, dialer.ErrHandsLeave) {
		return &campaigns.Problem{Kind: campaigns.KindUnavailable, Code: "no_floor", Text: err.Error(), Cause: err}
	}
	if notNow, ok := errors.AsType[*dialer.NotNowError](err); ok {
		return &campaigns.Problem{Kind: campaigns.KindConflict, Code: "not_now", Text: notNow.Error(), Cause: err}
	}
	return err
}

func (f *floor) SignOut(ctx context.Context, id int64) error {
	return problemOf(f.Engine.SignOut(ctx, id))
}
func (f *floor) Ready(ctx context.Context, id int64) error { return problemOf(f.Engine.Ready(ctx, id)) }
func (f *floor) HangUp(ctx context.Context, id int64) error {
	return problemOf(f.Engine.HangUp(ctx, id))
}
func (f *floor) Dial(ctx context.Context, id int64) error { return problemOf(f.Engine.Dial(ctx, id)) }

func (f *floor) Pause(ctx context.Context, id int64, reason string) error {
	return problemOf(f.Engine.Pause(ctx, id, reason))
}

func (f *floor) Skip(ctx context.Context, id int64, reason string) error {
	return problemOf(f.Engine.Skip(ctx, id, reason))
}

func (f *floor) WrapUpDone(ctx context.Context, id int64) error {
	return problemOf(f.Engine.WrapUpDone(ctx, id))
}

func (f *floor) Finishing(ctx context.Context, id int64) error {
	return problemOf(f.Engine.Finishing(ctx, id))
}

func (f *floor) Step(ctx context.Context, id int64, step string) error {
	return problemOf(f.Engine.Step(ctx, id, step))
}

// PlanBreaks tells the engine when an agent will take no new call.
func (f *floor) PlanBreaks(ctx context.Context, id int64, plan []campaigns.Break) error {
	breaks := make([]dialer.Break, len(plan))
	for i, b := range plan {
		breaks[i] = dialer.Break{From: b.From, To: b.To, Reason: b.Reason}
	}
	return problemOf(f.Engine.PlanBreaks(ctx, id, breaks))
}

// Agent is where an agent stands.
func (f *floor) Agent(id int64) (campaigns.AgentStatus, bool) {
	a, ok := f.Engine.Agent(id)
	if !ok {
		return campaigns.AgentStatus{}, false
	}
	return statusOf(a, f.names()), true
}

// Current is the call or the card before an agent.
func (f *floor) Current(id int64) (campaigns.CurrentCall, bool) {
	c, ok := f.Engine.Current(id)
	if !ok {
		return campaigns.CurrentCall{}, false
	}
	return campaigns.CurrentCall{
		Attempt: c.Attempt, Campaign: c.Campaign, Contact: c.Contact, Number: c.Number,
		State: campaigns.AgentState(c.State), Since: c.Since, Finishing: c.Finishing, Step: c.Step,
		Inbound: c.Inbound, DoNotCall: c.DoNotCall, DialAt: c.DialAt, Talk: talkOf(c.Talk),
		BridgedAt: c.BridgedAt, WrapUpUntil: c.WrapUpUntil, NoAudio: c.NoAudio,
	}, true
}

// names are those of the campaigns that the engine knows.
func (f *floor) names() map[int64]string {
	names := map[int64]string{}
	for _, c := range f.Engine.Snapshot().Campaigns {
		names[c.ID] = c.Name
	}
	return names
}

func statusOf(a dialer.AgentState, names map[int64]string) campaigns.AgentStatus {
	s := campaigns.AgentStatus{
		Agent: a.ID, Login: a.Login, Name: cmp.Or(a.Name, a.Login), State: campaigns.AgentState(a.State), Since: a.Since, Reason: a.Reason,
		PauseNext: a.After == dialer.StatePaused, Until: a.Until, LeavesAt: a.LeavesAt, Campaign: names[a.Campaign],
	}
	if a.Call != nil {
		s.Attempt, s.Campaign = a.Call.Attempt, a.Call.CampaignName
	}
	return withTalk(s, a)
}

// Snapshot is the floor for a wallboard.
func (f *floor) Snapshot() campaigns.FloorSnapshot {
	in := f.Engine.Snapshot()
	out := campaigns.FloorSnapshot{At: in.At}
	names, agents := map[int64]string{}, map[int64]string{}
	for _, c := range in.Campaigns {
		names[c.ID] = c.Name
	}
	for _, a := range in.Agents {
		agents[a.ID] = a.Name
		if !listener(a) {
			out.Agents = append(out.Agents, statusOf(a, names))
		}
	}
	apart := f.apart()
	for _, c := range in.Campaigns {
		s := campaignStatus(c)
		if apart != "" && s.Status == campaigns.Running {
			s.Why = strings.TrimPrefix(s.Why+"; "+apart, "; ")
		}
		out.Campaigns = append(out.Campaigns, s)
		for _, e := range c.Last {
			out.Last = append(out.Last, endedCall(e, c.Name, agents))
		}
	}
	for _, c := range in.Calls() {
		out.Calls = append(out.Calls, airCall(c, names, agents))
	}
	return out
}

func campaignStatus(c dialer.CampaignView) campaigns.CampaignStatus {
	s := campaigns.CampaignStatus{
		ID: c.ID, Name: c.Name, Status: c.Status, Mode: c.Mode, Placed: c.Totals.Placed, Ringing: c.Ringing, Waiting: c.Waiting, Queued: c.Queued,
		Talking: c.Talking, PickedUp: c.Totals.Answered, Answered: c.Period.Answered, Bridged: c.Totals.Bridged, Abandoned: c.Period.Abandoned, Cap: c.Cap,
		PerMinute: c.PerMinute, Ready: c.Agents[dialer.StateReady], Hopper: c.Hopper.Callable, WhyCode: string(c.Why.Cause), Why: c.Why.Text,
		Decision: c.Decision,
	}
	for _, b := range c.Budgets {
		if b.Binding {
			s.Answered, s.Abandoned, s.Cap, s.Limit = int(b.Answered), int(b.Abandoned), b.Max, b.Rule
		}
	}
	return s
}

func airCall(c dialer.CallView, names, agents map[int64]string) campaigns.AirCall {
	return campaigns.AirCall{
		Attempt: c.Attempt, Campaign: names[c.Campaign], Contact: c.Name, Number: c.Number, State: string(c.State),
		Since: c.Since, Agent: agents[c.Agent], Trunk: c.Trunk, Odds: c.Odds, Inbound: c.Inbound,
	}
}

func endedCall(e dialer.EndedCall, campaign string, agents map[int64]string) campaigns.EndedCall {
	return campaigns.EndedCall{
		Attempt: e.Attempt, Campaign: campaign, Contact: e.Name, Number: e.Number, Outcome: e.Outcome, At: e.At, Talk: e.Talk, Agent: agents[e.Agent],
	}
}

// Watch tells when something may have changed around an agent, the headset
// included.
func (f *floor) Watch(ctx context.Context, agent int64) <-chan struct{} {
	return f.joined(f.pulses(ctx, func(n dialer.Notice) bool {
		return n.Kind == dialer.NoticeResync || (n.Kind == dialer.NoticeAgent && n.Agent.ID == agent)
	}), agent)
}

// pulses turns the notices that matter into wake-ups, of which one at most
// waits to be read.
func (f *floor) pulses(ctx context.Context, matters func(dialer.Notice) bool) <-chan struct{} {
	notices, wake := f.Engine.Subscribe(ctx), make(chan struct{}, 1)
	f.watching.Go(func() { // ends with the subscription, which ends with ctx or the engine
		defer close(wake)
		for n := range notices {
			if !matters(n) {
				continue
			}
			select {
			case wake <- struct{}{}:
			default:
			}
		}
	})
	return wake
}

// Phones implements campaigns.NodeWatch.
func (f *floor) Phones() map[string]int {
	out := make(map[string]int)
	for _, a := range f.Engine.Snapshot().Agents {
		out[a.Node]++
	}
	return out
}

// SafeShares implements campaigns.NodeWatch.
func (f *floor) SafeShares() []campaigns.TrunkShare {
	if f.several == nil {
		return nil
	}
	return f.several.n.live.safeShares()
}

// Barred implements campaigns.NodeWatch.
func (f *floor) Barred(ctx context.Context) map[string][]campaigns.NodeBar {
	if f.several == nil {
		return nil
	}
	return f.several.barred(ctx)
}

// apart says that trunks are dialed at the nodes' own shares, which is slower than
// campaigns and their agents would have it; empty when they are not.
func (f *floor) apart() string {
	if f.several == nil {
		return ""
	}
	return strings.Join(f.several.n.live.note(), "; ")
}
