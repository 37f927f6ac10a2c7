package internalleg

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sound"
)

// Request is a leg to be dialed.
type Request struct {
	Node    string       // the name of the node that the phone is at
	At      sipua.Target // the internal address of that node
	Station string       // the name of the phone there
	Mode    Mode         // empty means Talk
	Law     media.Codec  // what the person speaks; the phone's own law comes first
}

// leg is one that we dial.
type leg struct {
	ending
	legs    *Legs
	request Request
	order   order
	since   time.Time

	session *media.Session
	sound   *sound.Sound
	signed  *atomic.Pointer[netip.Addr]
	call    *sipua.Call

	up   chan struct{} // closed when the other node was heard
	done chan struct{} // closed when the leg is over; err says why
	err  error         // of a leg that did not come up
	free chan struct{} // closed when the ports are given back
}

var _ dialer.Station = (*leg)(nil)

// Dial calls a phone at another node and returns when that node was heard: the
// leg is up until its Done. Ending ctx gives up, at once.
func (l *Legs) Dial(ctx context.Context, r Request) (dialer.Station, error) {
	g, err := l.dial(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("internal leg to %s at %s: %w", r.Station, r.Node, err)
	}
	return g, nil
}

func (l *Legs) dial(ctx context.Context, r Request) (*leg, error) {
	g, err := l.newLeg(r)
	if err != nil {
		return nil, err
	}
	if !l.spawn(g) {
		return nil, errors.Join(ErrClosed, g.session.Close())
	}
	limit := time.NewTimer(l.settings.AnswerLimit)
	defer limit.Stop()
	select {
	case <-g.up:
		return g, nil
	case <-g.done:
		return nil, g.err
	case <-ctx.Done():
		g.lose("given up")
		return nil, ctx.Err()
	case <-limit.C:
		g.lose("no answer in time")
		return nil, ErrNoAnswer
	}
}

func (l *Legs) newLeg(r Request) (*leg, error) {
	if r.Mode == "" {
		r.Mode = Talk
	}
	for _, name := range []string{r.Node, r.Station} {
		if name == "" || len(name) > maxName {
			return nil, fmt.Errorf("the name of node and station has 1 to %d octets", maxName)
		}
	}
	g := &leg{
		ending: newEnding(), legs: l, request: r, since: time.Now(), signed: new(atomic.Pointer[netip.Addr]),
		up: make(chan struct{}), done: make(chan struct{}), free: make(chan struct{}),
	}
	set := l.settings.Media
	set.Allow = allowOnly(g.signed)
	var err error
	if g.session, err = media.Open(set); err != nil {
		return nil, err
	}
	laws := []media.Codec{media.PCMU, media.PCMA}
	if r.Law == media.PCMA {
		laws = []media.Codec{media.PCMA, media.PCMU}
	}
	g.sound = sound.New(g.session, laws)
	return g, nil
}

// run is the whole life of the leg.
func (g *leg) run() {
	defer close(g.free)
	defer g.legs.forget(g)
	if g.err = g.connect(); g.err == nil {
		close(g.up)
		g.watch()
	}
	g.end()
}

// connect calls, and hears the other node.
func (g *leg) connect() error {
	ctx, cancel := context.WithCancel(context.Background()) // ends with the leg
	defer cancel()
	placed := make(chan struct{})
	defer close(placed)
	g.legs.running.Go(func() {
		select {
		case <-g.gone:
			cancel()
		case <-placed:
		}
	})
	if err := g.invite(ctx); err != nil {
		return err
	}
	return g.hear()
}

func (g *leg) invite(ctx context.Context) error {
	offer, err := g.sound.Offer()
	if err != nil {
		return err
	}
	set := g.legs.settings
	g.order = order{
		from: set.Node, to: g.request.Node, station: g.request.Station, mode: g.request.Mode,
		at: time.Now(), callID: rand.Text(), offer: offer,
	}
	g.call, err = g.legs.ua.Invite(ctx, sipua.Invite{
		To: sipua.URI{User: "leg"}, From: sipua.Party{URI: sipua.URI{User: "node"}}, NextHop: g.request.At, Pinned: true,
		CallID: g.order.callID, Offer: offer, Headers: []sipua.Header{{Name: orderHeader, Value: g.order.write(set.Key)}},
		TransportTimeout: set.AnswerLimit, SessionExpires: -1, // silence tells the end, see doc.go
	})
	if err != nil {
		return refusal(err)
	}
	g.call.OnReinvite(g.reoffer)
	answer := g.call.RemoteSDP()
	proof, _ := g.call.AnswerHeader(answerHeader)
	if !hmac.Equal([]byte(proof), []byte(g.order.answerProof(answer, set.Key))) {
		return ErrImpostor
	}
	if err := aimed(g.signed, answer); err != nil {
		return err
	}
	return g.sound.Follow(answer)
}

// refusal says what a refused call means.
func refusal(err error) error {
	var failure *sipua.Failure
	if !errors.As(err, &failure) {
		return err
	}
	switch failure.Code {
	case 403:
		return ErrRefused
	case 404:
		return ErrNoPhone
	case 486:
		return ErrBusy
	}
	return fmt.Errorf("%w: %w", ErrNoAnswer, err)
}

// reoffer refuses every change: nothing of a leg changes.
func (*leg) reoffer([]byte) ([]byte, int) { return nil, 488 }

// hear waits for the first sound of the other node.
func (g *leg) hear() error {
	first := make(chan struct{}, 1)
	untap := g.session.Tap(media.SinkFunc(func(media.Frame) error {
		select {
		case first <- struct{}{}:
		default:
		}
		return nil
	}))
	defer untap()
	g.session.KeepAlive(true)
	limit := time.NewTimer(g.legs.settings.AnswerLimit)
	defer limit.Stop()
	select {
	case <-first:
		return nil
	case <-g.gone:
		return errors.New(g.why)
	case <-g.call.Done():
		return fmt.Errorf("%w: %s", ErrNoAnswer, g.call.End().Reason)
	case <-limit.C:
		return ErrNoSound
	}
}

// watch follows the leg to its end.
func (g *leg) watch() {
	quiet := newSilence(g.legs.settings.SilenceLimit, time.Now())
	look := time.NewTicker(quiet.look())
	defer look.Stop()
	for {
		select {
		case <-g.gone:
			return
		case <-g.call.Done():
			g.lose(howEnded(g.call))
		case now := <-look.C:
			if quiet.tooLong(now, g.session.Heard()) {
				g.lose("nothing was heard of the other node for " + quiet.limit.String())
			}
		}
	}
}

func howEnded(call *sipua.Call) string {
	switch e := call.End(); {
	case e.By == sipua.ByLocal:
		return "this node is closing"
	case e.Reason != "":
		return "the other node: " + e.Reason
	}
	return "hung up by the other node"
}

// end tells that the leg is over, then takes it apart.
func (g *leg) end() {
	g.lose("it did not come up")
	close(g.done)
	log := g.legs.settings.Log
	if g.err != nil {
		log.Warn("internal leg did not come up", "station", g.request.Station, "node", g.request.Node, "sip_call_id", g.order.callID, "error", g.err)
	} else {
		q := g.session.Quality()
		log.Info("internal leg ended", "station", g.request.Station, "node", g.request.Node, "mode", g.request.Mode, "sip_call_id", g.order.callID,
			"why", g.why, "lost_share", q.LossShare, "jitter_ms", q.JitterMS)
	}
	if g.call != nil {
		bye(g.call, g.why)
	}
	if err := g.session.Close(); err != nil {
		log.Warn("close media", "sip_call_id", g.order.callID, "error", err)
	}
}

// bye ends a call without waiting for the answer: a node that is gone gives none.
func bye(call *sipua.Call, why string) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_ = call.Bye(ended, sipua.Header{Name: "Reason", Value: `forecall;text="` + why + `"`}) // says only that it was not waited for
}

func (g *leg) isUp() bool {
	select {
	case <-g.done:
		return false
	case <-g.up:
		return true
	default:
		return false
	}
}

func (g *leg) state() State {
	return State{
		Station: g.request.Station, Node: g.request.Node, Dialed: true, Mode: g.request.Mode,
		CallID: g.order.callID, Since: g.since, Hop: g.session.Quality(),
	}
}

// Audio is the agent's side of the sound.
func (g *leg) Audio() media.Port { return g.session }

// Done is closed as soon as the leg is over, or the other node is lost.
func (g *leg) Done() <-chan struct{} { return g.done }

// Hangup ends the leg and returns when its ports are given back; the phone at the
// other node stays up.
func (g *leg) Hangup(context.Context) {
	g.lose("hung up")
	<-g.free
}
