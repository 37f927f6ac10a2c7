package campaigns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// StopScope says what a stop holds up.
type StopScope string

// The scopes of a stop.
const (
	StopHouse        StopScope = "house"        // every call
	StopCampaign     StopScope = "campaign"     // of one campaign; the value is its id
	StopCallerID     StopScope = "caller_id"    // that would show a number, E.164
	StopJurisdiction StopScope = "jurisdiction" // to a country or region, as ES or US-FL (ISO 3166)
)

// Stop is a kill switch that was thrown: no call that it meets is placed from
// then on, and those that ring are withdrawn. Who talks goes on talking.
type Stop struct {
	ID     int64     `json:"id"`
	Scope  StopScope `json:"scope"`
	Value  string    `json:"value"` // empty for the house
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`

	LiftedAt  time.Time `json:"lifted_at,omitzero"` // zero = it holds
	LiftedBy  string    `json:"lifted_by,omitempty"`
	LiftedWhy string    `json:"lifted_why,omitempty"`
}

// Halted is what stops ask of a call.
type Halted struct {
	Campaign      int64
	CallerID      string
	Jurisdictions []string
}

// Holds tells whether the stop holds up a call.
func (s Stop) Holds(h Halted) bool {
	if !s.LiftedAt.IsZero() {
		return false
	}
	switch s.Scope {
	case StopHouse:
		return true
	case StopCampaign:
		return s.Value == strconv.FormatInt(h.Campaign, 10)
	case StopCallerID:
		return s.Value == h.CallerID
	case StopJurisdiction:
		return slices.Contains(h.Jurisdictions, s.Value)
	}
	return true // one that is not understood holds up everything
}

// String is the stop in words, without a number.
func (s Stop) String() string {
	what := map[StopScope]string{
		StopHouse: "every call", StopCampaign: "the campaign", StopCallerID: "the caller ID", StopJurisdiction: "calls to " + s.Value,
	}[s.Scope]
	return fmt.Sprintf("%s stopped %s on %s: %s", s.By, what, stamp(s.At), s.Reason)
}

func (s Stop) validate() error {
	switch {
	case s.Scope == StopHouse && s.Value == "":
	case s.Scope == StopCampaign:
		if id, err := strconv.ParseInt(s.Value, 10, 64); err != nil || id <= 0 {
			return problem(KindInvalid, "value_invalid", "A campaign is named by its number.")
		}
	case s.Scope == StopCallerID:
		if err := rules.Dialable(s.Value); err != nil {
			return invalid("value_invalid", err)
		}
	case s.Scope == StopJurisdiction:
		country, region, _ := strings.Cut(s.Value, "-")
		if len(country) != 2 || strings.ToUpper(s.Value) != s.Value || len(region) > 3 {
			return problem(KindInvalid, "value_invalid", "%q is not a country or region as ES or US-FL (ISO 3166).", s.Value)
		}
	default:
		return problem(KindInvalid, "scope_invalid", "A stop is of the house, a campaign, a caller_id or a jurisdiction.")
	}
	if s.Reason == "" || len([]rune(s.Reason)) > 500 {
		return problem(KindInvalid, "reason_missing", "Say why, in at most 500 characters.")
	}
	return nil
}

// StopStore keeps stops. Throw is durable on return: from then on no attempt
// that the stop meets begins.
type StopStore interface {
	ThrowStop(ctx context.Context, s Stop) (Stop, error)
	LiftStop(ctx context.Context, id int64, by, why string) error
	Stops(ctx context.Context, holding bool, limit int) ([]Stop, error) // latest first
}

// Halter hears which stops hold, all of them, and withdraws what they meet. When
// it returns without error, no INVITE that they meet leaves any more.
type Halter interface {
	Halt(holding []Stop) error
}

// Stops is the kill switch.
type Stops struct {
	store StopStore
	floor Halter
	turn  chan struct{} // held from the reading of the stops until the floor knows them
}

// NewStops returns the service.
func NewStops(store StopStore, floor Halter) *Stops {
	return &Stops{store: store, floor: floor, turn: make(chan struct{}, 1)}
}

// Throw stops calls. When it returns without error, no INVITE of theirs leaves any
// more. With one that says so the stop is stored and holds for what begins, and
// a call that was about to leave may have left.
func (s *Stops) Throw(ctx context.Context, by User, stop Stop) (Stop, error) {
	if err := by.Allow(StopCalls); err != nil {
		return Stop{}, err
	}
	stop.Value, stop.Reason, stop.By = strings.TrimSpace(stop.Value), strings.TrimSpace(stop.Reason), by.Login
	if err := stop.validate(); err != nil {
		return Stop{}, err
	}
	thrown, err := s.store.ThrowStop(ctx, stop)
	if err != nil {
		return Stop{}, fmt.Errorf("throw the kill switch: %w", err)
	}
	if err := s.Tell(context.WithoutCancel(ctx)); err != nil {
		return thrown, problem(KindUnavailable, "stop_late", "The stop is stored and no new call begins; but a call that was being placed could not be withdrawn in time (%v). Look at the live page whether one still rings.", err)
	}
	return thrown, nil
}

// Lift lets calls leave again. A stop of the whole house is lifted by somebody
// else than who threw it.
func (s *Stops) Lift(ctx context.Context, by User, id int64, why string) error {
	if err := by.Allow(StopCalls); err != nil {
		return err
	}
	if why = strings.TrimSpace(why); why == "" || len([]rune(why)) > 500 {
		return problem(KindInvalid, "reason_missing", "Say why calls may leave again, in at most 500 characters.")
	}
	holding, err := s.store.Stops(ctx, true, 0)
	if err != nil {
		return fmt.Errorf("read the stops: %w", err)
	}
	i := slices.IndexFunc(holding, func(o Stop) bool { return o.ID == id })
	switch {
	case i < 0:
		return problem(KindNotFound, "stop_not_found", "There is no such stop that holds.")
	case holding[i].Scope == StopHouse && holding[i].By == by.Login:
		return problem(KindForbidden, "second_person", "You stopped the whole house; somebody else has to let it go on.")
	}
	if err := s.store.LiftStop(ctx, id, by.Login, why); err != nil {
		if errors.Is(err, ErrNotFound) {
			return problem(KindConflict, "stop_lifted", "Somebody has lifted this stop already.")
		}
		return fmt.Errorf("lift a stop: %w", err)
	}
	return s.Tell(context.WithoutCancel(ctx))
}

// List is the stops that hold, and the last that were lifted.
func (s *Stops) List(ctx context.Context, by User) (holding, lifted []Stop, err error) {
	if by.Allow(SeeCompliance) != nil {
		if err := by.Allow(StopCalls); err != nil {
			return nil, nil, err
		}
	}
	const most = 200
	all, err := s.store.Stops(ctx, false, most)
	if err != nil {
		return nil, nil, fmt.Errorf("read the stops: %w", err)
	}
	if holding, err = s.store.Stops(ctx, true, 0); err != nil {
		return nil, nil, fmt.Errorf("read the stops: %w", err)
	}
	lifted = slices.DeleteFunc(all, func(o Stop) bool { return o.LiftedAt.IsZero() })
	return holding, lifted, nil
}

// Tell tells the floor which stops hold; the node calls it at its start. One at a
// time: of two stops that are thrown in one moment the floor must not be left with
// what was read before the second.
func (s *Stops) Tell(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.turn }()
	holding, err := s.store.Stops(ctx, true, 0)
	if err != nil {
		return fmt.Errorf("read the stops: %w", err)
	}
	return s.floor.Halt(holding)
}
