package dialer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// seeker finds the other side of a transfer, beside the conversation. An outside
// line is its own, from the row that is written before its INVITE to the outcome
// after it: the conversation only hears it.
type seeker struct {
	*attempt
	transfer *transfer
	kind     TransferKind // as it was asked for: the transfer's own may change
	to       TransferTarget
	from     side
	news     chan<- news
	over     <-chan struct{}
	heard    func(error) // the answer to the order; nil = it was given
}

// run finds the other side, and answers the order once: after the conversation
// knows, so that the agent's next order meets no transfer that is already over.
func (s seeker) run(ctx context.Context) {
	err := s.find(ctx)
	if err == nil {
		return
	}
	s.tell(news{transfer: s.transfer, kind: newsFailed, refused: true})
	s.answer(err)
}

// answer answers the order; only the first time counts.
func (s *seeker) answer(err error) {
	if s.heard != nil {
		s.heard(err)
		s.heard = nil
	}
}

// tell tells the conversation; false when that is over.
func (s *seeker) tell(n news) bool {
	select {
	case s.news <- n:
		return true
	case <-s.over:
		return false
	}
}

func (s *seeker) find(ctx context.Context) error {
	switch {
	case s.to.Agent != 0:
		return s.invite(ctx, s.to.Agent)
	case s.to.Department != "":
		return s.department(ctx)
	}
	return s.call(ctx, s.to.Number)
}

// department asks its free agents, longest idle first, and calls its number when
// there is none.
func (s *seeker) department(ctx context.Context) error {
	d, known := s.campaign.Department(s.to.Department)
	if !known {
		return ErrNoDepartment
	}
	for _, id := range s.hands.ask(word{Kind: wordFree, Logins: d.Agents, Agent: s.from.agent}).IDs {
		if s.invite(ctx, id) == nil {
			return nil
		}
	}
	if d.Number == "" {
		return ErrNobodyThere
	}
	return s.call(ctx, d.Number)
}

// invite reserves an agent, whose phone rings then.
func (s *seeker) invite(ctx context.Context, agent int64) error {
	got := s.hands.ask(word{Kind: wordInvite, Campaign: s.row.Campaign, Attempt: s.row.ID, Invite: &invitation{
		Agent: agent, WrapUp: s.campaign.WrapUp, TakeOver: s.kind == TransferTakeOver, From: s.from.agent,
		Talk: TalkState{Note: s.to.Note, Transfer: TransferState{From: s.from.name, Kind: s.kind, Phase: TransferRinging, Since: time.Now()}},
	}})
	if got.Fault != nil {
		return got.Fault.err()
	}
	free := func() { s.attempt.tell(word{Kind: wordGuestFree, Agent: agent, At: time.Now()}) }
	within, cancel := context.WithTimeout(ctx, phoneWithin)
	defer cancel()
	st, err := s.hands.Resolve(within, got.Seat.Phone)
	if err != nil {
		free()
		return err
	}
	reached := &side{
		agent: agent, name: got.Seat.Name, station: st, away: got.Seat.Phone.Node != s.hands.node, ears: got.Seat.Ears, note: s.to.Note, from: s.from.name,
	}
	if !s.tell(news{transfer: s.transfer, kind: newsRings, side: reached}) {
		free()
		reached.end()
		return ErrNoCall
	}
	s.answer(nil)
	return nil
}

// call calls an outside number: the row first, the outcome after it.
func (s *seeker) call(ctx context.Context, number string) error {
	if err := rules.Dialable(number); err != nil {
		return fmt.Errorf("%w: %w", ErrOutsideBarred, err)
	}
	if !s.campaign.MayPassTo(number) || number == s.row.Number {
		return ErrOutsideBarred
	}
	if lines, _ := s.trunk.Room(s.campaign.Trunks); lines <= 0 {
		return ErrNoLine
	}
	row := campaigns.SideLeg{
		ID: uuid.Must(uuid.NewV7()).String(), Attempt: s.row.ID, Campaign: s.campaign.ID, Agent: s.from.agent, Number: number,
		CallerID: s.row.CallerID, IntentAt: time.Now(), Outcome: "",
	}
	met := campaigns.Halted{Campaign: row.Campaign, CallerID: row.CallerID, Jurisdictions: campaigns.Contact{}.Place(campaigns.Phone{Number: number}).Jurisdictions}
	dial, call, done := s.hands.outside.begin(ctx, number, s.campaign.SellerKeys(), met) // before its row: whoever lists the number then finds it
	defer done()
	err := s.talked.BeginSide(ctx, &row)
	if errors.Is(err, campaigns.ErrListed) {
		return ErrNumberBarred
	}
	if errors.Is(err, campaigns.ErrStopped) {
		return &NotNowError{Why: Why{Cause: CauseRules, Text: err.Error()}}
	}
	if err != nil {
		return fmt.Errorf("write the call to an outside number down: %w", err)
	}
	if s.tell(news{transfer: s.transfer, kind: newsRings}) {
		s.answer(nil)
		s.place(ctx, dial, call, done, &row)
	} else {
		s.answer(ErrNoCall)
		row.Outcome = campaigns.Cancelled
	}
	row.EndedAt = time.Now()
	s.sideEnded(row)
	return nil
}

// place dials the outside number and keeps the line for as long as it is needed.
// Once it is answered, a withdrawal does not end it any more.
func (s *seeker) place(ctx, dial context.Context, call *outsideCall, answered func(), row *campaigns.SideLeg) {
	leg, err := s.trunk.Dial(dial, Request{
		CallID: row.CallID(), Number: row.Number, CallerID: row.CallerID, Trunks: s.campaign.Trunks,
		RingTime: s.settings.real(answerWithin), OnProgress: func(p Progress) { row.Trunk = p.Trunk },
		Leave: func() (func(), error) {
			if err := s.settings.Lives(); err != nil {
				return nil, err
			}
			return call.cord.leave()
		},
	})
	answered()
	switch {
	case err != nil && ctx.Err() == nil && dial.Err() != nil:
		row.Outcome, row.Error = campaigns.Cancelled, causeOf(dial)
		why := row.Number + " wants no more calls"
		if errors.Is(context.Cause(dial), errStopped) {
			why = "somebody stopped such calls"
		}
		s.tell(news{transfer: s.transfer, kind: newsFailed, why: why})
		return
	case err != nil:
		s.unreached(ctx, row, err)
		return
	}
	row.Outcome, row.AnsweredAt = campaigns.Connected, leg.Answered().AnsweredAt
	if s.tell(news{transfer: s.transfer, kind: newsAnswered, side: &side{name: row.Number, leg: leg}}) {
		select {
		case <-leg.Done():
		case <-s.transfer.released:
		case <-s.over:
		}
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), hangupWithin)
	defer cancel()
	leg.Hangup(within)
}

// unreached tells why an outside number did not answer.
func (s *seeker) unreached(ctx context.Context, row *campaigns.SideLeg, err error) {
	row.Outcome, row.Error = campaigns.Failed, err.Error()
	if failure, ok := errors.AsType[*CallError](err); ok {
		row.Outcome, row.Code = failure.Outcome, failure.Code
	}
	if ctx.Err() != nil {
		row.Outcome = campaigns.Cancelled
		return
	}
	why := map[campaigns.Outcome]string{
		campaigns.Busy: "is busy", campaigns.NoAnswer: "did not answer", campaigns.Invalid: "does not exist",
		campaigns.Blocked: "refused the call",
	}[row.Outcome]
	if why == "" {
		why = "could not be reached"
	}
	s.tell(news{transfer: s.transfer, kind: newsFailed, why: row.Number + " " + why})
}

// freeOf lists the free agents with one of these logins, longest idle first.
func (e *Engine) freeOf(logins []string, but int64) []int64 {
	all := slices.DeleteFunc(e.show.snapshot(time.Now()).Agents, func(a AgentState) bool {
		return a.State != StateReady || a.ID == but || !slices.Contains(logins, a.Login)
	})
	slices.SortFunc(all, func(a, b AgentState) int { return a.Since.Compare(b.Since) })
	ids := make([]int64, len(all))
	for i, a := range all {
		ids[i] = a.ID
	}
	return ids
}

// sides are calls to outside numbers whose outcome the store has not taken yet.
type sides struct {
	mu   sync.Mutex
	open []campaigns.SideLeg
}

// sideEnded writes the outcome of a call to an outside number; what the store
// does not take at once is written with the attempt's own outcome.
func (a *attempt) sideEnded(row campaigns.SideLeg) {
	ctx, cancel := context.WithTimeout(context.Background(), writeLastPause)
	defer cancel()
	if err := a.talked.EndSide(ctx, row); err == nil {
		return
	}
	a.sides.mu.Lock()
	defer a.sides.mu.Unlock()
	a.sides.open = append(a.sides.open, row)
}

// finishSides writes what sideEnded could not. The seekers have ended.
func (a *attempt) finishSides(write context.Context) {
	for _, row := range a.sides.open {
		_ = a.persist(write, "outcome of a side leg", func() error { return a.talked.EndSide(write, row) })
	}
}
