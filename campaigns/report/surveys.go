package report

import (
	"fmt"
	"io"
	"iter"

	"github.com/forecall/forecall/campaigns"
)

// mostQuestions is how many questions get a column of their own: spreadsheets
// end at some hundreds of columns that anybody reads.
const mostQuestions = 500

// WriteSurveys writes surveys as CSV, one row for each call with answers and one
// column for each question that was ever asked in them, in the order in which
// they came up: scripts have versions, and an old answer keeps its question. The
// calls are read twice. What a question that came up between has got, or one
// beyond the last column, stands in further_answers.
func WriteSurveys(w io.Writer, calls iter.Seq2[campaigns.Call, error], o Options) (rows int64, err error) {
	columns, err := questions(calls)
	if err != nil {
		return 0, err
	}
	fields := append(about[:len(about):len(about)], field{"script_version", text, str(func(r *row) string { return r.call.ScriptVer })})
	for _, q := range columns {
		fields = append(fields, field{q, text, said(func(b []byte, d *campaigns.Disposition) []byte {
			return answersTo(b, d, func(question string) bool { return question == q }, false)
		})})
	}
	known := make(map[string]bool, len(columns))
	for _, q := range columns {
		known[q] = true
	}
	fields = append(fields, field{"further_answers", text, said(func(b []byte, d *campaigns.Disposition) []byte {
		return answersTo(b, d, func(question string) bool { return !known[question] }, true)
	})})
	return writeCSV(w, calls, o, fields, func(c *campaigns.Call) int {
		if c.Disposition == nil || len(c.Disposition.Answers) == 0 {
			return 0
		}
		return 1
	})
}

// questions are those of the calls' surveys, in the order in which they came up.
func questions(calls iter.Seq2[campaigns.Call, error]) (out []string, err error) {
	seen := map[string]bool{}
	for c, err := range calls {
		if err != nil {
			return nil, fmt.Errorf("read the questions of the surveys: %w", err)
		}
		if c.Disposition == nil {
			continue
		}
		for _, a := range c.Disposition.Answers {
			if !seen[a.Question] && len(out) < mostQuestions {
				seen[a.Question] = true
				out = append(out, a.Question)
			}
		}
	}
	return out, nil
}

// answersTo writes the answers to some questions, parted by "; ", with the
// questions where they are not the column's name.
func answersTo(b []byte, d *campaigns.Disposition, wanted func(question string) bool, named bool) []byte {
	first := len(b)
	for _, a := range d.Answers {
		if !wanted(a.Question) {
			continue
		}
		if len(b) > first {
			b = append(b, "; "...)
		}
		if named {
			b = append(append(b, a.Question...), ": "...)
		}
		b = append(b, a.Value...)
	}
	return b
}

// WriteComplaints writes complaints as CSV, one row for each.
func WriteComplaints(w io.Writer, calls iter.Seq2[campaigns.Call, error], o Options) (rows int64, err error) {
	fields := append(about[:len(about):len(about)],
		field{"department", text, complained(func(b []byte, c *campaigns.Complaint) []byte { return append(b, c.Department...) })},
		field{"complaint", text, complained(func(b []byte, c *campaigns.Complaint) []byte { return append(b, c.Text...) })},
		field{"note", text, said(func(b []byte, d *campaigns.Disposition) []byte { return append(b, d.Note...) })},
	)
	return writeCSV(w, calls, o, fields, func(c *campaigns.Call) int {
		if c.Disposition == nil || c.Disposition.Complaint == nil {
			return 0
		}
		return 1
	})
}
