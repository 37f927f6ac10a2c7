package campaigns

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// board is the floor as conversations see it.
type board struct {
	Shift
	Line
	agents   []AgentStatus
	talking  map[int64]CurrentCall
	did      []string
	audit    []AuditEntry
	failNote error
}

func (b *board) Agent(id int64) (AgentStatus, bool) {
	i := slices.IndexFunc(b.agents, func(a AgentStatus) bool { return a.Agent == id })
	if i < 0 {
		return AgentStatus{}, false
	}
	return b.agents[i], true
}

func (b *board) Current(id int64) (CurrentCall, bool) { c, ok := b.talking[id]; return c, ok }
func (b *board) Snapshot() FloorSnapshot              { return FloorSnapshot{Agents: b.agents} }

func (b *board) note(format string, args ...any) error {
	b.did = append(b.did, fmt.Sprintf(format, args...))
	return nil
}

func (b *board) Hold(_ context.Context, id int64, on bool) error { return b.note("hold %d %t", id, on) }
func (b *board) Mute(_ context.Context, id int64, on bool) error { return b.note("mute %d %t", id, on) }
func (b *board) SendDigits(_ context.Context, id int64, keys string) error {
	return b.note("keys %d %s", id, keys)
}
func (b *board) Record(_ context.Context, id int64, on bool) error {
	return b.note("record %d %t", id, on)
}
func (b *board) AskHelp(_ context.Context, id int64, on bool) error {
	return b.note("help %d %t", id, on)
}
func (b *board) Note(e CallEvent) { _ = b.note("note %s %d %s", e.Attempt, e.By, e.Detail) }
func (b *board) Transfer(_ context.Context, id int64, to TransferTarget, attended bool) error {
	return b.note("transfer %d %+v %t", id, to, attended)
}
func (b *board) CompleteTransfer(_ context.Context, id int64) error { return b.note("complete %d", id) }
func (b *board) CancelTransfer(_ context.Context, id int64) error   { return b.note("cancel %d", id) }
func (b *board) Conference(_ context.Context, id int64) error       { return b.note("conference %d", id) }
func (b *board) Accept(_ context.Context, id int64) error           { return b.note("accept %d", id) }
func (b *board) Refuse(_ context.Context, id int64) error           { return b.note("refuse %d", id) }
func (b *board) Monitor(_ context.Context, user, agent int64, m MonitorMode) error {
	return b.note("monitor %d %d %s", user, agent, m)
}
func (b *board) StopMonitor(_ context.Context, user int64) error { return b.note("stop %d", user) }
func (b *board) TakeOver(_ context.Context, user int64) error    { return b.note("take over %d", user) }
func (b *board) ConnectHeadphones(_ context.Context, u User, h Handset) error {
	b.agents = append(b.agents, AgentStatus{Agent: u.ID, Name: u.Name})
	return b.note("connect %d %s", u.ID, h)
}
func (b *board) DisconnectHeadphones(_ context.Context, user int64) error {
	return b.note("disconnect %d", user)
}
func (b *board) AddAudit(_ context.Context, e AuditEntry) error {
	b.audit = append(b.audit, e)
	return b.failNote
}

// CampaignByName and the like: the one campaign of these tests.
func (b *board) Campaign(context.Context, int64) (Campaign, error) {
	c := NewCampaign("c")
	c.OutsideTransfer = true
	c.Departments = []Department{{Name: "Claims", Agents: []string{"ben", "eva"}, Number: "+34910000000"}}
	return c, nil
}
func (b *board) CampaignByName(ctx context.Context, _ string) (Campaign, error) {
	return b.Campaign(ctx, 0)
}
func (b *board) Campaigns(context.Context) ([]Campaign, error) { return nil, nil }

var (
	ana = User{ID: 1, Login: "ana", Name: "Ana", Role: Agent}
	sue = User{ID: 5, Login: "sue", Name: "Sue", Role: Supervisor, Extension: "5"}
)

func newBoard() (*board, *Desk) {
	b := &board{
		agents: []AgentStatus{
			{Agent: 1, Login: "ana", Name: "Ana", State: AgentTalking, Attempt: "a-1"}, {Agent: 2, Login: "ben", Name: "Ben", State: AgentPaused},
			{Agent: 3, Login: "eva", Name: "Eva", State: AgentReady},
		},
		talking: map[int64]CurrentCall{1: {Attempt: "a-1", Campaign: 1}},
	}
	return b, NewDesk(DeskSettings{Shift: b, Line: b, Campaigns: b, Talk: b, Passing: b, Colleagues: b})
}

func codeOf(err error) string {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p.Code
	}
	return fmt.Sprint(err)
}

func TestWhatAnAgentAsksForInACallIsChecked(t *testing.T) {
	ctx := t.Context()
	long := strings.Repeat("x", 501)
	for _, tc := range []struct {
		name string
		ask  func(*Desk, User) error
		code string // empty = it is done
		did  string
	}{
		{"hold", func(d *Desk, u User) error { return d.Hold(ctx, u, true) }, "", "hold 1 true"},
		{"keys", func(d *Desk, u User) error { return d.SendDigits(ctx, u, " 12#a ") }, "", "keys 1 12#A"},
		{"no keys", func(d *Desk, u User) error { return d.SendDigits(ctx, u, "12x") }, "digits", ""},
		{"too many keys", func(d *Desk, u User) error { return d.SendDigits(ctx, u, strings.Repeat("1", 33)) }, "digits", ""},
		{"a note", func(d *Desk, u User) error { return d.Note(ctx, u, " wants a letter ") }, "", "note a-1 1 wants a letter"},
		{"an empty note", func(d *Desk, u User) error { return d.Note(ctx, u, " ") }, "note", ""},
		{"to nobody", func(d *Desk, u User) error { return d.Transfer(ctx, u, TransferTarget{}, true) }, "transfer_target", ""},
		{"to two", func(d *Desk, u User) error {
			return d.Transfer(ctx, u, TransferTarget{Agent: 2, Department: "x"}, true)
		}, "transfer_target", ""},
		{"a long note", func(d *Desk, u User) error { return d.Transfer(ctx, u, TransferTarget{Agent: 2, Note: long}, true) }, "note", ""},
		{"to no number", func(d *Desk, u User) error { return d.Transfer(ctx, u, TransferTarget{Number: "12"}, true) }, "number", ""},
		{"to a number", func(d *Desk, u User) error {
			return d.Transfer(ctx, u, TransferTarget{Number: "+34 910 000 000"}, false)
		}, "", "transfer 1 {Agent:0 Department: Number:+34910000000 Note:} false"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b, d := newBoard()
			err := tc.ask(d, ana)
			if tc.code == "" && err != nil || tc.code != "" && codeOf(err) != tc.code {
				t.Errorf("got %v, want %q", err, tc.code)
			}
			if got := strings.Join(b.did, "; "); got != tc.did {
				t.Errorf("did %q, want %q", got, tc.did)
			}
			delete(b.talking, 1)
			if tc.code == "" && codeOf(tc.ask(d, ana)) != "no_call" {
				t.Error("done without a call")
			}
			if err := tc.ask(d, User{Login: "m", Role: Manager}); tc.code == "" && !errors.Is(err, ErrForbidden) {
				t.Errorf("a manager: %v", err)
			}
		})
	}
}

func TestTargetsAreTheOthersTheFreeOnesFirst(t *testing.T) {
	b, d := newBoard()
	b.agents = append(b.agents, AgentStatus{Agent: 5, Name: "Sue", Supervises: 1})
	got, err := d.Targets(t.Context(), ana)
	if err != nil || !got.Outside || len(got.Agents) != 2 || got.Agents[0].Name != "Eva" || !got.Agents[0].Free || got.Agents[1].Free {
		t.Errorf("%+v, %v", got, err)
	}
	if len(got.Departments) != 1 || got.Departments[0] != (TargetDepartment{Name: "Claims", Free: 1, HasNumber: true}) {
		t.Errorf("departments %+v", got.Departments)
	}
}

func TestWhoEndsWithThePersonDisposes(t *testing.T) {
	call := Call{Attempt: Attempt{Agent: 1}}
	passed := Call{Attempt: Attempt{Agent: 1, SecondAgent: 2}}
	for _, tc := range []struct {
		name    string
		user    int64
		call    Call
		current CurrentCall
		atHand  bool
		refused bool
	}{
		{"the agent of the call", 1, call, CurrentCall{}, true, false},
		{"later", 1, call, CurrentCall{}, false, false},
		{"who has passed it on", 1, call, CurrentCall{Talk: TalkState{PassedTo: "Ben", PassedAgent: 2}}, true, true},
		{"later", 1, passed, CurrentCall{}, false, true},
		{"who took it", 2, call, CurrentCall{}, true, false},
		{"later", 2, passed, CurrentCall{}, false, false},
		{"who has passed it on outside", 1, call, CurrentCall{Talk: TalkState{PassedTo: "+34910000000"}}, true, false},
		{"who has it back", 1, Call{Attempt: Attempt{Agent: 1, SecondAgent: 1}}, CurrentCall{}, false, false},
	} {
		err := passedOn(User{ID: tc.user}, tc.call, tc.current, tc.atHand)
		if (err != nil) != tc.refused || err != nil && codeOf(err) != "call_passed_on" {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

func TestASupervisorsEveryStepIsWrittenDownBeforeItIsDone(t *testing.T) {
	b, _ := newBoard()
	s := NewSupervision(SupervisionSettings{Monitors: b, Headphones: b, Shift: b, Audit: b})
	ctx := t.Context()
	if err := s.Monitor(ctx, ana, 3, Listen, ""); !errors.Is(err, ErrForbidden) {
		t.Errorf("an agent: %v", err)
	}
	for code, err := range map[string]error{
		"monitor_mode": s.Monitor(ctx, sue, 1, "shout", ""), "monitor_self": s.Monitor(ctx, sue, 5, Listen, ""),
		"agent_not_there": s.Monitor(ctx, sue, 9, Listen, ""), "not_listening": s.TakeOver(ctx, sue, 1),
	} {
		if codeOf(err) != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
	if len(b.did)+len(b.audit) > 0 {
		t.Errorf("did %v, wrote %v", b.did, b.audit)
	}
	for _, err := range []error{s.Monitor(ctx, sue, 1, Listen, ""), s.Monitor(ctx, sue, 1, Barge, HandsetBrowser)} {
		if err != nil {
			t.Error(err)
		}
	}
	b.agents[3].Supervises = 1
	for _, err := range []error{s.TakeOver(ctx, sue, 1), s.StopMonitor(ctx, sue), s.Disconnect(ctx, sue)} {
		if err != nil {
			t.Error(err)
		}
	}
	want := []string{"connect 5 desk", "monitor 5 1 listen", "monitor 5 1 barge", "take over 5", "stop 5", "disconnect 5"}
	if !slices.Equal(b.did, want) {
		t.Errorf("did %v", b.did)
	}
	var kinds []string
	for _, e := range b.audit {
		kinds = append(kinds, e.Kind+" by "+e.By+" of "+e.Subject)
	}
	if !slices.Equal(kinds, []string{
		"agent.listen by sue of user 1", "agent.barge by sue of user 1", "call.take_over by sue of user 1", "agent.monitor_end by sue of user 1",
	}) || b.audit[0].Detail != "attempt a-1" {
		t.Errorf("wrote %v", kinds)
	}
	b.failNote, b.did = errors.New("disk full"), nil
	if err := s.Monitor(ctx, sue, 1, Whisper, ""); err == nil || len(b.did) > 0 {
		t.Errorf("listened without a note: %v, %v", err, b.did)
	}
}

// tapesOf is one call with a recording.
type tapesOf struct{ board }

func (tapesOf) Attempt(_ context.Context, id string) (Call, error) {
	if id != "a-1" {
		return Call{}, ErrUnknownAttempt
	}
	return Call{Attempt: Attempt{ID: id, Number: "+34911111111"}}, nil
}
func (tapesOf) CallEvents(context.Context, string) ([]CallEvent, error) {
	return []CallEvent{{Kind: EventTransferAsked, Detail: "blind: +34912222222"}, {Kind: EventNote, Detail: "call +34913333333"}}, nil
}
func (tapesOf) Talks(context.Context, string) ([]AgentTalk, error) { return nil, nil }
func (tapesOf) SideLegs(context.Context, string) ([]SideLeg, error) {
	return []SideLeg{{Number: "+34912222222"}}, nil
}
func (tapesOf) Recording(_ context.Context, id string) (Recording, error) {
	if id != "a-1" {
		return Recording{}, ErrNotFound
	}
	return Recording{Attempt: id}, nil
}
func (tapesOf) OpenRecording(Recording) (io.ReadSeekCloser, error) {
	return struct {
		io.ReadSeeker
		io.Closer
	}{strings.NewReader("RIFF"), io.NopCloser(nil)}, nil
}
func (tapesOf) Waveform(_ Recording, n int) (person, house []float64, err error) {
	return make([]float64, n), make([]float64, n), nil
}

func TestHearingARecordingIsWrittenDownOnceAndEveryDownload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tapes := &tapesOf{}
		r := NewRecordings(tapes, tapes, tapes)
		hear := func(u User, download bool) {
			t.Helper()
			if _, sound, err := r.Hear(t.Context(), u, "a-1", download); err != nil || sound.Close() != nil {
				t.Error(err)
			}
		}
		for range 5 {
			hear(sue, false)
		}
		hear(User{ID: 6, Login: "tom", Role: Manager}, false)
		hear(sue, true)
		hear(sue, true)
		time.Sleep(oneHearing + time.Minute)
		hear(sue, false)
		var got []string
		for _, e := range tapes.audit {
			got = append(got, e.Kind+" "+e.By+" "+e.Subject)
		}
		if !slices.Equal(got, []string{
			"recording.heard sue attempt a-1", "recording.heard tom attempt a-1", "recording.downloaded sue attempt a-1",
			"recording.downloaded sue attempt a-1", "recording.heard sue attempt a-1",
		}) {
			t.Errorf("wrote %v", got)
		}
		tapes.failNote = errors.New("disk full")
		if _, _, err := r.Hear(t.Context(), sue, "a-1", true); err == nil {
			t.Error("heard without a note")
		}
		for _, u := range []User{ana, {Role: Admin}} {
			if _, _, err := r.Hear(t.Context(), u, "a-1", false); !errors.Is(err, ErrForbidden) {
				t.Errorf("%s: %v", u.Role, err)
			}
		}
		if _, _, err := r.Hear(t.Context(), sue, "a-2", false); codeOf(err) != "recording_not_found" {
			t.Error(err)
		}
	})
}

func TestWhoMayNotExportSeesNoNumbersInACall(t *testing.T) {
	tapes := &tapesOf{}
	r := NewRecordings(tapes, tapes, tapes)
	d, err := r.Call(t.Context(), sue, "a-1")
	if err != nil || d.Number != "…111" || d.Sides[0].Number != "…222" || d.Events[0].Detail != "blind: …222" || d.Recording == nil {
		t.Errorf("%+v, %v", d, err)
	}
	if d.Events[1].Detail != "call +34913333333" {
		t.Errorf("an agent's note was changed: %q", d.Events[1].Detail)
	}
	d, err = r.Call(t.Context(), User{Role: Manager}, "a-1")
	if err != nil || d.Number != "+34911111111" || d.Events[0].Detail != "blind: +34912222222" {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := r.Call(t.Context(), sue, "a-2"); codeOf(err) != "call_not_found" {
		t.Error(err)
	}
}

func TestSettingsOfConversationsAreChecked(t *testing.T) {
	for _, tc := range []struct {
		name string
		set  func(*Campaign)
		want string
	}{
		{"nothing", func(*Campaign) {}, ""},
		{"recorded with consent", func(c *Campaign) { c.Recording.Mode = RecordConsent }, ""},
		{"a mode that is none", func(c *Campaign) { c.Recording.Mode = "sometimes" }, `recording: mode "sometimes"`},
		{"an announcement that is none", func(c *Campaign) { c.Recording.Mode = RecordAnnounce }, "needs an announcement"},
		{"music from elsewhere", func(c *Campaign) { c.HoldMusic = "../../etc/passwd" }, "is not a file among the prompts"},
		{"a department", func(c *Campaign) { c.Departments = []Department{{Name: "Claims", Number: "+34910000000"}} }, ""},
		{"a department of nobody", func(c *Campaign) { c.Departments = []Department{{Name: "Claims"}} }, "neither agents nor a number"},
		{"a department twice", func(c *Campaign) {
			c.Departments = []Department{{Name: "A", Number: "+34910000000"}, {Name: "A", Number: "+34910000000"}}
		}, "stands there twice"},
		{"a department's number that nobody can call", func(c *Campaign) { c.Departments = []Department{{Name: "A", Number: "112"}} }, "number:"},
	} {
		c := NewCampaign("c")
		tc.set(&c)
		if err := c.Validate(); (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}
