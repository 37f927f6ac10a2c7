package spool

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/campaigns"
)

var when = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func over(id string, o campaigns.Outcome) campaigns.Attempt {
	return campaigns.Attempt{ID: id, Number: "+34600000001", Campaign: 7, Outcome: o, EndedAt: when}
}

// begin begins calls in the store.
func begin(t testing.TB, p *Spool, ids ...string) {
	t.Helper()
	for _, id := range ids {
		must(t, p.Begin(t.Context(), campaigns.Campaign{}, &campaigns.Attempt{ID: id}))
	}
}

func TestWhatTheStoreTakesIsNotKeptHere(t *testing.T) {
	m := newMemory()
	p := before(t, m, t.TempDir())
	defer func() { must(t, p.Close()) }()
	begin(t, p, "a")
	must(t, p.Finish(t.Context(), over("a", campaigns.Busy)))
	must(t, p.Finish(t.Context(), over("a", campaigns.Busy))) // it is there: nothing is owed
	created, err := p.Dispose(t.Context(), campaigns.Disposition{Attempt: "a", Key: "k"})
	if again, err2 := p.Dispose(t.Context(), campaigns.Disposition{Attempt: "a", Key: "k"}); !created || again || errors.Join(err, err2) != nil {
		t.Errorf("%v, then %v: %v", created, again, errors.Join(err, err2))
	}
	if s := p.State(); s.Waiting != 0 || !s.Since.IsZero() {
		t.Errorf("%+v", s)
	}
}

func TestWhatAnAwayStoreIsOwedIsWrittenInOrderBeforeTheNextCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ctx := newMemory(), t.Context()
		p := before(t, m, t.TempDir())
		begin(t, p, "a", "b")
		running, stop := context.WithCancel(ctx)
		var work sync.WaitGroup
		work.Go(func() { p.Run(running) })
		m.set(func() { m.away, m.order = errGone, nil })
		must(t, p.Finish(ctx, over("a", campaigns.Connected)))
		must(t, p.AddCallEvents(ctx, []campaigns.CallEvent{{Attempt: "a", At: when, Kind: campaigns.EventBridged}}))
		must(t, p.EndSide(ctx, campaigns.SideLeg{ID: "s", Attempt: "a"}))
		must(t, p.SaveRecording(ctx, campaigns.Recording{Attempt: "a"}))
		must(t, p.SaveDraft(ctx, campaigns.CallDraft{Attempt: "a", Body: []byte("{}")}))
		if created, err := p.Dispose(ctx, campaigns.Disposition{Attempt: "a", Key: "k", Code: "sale"}); !created || err != nil {
			t.Errorf("%v %v", created, err)
		}
		must(t, p.AddDoNotCall(ctx, campaigns.DoNotCall{Number: "+34600000001"}))
		must(t, p.Finish(ctx, over("b", campaigns.Busy)))
		time.Sleep(time.Minute)
		begun := p.Begin(ctx, campaigns.Campaign{}, &campaigns.Attempt{ID: "c"})
		if _, err := p.Receive(ctx, &campaigns.Attempt{ID: "d"}, campaigns.Phone{}); !errors.Is(begun, ErrWaiting) || !errors.Is(err, ErrWaiting) {
			t.Errorf("a call is begun: %v, %v", begun, err)
		}
		if s := p.State(); s.Waiting != 8 || s.Since.IsZero() {
			t.Errorf("%+v", s)
		}
		m.set(func() { m.away = nil })
		time.Sleep(time.Minute)
		synctest.Wait()
		begin(t, p, "c")
		want := []string{"finish a", "events", "side s", "recording a", "draft a", "dispose a", "list +34600000001", "finish b", "begin c"}
		m.set(func() {
			if !slices.Equal(m.order, want) {
				t.Errorf("got %v", m.order)
			}
		})
		if s := p.State(); s.Waiting != 0 || !s.Since.IsZero() || s.Aside != 0 {
			t.Errorf("%+v", s)
		}
		stop()
		work.Wait()
		must(t, p.Close())
	})
}

func TestAStoreThatDoesNotAnswerIsWaitedForNoLongerThanPatienceLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		p := before(t, m, t.TempDir())
		begin(t, p, "a", "b")
		goOn := make(chan struct{})
		m.set(func() { m.stuck = goOn })
		began := time.Now()
		must(t, p.Finish(t.Context(), over("a", campaigns.Connected)))
		if took := time.Since(began); took > defaultPatience+askWithin {
			t.Errorf("it took %s", took)
		}
		must(t, p.Finish(t.Context(), over("b", campaigns.Connected)))
		if err := p.Drain(t.Context()); !errors.Is(err, errAway) {
			t.Errorf("written beside what is under way: %v", err)
		}
		m.set(func() { m.stuck = nil })
		close(goOn)
		synctest.Wait() // what was under way is done after all
		must(t, p.Drain(t.Context()))
		m.set(func() {
			if len(m.outcomes) != 2 || len(m.events) != 0 {
				t.Errorf("%v, %v", m.outcomes, m.events)
			}
		})
		must(t, p.Close())
	})
}

func TestWhatWasWrittenThoughItSeemedToFailIsNotWrittenTwice(t *testing.T) {
	m, ctx := newMemory(), t.Context()
	p := before(t, m, t.TempDir())
	begin(t, p, "a")
	m.set(func() { m.away, m.inDoubt = errGone, true })
	events := []campaigns.CallEvent{{Attempt: "a", At: when.Add(7 * time.Nanosecond), Kind: campaigns.EventBridged}, {Attempt: "a", At: when, Kind: campaigns.EventHold}}
	must(t, p.AddCallEvents(ctx, events))
	m.set(func() { m.inDoubt = false })
	must(t, p.Finish(ctx, over("a", campaigns.Busy)))
	must(t, p.AddDoNotCall(ctx, campaigns.DoNotCall{Number: "+34600000001", Attempt: "a"}))
	m.set(func() {
		m.away = nil
		for i := range m.events { // as the store keeps times
			m.events[i].At = m.events[i].At.Truncate(time.Microsecond)
		}
	})
	for range 3 { // the mark of what is done may be lost
		must(t, p.Drain(ctx))
		must(t, p.lay(must1(newRecord(kindOutcome, "a", over("a", campaigns.Busy)))(t)))
		must(t, p.lay(must1(newRecord(kindEvents, "", events))(t)))
		must(t, p.lay(must1(newRecord(kindDoNotCall, "a", m.listed[0].DoNotCall))(t)))
	}
	must(t, p.Drain(ctx))
	if len(m.events) != 2 || len(m.outcomes) != 1 || len(m.listed) != 1 || p.State().Aside != 0 {
		t.Errorf("%v %v %v", m.events, m.outcomes, m.listed)
	}
	must(t, p.Close())
}

func must1[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		must(t, err)
		return v
	}
}

func TestAnAttemptThatOthersClosedKeepsItsOutcomeAndWhatIsKnownHereIsInItsTimeLine(t *testing.T) {
	m, ctx := newMemory(), t.Context()
	p := before(t, m, t.TempDir())
	begin(t, p, "a")
	m.set(func() { m.away = errGone })
	end := over("a", campaigns.AbandonedMsg)
	end.OptOut, end.EndedBy = true, "callee"
	must(t, p.Finish(ctx, end))
	m.set(func() {
		m.away = nil
		m.outcomes["a"] = campaigns.Attempt{ID: "a", Outcome: campaigns.Lost, EndedAt: when.Add(-time.Second)}
	})
	must(t, p.Drain(ctx))
	if m.outcomes["a"].Outcome != campaigns.Lost {
		t.Errorf("%+v", m.outcomes)
	}
	if len(m.events) != 1 || m.events[0].Kind != campaigns.EventOutcomeLate || !strings.Contains(m.events[0].Detail, string(campaigns.AbandonedMsg)) {
		t.Errorf("%+v", m.events)
	}
	if len(m.listed) != 1 || m.listed[0].Number != end.Number || m.listed[0].Attempt != "a" {
		t.Errorf("who pressed the key is not on the list: %+v", m.listed)
	}
	must(t, p.Close())
}

func TestWhatTheStoreRefusesIsSetAsideAndHoldsNothingUp(t *testing.T) {
	m, ctx, folder := newMemory(), t.Context(), t.TempDir()
	p := before(t, m, folder)
	begin(t, p, "a", "c")
	m.set(func() { m.away = errGone })
	must(t, p.Finish(ctx, over("a", campaigns.Busy)))
	must(t, p.Finish(ctx, over("nobody began it", campaigns.Busy)))
	must(t, p.Finish(ctx, over("c", campaigns.Busy)))
	must(t, p.EndSide(ctx, campaigns.SideLeg{ID: "s", Attempt: "c"}))
	m.set(func() { m.away, m.refuse["side s"] = nil, errors.New("something that nobody foresaw") })
	must(t, p.Drain(ctx))
	if len(m.outcomes) != 2 || p.State().Aside != 2 || p.State().Waiting != 0 {
		t.Errorf("%v %+v", m.outcomes, p.State())
	}
	for part, reason := range map[string]string{"outcome.json": "no such attempt", "side.json": "nobody foresaw"} {
		found, err := filepath.Glob(filepath.Join(folder, asideFolder, "*-"+part))
		must(t, err)
		if len(found) != 1 {
			t.Fatalf("%s: %v", part, found)
		}
		text, err := os.ReadFile(found[0])
		must(t, err)
		if !strings.Contains(string(text), reason) {
			t.Errorf("%s does not say %q", text, reason)
		}
	}
	begin(t, p, "d")
	must(t, p.Close())
}

func TestAStoreThatWorksAndRefusesOneWriteSaysSoToItsCaller(t *testing.T) {
	m := newMemory()
	p := before(t, m, t.TempDir())
	want := errors.New("something that nobody foresaw")
	m.set(func() { m.refuse["finish a"] = want })
	begin(t, p, "a")
	if err := p.Finish(t.Context(), over("a", campaigns.Busy)); !errors.Is(err, want) || p.Waiting() != nil {
		t.Errorf("%v, %v", err, p.Waiting())
	}
	must(t, p.Close())
}

func TestWhatIsKeptAnswersForTheLedgerMeanwhile(t *testing.T) {
	m, ctx := newMemory(), t.Context()
	p := before(t, m, t.TempDir())
	begin(t, p, "a")
	m.set(func() { m.away = errGone })
	must(t, p.Finish(ctx, over("a", campaigns.Connected)))
	must(t, p.SaveDraft(ctx, campaigns.CallDraft{Attempt: "a", Body: []byte("draft")}))
	d, err := p.Draft(ctx, "a")
	if must(t, err); string(d.Body) != "draft" {
		t.Errorf("%+v", d)
	}
	said := campaigns.Disposition{Attempt: "a", Key: "k", Code: "sale"}
	must1(p.Dispose(ctx, said))(t)
	c, err := p.Attempt(ctx, "a")
	if must(t, err); c.Outcome != campaigns.Connected || c.Disposition == nil || c.Disposition.Code != "sale" {
		t.Errorf("%+v", c)
	}
	if created, err := p.Dispose(ctx, said); created || err != nil {
		t.Errorf("the same again: %v, %v", created, err)
	}
	said.Key = "another"
	if _, err := p.Dispose(ctx, said); !errors.Is(err, campaigns.ErrDisposed) {
		t.Errorf("another one: %v", err)
	}
	if err := p.SaveDraft(ctx, d); !errors.Is(err, campaigns.ErrDisposed) {
		t.Errorf("a draft after it: %v", err)
	}
	must(t, p.Close())
}

func TestAnAppointmentWhoseSlotIsGoneKeepsTheRestOfItsDisposition(t *testing.T) {
	m, ctx := newMemory(), t.Context()
	p := before(t, m, t.TempDir())
	begin(t, p, "a")
	m.set(func() { m.away = errGone })
	must1(p.Dispose(ctx, campaigns.Disposition{Attempt: "a", Key: "k", Appointment: &campaigns.Appointment{At: when, Person: "Eva", Salesperson: 13}}))(t)
	m.set(func() { m.away = nil })
	must(t, p.Drain(ctx))
	if got := m.words["a"].Appointment; got == nil || got.Person != "Eva" || got.Salesperson != 0 || p.State().Aside != 0 {
		t.Errorf("%+v", got)
	}
	must(t, p.Close())
}

func TestTheNextRunWritesWhatAKilledOneLeft(t *testing.T) {
	m, ctx, folder := newMemory(), t.Context(), t.TempDir()
	p := before(t, m, folder)
	const calls = 300
	for i := range calls {
		begin(t, p, fmt.Sprint(i))
	}
	m.set(func() { m.away = errGone })
	var wg sync.WaitGroup
	for i := range calls {
		wg.Go(func() {
			if err := p.Finish(ctx, over(fmt.Sprint(i), campaigns.Busy)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	killed(t, p)
	p = before(t, m, folder)
	if err := p.Drain(ctx); !errors.Is(err, errAway) {
		t.Errorf("the store is away: %v", err)
	}
	m.set(func() { m.away = nil })
	must(t, p.Drain(ctx))
	if len(m.outcomes) != calls {
		t.Errorf("%d of %d", len(m.outcomes), calls)
	}
	must(t, p.Close())
}

func TestOfATornAndDamagedFileEveryWholeRecordIsWritten(t *testing.T) {
	m, ctx, folder := newMemory(), t.Context(), t.TempDir()
	p := before(t, m, folder)
	begin(t, p, "a", "b", "c")
	m.set(func() { m.away = errGone })
	for _, id := range []string{"a", "b", "c"} {
		must(t, p.Finish(ctx, over(id, campaigns.Busy)))
	}
	second, path := p.files.queue[1], p.files.current.path
	end := p.files.current.off
	killed(t, p)
	data, err := os.ReadFile(path)
	must(t, err)
	data[second.at+headSize+5] ^= 1                                             // a bit of the second
	copy(data[end:], frame(nil, 4, bytes.Repeat([]byte("x"), 50))[:headSize+9]) // the beginning of a fourth
	must(t, os.WriteFile(path, data, 0o600))
	m.set(func() { m.away = nil })
	p = before(t, m, folder)
	must(t, p.Drain(ctx))
	if _, there := m.outcomes["b"]; len(m.outcomes) != 2 || there || p.State().Aside != 2 {
		t.Errorf("%v, %+v", m.outcomes, p.State())
	}
	must(t, p.Close())
	p = before(t, m, folder)
	if n := p.State().Aside; n != 2 {
		t.Errorf("%d files lie aside after a start, of 2: none was found again, none was taken away", n)
	}
	must(t, os.RemoveAll(filepath.Join(folder, asideFolder)))
	if n := p.State().Aside; n != 0 {
		t.Errorf("%d files lie aside when a person has taken them away", n)
	}
	must(t, p.Close())
}

// Every field that a call has on its way to the store must survive the file.
func TestEveryFieldOfWhatIsKeptSurvives(t *testing.T) {
	for _, v := range []any{
		&campaigns.Attempt{}, &[]campaigns.CallEvent{}, &campaigns.SideLeg{}, &campaigns.Recording{}, &campaigns.Disposition{}, &campaigns.CallDraft{}, &campaigns.DoNotCall{},
	} {
		value := reflect.ValueOf(v).Elem()
		fillIn(value, 1)
		if a, is := v.(*campaigns.Attempt); is {
			// Of the decision and of the right to begin: both are over when it ends.
			a.Place, a.Fence = campaigns.Attempt{}.Place, 0
		}
		r, err := newRecord("x", "", v)
		must(t, err)
		back := reflect.New(value.Type())
		must(t, json.Unmarshal(r.Body, back.Interface()))
		if !reflect.DeepEqual(back.Elem().Interface(), value.Interface()) {
			t.Errorf("%T:\n%+v\n%+v", v, back.Elem().Interface(), value.Interface())
		}
	}
}

// fillIn sets every field that others can see.
func fillIn(v reflect.Value, n int64) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(when.Add(time.Duration(n) * time.Microsecond)))
		return
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillIn(v.Elem(), n)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fillIn(v.Field(i), n+int64(i))
			}
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fillIn(v.Index(0), n)
		fillIn(v.Index(1), n+1)
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case v.Kind() == reflect.String:
		v.SetString(fmt.Sprint("text ", n))
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(n)
	case v.CanUint():
		v.SetUint(uint64(n))
	case v.CanFloat():
		v.SetFloat(float64(n) + 0.25)
	default:
		panic("a field of kind " + v.Kind().String())
	}
}
