package rules

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestADecisionIsTakenAgainByteByByte(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	b := book(t, holidaysOf(t, someHolidays), set(t, rich, richHead))
	allowed, refused := 0, 0
	var d Decision
	for range 5000 / everyNth {
		at := utc(t, "2026-12-01 00:00:00").Add(time.Duration(rng.Int64N(int64(60 * 24 * time.Hour))))
		f := randomFacts(rng, at)
		if rng.IntN(2) == 0 {
			f = goodFacts(at)
		}
		terms := always()
		terms.MaxTries, terms.Cooldown, terms.Recording = rng.IntN(9), time.Duration(rng.IntN(3))*time.Hour, []string{"", "on", "announce"}[rng.IntN(3)]
		b.Plan(terms, f.Place).Decide(&f, at, &d)
		record := d.AppendRecord(nil)
		again, d2, err := Replay(b, terms, record)
		if err != nil || !bytes.Equal(record, again) {
			t.Fatalf("%v\n%x\n%x\n%+v", err, record, again, f)
		}
		if d.Allowed() != d2.Allowed() || d.PrimaryRule() != d2.PrimaryRule() {
			t.Fatalf("%s became %s", d.PrimaryRule(), d2.PrimaryRule())
		}
		first, _ := d.Primary()
		second, _ := d2.Primary()
		if first.Rule != Number && !reflect.DeepEqual(first, second) {
			t.Fatalf("%+v became %+v", first, second)
		}
		if bytes.Contains(record, []byte("600111222")) {
			t.Fatal("the record holds the number")
		}
		if d.Allowed() {
			allowed++
		} else {
			refused++
		}
	}
	if everyNth == 1 && (allowed < 200 || refused < 200) {
		t.Errorf("%d allowed, %d refused: too little of one to show anything", allowed, refused)
	}
}

func TestAnotherBookDoesNotReplayARecord(t *testing.T) {
	f, at := Facts{Number: "+34600111222", Place: in("Europe/Madrid")}, utc(t, "2026-11-23 12:00:00")
	one, two := book(t, nil, set(t, rich, richHead)), book(t, nil, set(t, strings.Replace(rich, "max: 3,", "max: 9,", 1), richHead))
	if one.Hash() == two.Hash() || book(t, nil, set(t, rich, richHead)).Hash() != one.Hash() {
		t.Error("the hash does not follow the content")
	}
	if book(t, holidaysOf(t, someHolidays), set(t, rich, richHead)).Hash() == one.Hash() {
		t.Error("the hash does not see the holidays")
	}
	var d Decision
	one.Plan(always(), f.Place).Decide(&f, at, &d)
	if _, _, err := Replay(two, always(), d.AppendRecord(nil)); !errors.Is(err, ErrOtherBook) {
		t.Errorf("%v", err)
	}
}

func TestFactsAreReadAsTheyWereWritten(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	at := utc(t, "2026-11-23 12:00:00")
	for range 2000 {
		f := randomFacts(rng, at)
		text := EncodeFacts(nil, &f)
		read, err := DecodeFacts(text)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(EncodeFacts(nil, read), text) {
			t.Fatal("written again it differs")
		}
		f.Number, f.masked = "", maskDialable
		if !reflect.DeepEqual(&f, read) {
			t.Fatalf("%+v\nbecame\n%+v", f, *read)
		}
	}
}

func TestARecordOfABadNumberStaysOneOfABadNumber(t *testing.T) {
	f := Facts{Number: "600", Place: in("Europe/Madrid")}
	var d Decision
	b := book(t, nil)
	b.Plan(always(), f.Place).Decide(&f, utc(t, "2026-11-23 12:00:00"), &d)
	again, d2, err := Replay(b, always(), d.AppendRecord(nil))
	if err != nil || !bytes.Equal(again, d.AppendRecord(nil)) || d2.PrimaryRule() != Number {
		t.Errorf("%v, primary %s", err, d2.PrimaryRule())
	}
	if v, _ := d2.Primary(); v.Detail == "" {
		t.Error("no word of why")
	}
}

func FuzzAGarbledRecordIsAnErrorAndNothingWorse(f *testing.F) {
	b := book(f, nil, set(f, rich, richHead))
	facts := Facts{Number: "+34600111222", Place: in("Europe/Madrid"), History: []Past{{Outcome: "machine"}}, Lists: []Listed{{Loaded: true}}}
	var d Decision
	b.Plan(always(), facts.Place).Decide(&facts, utc(f, "2026-11-23 12:00:00"), &d)
	f.Add(d.AppendRecord(nil))
	f.Add([]byte{})
	f.Add([]byte{recordVersion})
	f.Fuzz(func(t *testing.T, record []byte) {
		r, err := ReadRecord(record)
		if err != nil {
			if !errors.Is(err, ErrGarbled) {
				t.Errorf("%v", err)
			}
			return
		}
		if _, _, err := Replay(b, always(), record); err != nil && !errors.Is(err, ErrOtherBook) {
			t.Errorf("%+v: %v", r, err)
		}
	})
}

func TestEveryCutOfARecordIsFound(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	at := utc(t, "2026-12-10 12:00:00")
	b := book(t, nil, set(t, rich, richHead))
	f := randomFacts(rng, at)
	var d Decision
	b.Plan(always(), f.Place).Decide(&f, at, &d)
	record := d.AppendRecord(nil)
	for n := range record {
		if _, err := ReadRecord(record[:n]); !errors.Is(err, ErrGarbled) {
			t.Fatalf("cut at %d of %d: %v", n, len(record), err)
		}
	}
	if _, err := ReadRecord(append(record, 0)); !errors.Is(err, ErrGarbled) {
		t.Errorf("one byte more: %v", err)
	}
	t.Logf("a record of %d rules has %d bytes", len(d.results), len(record))
}
