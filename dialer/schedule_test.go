package dialer

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// diary is an Actor that writes down what it is asked for.
type diary struct {
	mu    sync.Mutex
	lines []string
	act   func(context.Context, string) error
}

func (d *diary) Act(ctx context.Context, _ int64, action string) error {
	d.mu.Lock()
	d.lines = append(d.lines, time.Now().UTC().Format("02 15:04 ")+action)
	d.mu.Unlock()
	if d.act != nil {
		return d.act(ctx, action)
	}
	return nil
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lines)
}

func scheduleUnder(t *testing.T, d *diary, jobs ...campaigns.Job) (*Scheduler, context.CancelFunc) {
	t.Helper()
	s := NewScheduler(d, slog.New(slog.DiscardHandler))
	if err := s.Set(campaigns.Campaign{ID: 7, Schedule: jobs}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); s.Run(ctx) }()
	return s, func() { cancel(); <-ended }
}

func TestJobsRunInTheirOwnZones(t *testing.T) {
	bubble(t, func(t *testing.T) { // begins on Saturday 1 January 2000, 00:00 UTC
		d := &diary{}
		_, stop := scheduleUnder(
			t, d,
			campaigns.Job{Spec: "0 9 * * *", Zone: "America/New_York", Action: campaigns.ActionStart},
			campaigns.Job{Spec: "0 20 * * *", Zone: "Europe/Madrid", Action: campaigns.ActionPause},
			campaigns.Job{Spec: "30 2 * * *", Zone: "UTC", Action: campaigns.ActionRecycle},
		)
		time.Sleep(36 * time.Hour)
		stop()
		want := []string{"01 02:30 recycle", "01 14:00 start", "01 19:00 pause", "02 02:30 recycle"}
		if got := d.read(); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestAChangedScheduleReplacesTheOldOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := &diary{}
		s, stop := scheduleUnder(t, d, campaigns.Job{Spec: "0 * * * *", Zone: "UTC", Action: campaigns.ActionStart})
		time.Sleep(90 * time.Minute)
		stopAt := campaigns.Job{Spec: "15 * * * *", Zone: "UTC", Action: campaigns.ActionStop}
		for range 3 {
			if err := s.Set(campaigns.Campaign{ID: 7, Schedule: []campaigns.Job{stopAt}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Set(campaigns.Campaign{ID: 7, Schedule: []campaigns.Job{{Spec: "no", Zone: "UTC", Action: "stop"}}}); err == nil {
			t.Error("a bad spec is taken")
		}
		time.Sleep(time.Hour)
		stop()
		if got, want := d.read(), []string{"01 01:00 start", "01 02:15 stop"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestAJobThatIsStillAtWorkIsSkippedAndOneThatPanicsOrFailsGoesOn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := &diary{}
		n := 0
		d.act = func(ctx context.Context, _ string) error {
			switch n++; n {
			case 1:
				panic("a bug")
			case 2:
				return errors.New("no such campaign")
			default:
				sleep(ctx, 150*time.Minute)
				return ctx.Err()
			}
		}
		_, stop := scheduleUnder(t, d, campaigns.Job{Spec: "0 * * * *", Zone: "UTC", Action: campaigns.ActionReload})
		time.Sleep(6*time.Hour + 30*time.Minute)
		stop() // in the midst of a job: it ends, and Run waits for it
		want := []string{"01 01:00 reload", "01 02:00 reload", "01 03:00 reload", "01 06:00 reload"}
		if got := d.read(); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
