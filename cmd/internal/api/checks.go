package api

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
)

const (
	enterChecks need = need(campaigns.LoadRegisters)
	seeChecks   need = need(campaigns.SeeCompliance)
)

// checkRoutes is what others answered about numbers.
func (s *Server) checkRoutes() []route {
	return []route{
		do(post, "/v1/checks", enterChecks, "compliance", "Enter answers of an external check, up to 1000; the same again changes nothing", s.addChecks),
		do(post, "/v1/checks/find", seeChecks, "compliance", "What external checks answered about a number, the newest first", s.findChecks),
	}
}

type checksInput struct {
	Body struct {
		Check   string `json:"check" pattern:"^[a-z0-9][a-z0-9_-]{0,39}$" doc:"As rules name it: rnd, in-dlt."`
		Answers []struct {
			Number string    `json:"number" pattern:"^\\+[1-9][0-9]{6,14}$" doc:"E.164."`
			At     time.Time `json:"at,omitempty" doc:"When the check was made; absent = now."`
			OK     bool      `json:"ok" doc:"Nothing is in the way of a call."`
			Answer string    `json:"answer,omitempty" maxLength:"200" doc:"As it was given."`
		} `json:"answers" minItems:"1" maxItems:"1000"`
	}
}

type checksAdded struct {
	Body struct {
		Added int `json:"added" doc:"Answers that were not there."`
	}
}

func (s *Server) addChecks(ctx context.Context, in *checksInput) (*checksAdded, error) {
	now := time.Now()
	batch := make([]campaigns.NumberCheck, len(in.Body.Answers))
	for i, a := range in.Body.Answers {
		if a.At.IsZero() {
			a.At = now
		}
		batch[i] = campaigns.NumberCheck{Number: a.Number, Check: in.Body.Check, At: a.At, OK: a.OK, Answer: a.Answer}
	}
	added, err := s.Checks.Record(ctx, who(ctx), batch)
	if err != nil {
		return nil, err
	}
	out := &checksAdded{}
	out.Body.Added = added
	return out, nil
}

type checksOutput struct {
	Body struct {
		Checks []campaigns.NumberCheck `json:"checks"`
	}
}

func (s *Server) findChecks(ctx context.Context, in *numberInput) (*checksOutput, error) {
	found, err := s.Checks.Of(ctx, who(ctx), in.Body.Number)
	if err != nil {
		return nil, err
	}
	out := &checksOutput{}
	out.Body.Checks = notNil(found)
	return out, nil
}
