package tape

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/forecall/forecall/pacing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func predictive() pacing.Policy { return pacing.Policy{Mode: pacing.Predictive, Cap: 0.03} }

func progressive(p pacing.Policy) pacing.Policy {
	p.Mode = pacing.Progressive
	return p
}

func TestTheRecordedPolicyDecidesAgainWhatItDecidedBitForBit(t *testing.T) {
	for _, tc := range []struct {
		name   string
		agents int
		odds   bool
		policy pacing.Policy
	}{
		{"three agents", 3, false, predictive()},
		{"ten agents", 10, false, predictive()},
		{"seventy agents", 70, false, predictive()},
		{"with odds", 10, true, predictive()},
		{"progressive", 5, false, progressive(predictive())},
		{"with a ceiling", 6, false, pacing.Policy{Mode: pacing.Predictive, Cap: 0.03, Ceiling: 0.8}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			length := min(30*time.Minute, time.Duration(200/tc.agents)*time.Minute)
			s := recordShift(1, tc.agents, length, tc.policy, tc.odds)
			seconds := 0
			r, err := Replay(s.tapes, nil, func(sec Second) error {
				if seconds++; !sec.Same {
					t.Errorf("%s: recorded %+v\nreplayed %+v", sec.At, sec.Recorded, sec.Replayed)
				}
				return nil
			})
			if err != nil || r.Different != 0 || r.Inexact || r.Lost != 0 {
				t.Fatalf("%+v, %v, first %+v", r, err, r.First)
			}
			if r.Looks != s.looks || r.Placed != s.placed || seconds < int(length/time.Second)-60 || s.placed < 20 {
				t.Errorf("%d of %d decisions, %d of %d calls, %d seconds", r.Looks, s.looks, r.Placed, s.placed, seconds)
			}
		})
	}
}

func TestADecisionThatComesOutOtherwiseIsFound(t *testing.T) {
	s := recordShift(2, 6, 10*time.Minute, predictive(), false)
	// The same tapes, with the policy of a floor that aimed elsewhere.
	p := NewPlayer(nil)
	lines := 0
	for _, tp := range s.tapes {
		err := Read(tp, func(l Line) error {
			if lines++; l.Floor != nil {
				l.Floor.Policy.Target = 0.01
			}
			if l.Policy != nil {
				l.Policy.Target = 0.01
			}
			return p.hear(l, nil)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	r := p.Report()
	if r.Different == 0 || r.First == nil || r.First.At.Before(shiftStart) {
		t.Errorf("%d different of %d, first %+v", r.Different, r.Looks, r.First)
	}
}

func TestAnotherPolicyIsComparedSecondBySecond(t *testing.T) {
	s := recordShift(3, 10, 15*time.Minute, predictive(), false)
	more, wanted := 0, 0
	r, err := Replay(s.tapes, progressive, func(sec Second) error {
		if sec.Other.Place > sec.Other.Free || sec.OtherWanted > sec.Other.Free {
			t.Errorf("%s: progressive wants %d in the air for %d free agents", sec.At, sec.OtherWanted, sec.Other.Free)
		}
		if sec.OtherWanted > sec.Wanted {
			more++
		}
		wanted += sec.Wanted
		return nil
	})
	if err != nil || r.Different != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if r.OtherPlaced >= 0.9*float64(r.Placed) || r.OtherPlaced <= 0 || wanted == 0 {
		t.Errorf("progressive would have placed %.0f of %d calls", r.OtherPlaced, r.Placed)
	}
	same, err := Replay(s.tapes, func(p pacing.Policy) pacing.Policy { return p }, nil)
	if err != nil || same.OtherPlaced != float64(same.Placed) {
		t.Errorf("the same policy would have placed %.1f of %d calls (%v)", same.OtherPlaced, same.Placed, err)
	}
}

func TestAReplayMayBeginAtAKeyframeAndSaysThatItIsNotExact(t *testing.T) {
	s := recordShift(4, 6, 65*time.Minute, predictive(), false)
	r, err := Replay(s.tapes[45:], nil, nil)
	if err != nil || !r.Inexact {
		t.Fatalf("%+v, %v", r, err)
	}
	if begin := shiftStart.Add(time.Hour); r.From.Before(begin) || r.From.After(begin.Add(time.Minute)) {
		t.Errorf("it begins at %s", r.From)
	}
	// What is on the floor is right at once; what was learned weighs less than it did.
	var first, last Second
	p := NewPlayer(nil)
	for _, tp := range s.tapes[45:] {
		err := p.Play(tp, func(sec Second) error {
			if first.At.IsZero() {
				first = sec
			}
			last = sec
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, sec := range []Second{first, last} {
		if sec.Recorded.Free != sec.Replayed.Free || sec.Recorded.InAir != sec.Replayed.InAir || sec.Recorded.Waiting != sec.Replayed.Waiting {
			t.Errorf("recorded %+v\nreplayed %+v", sec.Recorded, sec.Replayed)
		}
	}
	if math.Abs(first.Recorded.BudgetLeft-first.Replayed.BudgetLeft) > 1e-9 {
		t.Errorf("budget %v, recorded %v", first.Replayed.BudgetLeft, first.Recorded.BudgetLeft)
	}
}

func TestMissingTapesAreCountedAndTheNextKeyframeMendsThem(t *testing.T) {
	s := recordShift(5, 4, 65*time.Minute, predictive(), false)
	tapes := append(append([][]byte(nil), s.tapes[:50]...), s.tapes[53:]...)
	wrong, mended := 0, true
	r, err := Replay(tapes, nil, func(sec Second) error {
		same := sec.Recorded.Free == sec.Replayed.Free && sec.Recorded.InAir == sec.Replayed.InAir
		if !same {
			wrong++
		}
		mended = same
		return nil
	})
	if err != nil || r.Lost != 3 || !r.Inexact || r.Different == 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if wrong == 0 || wrong > 12*60 || !mended {
		t.Errorf("%d seconds with calls or agents that are not there, mended: %v", wrong, mended)
	}
}

func TestASecondRunIsASecondFloor(t *testing.T) {
	a := recordShift(6, 4, 5*time.Minute, predictive(), false)
	b := recordShift(7, 4, 5*time.Minute, predictive(), false)
	var all [][]byte
	for _, s := range []*shift{a, b} {
		all = append(all, s.tapes...)
	}
	r, err := Replay(all, progressive, nil)
	if err != nil || r.Different != 0 || r.Inexact || r.Lost != 0 || r.Looks != a.looks+b.looks {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestATapeThatBreaksOffGivesWhatIsThereAndSaysWhere(t *testing.T) {
	s := recordShift(8, 10, 3*time.Minute, predictive(), false)
	whole := 0
	var last time.Time
	if err := Read(s.tapes[1], func(l Line) error { whole++; last = l.At; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{0, 5, len(s.tapes[1]) / 2, len(s.tapes[1]) - 1} {
		lines := 0
		err := Read(s.tapes[1][:cut], func(Line) error { lines++; return nil })
		var broken *TruncatedError
		if !errors.As(err, &broken) || broken.Lines != lines || broken.At.After(last) || lines > whole {
			t.Errorf("cut at %d: %d of %d lines, %v", cut, lines, whole, err)
		}
		if cut == len(s.tapes[1])/2 && (lines < whole/4 || broken.At.IsZero() || !errors.Is(err, io.ErrUnexpectedEOF)) {
			t.Errorf("half a tape gives %d of %d lines: %v", lines, whole, err)
		}
	}
	p := NewPlayer(nil)
	_ = p.Play(s.tapes[0], nil)
	if err := p.Play(s.tapes[1][:200], nil); err == nil {
		t.Error("a broken tape plays")
	}
	if err := p.Play(s.tapes[2], nil); err != nil || !p.Report().Inexact {
		t.Errorf("after a broken tape: %v, %+v", err, p.Report())
	}
}

func TestATapeOfAnotherVersionIsRefused(t *testing.T) {
	err := Read(zipped("{\"tape\":2,\"from\":\"2026-11-22T10:00:00Z\"}\n"), func(Line) error { return nil })
	if !errors.Is(err, ErrVersion) {
		t.Errorf("%v", err)
	}
}

func TestWhatJSONCannotSayDoesNoHarm(t *testing.T) {
	var w Writer
	at := shiftStart
	w.Floor(at, Floor{Policy: predictive()})
	w.Event(pacing.Event{At: at, Kind: pacing.CallPlaced, Call: 1, Odds: math.NaN()})
	w.Event(pacing.Event{At: at, Kind: pacing.CallPlaced, Call: 2, Odds: math.Inf(1)})
	w.Event(pacing.Event{At: at, Kind: 200})
	w.Decision(at, []float64{math.Inf(1), 1}, pacing.Decision{Place: 1, Why: pacing.ReasonColdStart, Theta: math.NaN()}, true)
	w.Ledger(at, pacing.Ledger{Answered: math.NaN()})
	_, tp := w.Take()
	var events, looks, missing int
	err := Read(tp, func(l Line) error {
		switch {
		case l.Event != nil:
			events++
		case l.Look != nil:
			if looks++; l.Look.Whole != nil || l.Look.Place != 1 {
				t.Errorf("%+v", l.Look)
			}
		case l.Missing != "":
			missing++
		}
		return nil
	})
	if err != nil || events != 2 || looks != 1 || missing != 1 {
		t.Errorf("%d events, %d looks, %d missing, %v", events, looks, missing, err)
	}
}

func TestEveryEventComesBackAsItWasWritten(t *testing.T) {
	var w Writer
	var want []pacing.Event
	for k := pacing.Kind(1); k.String() != pacing.Kind(0).String(); k++ {
		e := pacing.Event{
			At: shiftStart.Add(time.Duration(k) * 1234567), Kind: k, Call: pacing.CallID(k) << 40, Agent: math.MaxUint64,
			Odds: 1.0 / 3, Until: shiftStart.Add(time.Hour + time.Duration(k)), Step: 65535,
		}
		want = append(want, e)
		w.Event(e)
	}
	from, tp := w.Take()
	var got []pacing.Event
	err := Read(tp, func(l Line) error {
		if l.Event != nil {
			got = append(got, *l.Event)
		}
		return nil
	})
	if err != nil || !from.Equal(want[0].At) || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
	}
	if _, again := w.Take(); again != nil {
		t.Error("a tape with nothing on it")
	}
}

// TestATapeOfTheFirstVersionStaysReadable: who breaks it writes a new version.
func TestATapeOfTheFirstVersionStaysReadable(t *testing.T) {
	name := filepath.Join("testdata", "tape-v1.jsonl")
	if *update {
		s := recordShift(9, 2, 20*time.Second, predictive(), true)
		zip, err := gzip.NewReader(bytes.NewReader(s.tapes[0]))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(zip)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	old, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var events, looks, whole, picks int
	err = Read(zipped(string(old)), func(l Line) error {
		switch {
		case l.Event != nil:
			events++
		case l.Look != nil && l.Look.Whole != nil:
			whole++
		case l.Look != nil:
			looks++
		}
		if l.Look != nil && len(l.Look.NextOdds) == 20 {
			picks++
		}
		return nil
	})
	if err != nil || events != 8 || looks != 65 || whole != 20 || picks != looks+whole {
		t.Errorf("%d events, %d decisions and %d whole ones, %d with odds, %v", events, looks, whole, picks, err)
	}
}

func TestAMuteRecorderIsOnlyAFloor(t *testing.T) {
	r := NewRecorder(shiftStart, predictive(), pacing.Estimates{}, pacing.Ledger{}, true)
	r.Apply(pacing.Event{At: shiftStart, Kind: pacing.AgentReady, Agent: 1})
	if _, d := r.Decide(shiftStart, predictive(), nil); d.Place != 1 {
		t.Errorf("%+v", d)
	}
	if _, tp := r.Take(shiftStart.Add(2 * time.Hour)); tp != nil {
		t.Error("it recorded")
	}
}

func zipped(text string) []byte {
	var buf bytes.Buffer
	zip := gzip.NewWriter(&buf)
	_, _ = zip.Write([]byte(text))
	_ = zip.Close()
	return buf.Bytes()
}

func FuzzReadingATape(f *testing.F) {
	s := recordShift(10, 2, 5*time.Second, predictive(), true)
	zip, _ := gzip.NewReader(bytes.NewReader(s.tapes[0]))
	text, _ := io.ReadAll(zip)
	f.Add(string(text))
	f.Add("{\"tape\":1}\n{\"t\":-9223372036854775808,\"floor\":{}}\n{\"t\":9223372036854775807,\"p\":-3,\"w\":\"no agents\"}\n")
	f.Add("{\"tape\":1}\n{\"t\":0,\"floor\":{\"policy\":{\"Mode\":3,\"Cap\":0.03},\"standing\":[{\"t\":3,\"e\":\"call bridged\",\"c\":1,\"a\":1}]}}\n")
	f.Fuzz(func(t *testing.T, text string) {
		tp := zipped(text)
		lines := 0
		err := Read(tp, func(Line) error { lines++; return nil })
		var broken *TruncatedError
		if err != nil && !errors.Is(err, ErrVersion) && (!errors.As(err, &broken) || broken.Lines != lines) {
			t.Errorf("%v after %d lines", err, lines)
		}
		p := NewPlayer(progressive)
		_ = p.Play(tp, nil)
		_ = p.Play(tp[:len(tp)/2], nil)
	})
}

func BenchmarkRecordingAnEvent(b *testing.B) {
	r := NewRecorder(shiftStart, predictive(), pacing.Estimates{}, pacing.Ledger{}, false)
	at := shiftStart
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		at = at.Add(10 * time.Millisecond)
		r.Apply(pacing.Event{At: at, Kind: pacing.CallPlaced, Call: pacing.CallID(i + 1)})
		r.Apply(pacing.Event{At: at, Kind: pacing.CallNoAnswer, Call: pacing.CallID(i + 1)})
		if i%3000 == 0 {
			r.Take(at)
		}
	}
}

func BenchmarkAnHourOf20AgentsAgain(b *testing.B) {
	s := recordShift(11, 20, time.Hour, predictive(), false)
	size := 0
	for _, tp := range s.tapes {
		size += len(tp)
	}
	for b.Loop() {
		if _, err := Replay(s.tapes, progressive, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size)/1024, "KiB/h")
	b.ReportMetric(float64(s.placed), "calls/h")
}
