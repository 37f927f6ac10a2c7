package api

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Trunk is a way to the telephone network.
type Trunk struct {
	campaigns.TrunkState
	OptionsMS float64 `json:"options_ms,omitempty" doc:"How long the last OPTIONS took."`
}

type trunksOutput struct {
	Body struct {
		Trunks []Trunk `json:"trunks"`
	}
}

func (s *Server) trunks(ctx context.Context, _ *struct{}) (*trunksOutput, error) {
	states, err := s.Office.Trunks.States(who(ctx))
	if err != nil {
		return nil, err
	}
	out := &trunksOutput{}
	out.Body.Trunks = []Trunk{}
	for _, t := range states {
		out.Body.Trunks = append(out.Body.Trunks, Trunk{t, float64(t.OptionsRTT.Microseconds()) / 1000})
	}
	return out, nil
}

type testCallInput struct {
	Name string `path:"name" maxLength:"64"`
	Body struct {
		Number string `json:"number" maxLength:"16" doc:"One of the test numbers, E.164."`
	}
}

// TestStep is something that happened on the way of a test call.
type TestStep struct {
	Step    string  `json:"step"`
	AfterMS float64 `json:"after_ms"`
	Code    int     `json:"code,omitempty"`
	Detail  string  `json:"detail,omitempty"`
}

// TestCall is a call that tried a trunk.
type TestCall struct {
	ID      string     `json:"id"`
	Trunk   string     `json:"trunk"`
	Number  string     `json:"number"`
	By      string     `json:"by"`
	At      time.Time  `json:"at"`
	EndedAt time.Time  `json:"ended_at,omitzero"`
	OK      bool       `json:"ok"`
	Outcome string     `json:"outcome"`
	Code    int        `json:"sip_final_code,omitempty"`
	Steps   []TestStep `json:"steps"`
}

func testCallOf(c campaigns.TestCall) TestCall {
	out := TestCall{c.ID, c.Trunk, campaigns.Mask(c.Number), c.By, c.At.UTC(), c.EndedAt.UTC(), c.OK, c.Outcome, c.Code, []TestStep{}}
	for _, s := range c.Steps {
		out.Steps = append(out.Steps, TestStep{s.Step, float64(s.After.Microseconds()) / 1000, s.Code, s.Detail})
	}
	return out
}

type testCallOutput struct{ Body TestCall }

func (s *Server) testTrunk(ctx context.Context, in *testCallInput) (*testCallOutput, error) {
	c, err := s.Office.Trunks.Test(ctx, who(ctx), in.Name, in.Body.Number)
	if err != nil {
		return nil, err
	}
	return &testCallOutput{testCallOf(c)}, nil
}

type testCallsOutput struct {
	Body struct {
		Calls []TestCall `json:"calls"`
	}
}

func (s *Server) testCalls(ctx context.Context, in *messagesInput) (*testCallsOutput, error) {
	list, err := s.Office.Trunks.Tests(ctx, who(ctx), in.Limit)
	if err != nil {
		return nil, err
	}
	out := &testCallsOutput{}
	out.Body.Calls = []TestCall{}
	for _, c := range list {
		out.Body.Calls = append(out.Body.Calls, testCallOf(c))
	}
	return out, nil
}

type testNumbersOutput struct {
	Body struct {
		Numbers []campaigns.TestNumber `json:"numbers"`
	}
}

func (s *Server) testNumbers(ctx context.Context, _ *struct{}) (*testNumbersOutput, error) {
	list, err := s.Office.Trunks.Numbers(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	out := &testNumbersOutput{}
	out.Body.Numbers = notNil(list)
	return out, nil
}

type testNumberInput struct {
	Body struct {
		Number string `json:"number" maxLength:"16" doc:"E.164."`
		Label  string `json:"label" maxLength:"400" doc:"Whose number it is."`
	}
}

func (s *Server) vouchNumber(ctx context.Context, in *testNumberInput) (*struct{}, error) {
	return nil, s.Office.Trunks.Vouch(ctx, who(ctx), in.Body.Number, in.Body.Label)
}

func (s *Server) forgetNumber(ctx context.Context, in *OurNumberInput) (*struct{}, error) {
	return nil, s.Office.Trunks.Forget(ctx, who(ctx), in.Body.Number)
}
