package dnclist

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/numbers"
)

// shelf is a list in memory.
type shelf struct {
	numbers []string
	batches int
	fail    error
}

func (s *shelf) add(_ context.Context, batch []campaigns.DoNotCall) (added int, err error) {
	if s.fail != nil {
		return 0, s.fail
	}
	s.batches++
	for _, d := range batch {
		if !slices.Contains(s.numbers, d.Number) {
			s.numbers, added = append(s.numbers, d.Number), added+1
		}
	}
	return added, nil
}

func TestNumbersAreFoundInEveryUsualFile(t *testing.T) {
	want := []string{"+34600111222", "+34911234567"}
	for name, c := range map[string]struct {
		text    string
		options Options
	}{
		"one a line":          {text: "+34600111222\n+34911234567\n"},
		"without a last line": {text: "+34600111222\r\n\r\n+34911234567"},
		"at home":             {text: "600 111 222\n911 234 567\n", options: Options{Region: "ES"}},
		"a header":            {text: "\uFEFFname,phone\n\"Núñez, María\",+34600111222\nBen,+34 911 234 567\n"},
		"semicolons, Spanish": {text: "Nombre;Teléfono\nAna;+34600111222\nBen;+34911234567\n"},
		"no header, columns":  {text: "Ana\t+34600111222\nBen\t+34911234567\n"},
		"a named column":      {text: "phone,other\n+12025550100,+34600111222\n+12025550101,+34911234567\n", options: Options{Column: "Other"}},
		"an open quote":       {text: "name,phone\nAn\"a,+34600111222\nBen,+34911234567\n"},
		"twice in the file":   {text: "+34600111222\n+34911234567\n+34600111222\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var s shelf
			r, err := Read(t.Context(), strings.NewReader(c.text), c.options, s.add)
			if err != nil || r.Refused != 0 || !slices.Equal(s.numbers, want) {
				t.Errorf("%v, %+v, %v", s.numbers, r, err)
			}
			if r.Added != 2 || r.Lines != r.Added+r.Known {
				t.Errorf("counted %+v", r)
			}
		})
	}
}

func TestEveryLineIsOnTheListOrRefusedWithItsReason(t *testing.T) {
	var s shelf
	text := "number,note\n+34600111222,\n112,\nask for Ann,\n\n+18765550123,Jamaica\n"
	r, err := Read(t.Context(), strings.NewReader(text), Options{Reason: "asked in writing"}, s.add)
	if err != nil {
		t.Fatal(err)
	}
	if r.Lines != 4 || r.Added != 2 || r.Refused != 2 || len(r.First) != 2 {
		t.Fatalf("%+v", r)
	}
	if f := r.First[0]; f.Line != 3 || f.Code != numbers.Emergency {
		t.Errorf("the emergency number: %+v", f)
	}
	if f := r.First[1]; f.Line != 4 || f.Code != numbers.Letters || f.Reason == "" {
		t.Errorf("words: %+v", f)
	}
}

func TestALongFileIsStoredInBatchesAndItsRefusalsAreBounded(t *testing.T) {
	var s shelf
	var text strings.Builder
	for i := range 2*batchSize + 1 {
		fmt.Fprintf(&text, "+1202555%04d\nnobody\n", i)
	}
	r, err := Read(t.Context(), strings.NewReader(text.String()), Options{}, s.add)
	if err != nil || s.batches != 3 || r.Added+r.Known+r.Refused != r.Lines || r.Refused < 2*batchSize+1 || len(r.First) != mostFirst {
		t.Errorf("%d batches, %d refusals kept of %d, %d lines: %v", s.batches, len(r.First), r.Refused, r.Lines, err)
	}
}

func TestWhatIsNoListIsSaid(t *testing.T) {
	var s shelf
	for text, o := range map[string]Options{
		"name,colour\nAna,red\n":              {},
		"phone\n+34600111222\n":               {Column: "handy"},
		strings.Repeat("x", maxLine+1) + "\n": {},
	} {
		if _, err := Read(t.Context(), strings.NewReader(text), o, s.add); !errors.Is(err, ErrFile) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	if _, err := Read(t.Context(), strings.NewReader("+34600111222"), Options{Region: "Spain"}, s.add); numbers.CodeOf(err) != numbers.UnknownRegion {
		t.Errorf("an unknown region: %v", err)
	}
	s.fail = errors.New("disk")
	r, err := Read(t.Context(), strings.NewReader("+34600111222"), Options{}, s.add)
	if !errors.Is(err, s.fail) || r.Added+r.Known != 0 {
		t.Errorf("a list that was not stored: %+v, %v", r, err)
	}
}
