package dialer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// withdrawWithin bounds a withdrawal. The goroutines that it asks touch memory
// only and answer within a millisecond, and a datagram is written in less; a
// carrier behind TCP that takes nothing may hold a write up.
const withdrawWithin = 5 * time.Second

// Withdraw cancels what was begun for a number and is not answered, whoever it
// is for. See WithdrawAll.
func (e *Engine) Withdraw(number string) {
	if err := e.withdrawNumbers(map[string]sellers{number: nil}); err != nil {
		e.log.Error("a number was not withdrawn in time from every campaign", "error", err)
	}
}

// WithdrawAll cancels what was begun for numbers and is not answered, as they
// were put on the do-not-call list: an entry of a seller cancels the calls of
// its campaigns, an entry of the house all. Conversations go on. When it returns
// without error, every such call is cancelled and no INVITE for it leaves any
// more: each was on the wire before, or will never be. It must not be called by
// a goroutine of the engine.
func (e *Engine) WithdrawAll(entries []campaigns.DoNotCall) error {
	return e.withdrawNumbers(sellersOf(entries))
}

// sellersOf are the numbers of entries of the do-not-call list, and for whom each is
// barred.
func sellersOf(entries []campaigns.DoNotCall) map[string]sellers {
	numbers := make(map[string]sellers, len(entries))
	for _, d := range entries {
		was, there := numbers[d.Number]
		key := campaigns.SellerKey(d.Seller)
		switch {
		case key == "" || there && was == nil:
			numbers[d.Number] = nil
		default:
			numbers[d.Number] = append(was, key)
		}
	}
	return numbers
}

// withdrawNumbers cancels the calls of campaigns to numbers, and those that
// conversations are passed on to.
func (e *Engine) withdrawNumbers(numbers map[string]sellers) error {
	ctx, cancel := context.WithTimeout(context.Background(), withdrawWithin)
	defer cancel()
	leaving := e.everywhere(deed{Kind: deedBar, Numbers: numbers, Fault: faultOf(errWithdrawnDNC)})
	if err := e.withdraw(toAny(numbers), errWithdrawnDNC); err != nil {
		return err
	}
	if !waitClear(ctx, leaving) {
		return fmt.Errorf("withdraw calls: an INVITE to an outside number was being written for longer than %s", withdrawWithin)
	}
	return nil
}

// sellers are those whose calls are withdrawn, by their keys; nil = everybody's.
type sellers []string

// include tells whether they are any of those in whose name a campaign calls; it
// may be anybody's when it does not say whose.
func (s sellers) include(keys []string) bool {
	return s == nil || len(keys) == 0 || slices.ContainsFunc(keys, func(key string) bool { return slices.Contains(s, key) })
}

// toAny matches the calls to numbers for the sellers whom they are barred to.
func toAny(numbers map[string]sellers) func(*Loop, *call) bool {
	return func(l *Loop, c *call) bool {
		of, listed := numbers[c.number]
		return listed && of.include(l.campaign.SellerKeys())
	}
}

// withdraw cancels, for a cause, the calls that match and are not answered.
func (e *Engine) withdraw(match func(*Loop, *call) bool, cause error) error {
	ctx, cancel := context.WithTimeout(context.Background(), withdrawWithin)
	defer cancel()
	loops, err := e.loops(ctx)
	if ctx.Err() != nil {
		return fmt.Errorf("withdraw calls: the engine did not answer within %s", withdrawWithin)
	}
	if err != nil {
		return nil // it does not run: nothing can ring
	}
	for _, l := range loops {
		leaving, ok := l.withdrawNow(ctx, match, cause)
		if !ok || !waitClear(ctx, leaving) {
			return fmt.Errorf("withdraw calls: campaign %d did not answer, or an INVITE was being written for longer than %s", l.id, withdrawWithin)
		}
	}
	return nil
}

// loops asks which campaigns run now. Those that start later read the
// do-not-call list as it is.
func (e *Engine) loops(ctx context.Context) ([]*Loop, error) {
	found := make(chan []*Loop, 1)
	err := e.ask(ctx, func(reply chan error) {
		var all []*Loop
		for _, s := range e.running {
			all = append(all, s.loop)
		}
		found <- all
		reply <- nil
	})
	if err != nil {
		return nil, err
	}
	return <-found, nil
}

// withdrawNow asks the loop to cancel the calls that match. It returns what
// tells when the INVITEs that are being written at this very moment have left;
// not ok when ctx ended before the loop answered.
func (l *Loop) withdrawNow(ctx context.Context, match func(*Loop, *call) bool, cause error) (leaving []<-chan struct{}, ok bool) {
	answer := make(chan []<-chan struct{}, 1)
	if !l.tell(func() { answer <- l.withdrawCalls(match, cause) }) {
		return nil, true // the loop has ended, and its calls before it
	}
	select {
	case leaving = <-answer:
		return leaving, true
	case <-ctx.Done():
		return nil, false
	}
}

// withdrawCalls cancels the calls that match and that nobody has answered, for a
// cause, and pulls their cords.
func (l *Loop) withdrawCalls(match func(*Loop, *call) bool, cause error) []<-chan struct{} {
	calls := make(map[*crew][]string)
	for _, c := range l.calls {
		if c.inAir() && match(l, c) {
			c.cause = cause
			calls[c.hands] = append(calls[c.hands], c.row)
		}
	}
	var leaving []<-chan struct{}
	for hands, ids := range calls {
		leaving = append(leaving, hands.clear(deed{Kind: deedWithdraw, Calls: ids, Fault: faultOf(cause)}))
	}
	return leaving
}
