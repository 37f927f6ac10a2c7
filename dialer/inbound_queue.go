package dialer

import (
	"context"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
)

// How a caller's wait may end beside those of claimEnd.
const (
	wantsCallback claimEnd = 100 + iota // pressed 1
	wantsOut                            // pressed 9
	waitedLong                          // the campaign's longest wait is over
	nobodyHere                          // nobody is signed in
)

// The keys of the queue.
const callbackKey = '1'

const (
	// voiceAfter is how long an agent may take to be there before the caller
	// hears that there is a queue.
	voiceAfter = 300 * time.Millisecond
	// placeEvery is how often the place in the queue is said; music in between.
	placeEvery = 30 * time.Second
	// keyWithin is how long a key may be pressed after the last words.
	keyWithin = 7 * time.Second
)

// queueUp waits in the queue for an agent, with greeting, place and music. The
// loop answers exactly once.
func (a *attempt) queueUp(talk context.Context) (taken, claimEnd) {
	limit := a.settings.real(a.campaign.Inbound.Filled().Queue)
	longest := time.NewTimer(limit)
	defer longest.Stop()
	keys, deaf := a.listenKeys()
	defer deaf()
	n := int(a.claims.Add(1))
	a.tell(word{Kind: wordQueue, Claim: n, At: time.Now()})
	hush := a.speak(talk, a.waitingVoice)
	defer hush()
	end := a.awaitSeat(talk, a.given, keys, longest.C)
	if end == claimed { // it stands in given
		return a.seated(talk, <-a.given)
	}
	s := a.lastSeat(word{Kind: wordLeaveQueue, Claim: n}, time.Second)
	if !s.Phone.none() && end != lineGone && end != cutOff {
		return a.seated(talk, s) // at the very last moment
	}
	return taken{}, end
}

// awaitSeat waits for what ends the waiting. A seat is put back for the caller
// of this function.
func (a *attempt) awaitSeat(talk context.Context, given chan seat, keys <-chan byte, longest <-chan time.Time) claimEnd {
	for {
		select {
		case s := <-given:
			if int64(s.Claim) != a.claims.Load() {
				continue // of a claim that was given up
			}
			given <- s
			return claimed
		case <-a.leg.Done():
			return lineGone
		case <-talk.Done():
			return cutOff
		case <-longest:
			return waitedLong
		case key := <-keys:
			if end, meant := a.meant(key); meant {
				return end
			}
		}
	}
}

// meant is what a key means to a caller, if anything.
func (a *attempt) meant(key byte) (claimEnd, bool) {
	switch {
	case key == callbackKey && a.mayCallBack():
		return wantsCallback, true
	case key == optOutKey && a.row.Number != "":
		return wantsOut, true
	}
	return 0, false
}

// mayCallBack tells whether we could call the person back: the number is known,
// it is not on the do-not-call list, and there is an hour for it. Who has talked
// to an agent agrees such things with agents.
func (a *attempt) mayCallBack() bool {
	if a.row.Number == "" || a.who.DoNotCall || !a.row.BridgedAt.IsZero() {
		return false
	}
	_, ok := a.campaign.CallbackAt(a.row.Zones, time.Now())
	return ok
}

// listenKeys hears the keys that the caller presses, until deaf is called.
func (a *attempt) listenKeys() (keys <-chan byte, deaf func()) {
	pressed := make(chan byte, 8)
	a.leg.OnDigit(func(digit byte) {
		select {
		case pressed <- digit:
		default: // somebody plays on the keys
		}
	})
	return pressed, func() { a.leg.OnDigit(func(byte) {}) }
}

// speak lets a voice talk to the caller beside, until hush is called.
func (a *attempt) speak(ctx context.Context, voice func(context.Context)) (hush func()) {
	ctx, stop := context.WithCancel(ctx)
	var sound sync.WaitGroup
	sound.Go(func() { voice(ctx) })
	return func() {
		stop()
		sound.Wait()
	}
}

// waitingVoice is what a caller hears in the queue.
func (a *attempt) waitingVoice(ctx context.Context) {
	rest(ctx, voiceAfter)
	if ctx.Err() != nil {
		return
	}
	v := a.voice()
	a.say(ctx, v.Greeting)
	for ctx.Err() == nil {
		began := time.Now()
		a.say(ctx, v.position(int(a.standing.Load())))
		if a.mayCallBack() {
			a.say(ctx, v.Offer)
		}
		a.music(ctx, v.Music, placeEvery-time.Since(began))
	}
}

func (a *attempt) say(ctx context.Context, p media.Prompt) {
	if p.Duration() > 0 && ctx.Err() == nil {
		_ = media.Play(ctx, a.leg.Audio(), p) // ends early only when the wait does
	}
}

// music plays a tune for so long, from its beginning each time it ends.
func (a *attempt) music(ctx context.Context, tune media.Prompt, d time.Duration) {
	ctx, stop := context.WithTimeout(ctx, max(d, time.Second))
	defer stop()
	if tune.Duration() == 0 {
		<-ctx.Done()
		return
	}
	for ctx.Err() == nil {
		a.say(ctx, tune)
	}
}

// voice is what is said to this caller, in their language if it is known.
func (a *attempt) voice() QueueVoice {
	return a.voices.choose(a.who.Contact.Language, a.campaign.Language)
}

// unservedCaller is the end of a caller whom no agent has talked to, or whose
// agent lost the phone in mid-call, and nobody came after.
func (a *attempt) unservedCaller(talk context.Context, how claimEnd) {
	row, v := a.row, a.voice()
	if row.BridgedAt.IsZero() {
		row.Outcome = campaigns.InboundLeft
	}
	switch how {
	case lineGone:
		return
	case cutOff:
		row.EndedBy, row.Error = "us", causeOf(talk)
		return
	case nobodyHere:
		how = a.offer(talk, v.Closed, v.Offer)
	case waitedLong, nobodyFree:
		how = a.offer(talk, v.Sorry, v.Offer)
	}
	row.EndedBy = "us"
	switch how {
	case wantsCallback:
		a.bookCallback(talk, v)
	case wantsOut:
		row.OptOut = true
		a.sayAll(talk, v.Removed)
	case lineGone:
		row.EndedBy = ""
	case cutOff:
		row.Error = causeOf(talk)
	default:
		a.sayAll(talk, v.Goodbye)
	}
}

// offer says why nobody comes, and what keys there are, and waits for one.
func (a *attempt) offer(talk context.Context, why, keysOffered media.Prompt) claimEnd {
	keys, deaf := a.listenKeys()
	defer deaf()
	said := make(chan time.Time, 1)
	hush := a.speak(talk, func(ctx context.Context) {
		a.say(ctx, why)
		if a.mayCallBack() {
			a.say(ctx, keysOffered)
			rest(ctx, keyWithin)
		}
		said <- time.Now()
	})
	defer hush()
	never := make(chan seat)
	return a.awaitSeat(talk, never, keys, said)
}

// bookCallback promises to call back at the next minute that the law allows,
// and says on which number.
func (a *attempt) bookCallback(talk context.Context, v QueueVoice) {
	at, ok := a.campaign.CallbackAt(a.row.Zones, time.Now())
	if !ok {
		return
	}
	a.row.Outcome = campaigns.InboundCallback
	a.row.Next = campaigns.Next{State: campaigns.ContactWaiting, At: at, Phone: a.row.Phone}
	a.sayAll(talk, v.noted(a.row.Number)...)
}

// sayAll says prompts one after the other, for as long as the caller is there.
func (a *attempt) sayAll(talk context.Context, prompts ...media.Prompt) {
	ctx, stop := context.WithCancel(talk)
	var watch sync.WaitGroup
	defer watch.Wait()
	defer stop()
	watch.Go(func() {
		select {
		case <-a.leg.Done():
			stop()
		case <-ctx.Done():
		}
	})
	for _, p := range prompts {
		a.say(ctx, p)
	}
}
