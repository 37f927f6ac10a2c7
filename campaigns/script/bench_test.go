package script

import (
	"os"
	"testing"
)

// example is the largest script of the repository.
func example(b *testing.B) string {
	b.Helper()
	data, err := os.ReadFile("../../testdata/scripts/fibre.yaml")
	if err != nil {
		b.Fatal(err)
	}
	return string(data)
}

func BenchmarkParseAndCheck(b *testing.B) {
	source := example(b)
	for b.Loop() {
		s, err := Parse("fibre.yaml", source)
		if err != nil {
			b.Fatal(err)
		}
		s.Check(Known{})
	}
}

// BenchmarkStep is what a click of an agent costs: answers, the way on by
// conditions, the next page.
func BenchmarkStep(b *testing.B) {
	s, err := Parse("fibre.yaml", example(b))
	if err != nil {
		b.Fatal(err)
	}
	v := s.Example(noon)
	at := Walk{Step: "interest", History: []string{"opening"}, Answers: map[string][]string{"right_person": {"yes"}}}
	for b.Loop() {
		w, err := s.Answer(at, v, map[string]any{"interested": "yes", "people": 5.0})
		if err == nil {
			w, err = s.Next(w, v)
		}
		if err != nil || w.Step != "big_offer" {
			b.Fatal(w.Step, err)
		}
		s.Render(w, "es", v)
	}
}
