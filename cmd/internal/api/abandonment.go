package api

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
	"github.com/forecall/forecall/campaigns/report"
)

// abandonRoutes is abandonment as the law counts it.
func (s *Server) abandonRoutes() []route {
	return []route{
		do(get, "/v1/abandonment", compliance, "abandonment", "Where every campaign stands under its limits, in the periods that run", s.abandonNow, within(time.Minute)),
		do(get, "/v1/abandonment/{id}", compliance, "abandonment", "The legal periods of a campaign under every limit", s.abandonReport, within(time.Minute)),
		do(get, "/v1/abandonment/{id}/period", compliance, "abandonment", "One period, recounted from its calls, with the differences", s.abandonPeriod, within(5*time.Minute)),
		do(get, "/v1/abandonment/{id}/calls", compliance, "abandonment", "The calls behind a figure, a page at a time", s.abandonCalls, within(time.Minute)),
		do(get, "/v1/abandonment/{id}/export", compliance, "abandonment", "The periods as CSV; it is audited", s.abandonExport, within(time.Minute)),
		do(post, "/v1/amd/samples", reviewAMD, "abandonment", "Draw calls that were taken for machines, to be listened to", s.drawAMD, created),
		do(get, "/v1/amd/cases", reviewAMD, "abandonment", "Drawn calls, those that nobody has labelled first", s.amdCases),
		do(put, "/v1/amd/cases/{attempt}", reviewAMD, "abandonment", "Label a drawn call: human or machine", s.labelAMD),
	}
}

type abandonNowOutput struct {
	Body struct {
		Campaigns []campaigns.AbandonOverview `json:"campaigns"`
	}
}

func (s *Server) abandonNow(ctx context.Context, _ *struct{}) (*abandonNowOutput, error) {
	all, err := s.Abandonment.Now(ctx, who(ctx))
	out := &abandonNowOutput{}
	out.Body.Campaigns = all
	return out, err
}

type abandonReportOutput struct{ Body campaigns.AbandonReport }

func (s *Server) abandonReport(ctx context.Context, in *ByID) (*abandonReportOutput, error) {
	r, err := s.Abandonment.Report(ctx, who(ctx), in.ID)
	return &abandonReportOutput{r}, err
}

// abandonAsked names a period of a campaign.
type abandonAsked struct {
	ByID
	Rule string    `query:"rule" maxLength:"200" doc:"Id of the rate rule; absent: the campaign's own limit."`
	At   time.Time `query:"at" doc:"An instant in the period; absent: the one that runs."`
}

func (in *abandonAsked) domain() campaigns.AbandonAsked {
	return campaigns.AbandonAsked{Campaign: in.ID, Rule: in.Rule, At: in.At}
}

type abandonPeriodOutput struct{ Body campaigns.AbandonPeriod }

func (s *Server) abandonPeriod(ctx context.Context, in *abandonAsked) (*abandonPeriodOutput, error) {
	p, err := s.Abandonment.Period(ctx, who(ctx), in.domain())
	return &abandonPeriodOutput{p}, err
}

type abandonCallsInput struct {
	abandonAsked
	Class []string `query:"class" doc:"met, late, told, told_late, silent, hung_up, machine; absent: all."`
	After int64    `query:"after" minimum:"0" doc:"Place in the ledger of the last call of the page before."`
	Limit int      `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type abandonCallsOutput struct {
	Body struct {
		Calls []campaigns.AbandonCall `json:"calls"`
		Next  int64                   `json:"next_after,omitempty" doc:"Absent: there are no more."`
	}
}

func (s *Server) abandonCalls(ctx context.Context, in *abandonCallsInput) (*abandonCallsOutput, error) {
	classes := each(in.Class, func(c string) abandonment.Class { return abandonment.Class(c) })
	calls, err := s.Abandonment.Calls(ctx, who(ctx), in.domain(), classes, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &abandonCallsOutput{}
	if out.Body.Calls = calls; len(calls) == in.Limit {
		out.Body.Next = calls[len(calls)-1].Seq
	}
	return out, nil
}

func (s *Server) abandonExport(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
	r, err := s.Abandonment.Report(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	if err := s.Abandonment.Exported(ctx, who(ctx), in.ID, "periods as CSV"); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "text/csv; charset=utf-8")
		hc.SetHeader("Content-Disposition", fmt.Sprintf(`attachment; filename="abandonment-%d.csv"`, r.Campaign))
		hc.SetHeader("Cache-Control", "no-store")
		if err := report.WriteAbandonment(hc.BodyWriter(), r); err != nil {
			s.Log.ErrorContext(ctx, "export ended early", "error", err)
		}
	}}, nil
}

type drawInput struct {
	Body struct {
		Campaign int64     `json:"campaign_id" minimum:"1"`
		From     time.Time `json:"from"`
		To       time.Time `json:"to"`
		Size     int       `json:"size" minimum:"1" maximum:"1000"`
	}
}

type drawOutput struct {
	Body struct {
		Drawn int64 `json:"drawn"`
	}
}

func (s *Server) drawAMD(ctx context.Context, in *drawInput) (*drawOutput, error) {
	n, err := s.Abandonment.Draw(ctx, who(ctx), in.Body.Campaign, in.Body.From, in.Body.To, in.Body.Size)
	out := &drawOutput{}
	out.Body.Drawn = n
	return out, err
}

type amdCasesInput struct {
	Campaign int64     `query:"campaign" minimum:"0" doc:"Absent: all."`
	From     time.Time `query:"from"`
	To       time.Time `query:"to" doc:"Absent: now."`
}

type amdCasesOutput struct {
	Body struct {
		Cases []campaigns.AMDCase `json:"cases"`
	}
}

func (s *Server) amdCases(ctx context.Context, in *amdCasesInput) (*amdCasesOutput, error) {
	if in.To.IsZero() {
		in.To = time.Now()
	}
	cases, err := s.Abandonment.Cases(ctx, who(ctx), in.Campaign, in.From, in.To)
	out := &amdCasesOutput{}
	out.Body.Cases = cases
	return out, err
}

type labelInput struct {
	Attempt string `path:"attempt" maxLength:"64"`
	Body    struct {
		Label string `json:"label" enum:"human,machine"`
	}
}

func (s *Server) labelAMD(ctx context.Context, in *labelInput) (*struct{}, error) {
	return nil, s.Abandonment.Label(ctx, who(ctx), in.Attempt, campaigns.AMDLabel(in.Body.Label))
}
