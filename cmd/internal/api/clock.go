package api

import "context"

// ClockAnswer is what an acknowledgement of the clock did.
type ClockAnswer struct {
	Acknowledged bool   `json:"acknowledged" doc:"False when the clock was trusted already."`
	Was          string `json:"was,omitempty" doc:"What was wrong with it, in a sentence."`
}

type clockOutput struct{ Body ClockAnswer }

func (s *Server) acknowledgeClock(ctx context.Context, _ *struct{}) (*clockOutput, error) {
	was, err := s.Clock.Acknowledge(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	return &clockOutput{ClockAnswer{Acknowledged: was != "", Was: was}}, nil
}
