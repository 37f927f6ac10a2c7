package sim

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const issue = `name: twenty-agents
shift: 8h
shifts: 12            # repetitions, each with its own seed
seed: 1
cap: 0.03
hold: 2s              # how long an answered person may wait before it counts as abandoned
agents: 20
lines: 0              # 0 = no limit
cps: 0
answer: 0.25          # share of attempts answered by a person; or [{from: 0h, is: 0.1}, {from: 4h, is: 0.6}]
ring: {dist: lognormal, mean: 12s, cv: 0.5, max: 25s}     # dist: lognormal, uniform, exponential, constant
no_answer: {dist: uniform, min: 25s, max: 30s}
fast_fail: {share: 0.0, dist: uniform, min: 1s, max: 5s}  # share of those not answered by a person
talk: {dist: lognormal, mean: 180s, cv: 1.0}              # or a list with from, like answer
wrap: {dist: lognormal, mean: 15s, cv: 0.5}
odds: {spread: 0.0, known: false}   # each contact's own rate is answer x (1 +/- spread), half each; known: the policy may see it
breaks: [{at: 2h, share: 0.4, for: 15m}]   # share of the agents leaves after their present call
vanish: [{at: 3h, share: 0.3}]             # share of the agents is gone at once and stays away
`

func TestTheFileOfTheManualIsRead(t *testing.T) {
	got, err := Parse("manual.yaml", []byte(issue))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Name, want.Agents = "twenty-agents", 20
	want.Breaks = []Break{{At: 2 * time.Hour, Share: 0.4, For: 15 * time.Minute}}
	want.Vanish = []Vanish{{At: 3 * time.Hour, Share: 0.3}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read\n%+v\nwant\n%+v", got, want)
	}
}

func TestAnEmptyFileIsTheDefaultNamedAfterTheFile(t *testing.T) {
	got, err := Parse("scenarios/quiet-day.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Name = "quiet-day"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestAnswerAndTalkMayChangeDuringTheShift(t *testing.T) {
	for _, talk := range []string{
		"[{from: 0h, dist: constant, mean: 60s}, {from: 4h, dist: exponential, mean: 3m}]",
		"[{from: 0h, is: {dist: constant, mean: 60s}}, {from: 4h, is: {dist: exponential, mean: 3m}}]",
	} {
		s, err := Parse("x.yaml", []byte("answer: [{from: 0h, is: 0.1}, {from: 4h, is: 0.6}]\ntalk: "+talk+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if is, until := s.Answer.At(time.Hour); is != 0.1 || until != 4*time.Hour {
			t.Errorf("answer is %g until %s at 1 h", is, until)
		}
		if is, _ := s.Answer.At(4 * time.Hour); is != 0.6 {
			t.Errorf("answer is %g at 4 h", is)
		}
		if d, until := s.Talk.At(0); d.Shape != Constant || until != 4*time.Hour {
			t.Errorf("talk is %+v until %s at the start", d, until)
		}
		if d, _ := s.Talk.At(5 * time.Hour); d != (Dist{Shape: Exponential, Mean: 3 * time.Minute}) {
			t.Errorf("talk is %+v at 5 h", d)
		}
	}
}

func TestWhatIsWrongIsSaidWithItsPlaceAndWhatWouldBeRight(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"unknown key":        {"agents: 20\nanswers: 0.2\n", "x.yaml:2: answers: there is no such key; did you mean answer?"},
		"far from any":       {"colour: red\n", "x.yaml:1: colour: there is no such key; there are name, shift, shifts"},
		"unknown inner key":  {"\nring: {dist: lognormal, median: 12s}\n", "x.yaml:2: ring.median: there is no such key; did you mean mean?"},
		"twice":              {"agents: 20\nagents: 21\n", "x.yaml:2: agents: the key is given twice; once"},
		"not a duration":     {"shift: 8 hours\n", `x.yaml:1: shift: "8 hours" is not a duration; a number with its unit such as 90s, 15m or 8h`},
		"no unit":            {"hold: 2\n", `x.yaml:1: hold: "2" is not a duration; a number with its unit`},
		"not a number":       {"cap: 3%\n", `x.yaml:1: cap: "3%" is not a number; a number such as 0.25`},
		"infinite":           {"cps: .inf\n", `x.yaml:1: cps: ".inf" is not a number`},
		"a half agent":       {"agents: 2.5\n", `x.yaml:1: agents: "2.5" is not a whole number; a whole number such as 20`},
		"no agents":          {"name: a\nagents: 0\n", "x.yaml:2: agents: 0 is not between 1 and 5000; a whole number"},
		"empty value":        {"agents:\n", "x.yaml:1: agents: it has no value; a whole number such as 20"},
		"share over one":     {"answer: 25\n", "x.yaml:1: answer: 25 is not between 0 and 1; a share such as 0.25 for 25 %"},
		"share in a list":    {"answer:\n- {from: 0h, is: 0.2}\n- {from: 1h, is: 1.2}\n", "x.yaml:3: answer[1].is: 1.2 is not between 0 and 1"},
		"late start":         {"answer: [{from: 1h, is: 0.2}]\n", "x.yaml:1: answer[0].from: the first entry begins at 1h; the first begins at 0h"},
		"out of order":       {"answer: [{is: 0.2}, {from: 2h, is: 0.3}, {from: 1h, is: 0.4}]\n", "answer[2].from: 1h is not after 2h; entries in the order of time"},
		"no distribution":    {"wrap: {mean: 15s}\n", "x.yaml:1: wrap: it does not say which distribution; dist: lognormal, uniform, exponential or constant"},
		"odd distribution":   {"wrap: {dist: gamma, mean: 15s}\n", `x.yaml:1: wrap: dist "gamma": lognormal, uniform, exponential or constant`},
		"nothing left":       {"ring: {dist: lognormal, mean: 1h, cv: 0.1, max: 25s}\n", "x.yaml:1: ring: lognormal: only 0 % of it lies between min 0s and max 25s"},
		"reversed":           {"no_answer: {dist: uniform, min: 30s, max: 25s}\n", "x.yaml:1: no_answer: uniform: min 30s and max 25s must be in order"},
		"break too late":     {"shift: 1h\nbreaks:\n  - {at: 2h, share: 0.4, for: 15m}\n", "x.yaml:3: breaks[0].at: 2h is not between 0s and 1h; a duration such as 2h, within the shift"},
		"break without end":  {"breaks: [{at: 2h, share: 0.4}]\n", "x.yaml:1: breaks[0].for: 0s is not between 1s and 168h"},
		"spread too wide":    {"answer: 0.8\nodds: {spread: 0.5}\n", "x.yaml:1: answer: 0.8 x (1 + odds.spread) is above 1; a spread of at most 0.25 at this share"},
		"not a list":         {"breaks: {at: 2h}\n", "x.yaml:1: breaks: it is not a list"},
		"not a mapping":      {"ring: 12s\n", "x.yaml:1: ring: it is not a set of keys and values; {dist: ..., mean: ..., cv: ..., min: ..., max: ...}"},
		"neither true":       {"odds: {known: perhaps}\n", `x.yaml:1: odds.known: "perhaps" is neither true nor false; true or false`},
		"a list of all":      {"- agents: 20\n", "x.yaml:1: the file is not a list of keys and values; lines such as agents: 20"},
		"not YAML":           {"agents: 20\n  b: [\n", "x.yaml:2: "},
		"negative seed":      {"seed: -1\n", `x.yaml:1: seed: "-1" is not a whole number of 0 or more`},
		"capital letter key": {"Agents: 20\n", "x.yaml:1: Agents: there is no such key; did you mean agents?"},
	} {
		_, err := Parse("x.yaml", []byte(c.file))
		if !errors.Is(err, ErrScenario) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
	}
}

func TestAllFaultsOfAFileAreSaidAtOnce(t *testing.T) {
	_, err := Parse("x.yaml", []byte("agents: 0\nlines: -1\ncap: 2\n"))
	for _, want := range []string{"x.yaml:1: agents", "x.yaml:2: lines", "x.yaml:3: cap"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}

func TestAWrittenScenarioIsReadBackTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scenarios(t)
		got, err := Parse("x.yaml", s.YAML())
		if err != nil {
			t.Fatalf("%v\n%s", err, s.YAML())
		}
		if !reflect.DeepEqual(got, s) {
			t.Fatalf("read\n%+v\nof\n%s\nwant\n%+v", got, s.YAML(), s)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(issue))
	f.Add([]byte("answer: &a [{from: 0h, is: 0.1}]\nvanish: *a\n"))
	f.Add([]byte("talk: [{from: 0h, is: {dist: constant}}]\nname: {}\n"))
	f.Add([]byte("? [a]\n: b\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("x.yaml", data)
		if err != nil {
			if !errors.Is(err, ErrScenario) {
				t.Fatalf("%v is no fault of the scenario", err)
			}
			return
		}
		again, err := Parse("x.yaml", s.YAML())
		if err != nil {
			t.Fatalf("%v\n%s", err, s.YAML())
		}
		if !reflect.DeepEqual(again, s) {
			t.Fatalf("%+v and %+v", again, s)
		}
	})
}
