package report

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

// surveyed is a call with answers, by a version of the script.
func surveyed(version string, pairs ...string) campaigns.Call {
	d := &campaigns.Disposition{Code: "survey"}
	for i := 0; i+1 < len(pairs); i += 2 {
		d.Answers = append(d.Answers, campaigns.Answer{Question: pairs[i], Value: pairs[i+1]})
	}
	return campaigns.Call{Attempt: campaigns.Attempt{ID: version + "-call", ScriptVer: version}, Disposition: d}
}

func TestASurveyHasAColumnForEachQuestionOfEveryVersion(t *testing.T) {
	calls := []campaigns.Call{
		surveyed("v1", "Rooms?", "4", "Heating?", "gas"),
		{Attempt: campaigns.Attempt{ID: "no disposition"}},
		surveyed("v2", "Heating?", "=wood", "Since?", "2020", "Heating?", "also gas"),
		surveyed("v3", "=evil(), \"x\"", "a, b"),
	}
	var b strings.Builder
	n, err := WriteSurveys(&b, stream(calls, nil), Options{})
	if err != nil || n != 3 {
		t.Fatal(n, err)
	}
	rows := table(t, b.String())
	for i, want := range []map[string]string{
		{"script_version": "v1", "Rooms?": "4", "Heating?": "gas", "Since?": "", "'=evil(), \"x\"": ""},
		{"script_version": "v2", "Rooms?": "", "Heating?": "'=wood; also gas", "Since?": "2020"},
		{"script_version": "v3", "'=evil(), \"x\"": "a, b", "further_answers": ""},
	} {
		for column, value := range want {
			if got, there := rows[i][column]; !there || got != value {
				t.Errorf("row %d: %s is %q, want %q", i, column, got, value)
			}
		}
	}
}

func TestAQuestionThatCameUpMeanwhileIsNotLost(t *testing.T) {
	pass := 0
	calls := iter.Seq2[campaigns.Call, error](func(yield func(campaigns.Call, error) bool) {
		if yield(surveyed("v1", "Rooms?", "4"), nil) && pass > 0 {
			yield(surveyed("v2", "New?", "yes"), nil)
		}
		pass++
	})
	var b strings.Builder
	if _, err := WriteSurveys(&b, calls, Options{}); err != nil {
		t.Fatal(err)
	}
	if rows := table(t, b.String()); len(rows) != 2 || rows[1]["further_answers"] != "New?: yes" {
		t.Errorf("rows %+v", rows)
	}
}

func TestASurveyOfVeryManyQuestionsHasAnEnd(t *testing.T) {
	var pairs []string
	for i := range mostQuestions + 3 {
		pairs = append(pairs, fmt.Sprint("q", i), "a")
	}
	var b strings.Builder
	if _, err := WriteSurveys(&b, stream([]campaigns.Call{surveyed("v", pairs...)}, nil), Options{}); err != nil {
		t.Fatal(err)
	}
	if rows := table(t, b.String()); rows[0]["further_answers"] != "q500: a; q501: a; q502: a" {
		t.Errorf("further %q", rows[0]["further_answers"])
	}
	failure := errors.New("disk")
	if _, err := WriteSurveys(io.Discard, stream(nil, failure), Options{}); !errors.Is(err, failure) {
		t.Errorf("error %v", err)
	}
}

func TestOrdersAndComplaintsAreExportedWithTheirTerms(t *testing.T) {
	sale := &campaigns.Sale{Currency: "EUR", ReadBack: "You order …", Lines: []campaigns.OrderLine{
		{Product: "f500", Name: "Fibre 500", Quantity: 2, UnitPrice: 2990, Discount: 598, Term: campaigns.Monthly, MinTerms: 12},
		{Product: "r", Quantity: 1, UnitPrice: 4900, Term: campaigns.Once},
	}}
	calls := []campaigns.Call{{Attempt: campaigns.Attempt{ID: "a"}, Disposition: &campaigns.Disposition{
		Code: "sale", Sale: sale, Reason: "too dear", Complaint: &campaigns.Complaint{Department: "Billing", Text: "-two bills"},
	}}}
	for _, c := range []struct {
		write writer
		want  map[string]string
	}{
		{WriteCSV, map[string]string{
			"sale_lines": "2 x Fibre 500 @ 29.90 a month, 12 at least, less 5.98; 1 x r @ 49.00", "sale_total": "102.82", "sale_value": "694.84",
			"sale_read_back": "You order …", "reason": "too dear", "complaint": "'-two bills", "complaint_department": "Billing",
		}},
		{WriteSales, map[string]string{"product": "f500", "name": "Fibre 500", "line_total": "53.82", "discount": "5.98", "term": "month", "min_terms": "12", "sale_value": "694.84"}},
		{WriteComplaints, map[string]string{"department": "Billing", "complaint": "'-two bills"}},
	} {
		var b strings.Builder
		if _, err := c.write(&b, stream(calls, nil), Options{}); err != nil {
			t.Fatal(err)
		}
		row := table(t, b.String())[0]
		for column, want := range c.want {
			if row[column] != want {
				t.Errorf("%s is %q, want %q", column, row[column], want)
			}
		}
	}
}
