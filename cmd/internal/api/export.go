package api

import (
	"context"
	"io"
	"iter"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/report"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

type exportInput struct {
	CallQuery
	Format string `query:"format" enum:"csv,jsonl" default:"csv"`
	What   string `query:"what" enum:"calls,sales,appointments,answers,surveys,complaints" default:"calls" doc:"The log, or a table of what was said in it; those are CSV."`
	Raw    bool   `query:"raw" doc:"CSV for programs: cells as they are, not made harmless for spreadsheets."`
}

// writer is one of the reports of package report.
type writer func(io.Writer, iter.Seq2[campaigns.Call, error], report.Options) (int64, error)

// exportCalls streams a report. An error on the way cuts the connection: a
// file that ends well is whole.
func (s *Server) exportCalls(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	write, contentType, ending, err := in.writer()
	if err != nil {
		return nil, err
	}
	calls, err := s.CallLog.Export(ctx, who(ctx), in.filter(), in.What)
	if err != nil {
		return nil, err
	}
	byID, err := s.Book.Sellers(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	looser, err := s.RuleDesk.Loosenings(ctx)
	if err != nil {
		return nil, err
	}
	options := report.Options{Raw: in.Raw, Mark: in.Format == "csv" && !in.Raw, Loosened: looser, Campaign: func(id int64) (campaigns.Campaign, bool) {
		c, ok := byID[id]
		return c, ok
	}}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", contentType)
		hc.SetHeader("Content-Disposition", `attachment; filename="`+in.What+ending+`"`)
		n, err := write(patientWriterOf(hc), calls, options)
		if err != nil {
			s.Log.ErrorContext(ctx, "export ended early", "rows", n, "error", err)
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

func (in *exportInput) writer() (write writer, contentType, ending string, err error) {
	tables := map[string]writer{
		"calls": report.WriteCSV, "sales": report.WriteSales, "appointments": report.WriteAppointments, "answers": report.WriteAnswers,
		"surveys": report.WriteSurveys, "complaints": report.WriteComplaints,
	}
	if in.Format == "csv" {
		return tables[in.What], "text/csv; charset=utf-8", ".csv", nil
	}
	if in.What != "calls" {
		return nil, "", "", edge.NewFault(http.StatusUnprocessableEntity, "format_invalid", "Sales, appointments, answers and complaints are exported as CSV; JSON lines hold them within the calls.")
	}
	return report.WriteJSONLines, "application/jsonl; charset=utf-8", ".jsonl", nil
}
