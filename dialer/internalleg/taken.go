package internalleg

import (
	"errors"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sound"
)

// taken is a leg that another node has dialed, to a phone that is here.
type taken struct {
	ending
	legs  *Legs
	order order
	phone dialer.Station
	since time.Time

	session *media.Session
	before  media.Quality // of the phone, when the leg began
	call    *sipua.Call
	seat    *seat
	party   media.Party // of an ear
}

// incoming is the whole life of a leg that is taken.
func (l *Legs) incoming(inc *sipua.Incoming) {
	o, err := l.read(inc)
	if err != nil {
		l.refuse(inc, err)
		return
	}
	phone, ok := l.settings.Phone(o.station)
	if !ok {
		reject(inc, 404)
		return
	}
	t := &taken{ending: newEnding(), legs: l, order: o, phone: phone, since: time.Now(), before: phone.Audio().Quality()}
	if code, err := t.answer(inc); err != nil {
		l.settings.Log.Warn("internal leg was not taken", "station", o.station, "node", o.from, "sip_call_id", o.callID, "error", err)
		reject(inc, code)
		return
	}
	t.watch()
	t.end()
}

// read returns the order of an INVITE, if it is one for us, signed and fresh.
func (l *Legs) read(inc *sipua.Incoming) (order, error) {
	values := inc.Headers(orderHeader)
	if len(values) != 1 {
		return order{}, errOrder
	}
	o, err := readOrder(values[0], inc.CallID(), inc.Offer(), l.settings.Key)
	if err != nil {
		return order{}, err
	}
	return o, l.gate.admit(o, time.Now())
}

// refuse turns away who may not, with one answer for every reason. What a
// stranger sends is counted and not logged: there is no end of it.
func (l *Legs) refuse(inc *sipua.Incoming, err error) {
	l.refused.Add(1)
	if !errors.Is(err, errOrder) && !errors.Is(err, errProof) {
		l.settings.Log.Warn("internal leg refused", "source", inc.Source(), "sip_call_id", inc.CallID(), "error", err)
	}
	reject(inc, 403)
}

func reject(inc *sipua.Incoming, code int) {
	_ = inc.Reject(code, "") // the caller may be gone, which is as good
}

var (
	errClosing   = errors.New("this node is closing")
	errManyEars  = errors.New("as many are listening as may")
	errNotHeard  = errors.New("this kind of phone cannot be listened to")
	errPhoneGone = errors.New("the phone is gone")
)

// answer joins the leg to the phone and says 200; code is the refusal when it
// could not.
func (t *taken) answer(inc *sipua.Incoming) (code int, err error) {
	signed := new(atomic.Pointer[netip.Addr])
	if err := aimed(signed, t.order.offer); err != nil {
		return 488, err
	}
	set := t.legs.settings.Media
	set.Allow = allowOnly(signed)
	if t.session, err = media.Open(set); err != nil {
		return 503, err
	}
	answer, err := sound.New(t.session, lawsOf(t.phone)).Answer(t.order.offer)
	if err != nil {
		return 488, errors.Join(err, t.session.Close())
	}
	t.session.KeepAlive(true)
	if code, err := t.legs.seat(t); err != nil {
		return code, errors.Join(err, t.session.Close())
	}
	proof := sipua.Header{Name: answerHeader, Value: t.order.answerProof(answer, t.legs.settings.Key)}
	if t.call, err = inc.AnswerNow(answer, proof); err != nil {
		t.legs.unseat(t)
		return 480, errors.Join(err, t.session.Close())
	}
	return 0, nil
}

// lawsOf is the law that the phone speaks, so that nothing is translated here;
// both, when it does not tell.
func lawsOf(phone dialer.Station) []media.Codec {
	if p, ok := phone.Audio().(interface{ Codec() media.Codec }); ok && p.Codec().Known() {
		return []media.Codec{p.Codec()}
	}
	return []media.Codec{media.PCMU, media.PCMA}
}

// watch follows the leg to its end.
func (t *taken) watch() {
	quiet := newSilence(t.legs.settings.SilenceLimit, time.Now())
	look := time.NewTicker(quiet.look())
	defer look.Stop()
	for {
		select {
		case <-t.gone:
			return
		case <-t.call.Done():
			t.lose(howEnded(t.call))
		case <-t.phone.Done():
			t.lose(errPhoneGone.Error())
		case now := <-look.C:
			if quiet.tooLong(now, t.session.Heard()) {
				t.lose("nothing was heard of the other node for " + quiet.limit.String())
			}
		}
	}
}

// end takes the leg from the phone, and apart.
func (t *taken) end() {
	t.legs.unseat(t)
	bye(t.call, t.why)
	s := t.state()
	log := t.legs.settings.Log
	log.Info("internal leg ended here", "station", t.order.station, "node", t.order.from, "mode", t.order.mode, "sip_call_id", t.order.callID,
		"why", t.why, "lost_share", s.Hop.LossShare, "jitter_ms", s.Hop.JitterMS, "phone_lost_share", s.Phone.LossShare)
	if err := t.session.Close(); err != nil {
		log.Warn("close media", "sip_call_id", t.order.callID, "error", err)
	}
}

func (t *taken) state() State {
	return State{
		Station: t.order.station, Node: t.order.from, Mode: t.order.mode, CallID: t.order.callID, Since: t.since,
		Hop: t.session.Quality(), Phone: t.phone.Audio().Quality().Since(t.before),
	}
}
