package api

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/forecall/forecall/campaigns"
)

// Compliance is the services of the compliance desk; nil ones have no routes.
type Compliance struct {
	Search   *campaigns.CallSearcher
	Exports  *campaigns.Exports
	Dossiers *campaigns.Dossiers
	Refused  *campaigns.RefusalDesk
	Proof    campaigns.Proof // evidence, persons, holds, retention, audit
}

const seeCompliance = need(campaigns.SeeCompliance)

// complianceRoutes are the search, dossiers, refusals and files of calls.
func (s *Server) complianceRoutes() []route {
	var out []route
	if s.Compliance.Search != nil {
		out = append(out, do(post, "/v1/calls/search", seeCompliance, "compliance", "Search all calls, by anything together; the question travels in the body, as numbers do", s.searchCalls, within(30*time.Second)))
	}
	if s.Compliance.Dossiers != nil {
		out = append(out, do(get, "/v1/calls/{attempt}/dossier", seeCompliance, "compliance", "Everything that is known of one call, in one document", s.dossier))
	}
	if s.Compliance.Refused != nil {
		out = append(out, do(get, "/v1/refusals", seeCompliance, "compliance", "Calls that rules refused, counted by rule, campaign or day", s.refusalCounts, within(30*time.Second)))
	}
	if s.Compliance.Exports != nil {
		out = append(out,
			do(get, "/v1/exports", exports, "exports", "Files of calls that were asked for, and how far each is", s.listExports),
			do(post, "/v1/exports", exports, "exports", "Have a file of calls written", s.askExport, created),
			do(get, "/v1/exports/{id}", exports, "exports", "How far an export is", s.oneExport),
			do(post, "/v1/exports/{id}/cancel", exports, "exports", "Stop an export", s.cancelExport),
			do(post, "/v1/exports/{id}/again", exports, "exports", "Ask for the same once more", s.repeatExport, created),
			do(get, "/v1/exports/{id}/file", exports, "exports", "The file of an export that is done", s.fetchExport),
		)
	}
	return append(out, s.proofRoutes()...)
}

// Search chooses calls; what is absent asks nothing.
type Search struct {
	Number      string    `json:"number,omitempty" maxLength:"20" doc:"E.164, in full."`
	Digits      string    `json:"digits,omitempty" maxLength:"15" doc:"3 to 15 of the last digits of the number."`
	Campaign    int64     `json:"campaign_id,omitempty" minimum:"0"`
	List        int64     `json:"list_id,omitempty" minimum:"0"`
	Agent       int64     `json:"agent_id,omitempty" minimum:"0" doc:"Whoever had the person."`
	CallerID    string    `json:"cli_number,omitempty" maxLength:"20" doc:"The number shown."`
	Outcomes    []string  `json:"outcomes,omitempty" maxItems:"30"`
	Disposition string    `json:"disposition,omitempty" maxLength:"64"`
	Code        int       `json:"sip_final_code,omitempty" minimum:"0" maximum:"699"`
	From        time.Time `json:"from,omitzero" doc:"Calls begun at or after."`
	To          time.Time `json:"to,omitzero" doc:"Calls begun before."`
}

func (q Search) search() campaigns.CallSearch {
	s := campaigns.CallSearch{
		Number: Dialed(q.Number), Digits: q.Digits, Campaign: q.Campaign, List: q.List, Agent: q.Agent, CallerID: Dialed(q.CallerID),
		Disposition: q.Disposition, Code: q.Code, From: q.From, To: q.To,
	}
	for _, o := range q.Outcomes {
		s.Outcomes = append(s.Outcomes, campaigns.Outcome(o))
	}
	return s
}

type searchInput struct {
	Body struct {
		Search
		Cursor int64 `json:"cursor,omitempty" minimum:"0" doc:"The next_cursor of the page before."`
		Limit  int   `json:"limit,omitempty" minimum:"0" maximum:"200" doc:"50 when absent."`
	}
}

type searchOutput struct {
	Body struct {
		Calls  []Call `json:"calls" doc:"The newest first."`
		Count  int64  `json:"count" doc:"Of all calls that the search chooses, exactly."`
		Behind int64  `json:"not_searched,omitempty" doc:"The oldest calls, while what calls are searched by is being made."`
		Next   int64  `json:"next_cursor,omitempty" doc:"For the page after; absent on the last."`
	}
}

func (s *Server) searchCalls(ctx context.Context, in *searchInput) (*searchOutput, error) {
	q := in.Body.search()
	if q.After, q.Limit = in.Body.Cursor, in.Body.Limit; q.Limit == 0 {
		q.Limit = 50
	}
	found, err := s.Compliance.Search.Find(ctx, who(ctx), q)
	if err != nil {
		return nil, err
	}
	out := &searchOutput{}
	out.Body.Calls, out.Body.Count, out.Body.Behind, out.Body.Next = []Call{}, found.Count, found.Behind, found.Next
	for _, c := range found.Calls {
		out.Body.Calls = append(out.Body.Calls, callOf(c))
	}
	return out, nil
}

// ExportJob is a file of calls.
type ExportJob struct {
	ID      int64     `json:"id"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Format  string    `json:"format"`
	What    string    `json:"what" doc:"What was searched, without whose number it was."`
	Fields  []string  `json:"fields" doc:"None is all."`
	Reason  string    `json:"reason"`
	State   string    `json:"state" enum:"queued,running,done,failed,cancelled,expired"`
	Rows    int64     `json:"rows"`
	Total   int64     `json:"total"`
	Rate    float64   `json:"rows_per_second"`
	Left    float64   `json:"left_s" doc:"Seconds until it is done, at the rate so far."`
	Octets  int64     `json:"octets"`
	SHA256  string    `json:"sha256,omitempty"`
	Expires time.Time `json:"expires_at,omitzero"`
	Error   string    `json:"error,omitempty"`
}

func exportJobOf(e campaigns.Export) ExportJob {
	now := time.Now()
	return ExportJob{
		ID: e.ID, By: e.By, At: utc(e.At), Format: string(e.Format), What: e.Search.Words(), Fields: notNil(e.Fields), Reason: e.Reason, State: string(e.State),
		Rows: e.Rows, Total: e.Total, Rate: e.Rate(now), Left: e.Left(now).Seconds(), Octets: e.Octets, SHA256: e.SHA256, Expires: utc(e.Expires), Error: e.Error,
	}
}

type exportJobOutput struct{ Body ExportJob }

type exportJobsOutput struct {
	Body struct {
		Exports []ExportJob `json:"exports" doc:"The newest first."`
	}
}

type exportJobInput struct {
	Body struct {
		Search Search   `json:"search"`
		Format string   `json:"format" enum:"csv,json_lines,parquet,signed_zip"`
		Fields []string `json:"fields,omitempty" maxItems:"200"`
		Reason string   `json:"reason" minLength:"1" maxLength:"300" doc:"Stands in the audit."`
	}
}

func (s *Server) listExports(ctx context.Context, _ *struct{}) (*exportJobsOutput, error) {
	all, err := s.Compliance.Exports.List(ctx, who(ctx))
	out := &exportJobsOutput{}
	out.Body.Exports = []ExportJob{}
	for _, e := range all {
		out.Body.Exports = append(out.Body.Exports, exportJobOf(e))
	}
	return out, err
}

func exportJobAnswer(e campaigns.Export, err error) (*exportJobOutput, error) {
	if err != nil {
		return nil, err
	}
	return &exportJobOutput{exportJobOf(e)}, nil
}

func (s *Server) askExport(ctx context.Context, in *exportJobInput) (*exportJobOutput, error) {
	return exportJobAnswer(s.Compliance.Exports.Ask(ctx, who(ctx), campaigns.Export{
		Search: in.Body.Search.search(), Format: campaigns.ExportFormat(in.Body.Format), Fields: in.Body.Fields, Reason: in.Body.Reason,
	}))
}

func (s *Server) oneExport(ctx context.Context, in *ByID) (*exportJobOutput, error) {
	return exportJobAnswer(s.Compliance.Exports.One(ctx, who(ctx), in.ID))
}

func (s *Server) cancelExport(ctx context.Context, in *ByID) (*exportJobOutput, error) {
	return exportJobAnswer(s.Compliance.Exports.Cancel(ctx, who(ctx), in.ID))
}

func (s *Server) repeatExport(ctx context.Context, in *ByID) (*exportJobOutput, error) {
	return exportJobAnswer(s.Compliance.Exports.Again(ctx, who(ctx), in.ID))
}

func (s *Server) fetchExport(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
	e, file, err := s.Compliance.Exports.Fetch(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer file.Close()
		hc.SetHeader("Content-Type", "application/octet-stream")
		hc.SetHeader("Content-Length", fmt.Sprint(e.Octets))
		hc.SetHeader("Content-Disposition", fmt.Sprintf(`attachment; filename="calls-%d%s"`, e.ID, e.Ending()))
		if _, err := io.Copy(patientWriterOf(hc), file); err != nil {
			s.Log.WarnContext(ctx, "an export was not taken away whole", "export", e.ID, "error", err)
		}
	}}, nil
}
