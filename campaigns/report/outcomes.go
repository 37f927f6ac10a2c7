package report

import (
	"io"
	"iter"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// about are the columns that every report of outcomes begins with.
var about = []field{
	{"attempt_id", text, str(func(r *row) string { return r.call.ID })},
	{"campaign", text, str(func(r *row) string { return r.call.CampaignName })},
	{"list", text, str(func(r *row) string { return r.call.ListName })},
	{"contact_id", number, integer(func(r *row) int64 { return r.call.Contact })},
	{"external_id", text, str(func(r *row) string { return r.call.External })},
	{"contact_name", text, str(func(r *row) string { return r.call.ContactName })},
	{"called_number", text, str(func(r *row) string { return r.call.Number })},
	{"agent", text, str(func(r *row) string { return r.call.AgentLogin })},
	{"answered_at", text, at(func(r *row) time.Time { return r.call.AnsweredAt })},
	{"disposition", text, said(func(b []byte, d *campaigns.Disposition) []byte { return append(b, d.Code...) })},
	{"disposition_at", text, said(func(b []byte, d *campaigns.Disposition) []byte { return appendTime(b, d.At) })},
}

var saleFields = append(about[:len(about):len(about)], []field{
	{"line", number, func(b []byte, r *row) []byte { return appendInt(b, int64(r.line)+1) }},
	{"product", text, line(func(b []byte, _ *campaigns.Sale, l campaigns.OrderLine) []byte { return append(b, l.Product...) })},
	{"name", text, line(func(b []byte, _ *campaigns.Sale, l campaigns.OrderLine) []byte { return append(b, l.Name...) })},
	{"quantity", number, line(func(b []byte, _ *campaigns.Sale, l campaigns.OrderLine) []byte {
		return appendInt(b, int64(l.Quantity))
	})},
	{"unit_price", number, line(func(b []byte, s *campaigns.Sale, l campaigns.OrderLine) []byte {
		return appendMoney(b, l.UnitPrice, s.Currency)
	})},
	{"line_total", number, line(func(b []byte, s *campaigns.Sale, l campaigns.OrderLine) []byte {
		return appendMoney(b, l.Total(), s.Currency)
	})},
	{"discount", number, line(func(b []byte, s *campaigns.Sale, l campaigns.OrderLine) []byte {
		if l.Discount == 0 {
			return b
		}
		return appendMoney(b, l.Discount, s.Currency)
	})},
	{"term", text, line(func(b []byte, _ *campaigns.Sale, l campaigns.OrderLine) []byte { return append(b, l.Term...) })},
	{"min_terms", number, line(func(b []byte, _ *campaigns.Sale, l campaigns.OrderLine) []byte {
		if l.MinTerms == 0 {
			return b
		}
		return appendInt(b, int64(l.MinTerms))
	})},
	{"currency", text, sold(func(b []byte, s *campaigns.Sale) []byte { return append(b, s.Currency...) })},
	{"sale_total", number, sold(func(b []byte, s *campaigns.Sale) []byte { return appendMoney(b, s.Total(), s.Currency) })},
	{"sale_value", number, sold(func(b []byte, s *campaigns.Sale) []byte { return appendMoney(b, s.Value(), s.Currency) })},
	{"read_back", text, sold(func(b []byte, s *campaigns.Sale) []byte { return append(b, s.ReadBack...) })},
}...)

var appointmentFields = append(about[:len(about):len(about)], []field{
	{"appointment_at", text, agreed(func(b []byte, a *campaigns.Appointment) []byte { return appendTime(b, a.At) })},
	{"appointment_local", text, agreed(func(b []byte, a *campaigns.Appointment) []byte { return appendLocal(b, a.At, a.Zone) })},
	{"zone", text, agreed(func(b []byte, a *campaigns.Appointment) []byte { return append(b, a.Zone...) })},
	{"place", text, agreed(func(b []byte, a *campaigns.Appointment) []byte { return append(b, a.Place...) })},
	{"person", text, agreed(func(b []byte, a *campaigns.Appointment) []byte { return append(b, a.Person...) })},
	{"note", text, agreed(func(b []byte, a *campaigns.Appointment) []byte { return append(b, a.Note...) })},
	{"ends_at", text, agreed(func(b []byte, a *campaigns.Appointment) []byte { return appendTime(b, a.To) })},
	{"how", text, agreed(func(b []byte, a *campaigns.Appointment) []byte { return append(b, a.How...) })},
}...)

var answerFields = append(about[:len(about):len(about)], []field{
	{"question", text, func(b []byte, r *row) []byte { return append(b, r.call.Disposition.Answers[r.line].Question...) }},
	{"answer", text, func(b []byte, r *row) []byte { return append(b, r.call.Disposition.Answers[r.line].Value...) }},
}...)

func line(f func(b []byte, s *campaigns.Sale, l campaigns.OrderLine) []byte) func([]byte, *row) []byte {
	return func(b []byte, r *row) []byte {
		sale := r.call.Disposition.Sale
		return f(b, sale, sale.Lines[r.line])
	}
}

// WriteSales writes what was sold as CSV, one row for each order line.
func WriteSales(w io.Writer, calls iter.Seq2[campaigns.Call, error], o Options) (rows int64, err error) {
	return writeCSV(w, calls, o, saleFields, func(c *campaigns.Call) int {
		if c.Disposition == nil || c.Disposition.Sale == nil {
			return 0
		}
		return len(c.Disposition.Sale.Lines)
	})
}

// WriteAppointments writes the appointments made as CSV, one row for each.
func WriteAppointments(w io.Writer, calls iter.Seq2[campaigns.Call, error], o Options) (rows int64, err error) {
	return writeCSV(w, calls, o, appointmentFields, func(c *campaigns.Call) int {
		if c.Disposition == nil || c.Disposition.Appointment == nil {
			return 0
		}
		return 1
	})
}

// WriteAnswers writes the answers to the questions of scripts as CSV, one row
// for each answer.
func WriteAnswers(w io.Writer, calls iter.Seq2[campaigns.Call, error], o Options) (rows int64, err error) {
	return writeCSV(w, calls, o, answerFields, func(c *campaigns.Call) int {
		if c.Disposition == nil {
			return 0
		}
		return len(c.Disposition.Answers)
	})
}
