package deskphone

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sound"
)

// Errors of Call; test with errors.Is. A phone that refuses the call is a
// *sipua.Failure with its code.
var (
	ErrNotRegistered = errors.New("the phone is not registered")
	ErrUp            = errors.New("the phone is in a call with us already")
	ErrNoAnswer      = errors.New("nobody took the call at the phone")
	ErrNoSound       = errors.New("the phone answered but sends no sound: check its codec, its mute and the firewall")
	ErrClosed        = errors.New("phones are closed")
)

// Phones are the registrar of agents' SIP phones and the calls to them. It is
// safe for use by many goroutines.
type Phones struct {
	settings  Settings
	ua        *sipua.UA
	registrar *sipua.Registrar
	watching  sync.WaitGroup // one goroutine per station

	mu       sync.Mutex
	closed   bool
	stations map[string]*station // by extension, from the call on
	lost     map[string]Loss     // the last one of each extension
}

// Loss is how the last leg to a phone ended.
type Loss struct {
	At  time.Time
	Why string
}

// Open checks the settings and listens for phones until Close.
func Open(s Settings) (*Phones, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	s = s.filled()
	s.Media.EventPT = sound.EventPT
	p := &Phones{settings: s, stations: map[string]*station{}, lost: map[string]Loss{}}
	var err error
	p.registrar, err = sipua.NewRegistrar(sipua.RegistrarSettings{
		Realm: s.Realm, Secret: s.Secret, Algorithms: s.Digest, OnBind: p.bound, BehindNAT: s.BehindNAT,
	})
	if err != nil {
		return nil, fmt.Errorf("open phones: %w", err)
	}
	p.ua, err = sipua.Listen(sipua.Settings{
		Name: s.Name, Listen: s.Listen, Allow: s.allow, Registrar: p.registrar, Log: s.Log,
		Serve: nil, // a phone that dials gets 403: calls are only placed by campaigns
	})
	if err != nil {
		return nil, fmt.Errorf("open phones: %w", err)
	}
	return p, nil
}

// Close hangs up all phones and returns when every goroutine has ended.
func (p *Phones) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	err := p.ua.Close()
	p.watching.Wait()
	return err
}

// bound hears of each change of a registration. A phone that is gone ends its
// leg at once: it does not wait for the sound to stop. One that merely let its
// registration expire is judged by its sound, where that is watched.
func (p *Phones) bound(b sipua.Binding) {
	p.settings.Log.Info("phone", "extension", b.User, "online", b.Online, "why", b.Why, "transport", b.Transport)
	expired := !time.Now().Before(b.Expires)
	if b.Online || expired && p.settings.SilenceLimit > 0 {
		return
	}
	p.mu.Lock()
	s := p.stations[b.User]
	p.mu.Unlock()
	if s != nil {
		s.lose("registration ended: " + b.Why)
	}
}

// claim takes the one place of an extension.
func (p *Phones) claim(s *station) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return ErrClosed
	case p.stations[s.extension] != nil:
		return ErrUp
	}
	p.stations[s.extension] = s
	return nil
}

func (p *Phones) forget(s *station, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stations[s.extension] == s {
		delete(p.stations, s.extension)
		p.lost[s.extension] = Loss{At: time.Now(), Why: why}
	}
}

// watch starts a station's goroutine, unless Close has begun.
func (p *Phones) watch(f func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.watching.Go(f)
	}
	return !p.closed
}
