package deskphone

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sound"
)

// Call calls the phone of an extension and returns when its sound has come:
// the station is up until its Done. Ending ctx gives up.
func (p *Phones) Call(ctx context.Context, extension string) (dialer.Station, error) {
	s := newStation(p, extension)
	if err := p.claim(s); err != nil {
		return nil, fmt.Errorf("call extension %s: %w", extension, err)
	}
	if err := s.connect(ctx); err != nil {
		p.forget(s, err.Error())
		return nil, fmt.Errorf("call extension %s: %w", extension, err)
	}
	p.settings.Log.Info("phone is up", "extension", extension, "sip_call_id", s.call.ID())
	return s, nil
}

// connect calls, and proves that the phone can be heard.
func (s *station) connect(ctx context.Context) (err error) {
	b, ok := s.phones.registrar.Lookup(s.extension)
	if !ok {
		return ErrNotRegistered
	}
	if s.session, err = media.Open(s.phones.settings.Media); err != nil {
		return err
	}
	s.sound = sound.New(s.session, s.phones.settings.Codecs)
	if err = s.invite(ctx, b); err != nil {
		return errors.Join(err, s.session.Close())
	}
	if !s.phones.watch(s.watch) {
		s.end("phones are closed")
		return ErrClosed
	}
	if err = s.begin(ctx); err != nil {
		s.lose(err.Error())
		<-s.free
		return err
	}
	return nil
}

func (s *station) invite(ctx context.Context, b sipua.Binding) error {
	offer, err := s.sound.Offer()
	if err != nil {
		return err
	}
	set := s.phones.settings
	ringing, cancel := context.WithTimeoutCause(ctx, set.RingTime, ErrNoAnswer)
	defer cancel()
	s.phones.watch(func() { // a phone that un-registers meanwhile is not waited for
		select {
		case <-s.gone:
			cancel()
		case <-ringing.Done():
		}
	})
	s.call, err = s.phones.ua.Invite(ringing, sipua.Invite{
		To: sipua.URI{User: s.extension}, From: sipua.Party{Name: set.Name, URI: sipua.URI{User: "forecall"}},
		NextHop: b.Target(), Pinned: true, Offer: offer, Headers: set.callHeaders(), SessionExpires: set.SessionTimer,
	})
	if err != nil && errors.Is(context.Cause(ringing), ErrNoAnswer) {
		return ErrNoAnswer
	}
	return err
}

// callHeaders ask for an answer without a hand, in the three dialects of phones.
func (s Settings) callHeaders() []sipua.Header {
	if !s.AutoAnswer {
		return nil
	}
	return []sipua.Header{
		{Name: "Answer-Mode", Value: "Auto"}, // RFC 5373
		{Name: "Call-Info", Value: "<sip:forecall>;answer-after=0"},
		{Name: "Alert-Info", Value: "<sip:forecall>;info=alert-autoanswer;delay=0"},
	}
}

// begin joins the sound and waits for the phone's.
func (s *station) begin(ctx context.Context) error {
	s.call.OnReinvite(s.reoffer)
	s.call.OnRemoteSDP(s.moved)
	if err := s.sound.Follow(s.call.RemoteSDP()); err != nil {
		return err
	}
	s.session.KeepAlive(true)
	limit := time.NewTimer(s.phones.settings.FirstSound)
	defer limit.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for s.session.Heard().IsZero() {
		select {
		case <-tick.C:
		case <-s.done:
			return fmt.Errorf("the phone is gone: %s", s.why)
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return ErrNoSound
		}
	}
	close(s.up)
	return nil
}
