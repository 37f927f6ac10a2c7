package odds

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestAModelComesBackAsItWasKept(t *testing.T) {
	p, r := varied(), dice(20)
	m := p.taught(r, 3000)
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 128<<10 {
		t.Errorf("%d bytes", len(data))
	}
	again, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	for range 2000 {
		f, yes := p.call(r)
		a, oa := m.Answer(f)
		b, ob := again.Answer(f)
		if a != b || oa != ob {
			t.Fatalf("%+v: %g and %g", f, a, b)
		}
		m.Learn(f, yes)
		again.Learn(f, yes)
	}
}

func TestAGarbledModelIsRefusedAndSaysWhatIsWrong(t *testing.T) {
	good, err := json.Marshal(varied().taught(dice(21), 500))
	if err != nil {
		t.Fatal(err)
	}
	with := func(key, value string) string {
		var k map[string]json.RawMessage
		if err := json.Unmarshal(good, &k); err != nil {
			t.Fatal(err)
		}
		k[key] = json.RawMessage(value)
		out, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	var k kept
	if err := json.Unmarshal(good, &k); err != nil {
		t.Fatal(err)
	}
	zeros := strings.Repeat("A", len(strings.TrimRight(k.Covariance, "="))) + k.Covariance[len(strings.TrimRight(k.Covariance, "=")):]
	for name, tc := range map[string]struct{ data, says string }{
		"empty":               {"", "unexpected end"},
		"no object":           {"[1]", "cannot unmarshal"},
		"another version":     {with("v", "2"), "version 2"},
		"mean of 2":           {with("mean", "2"), "mean is 2"},
		"negative variance":   {with("slope", "[0,-1]"), "slope variance"},
		"too wide":            {with("slope", "[0,9]"), "slope variance"},
		"trials":              {with("trials", "1e300"), "trials"},
		"no weights":          {with("weights", "[]"), "0 values of weights"},
		"centers":             {with("centers", "[1]"), "1 values of centers"},
		"too many lists":      {with("list", "["+strings.Repeat(`{"key":1,"heat":1},`, 200)+`{"key":2,"heat":1}]`), "201 values of list"},
		"a list twice":        {with("list", `[{"key":1,"heat":1},{"key":1,"heat":1}]`), "twice"},
		"a list more":         {with("list", `[{"key":1,"heat":1}]`), "values of weights"},
		"no base64":           {with("covariance", `"***"`), "covariance"},
		"a short covariance":  {with("covariance", `"AAAA"`), "values of covariance"},
		"no covariance":       {with("covariance", `"`+zeros+`"`), "variance is 0"},
		"mean as far as that": {with("shift", "[1e9,0.001]"), "shift is 1e+09"},
	} {
		if _, err := Read([]byte(tc.data)); !errors.Is(err, ErrGarbled) || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// sane asserts what must hold whatever was fed.
func sane(t *testing.T, m *Model, f Facts) {
	t.Helper()
	c := m.Chance(f)
	if !(c.Answer > 0 && c.Answer < 1 && c.Mean > 0 && c.Mean < 1 && c.Odds > 0) || math.IsInf(c.Odds, 0) {
		t.Fatalf("%+v: %+v", f, c)
	}
	for _, w := range c.Why {
		if !(w.Times > 0) || math.IsInf(w.Times, 0) || !(w.Trials >= 0) {
			t.Fatalf("%+v: %+v", f, w)
		}
	}
	if h, _ := m.Hourly(f.Weekday, f.Hour, f.Mobile); math.IsNaN(h) || math.IsInf(h, 0) {
		t.Fatalf("hourly %g", h)
	}
}

func TestNoStreakOfAnswersBreaksTheModel(t *testing.T) {
	manyCalls(t)
	for name, yes := range map[string]func(i int) bool{
		"always": func(int) bool { return true }, "never": func(int) bool { return false }, "in turn": func(i int) bool { return i%2 == 0 },
		"long waves": func(i int) bool { return i/2000%2 == 0 },
	} {
		t.Run(name, func(t *testing.T) {
			m := New()
			f := Facts{List: 1, Region: "ES", Hour: 12}
			for i := range 20_000 {
				m.Learn(f, yes(i))
			}
			sane(t, m, f)
			sane(t, m, Facts{})
			data, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Read(data); err != nil {
				t.Errorf("it cannot read what it wrote: %v", err)
			}
		})
	}
}

func FuzzWhateverIsKeptIsReadOrRefusedAndNeverBreaksOdds(f *testing.F) {
	good, err := json.Marshal(varied().taught(dice(22), 300))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, int64(1), "ES", 12, 3, int64(time.Hour), true)
	f.Add(good, int64(2), "\xff\xfe", 12, 3, int64(time.Hour), true)
	f.Add([]byte(`{"v":1}`), int64(-1), "", -5, -1, int64(-1), false)
	f.Add([]byte(`{"v":1,"mean":0.5,"trials":1e9}`), int64(math.MaxInt64), "\x00", math.MaxInt, math.MinInt, int64(math.MaxInt64), false)
	f.Fuzz(func(t *testing.T, data []byte, list int64, text string, hour, tries int, since int64, yes bool) {
		m, err := Read(data)
		if err != nil {
			if !errors.Is(err, ErrGarbled) {
				t.Fatal(err)
			}
			m = New()
		}
		facts := Facts{
			List: list, Region: text, Zone: text, Last: text, Weekday: time.Weekday(hour), Hour: hour, Tries: tries, Phone: tries,
			SinceLast: time.Duration(since), Mobile: yes,
		}
		sane(t, m, facts)
		r := rand.New(rand.NewPCG(uint64(since), 1))
		for i := range 300 {
			facts.List = list + int64(r.IntN(300))
			facts.Hour = hour + i
			m.Learn(facts, r.Float64() < 0.5 || yes)
		}
		sane(t, m, facts)
		kept, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Read(kept); err != nil {
			t.Fatalf("it cannot read what it wrote: %v", err)
		}
	})
}
