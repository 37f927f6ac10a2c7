package api

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// callerRoutes is the right to show our numbers, and whether they answer.
// Numbers stand in bodies: addresses end in logs.
func (s *Server) callerRoutes() []route {
	return []route{
		do(get, "/v1/caller-ids/health", compliance, "caller IDs", "How calls that showed each number ended, and how they were signed", s.callerHealth, within(time.Minute)),
		do(get, "/v1/caller-ids/rights", compliance, "caller IDs", "Every right to show a number, ended ones too", s.callerRights),
		do(post, "/v1/caller-ids/rights", callerRight, "caller IDs", "Write a right down", s.grantCallerRight, created),
		do(post, "/v1/caller-ids/rights/{id}/end", callerRight, "caller IDs", "End a right now", s.endCallerRight),
		do(post, "/v1/caller-ids/checks", callerRight, "caller IDs", "Call a number of ours and see whether it is answered", s.checkCallerID, within(2*time.Minute)),
		do(post, "/v1/caller-ids/checks/of", compliance, "caller IDs", "What came of the test calls to a number", s.callerChecks),
	}
}

type callerHealthInput struct {
	Since time.Time `query:"since" doc:"Calls begun since then; the last 7 days when absent."`
}

type callerHealthOutput struct {
	Body struct {
		Since   time.Time                `json:"since"`
		Numbers []campaigns.CallerHealth `json:"numbers"`
	}
}

func (s *Server) callerHealth(ctx context.Context, in *callerHealthInput) (*callerHealthOutput, error) {
	out := &callerHealthOutput{}
	if out.Body.Since = in.Since; in.Since.IsZero() {
		out.Body.Since = time.Now().Add(-7 * 24 * time.Hour).UTC()
	}
	numbers, err := s.Office.Rights.Health(ctx, who(ctx), out.Body.Since)
	out.Body.Numbers = notNil(numbers)
	return out, err
}

type callerRightsOutput struct {
	Body struct {
		Rights []campaigns.CallerRight `json:"rights"`
	}
}

func (s *Server) callerRights(ctx context.Context, _ *struct{}) (*callerRightsOutput, error) {
	rights, err := s.Office.Rights.All(ctx, who(ctx))
	out := &callerRightsOutput{}
	out.Body.Rights = notNil(rights)
	return out, err
}

type callerRightInput struct {
	Body struct {
		Number   string    `json:"number" maxLength:"16" doc:"E.164."`
		Holder   string    `json:"holder" maxLength:"200" doc:"Who has the number from the carrier. A rule that wants an assigned number (FR L.221-17) compares it with the campaign's seller."`
		Contract string    `json:"contract" maxLength:"200" doc:"That gives the right."`
		Document string    `json:"document_sha256,omitempty" maxLength:"64" doc:"SHA-256 of the paper, hex."`
		Name     string    `json:"cli_name,omitempty" maxLength:"60" doc:"Shown beside the number, where carriers do that; at most 15 characters."`
		From     time.Time `json:"valid_from"`
		Until    time.Time `json:"valid_to,omitzero" doc:"The first moment it is no longer valid; absent: open."`
	}
}

type callerRightOutput struct{ Body campaigns.CallerRight }

func (s *Server) grantCallerRight(ctx context.Context, in *callerRightInput) (*callerRightOutput, error) {
	b := in.Body
	r, err := s.Office.Rights.Grant(ctx, who(ctx), campaigns.CallerRight{
		Number: b.Number, Holder: b.Holder, Contract: b.Contract, Document: b.Document, Name: b.Name, From: b.From, Until: b.Until,
	})
	return &callerRightOutput{r}, err
}

type endCallerRightInput struct {
	ID   string `path:"id" maxLength:"36"`
	Body struct {
		Reason string `json:"reason" maxLength:"500"`
	}
}

func (s *Server) endCallerRight(ctx context.Context, in *endCallerRightInput) (*struct{}, error) {
	return nil, s.Office.Rights.End(ctx, who(ctx), in.ID, in.Body.Reason)
}

// CallerCheck is a test call to a number of ours.
type CallerCheck struct {
	Number   string    `json:"number"`
	At       time.Time `json:"at"`
	Answered bool      `json:"answered"`
	AfterMS  float64   `json:"after_ms"`
	Detail   string    `json:"detail,omitempty"`
	Trunk    string    `json:"trunk,omitempty"`
	By       string    `json:"by"`
	Test     string    `json:"test_id,omitempty"`
}

func callerCheckOf(c campaigns.CallerCheck) CallerCheck {
	return CallerCheck{
		Number: c.Number, At: utc(c.At), Answered: c.Answered, AfterMS: float64(c.After.Microseconds()) / 1000,
		Detail: c.Detail, Trunk: c.Trunk, By: c.By, Test: c.Test,
	}
}

type callerCheckOutput struct{ Body CallerCheck }

func (s *Server) checkCallerID(ctx context.Context, in *OurNumberInput) (*callerCheckOutput, error) {
	c, err := s.Office.Rights.Check(ctx, who(ctx), in.Body.Number)
	return &callerCheckOutput{callerCheckOf(c)}, err
}

type callerChecksOutput struct {
	Body struct {
		Checks []CallerCheck `json:"checks"`
	}
}

func (s *Server) callerChecks(ctx context.Context, in *OurNumberInput) (*callerChecksOutput, error) {
	all, err := s.Office.Rights.Checks(ctx, who(ctx), in.Body.Number)
	out := &callerChecksOutput{}
	out.Body.Checks = make([]CallerCheck, len(all))
	for i, c := range all {
		out.Body.Checks[i] = callerCheckOf(c)
	}
	return out, err
}
