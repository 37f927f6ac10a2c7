package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
)

// talks is the engine during calls, as the services see it.
type talks struct{ *floor }

var (
	_ campaigns.Conversation = talks{}
	_ campaigns.Transfers    = talks{}
	_ campaigns.Monitors     = talks{}
	_ campaigns.Headphones   = talks{}
)

func (t talks) Hold(ctx context.Context, id int64, on bool) error {
	return talkProblem(t.Engine.Hold(ctx, id, on))
}

func (t talks) Mute(ctx context.Context, id int64, on bool) error {
	return talkProblem(t.Engine.Mute(ctx, id, on))
}

func (t talks) SendDigits(ctx context.Context, id int64, digits string) error {
	return talkProblem(t.Engine.SendDigits(ctx, id, digits))
}

func (t talks) Record(ctx context.Context, id int64, on bool) error {
	return talkProblem(t.Engine.Record(ctx, id, on))
}

func (t talks) AskHelp(ctx context.Context, id int64, on bool) error {
	return talkProblem(t.Engine.AskHelp(ctx, id, on))
}

func (t talks) Note(e campaigns.CallEvent) { t.Engine.Note(e) }

func (t talks) Transfer(ctx context.Context, id int64, to campaigns.TransferTarget, attended bool) error {
	return talkProblem(t.Engine.Transfer(ctx, id, dialer.TransferTarget(to), attended))
}

func (t talks) CompleteTransfer(ctx context.Context, id int64) error {
	return talkProblem(t.Engine.CompleteTransfer(ctx, id))
}

func (t talks) CancelTransfer(ctx context.Context, id int64) error {
	return talkProblem(t.Engine.CancelTransfer(ctx, id))
}

func (t talks) Conference(ctx context.Context, id int64) error {
	return talkProblem(t.Engine.Conference(ctx, id))
}

func (t talks) Accept(ctx context.Context, id int64) error {
	return talkProblem(t.Engine.Accept(ctx, id))
}
func (t talks) Refuse(ctx context.Context, id int64) error {
	return talkProblem(t.Engine.Refuse(ctx, id))
}

func (t talks) Monitor(ctx context.Context, user, agent int64, mode campaigns.MonitorMode) error {
	return talkProblem(t.Engine.Monitor(ctx, user, agent, dialer.MonitorMode(mode)))
}

func (t talks) StopMonitor(ctx context.Context, user int64) error {
	return talkProblem(t.Engine.StopMonitor(ctx, user))
}

func (t talks) TakeOver(ctx context.Context, user int64) error {
	return talkProblem(t.Engine.TakeOver(ctx, user))
}

// ConnectHeadphones connects somebody who works for no campaign: the engine has
// them like an agent whom nobody calls.
func (t talks) ConnectHeadphones(ctx context.Context, u campaigns.User, h campaigns.Handset) error {
	return t.floor.SignIn(ctx, u, nil, h)
}

// DisconnectHeadphones hangs up, after the call at hand.
func (t talks) DisconnectHeadphones(ctx context.Context, user int64) error {
	return talkProblem(errors.Join(t.Engine.StopMonitor(ctx, user), t.Engine.SignOut(ctx, user)))
}

// talkProblem turns the refusals of conversations into problems that people may
// read. What they have in common with the others is problemOf's.
func talkProblem(err error) error {
	if err == nil {
		return nil
	}
	if busy, ok := errors.AsType[*dialer.BusyError](err); ok {
		return &campaigns.Problem{Kind: campaigns.KindConflict, Code: "agent_busy", Text: sentence(busy.Error()), Cause: err}
	}
	for _, refusal := range []struct {
		err  error
		kind campaigns.ProblemKind
		code string
		text string // empty = the error's own
	}{
		{dialer.ErrNoCall, campaigns.KindConflict, "no_call", "You are in no conversation at this moment."},
		{dialer.ErrNotYours, campaigns.KindConflict, "not_your_call", "Only the agent who has the person may do this."},
		{dialer.ErrNoTransfer, campaigns.KindConflict, "no_transfer", ""},
		{dialer.ErrTransferring, campaigns.KindConflict, "transfer_going_on", ""},
		{dialer.ErrNotAnswered, campaigns.KindConflict, "not_answered", ""},
		{dialer.ErrNoDigits, campaigns.KindConflict, "no_digits", ""},
		{dialer.ErrNotRecorded, campaigns.KindConflict, "not_recorded", ""},
		{dialer.ErrNobodyThere, campaigns.KindConflict, "nobody_free", ""},
		{dialer.ErrNoDepartment, campaigns.KindNotFound, "department_not_found", ""},
		{dialer.ErrOutsideBarred, campaigns.KindForbidden, "number_not_allowed", "Calls of this campaign may not be passed on to this number."},
		{dialer.ErrNumberBarred, campaigns.KindForbidden, "number_on_dnc", ""},
		{dialer.ErrNoLine, campaigns.KindConflict, "no_line", "No line is free to call the number; try again in a moment."},
		{dialer.ErrNoHeadset, campaigns.KindConflict, "no_phone", ""},
		{dialer.ErrNotSupervising, campaigns.KindConflict, "not_listening", ""},
		{dialer.ErrSelf, campaigns.KindInvalid, "self", ""},
	} {
		if errors.Is(err, refusal.err) {
			text := refusal.text
			if text == "" {
				text = sentence(err.Error())
			}
			return &campaigns.Problem{Kind: refusal.kind, Code: refusal.code, Text: text, Cause: err}
		}
	}
	return problemOf(err)
}

// sentence is an error's text as people read one.
func sentence(text string) string {
	if text == "" {
		return text
	}
	first := text[0]
	if first >= 'a' && first <= 'z' {
		first -= 'a' - 'A'
	}
	return string(first) + text[1:] + "."
}

// talkOf is what goes on in a call, in the words of the services.
func talkOf(t dialer.TalkState) campaigns.TalkState {
	return campaigns.TalkState{
		OnHold: t.OnHold, Muted: t.Muted, Recording: t.Recording, Help: t.Help, PassedTo: t.PassedTo, PassedAgent: t.PassedAgent, Note: t.Note,
		Transfer: campaigns.TransferState{
			To: t.Transfer.To, From: t.Transfer.From, Kind: string(t.Transfer.Kind), Phase: string(t.Transfer.Phase), Since: t.Transfer.Since,
			Why: t.Transfer.Why,
		},
	}
}

// withTalk adds to where an agent stands what goes on in their call, and who
// listens.
func withTalk(s campaigns.AgentStatus, a dialer.AgentState) campaigns.AgentStatus {
	if a.Call != nil {
		s.Talk = talkOf(a.Call.Talk)
	}
	s.Supervises = a.Supervises
	for _, m := range a.Monitors {
		s.Monitors = append(s.Monitors, campaigns.MonitorState{User: m.User, Name: m.Name, Mode: campaigns.MonitorMode(m.Mode), Since: m.Since})
	}
	return s
}

func (n *lead) supervision() *campaigns.Supervision {
	return campaigns.NewSupervision(campaigns.SupervisionSettings{
		Monitors: talks{n.floor}, Headphones: talks{n.floor}, Shift: n.floor, Audit: n.db,
	})
}

// listener tells whether somebody is connected only to listen: the floor does
// not show them among the agents until they have a call.
func listener(a dialer.AgentState) bool { return len(a.Campaigns) == 0 && a.Call == nil }

// sounds reads what people of a campaign hear beside voices.
func (p prompts) sounds(c campaigns.Campaign) (dialer.Sounds, error) {
	var s dialer.Sounds
	for _, file := range []struct {
		field, name string
		to          *media.Prompt
	}{
		{"hold_music", c.HoldMusic, &s.HoldMusic}, {"recording.announcement", c.Recording.Announcement, &s.Announcement},
	} {
		if file.name == "" {
			continue
		}
		prompt, err := p.read(file.name)
		if err != nil {
			return dialer.Sounds{}, &campaigns.Problem{
				Kind: campaigns.KindConflict, Code: "prompt_unreadable", Cause: err,
				Text: fmt.Sprintf("%s of campaign %s: %s cannot be read as a WAV file; messages lie in the folder %q of the data folder.",
					file.field, c.Name, filepath.Base(file.name), promptsFolder),
			}
		}
		*file.to = prompt
	}
	return s, nil
}
