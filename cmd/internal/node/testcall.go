package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/siptrunk"
)

// testTrunks is what a test call needs of the trunks.
type testTrunks interface {
	Dial(ctx context.Context, r dialer.Request) (dialer.Leg, error)
	Options(ctx context.Context, trunk string) (code int, rtt time.Duration, err error)
	State() []siptrunk.State
}

// trunkDesk is the trunks as the service of trunks sees them.
type trunkDesk struct {
	trunks testTrunks
	caller func(trunks []string) string
	aside  func(ctx context.Context, number, shown string) (dial context.Context, leave func() (left func(), err error), done func(), err error)
}

// Limits of a test call.
const (
	testRings = 25 * time.Second
	testTalks = 10 * time.Second
)

// TrunkStates returns all trunks as they stand.
func (d *trunkDesk) TrunkStates() []campaigns.TrunkState {
	var out []campaigns.TrunkState
	for _, s := range d.trunks.State() {
		t := campaigns.TrunkState{
			Name: s.Name, Up: s.Up, Why: s.Why, Lines: s.Lines, MaxLines: s.MaxLines, CPS: s.CPS, MaxCPS: s.MaxCPS, Registered: "not used",
			OptionsAt: s.OptionsAt, OptionsRTT: s.OptionsRTT, OptionsCode: s.OptionsCode,
			Placed: s.Placed, Answered: s.Answered, Failed: s.Failed, Codes: map[int]int64{},
		}
		switch r := s.Registration; {
		case r.Active:
			t.Registered = "active"
		case r.Used && r.Error != "":
			t.Registered = r.Error
		case r.Used:
			t.Registered = "not registered"
		}
		if s.BreakerWhy != "" && t.Why == "" {
			t.Why = s.BreakerWhy
		}
		if s.Placed > 0 {
			t.AnswerRate = float64(s.Answered) / float64(s.Placed)
		}
		for code, n := range s.Codes {
			t.Codes[code] = int64(n)
		}
		out = append(out, t)
	}
	return out
}

// TestCall tries a trunk: OPTIONS, INVITE, a tune of a few seconds, BYE. A stop or
// an entry in the do-not-call list withdraws it until it is answered.
func (d *trunkDesk) TestCall(ctx context.Context, c *campaigns.TestCall, begin func() error) error {
	c.Shown = d.caller([]string{c.Trunk})
	dial, leave, done, err := d.aside(ctx, c.Number, c.Shown)
	if err != nil {
		return err
	}
	defer done()
	if err := begin(); err != nil {
		return err
	}
	log := &testLog{began: time.Now()}
	defer func() { c.Steps = log.all() }()
	d.options(ctx, c, log)
	leg, err := d.trunks.Dial(dial, dialer.Request{
		CallID: c.CallID(), Number: c.Number, CallerID: c.Shown, Trunks: []string{c.Trunk}, RingTime: testRings, Leave: leave,
		OnProgress: func(p dialer.Progress) { log.add(string(p.Step), p.Code, p.Detail) },
	})
	done() // who is answered talks to the end
	if err != nil {
		notThrough(ctx, dial, err, c)
		log.add("failed", c.Code, c.Outcome)
		return nil
	}
	c.OK, c.Code = true, 200
	d.talk(ctx, leg, c, log)
	return nil
}

// notThrough says why a test call was not answered.
func notThrough(ctx, dial context.Context, err error, c *campaigns.TestCall) {
	c.Outcome = "The call did not get through: " + err.Error()
	if failed, ok := errors.AsType[*dialer.CallError](err); ok {
		c.Code, c.Outcome = failed.Code, fmt.Sprintf("The call did not get through (%s): %s", failed.Outcome, failed.Reason)
	}
	if ctx.Err() == nil && dial.Err() != nil {
		c.Outcome = "The call did not get through: " + context.Cause(dial).Error()
	}
}

func (d *trunkDesk) options(ctx context.Context, c *campaigns.TestCall, log *testLog) {
	if code, rtt, err := d.trunks.Options(ctx, c.Trunk); err != nil {
		log.add("options", 0, "no answer: "+err.Error())
	} else {
		log.add("options", code, fmt.Sprintf("answered in %s", rtt.Round(10*time.Microsecond)))
	}
}

// talk plays the tune until it ends, or until the other side has heard enough.
func (d *trunkDesk) talk(ctx context.Context, leg dialer.Leg, c *campaigns.TestCall, log *testLog) {
	defer leg.Hangup(context.WithoutCancel(ctx))
	playing, stop := context.WithTimeout(ctx, testTalks)
	defer stop()
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		select {
		case <-leg.Done():
			stop()
		case <-done:
		}
	})
	err := media.Play(playing, leg.Audio(), testTune())
	close(done)
	wg.Wait()
	heard := "we heard nothing of the other side"
	if !leg.Heard().IsZero() {
		q := leg.Audio().Quality()
		heard = fmt.Sprintf("sound came back: loss %.1f %%, jitter %.1f ms", 100*q.LossShare, q.JitterMS)
	}
	log.add("played", 0, heard)
	select {
	case <-leg.Done():
		end := leg.Ending()
		log.add("ended", end.Code, "the other side hung up")
	default:
		log.add("ended", 0, "we hung up")
	}
	c.Outcome = "The call was answered; " + heard + "."
	if err != nil && ctx.Err() != nil {
		c.Outcome = "The call was answered and then given up, because whoever asked for it went away."
	}
}

// testTune is what a test call plays: three notes, three times.
func testTune() media.Prompt {
	const note, pause, rest = 250 * time.Millisecond, 50 * time.Millisecond, 600 * time.Millisecond
	bar := media.Tone(523, note).Then(media.Silence(pause)).Then(media.Tone(659, note)).Then(media.Silence(pause)).Then(media.Tone(784, 2*note)).Then(media.Silence(rest))
	return bar.Then(bar).Then(bar)
}

// testLog is the steps of a call; it is told of them from several goroutines.
type testLog struct {
	began time.Time

	mu    sync.Mutex // guards what follows
	steps []campaigns.TestStep
}

func (l *testLog) add(step string, code int, detail string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.steps = append(l.steps, campaigns.TestStep{Step: step, After: time.Since(l.began), Code: code, Detail: detail})
}

func (l *testLog) all() []campaigns.TestStep {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.steps
}
