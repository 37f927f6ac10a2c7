package pacing

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Mode is how a campaign dials. The zero Mode is invalid.
type Mode uint8

const (
	// Preview shows the contact to a free agent first; Place is the number of agents who could be shown one.
	Preview Mode = iota + 1
	// Progressive places one call for each free agent and never more, so that nobody is abandoned but by accident.
	Progressive
	// Predictive dials ahead of the agents, within the abandonment cap.
	Predictive
)

var modeNames = [...]string{"unknown", "preview", "progressive", "predictive"}

// String returns the mode's name as it stands in settings.
func (m Mode) String() string {
	if int(m) >= len(modeNames) {
		return modeNames[0]
	}
	return modeNames[m]
}

// ParseMode returns the mode of that name, or an error that lists the names.
func ParseMode(name string) (Mode, error) {
	for m := Preview; m <= Predictive; m++ {
		if modeNames[m] == name {
			return m, nil
		}
	}
	return 0, fmt.Errorf("%w: mode %q is not preview, progressive or predictive", ErrPolicy, name)
}

// ErrPolicy is wrapped by every error of Policy.Validate and ParseMode.
var ErrPolicy = errors.New("invalid pacing policy")

// Policy is what a campaign's manager decides. Mode must be set, and Cap for Predictive; every other zero value means
// the default that stands beside the field. Validate once; Decide trusts.
type Policy struct {
	Mode Mode
	// Cap is the legal limit of abandoned calls over calls answered by a person in one legal period, 0.03 for 3 %.
	Cap float64
	// Target is the share that the controller aims at; 0 means 0.98 of Cap.
	Target float64
	// Hold is how long a person may wait for an agent before the call counts as abandoned; 0 means 2 s.
	Hold time.Duration
	// MinRing is how long a phone must have rung before Decide may cancel the attempt; 0 means 15 s.
	MinRing time.Duration
	// MaxLines limits the calls of this campaign that hold a line, conversations included; 0 means no limit.
	MaxLines int
	// MaxPerAgent limits the attempts in the air per agent who is ready or busy; 0 means no limit.
	MaxPerAgent float64
	// MaxAtOnce limits Decision.Place of one decision; 0 means 100.
	MaxAtOnce int
	// Cancel lets Decide withdraw attempts that would be lost if they were answered: those that have rung for MinRing,
	// and those that have not begun to ring (no CallRinging yet), which disturb nobody. Off by default.
	Cancel bool
	// Ceiling is the share of the time that one agent may be busy, so that people last the day; 0 means no ceiling. Who
	// keeps the account of the agents gives the rests (AgentResting); Decide does not read it.
	Ceiling float64
}

const (
	defaultHold      = 2 * time.Second
	defaultMinRing   = 15 * time.Second
	defaultMaxAtOnce = 100
	defaultTarget    = 0.98 // of the cap
)

// Validate returns an error that wraps ErrPolicy and names the first setting that makes no sense, or nil.
func (p Policy) Validate() error {
	switch {
	case p.Mode < Preview || p.Mode > Predictive:
		return fmt.Errorf("%w: mode %d is unknown", ErrPolicy, p.Mode)
	case math.IsNaN(p.Cap) || p.Cap < 0 || p.Cap > 1:
		return fmt.Errorf("%w: abandonment cap %v is not between 0 and 1", ErrPolicy, p.Cap)
	case p.Mode == Predictive && p.Cap == 0:
		return fmt.Errorf("%w: predictive mode needs an abandonment cap above 0; use progressive", ErrPolicy)
	case math.IsNaN(p.Target) || p.Target < 0 || p.Target > p.Cap:
		return fmt.Errorf("%w: abandonment target %v is not between 0 and the cap %v", ErrPolicy, p.Target, p.Cap)
	case p.Hold < 0 || p.Hold > maxHold:
		return fmt.Errorf("%w: hold of %v is not between 0 and %v", ErrPolicy, p.Hold, maxHold)
	case p.MinRing < 0:
		return fmt.Errorf("%w: minimum ring time of %v is negative", ErrPolicy, p.MinRing)
	case p.MaxLines < 0:
		return fmt.Errorf("%w: %d lines", ErrPolicy, p.MaxLines)
	case math.IsNaN(p.MaxPerAgent) || p.MaxPerAgent < 0:
		return fmt.Errorf("%w: %v attempts per agent", ErrPolicy, p.MaxPerAgent)
	case math.IsNaN(p.Ceiling) || p.Ceiling < 0 || p.Ceiling > 1:
		return fmt.Errorf("%w: occupancy ceiling %v is not between 0 and 1", ErrPolicy, p.Ceiling)
	case p.MaxAtOnce < 0:
		return fmt.Errorf("%w: %d calls at once", ErrPolicy, p.MaxAtOnce)
	}
	return nil
}

// filled returns the policy with every zero value replaced by its default.
func (p Policy) filled() Policy {
	if p.Target == 0 {
		p.Target = defaultTarget * p.Cap
	}
	if p.Hold == 0 {
		p.Hold = defaultHold
	}
	if p.MinRing == 0 {
		p.MinRing = defaultMinRing
	}
	if p.MaxAtOnce == 0 {
		p.MaxAtOnce = defaultMaxAtOnce
	}
	return p
}
