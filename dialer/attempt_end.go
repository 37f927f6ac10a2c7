package dialer

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
)

const (
	// optOutKey puts the called number on the do-not-call list (47 CFR
	// 64.1200(a)(7)(i)).
	optOutKey = '9'
	// afterMessage is how long the key may still be pressed when the message
	// has ended.
	afterMessage = 3 * time.Second

	writeFirstPause = 100 * time.Millisecond
	writeLastPause  = 5 * time.Second
)

// playMessage plays the safe-harbour message and listens for the key that opts
// out. It returns false when there is no message to play.
func (a *attempt) playMessage(talk context.Context) bool {
	if a.message.Duration() == 0 {
		return false
	}
	ctx, stop := context.WithCancel(talk)
	defer stop()
	pressed := make(chan struct{}, 1)
	a.leg.OnDigit(func(digit byte) {
		if digit == optOutKey {
			select {
			case pressed <- struct{}{}:
			default:
			}
		}
	})
	defer a.leg.OnDigit(func(byte) {})
	over := make(chan struct{})
	var sound sync.WaitGroup
	began := time.Now()
	a.row.MessageAt = began
	sum := a.message.Sum()
	a.row.MessageSHA256 = sum[:]
	a.tell(word{Kind: wordMessage, At: began})
	sound.Go(func() {
		defer close(over)
		err := media.Play(ctx, a.leg.Audio(), a.message)
		a.row.MessageEndAt = time.Now()
		if err == nil {
			rest(ctx, a.settings.real(afterMessage))
		}
	})
	select {
	case <-pressed:
		a.row.OptOut, a.row.EndedBy = true, "us"
	case <-a.leg.Done():
	case <-over:
	}
	stop()
	sound.Wait()
	return true
}

// rest waits for d or ctx.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// finish writes what is owed to the ledger: it tries until that is done, or
// can never be. The outcome takes a do-not-call request along, in one
// transaction; only when it is refused for good, the request is written alone.
func (a *attempt) finish(write context.Context) {
	row := *a.row
	err := a.persist(write, "outcome", func() error { return a.journal.Finish(write, row) })
	if err != nil && row.OptOut {
		_ = a.persist(write, "do-not-call request", func() error { return a.optOuts.AddDoNotCall(write, a.optOut()) })
	}
	a.beside.Wait()
	a.finishSides(write)
	a.keepRecording(write)
	a.tell(word{Kind: wordClosed})
}

func (a *attempt) optOut() campaigns.DoNotCall {
	return campaigns.DoNotCall{
		Number: a.row.Number, At: a.row.EndedAt, Channel: campaigns.ChannelKey,
		Seller: a.campaign.Seller, Goods: a.campaign.Goods, Reason: "key 9 during the message",
		Attempt: a.row.ID, Campaign: a.campaign.ID,
	}
}

// persist does a write until it succeeds, with growing pauses. What the ledger
// refuses for good, or does not take before the end of the process's grace, is
// in the log instead, and is the error.
func (a *attempt) persist(ctx context.Context, what string, write func() error) error {
	for pause := writeFirstPause; ; pause = min(2*pause, writeLastPause) {
		err := write()
		switch {
		case err == nil, a.unwritten && errors.Is(err, campaigns.ErrFinished):
			return nil // or a try that seemed to fail had been written
		case errors.Is(err, campaigns.ErrFinished):
			a.log.Warn(what+" is not written: the attempt was closed by others meanwhile", "outcome", a.row.Outcome, "error", err)
			return err
		case errors.Is(err, campaigns.ErrUnknownAttempt):
			a.log.Error(what+" is refused by the ledger for good", "outcome", a.row.Outcome, "error", err)
			return err
		}
		a.unwritten = true
		a.tell(word{Kind: wordUnwritten})
		if ctx.Err() != nil {
			a.log.Error(what+" was not written before the end", "outcome", a.row.Outcome, "error", err)
			return err
		}
		a.log.Warn(what+" is not written yet", "error", err, "again_in", pause)
		rest(ctx, pause)
	}
}
