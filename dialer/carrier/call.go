package carrier

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/pacing/sim"
)

// call is one INVITE and what becomes of it.
type call struct {
	*Carrier
	inc    *sipua.Incoming
	number string
	callee sim.Callee
	chance *rand.Rand
	own    bool // to a line of the house: in no log
}

// switchboardTalks is how long the switchboard of a line of the house speaks.
const switchboardTalks = 2 * time.Second

// incoming runs a call from INVITE to its end, on the goroutine that the user
// agent gave it.
func (c *Carrier) incoming(inc *sipua.Incoming) {
	c.invites.Add(1)
	c.live.Add(1)
	defer c.live.Add(-1)
	k := &call{Carrier: c, inc: inc, number: inc.To().User}
	if k.callee, k.chance = c.draw(k.number); slices.Contains(c.settings.Lines, k.number) {
		k.own, k.callee = true, sim.Callee{Kind: sim.Person, Talk: switchboardTalks}
	}
	k.note(Record{Event: Invited, From: inc.Source().String(), Kind: string(k.callee.Kind), Ring: k.callee.Ring, Talk: k.callee.Talk})
	k.run()
}

func (k *call) note(r Record) {
	if k.own {
		return
	}
	if r.At.IsZero() {
		r.At = time.Now().UTC()
	}
	r.CallID, r.Number = k.inc.CallID(), k.number
	k.journal.append(r)
}

func (k *call) noteAt(at time.Time, e Event) { k.note(Record{At: at.UTC(), Event: e}) }

func (k *call) run() {
	switch k.callee.Kind {
	case sim.Busy:
		k.refuseAfter(486, "Busy Here")
	case sim.Unknown:
		k.refuseAfter(404, "Not Found", sipua.Header{Name: "Reason", Value: `Q.850;cause=1;text="Unallocated number"`})
	case sim.Congest:
		k.refuseAfter(503, "Service Unavailable", sipua.Header{Name: "Reason", Value: "Q.850;cause=42"})
	case sim.Silent:
		if k.ring() {
			k.refuse(480, "Temporarily Unavailable", sipua.Header{Name: "Reason", Value: "Q.850;cause=19"})
			k.missed()
		}
	default:
		if k.ring() {
			k.answer()
		}
	}
}

func (k *call) refuseAfter(code int, reason string, hs ...sipua.Header) {
	if k.wait(k.callee.Ring) {
		k.refuse(code, reason, hs...)
	}
}

func (k *call) refuse(code int, reason string, hs ...sipua.Header) {
	if err := k.inc.Reject(code, reason, hs...); err != nil {
		k.giveUp()
		return
	}
	k.refused.Add(1)
	k.note(Record{Event: Refused, Code: code})
}

// ring says 180 and waits as long as the callee lets it ring; false means
// that the caller gave up meanwhile.
func (k *call) ring() bool {
	if err := k.inc.Ring(180, nil); err != nil {
		k.giveUp()
		return false
	}
	k.note(Record{Event: Ringing})
	return k.wait(k.callee.Ring)
}

// wait lets time pass; false means that the call is over.
func (k *call) wait(d time.Duration) bool {
	timer := time.NewTimer(k.real(d))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-k.inc.Cancelled():
		k.giveUp()
	case <-k.closing:
		k.refuse(503, "Service Unavailable")
	}
	return false
}

// giveUp is the end of a call that was cancelled: the user agent has said 487.
func (k *call) giveUp() {
	k.canceled.Add(1)
	k.missed()
	k.note(Record{Event: Canceled})
	k.note(Record{Event: Refused, Code: 487})
}

// answer takes the call and lives it to its end.
func (k *call) answer() {
	session, sdp, err := OpenSound(k.inc.Offer(), k.settings.Media)
	if err != nil {
		k.settings.Logger.Warn("callee cannot answer", "sip_call_id", k.inc.CallID(), "error", err)
		k.refuse(488, "Not Acceptable Here")
		return
	}
	defer session.Close()
	ctx, stop := k.untilClosing()
	defer stop()
	at := time.Now()
	dialog, err := k.inc.Answer(ctx, sdp)
	if errors.Is(err, sipua.ErrCancelled) {
		k.giveUp()
		return
	}
	k.answered.Add(1)
	k.noteAt(at, Answered)
	if err != nil {
		k.note(Record{Event: Unacked})
		return
	}
	k.noteAt(dialog.Timings().AckedAt, Acked)
	k.talk(ctx, dialog, session)
}

// untilClosing is done when the carrier closes, or by stop, which returns when
// nothing of it runs any more.
func (k *call) untilClosing() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-k.closing:
			cancel()
		case <-ctx.Done():
		}
	})
	return ctx, func() {
		cancel()
		watch.Wait()
	}
}

// talk speaks until the callee has had enough, the other side hangs up, or it
// has vanished.
func (k *call) talk(ctx context.Context, dialog *sipua.Call, session *media.Session) {
	ctx, stop := context.WithCancel(ctx)
	var voice sync.WaitGroup
	voice.Go(func() { k.speak(ctx, session) })
	event := k.listen(ctx, dialog, session)
	stop()
	voice.Wait()
	if session.Quality().PacketsReceived > 0 {
		k.heard.Add(1)
	}
	if event != Bye {
		k.hangUp(dialog)
	} else if k.callee.Kind == sim.Person && time.Since(dialog.Timings().AnsweredAt) < k.real(alone) {
		k.missed()
	}
	k.note(Record{Event: event})
}

func (k *call) hangUp(dialog *sipua.Call) {
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	if err := dialog.Bye(ctx); err != nil {
		k.settings.Logger.Debug("hang up", "sip_call_id", k.inc.CallID(), "error", err)
	}
}

// listen waits for the end of the conversation and says whose it was. A callee
// has enough so long after the answer; one of a Day, so long after somebody was
// heard: in a simulated shift a conversation begins when the agent is there.
func (k *call) listen(ctx context.Context, dialog *sipua.Call, session *media.Session) Event {
	enough := time.NewTimer(k.real(k.callee.Talk))
	defer enough.Stop()
	var spoken <-chan struct{}
	if k.settings.Day != nil {
		enough.Stop()
		spoken = firstWord(session)
	}
	look := time.NewTicker(time.Second)
	defer look.Stop()
	began := time.Now()
	for {
		select {
		case <-dialog.Done():
			return Bye
		case <-ctx.Done():
			return HungUp
		case <-spoken:
			spoken = nil
			enough.Reset(k.real(k.callee.Talk))
		case <-enough.C:
			return HungUp
		case <-look.C:
			last := session.Heard()
			if last.IsZero() {
				last = began
			}
			if time.Since(last) > k.settings.MediaTimeout {
				return Vanished
			}
		}
	}
}

// speak is the callee's voice until ctx is done.
func (k *call) speak(ctx context.Context, session *media.Session) {
	if k.callee.OptOut > 0 {
		timer := time.AfterFunc(k.real(k.callee.OptOut), func() { _ = session.SendDigit(ctx, '9') })
		defer timer.Stop()
	}
	sound := k.settings.words(k.chance)
	if k.callee.Kind == sim.Machine {
		sound = greeting(k.chance)
	}
	for ctx.Err() == nil {
		if err := media.Play(ctx, session, sound); err != nil {
			return // the leg is closed
		}
	}
}
