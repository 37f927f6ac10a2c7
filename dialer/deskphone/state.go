package deskphone

import (
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
)

// Phone is one extension at one moment, for pages.
type Phone struct {
	Extension string
	Binding   sipua.Binding // Online false: not registered
	Leg       Leg
	Since     time.Time     // of the leg
	Heard     time.Time     // when sound last came over the leg
	Quality   media.Quality // of the leg that is up
	Lost      Loss          // how the last leg ended; zero = there was none
}

// Leg is where the call to a phone stands.
type Leg string

// The states of a leg.
const (
	LegNone    Leg = "none"
	LegCalling Leg = "calling"
	LegUp      Leg = "up"
)

// State returns all phones that are registered, in a call or were lost, by extension.
func (p *Phones) State() []Phone {
	phones := map[string]*Phone{}
	of := func(extension string) *Phone {
		if phones[extension] == nil {
			phones[extension] = &Phone{Extension: extension, Leg: LegNone}
		}
		return phones[extension]
	}
	for _, b := range p.registrar.Bindings() {
		of(b.User).Binding = b
	}
	p.mu.Lock()
	for extension, lost := range p.lost {
		of(extension).Lost = lost
	}
	for extension, s := range p.stations {
		of(extension).describe(s)
	}
	p.mu.Unlock()
	list := make([]Phone, 0, len(phones))
	for _, phone := range phones {
		list = append(list, *phone)
	}
	slices.SortFunc(list, func(a, b Phone) int { return strings.Compare(a.Extension, b.Extension) })
	return list
}

func (p *Phone) describe(s *station) {
	p.Leg, p.Since = LegCalling, s.since
	select {
	case <-s.up: // only then may its session be looked at
		p.Leg, p.Heard, p.Quality = LegUp, s.session.Heard(), s.session.Quality()
	default:
	}
}

// Holds is how long the registration of an extension holds yet; 0 = there is none. Of two
// of one phone the longer is the later.
func (p *Phones) Holds(extension string) time.Duration {
	b, ok := p.registrar.Lookup(extension)
	if !ok {
		return 0
	}
	return max(0, time.Until(b.Expires))
}

// Registered tells whether the phone of an extension can be called.
func (p *Phones) Registered(extension string) bool {
	_, ok := p.registrar.Lookup(extension)
	return ok
}
