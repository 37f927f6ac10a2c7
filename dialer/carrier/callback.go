package carrier

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sound"
)

// CallsBack is how people call back who missed a call, or who took one and were
// left alone with a message. The zero value is nobody.
type CallsBack struct {
	Share float64       // of those people, 0 to 1
	After time.Duration // mean, exponential; at least a tenth of it
	Stay  time.Duration // mean on the line, talk or queue; 0 = a minute
	Ask   float64       // share of those who press 1, to be called back, when they have heard what the keys do
}

// alone is how short a call is, on the callee's clock, that the caller ended
// before anything was said.
const alone = 15 * time.Second

// listens is how long somebody listens to the queue before they press a key.
const listens = 14 * time.Second

func (b CallsBack) check() error {
	if b.Share < 0 || b.Share > 1 || b.Ask < 0 || b.Ask > 1 || b.After < 0 || b.Stay < 0 {
		return fmt.Errorf("calls back: share %g and ask %g must be from 0 to 1, after %s and stay %s not less than 0", b.Share, b.Ask, b.After, b.Stay)
	}
	return nil
}

// missed lets the person of a call ring back later, perhaps.
func (k *call) missed() {
	b := k.settings.CallsBack
	shown := k.inc.From().URI.User
	if b.Share == 0 || k.own || shown == "" || k.chance.Float64() >= b.Share {
		return
	}
	wait := max(b.After/10, time.Duration(k.chance.ExpFloat64()*float64(b.After)))
	seed := rand.New(rand.NewPCG(k.chance.Uint64(), k.chance.Uint64()))
	k.backs.Go(func() {
		timer := time.NewTimer(k.real(wait))
		defer timer.Stop()
		select {
		case <-timer.C:
			k.callBack(shown, seed)
		case <-k.closing:
		}
	})
}

// callBack calls the number that was shown, where the call came from.
func (k *call) callBack(shown string, chance *rand.Rand) {
	session, err := media.Open(k.settings.Media)
	if err != nil {
		k.settings.Logger.Warn("nobody can call back", "error", err)
		return
	}
	defer session.Close()
	snd := sound.New(session, []media.Codec{media.PCMA, media.PCMU})
	offer, err := snd.Offer()
	if err != nil {
		k.settings.Logger.Warn("nobody can call back", "error", err)
		return
	}
	ctx, stop := k.untilClosing()
	defer stop()
	to := k.inc.Source()
	k.calledBack.Add(1)
	dialog, err := k.ua.Invite(ctx, sipua.Invite{
		To:      sipua.URI{User: shown, Host: to.Addr().String(), Port: int(to.Port())},
		From:    sipua.Party{URI: sipua.URI{User: k.number, Host: k.ua.Addr(k.inc.Transport()).Addr().String()}},
		NextHop: sipua.Target{Host: to.Addr().String(), Port: int(to.Port()), Transport: k.inc.Transport()}, Offer: offer, SessionExpires: -1,
	})
	if err != nil {
		k.settings.Logger.Debug("a call back was not answered", "error", err)
		return
	}
	if err := snd.Follow(dialog.RemoteSDP()); err != nil {
		k.settings.Logger.Warn("a call back cannot be heard", "error", err)
	}
	k.stay(ctx, dialog, session, chance)
}

// stay is a call back from the answer to its end.
func (k *call) stay(ctx context.Context, dialog *sipua.Call, session *media.Session, chance *rand.Rand) {
	b := k.settings.CallsBack
	mean := b.Stay
	if mean == 0 {
		mean = time.Minute
	}
	ctx, stop := context.WithTimeout(ctx, k.real(time.Duration(chance.ExpFloat64()*float64(mean))+listens))
	var beside sync.WaitGroup
	defer beside.Wait()
	defer stop()
	asks, words := chance.Float64() < b.Ask, k.settings.words(chance)
	beside.Go(func() {
		for ctx.Err() == nil && media.Play(ctx, session, words) == nil {
		}
	})
	if asks {
		key := time.AfterFunc(k.real(listens), func() { _ = session.SendDigit(ctx, '1') })
		defer key.Stop()
	}
	select {
	case <-dialog.Done():
	case <-ctx.Done():
		k.hangUp(dialog)
	}
}
