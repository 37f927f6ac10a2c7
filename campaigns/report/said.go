package report

import (
	"encoding/json"

	"github.com/forecall/forecall/campaigns"
)

func said(f func(b []byte, d *campaigns.Disposition) []byte) func([]byte, *row) []byte {
	return func(b []byte, r *row) []byte {
		if r.call.Disposition == nil {
			return b
		}
		return f(b, r.call.Disposition)
	}
}

func sold(f func(b []byte, s *campaigns.Sale) []byte) func([]byte, *row) []byte {
	return said(func(b []byte, d *campaigns.Disposition) []byte {
		if d.Sale == nil {
			return b
		}
		return f(b, d.Sale)
	})
}

func agreed(f func(b []byte, a *campaigns.Appointment) []byte) func([]byte, *row) []byte {
	return said(func(b []byte, d *campaigns.Disposition) []byte {
		if d.Appointment == nil {
			return b
		}
		return f(b, d.Appointment)
	})
}

func complained(f func(b []byte, c *campaigns.Complaint) []byte) func([]byte, *row) []byte {
	return said(func(b []byte, d *campaigns.Disposition) []byte {
		if d.Complaint == nil {
			return b
		}
		return f(b, d.Complaint)
	})
}

// saleLines writes an order for people: "2 x Solar panel @ 199.00; 1 x Care @
// 29.90 a month, 12 at least, less 2.99".
func saleLines(b []byte, s *campaigns.Sale) []byte {
	for i, l := range s.Lines {
		if i > 0 {
			b = append(b, "; "...)
		}
		b = appendInt(b, int64(l.Quantity))
		b = append(append(append(b, " x "...), l.Called()...), " @ "...)
		b = appendMoney(b, l.UnitPrice, s.Currency)
		if l.Term != "" && l.Term != campaigns.Once {
			b = append(append(b, " a "...), l.Term...)
		}
		if l.MinTerms > 0 {
			b = append(appendInt(append(b, ", "...), int64(l.MinTerms)), " at least"...)
		}
		if l.Discount > 0 {
			b = appendMoney(append(b, ", less "...), l.Discount, s.Currency)
		}
	}
	return b
}

// answers writes a survey for people: "How many rooms?: 4; Heating?: gas".
func answers(b []byte, d *campaigns.Disposition) []byte {
	for i, a := range d.Answers {
		if i > 0 {
			b = append(b, "; "...)
		}
		b = append(append(append(b, a.Question...), ": "...), a.Value...)
	}
	return b
}

func callbackAt(b []byte, d *campaigns.Disposition) []byte {
	if d.Callback == nil {
		return b
	}
	return appendTime(b, d.Callback.At)
}

// details writes what was sold, agreed and answered as JSON, for programs.
func details(b []byte, r *row) []byte {
	d := r.call.Disposition
	if d == nil || d.Sale == nil && d.Appointment == nil && len(d.Answers) == 0 && d.Callback == nil && d.Complaint == nil {
		return b
	}
	encoded, err := json.Marshal(struct {
		Sale        *campaigns.Sale        `json:"sale,omitempty"`
		Appointment *campaigns.Appointment `json:"appointment,omitempty"`
		Answers     []campaigns.Answer     `json:"answers,omitempty"`
		Callback    *campaigns.Callback    `json:"callback,omitempty"`
		Complaint   *campaigns.Complaint   `json:"complaint,omitempty"`
	}{d.Sale, d.Appointment, d.Answers, d.Callback, d.Complaint})
	if err != nil { // a time beyond the year 9999
		return b
	}
	return append(b, encoded...)
}
