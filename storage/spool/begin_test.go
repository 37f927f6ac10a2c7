package spool

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func TestACallThatTheStoreBeginsTooLateIsNotPlacedAndIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		p := before(t, m, t.TempDir())
		goOn := make(chan struct{})
		m.set(func() { m.stuck = goOn })
		began := time.Now()
		a := &campaigns.Attempt{ID: "a", Number: "+34600000001"}
		err := p.Begin(t.Context(), campaigns.Campaign{}, a)
		away, ok := errors.AsType[*AwayError](err)
		if !ok || !away.Since.Equal(began.Add(defaultBegins)) || time.Since(began) != defaultBegins {
			t.Fatalf("after %s: %v", time.Since(began), err)
		}
		time.Sleep(time.Minute)
		m.set(func() { m.stuck = nil })
		close(goOn)
		synctest.Wait()
		m.set(func() {
			if end := m.outcomes["a"]; !m.begun["a"] || end.Outcome != campaigns.Cancelled || !end.SentAt.IsZero() {
				t.Errorf("begun %v, %+v", m.begun["a"], end)
			}
		})
		begin(t, p, "b")
		if s := p.State(); !s.Away.IsZero() || s.Waiting != 0 {
			t.Errorf("%+v", s)
		}
		must(t, p.Close())
	})
}

func TestAnAnswerThatTheStoreIsAwaySaysSinceWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		p, err := Open(Settings{Folder: t.TempDir(), Store: m, Away: func(err error) bool { return errors.Is(err, errGone) }})
		must(t, err)
		began := time.Now()
		m.set(func() { m.away = errGone })
		for range 3 {
			err := p.Begin(t.Context(), campaigns.Campaign{}, &campaigns.Attempt{ID: "a"})
			if away, ok := errors.AsType[*AwayError](err); !ok || !away.Since.Equal(began) || !errors.Is(err, errGone) ||
				!strings.Contains(err.Error(), "away since "+began.UTC().Format("15:04:05")) {
				t.Fatalf("%v", err)
			}
			time.Sleep(time.Minute)
		}
		m.set(func() { m.away = nil })
		begin(t, p, "b")
		if s := p.State(); !s.Away.IsZero() {
			t.Errorf("%+v", s)
		}
		must(t, p.Close())
	})
}

func TestAWalkThroughAScriptIsReadBackWhileItWaitsAndWrittenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, ctx := newMemory(), t.Context()
		p := before(t, m, t.TempDir())
		begin(t, p, "a")
		running, stop := context.WithCancel(ctx)
		var work sync.WaitGroup
		work.Go(func() { p.Run(running) })
		m.set(func() { m.away, m.order = errGone, nil })
		for _, version := range []string{"1", "2"} {
			must(t, p.SaveWalk(ctx, "a", campaigns.CallWalk{Version: version}))
			if w, err := p.Walk(ctx, "a"); err != nil || w.Version != version {
				t.Errorf("%+v, %v", w, err)
			}
		}
		m.set(func() { m.away = nil })
		time.Sleep(time.Minute)
		synctest.Wait()
		m.set(func() {
			if len(m.order) != 2 || m.walks["a"].Version != "2" {
				t.Errorf("%v, %+v", m.order, m.walks)
			}
		})
		if w, err := p.Walk(ctx, "a"); err != nil || w.Version != "2" {
			t.Errorf("%+v, %v", w, err)
		}
		stop()
		work.Wait()
		must(t, p.Close())
	})
}
