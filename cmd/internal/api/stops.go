package api

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// stopRoutes is the kill switch.
func (s *Server) stopRoutes() []route {
	return []route{
		do(get, "/v1/stops", stopCalls, "stops", "The kill switches that hold, and the last that were lifted", s.stops),
		do(post, "/v1/stops", stopCalls, "stops", "Stop calls: no INVITE leaves any more when this answers, and what rings is withdrawn", s.throwStop, created),
		do(post, "/v1/stops/{id}/lift", stopCalls, "stops", "Let calls leave again; of the whole house, somebody else than who stopped it", s.liftStop),
	}
}

// Stop is a kill switch.
type Stop struct {
	ID        int64     `json:"id"`
	Scope     string    `json:"scope" enum:"house,campaign,caller_id,jurisdiction"`
	Value     string    `json:"value" doc:"Campaign id, E.164 number, or country or region as ES or US-FL; empty for the house."`
	Reason    string    `json:"reason"`
	By        string    `json:"by"`
	At        time.Time `json:"at"`
	LiftedAt  time.Time `json:"lifted_at,omitzero" doc:"Absent: it holds."`
	LiftedBy  string    `json:"lifted_by,omitempty"`
	LiftedWhy string    `json:"lifted_why,omitempty"`
}

func stopOf(s campaigns.Stop) Stop {
	return Stop{
		ID: s.ID, Scope: string(s.Scope), Value: s.Value, Reason: s.Reason, By: s.By, At: utc(s.At),
		LiftedAt: utc(s.LiftedAt), LiftedBy: s.LiftedBy, LiftedWhy: s.LiftedWhy,
	}
}

type stopsOutput struct {
	Body struct {
		Holding []Stop `json:"holding"`
		Lifted  []Stop `json:"lifted"`
	}
}

func (s *Server) stops(ctx context.Context, _ *struct{}) (*stopsOutput, error) {
	holding, lifted, err := s.Stops.List(ctx, who(ctx))
	out := &stopsOutput{}
	out.Body.Holding, out.Body.Lifted = stopsOf(holding), stopsOf(lifted)
	return out, err
}

func stopsOf(all []campaigns.Stop) []Stop {
	out := make([]Stop, len(all))
	for i, s := range all {
		out[i] = stopOf(s)
	}
	return out
}

type throwStopInput struct {
	Body struct {
		Scope  string `json:"scope" enum:"house,campaign,caller_id,jurisdiction"`
		Value  string `json:"value,omitempty" maxLength:"20"`
		Reason string `json:"reason" maxLength:"2000"`
	}
}

type stopOutput struct{ Body Stop }

func (s *Server) throwStop(ctx context.Context, in *throwStopInput) (*stopOutput, error) {
	b := in.Body
	thrown, err := s.Stops.Throw(ctx, who(ctx), campaigns.Stop{Scope: campaigns.StopScope(b.Scope), Value: b.Value, Reason: b.Reason})
	return &stopOutput{stopOf(thrown)}, err
}

type liftStopInput struct {
	ID   int64 `path:"id" minimum:"1"`
	Body struct {
		Reason string `json:"reason" maxLength:"2000"`
	}
}

func (s *Server) liftStop(ctx context.Context, in *liftStopInput) (*struct{}, error) {
	return nil, s.Stops.Lift(ctx, who(ctx), in.ID, in.Body.Reason)
}
