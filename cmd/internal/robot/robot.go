package robot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/pacing/sim"
)

// Settings are one robot.
type Settings struct {
	Server    string // of the API, as http://127.0.0.1:8080
	Login     string
	Password  string
	Registrar sipua.Target
	Extension string
	Secret    string // digest secret of the phone
	IP        netip.Addr
	Media     media.Settings
	Wrap      sim.Dist // how long it writes after a call
	Speed     float64  // divides its durations; 0 = 1
	Seed      uint64
	Log       *slog.Logger
	// OnReady is called once, when the robot takes calls.
	OnReady func()
	// Away is when the robot leaves its desk, counted from the moment at which
	// Begins is closed, on the clock that Speed makes faster.
	Away   []Absence
	Begins <-chan struct{}
	// OnWrap, if set, is told after each call how long the robot meant to write,
	// before Speed divides it, and how long it took until the house knew.
	OnWrap func(planned, took time.Duration)
}

// Robot is one agent at work.
type Robot struct {
	settings Settings
	phone    *phone
	desk     *client.Client
	chance   *rand.Rand
	voice    media.Prompt

	hush  context.CancelFunc // ends what it says at the moment
	quiet chan struct{}      // closed when it is silent
	done  map[string]bool    // attempts it has disposed of
	since time.Time          // of the state that the house told last
	away  chan Absence       // breaks that were asked for and have not begun
}

// Run works until ctx is done. It returns an error when the robot cannot
// begin, or its session with the house breaks.
func Run(ctx context.Context, s Settings) error {
	if s.Speed == 0 {
		s.Speed = 1
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	chance := rand.New(rand.NewPCG(s.Seed, 0x5eed))
	r := &Robot{settings: s, desk: client.New(s.Server), chance: chance, voice: words(chance), done: map[string]bool{}, away: make(chan Absence, len(s.Away))}
	var err error
	if r.phone, err = newPhone(s.IP, s.Media); err != nil {
		return err
	}
	defer r.silence()
	err = r.work(ctx)
	r.silence()
	return errors.Join(err, r.phone.close())
}

// work registers, signs in and follows events.
func (r *Robot) work(ctx context.Context) error {
	registering, stop := context.WithCancel(ctx)
	defer stop()
	if err := r.connect(registering); err != nil {
		return fmt.Errorf("robot %s: %w", r.settings.Login, err)
	}
	if r.settings.OnReady != nil {
		r.settings.OnReady()
	}
	ctx, vanish := context.WithCancel(ctx)
	defer vanish()
	var walks sync.WaitGroup
	defer walks.Wait()
	defer vanish() // before the wait
	walks.Go(func() { r.walk(ctx, vanish) })
	for event, err := range r.desk.Events(ctx, "/v1/agent/events") {
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("robot %s: %w", r.settings.Login, err)
		}
		if err := r.react(ctx, event); err != nil && ctx.Err() == nil {
			return fmt.Errorf("robot %s: %s: %w", r.settings.Login, event.Name, err)
		}
	}
	return nil
}

func (r *Robot) connect(ctx context.Context) error {
	s := r.settings
	first := r.phone.register(ctx, sipua.Registration{
		Registrar: s.Registrar, User: s.Extension, Auth: sipua.Credentials{User: s.Extension, Password: s.Secret},
	})
	select {
	case err := <-first:
		if err != nil {
			return fmt.Errorf("register its phone: %w", err)
		}
	case <-time.After(registerWithin):
		return errors.New("its phone got no answer from the registrar")
	case <-ctx.Done():
		return ctx.Err()
	}
	if _, err := r.desk.Login(ctx, s.Login, s.Password); err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	if err := r.desk.Post(ctx, "/v1/agent/sign-in", struct{}{}, nil); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	return r.desk.Post(ctx, "/v1/agent/ready", nil, nil)
}

// react does what an agent does at an event.
func (r *Robot) react(ctx context.Context, e client.Event) error {
	switch e.Name {
	case "call_connected":
		r.talk(ctx)
	case "call_ended":
		r.silence()
		var call struct {
			Attempt string `json:"attempt_id"`
		}
		if err := json.Unmarshal(e.Data, &call); err != nil {
			return err
		}
		return r.finish(ctx, call.Attempt)
	case "state":
		return r.stayReady(ctx, e.Data)
	}
	return nil
}

// stayReady makes the robot ready again when the house has paused it, as it
// does after a phone was lost.
func (r *Robot) stayReady(ctx context.Context, data []byte) error {
	var a api.Agent
	if err := json.Unmarshal(data, &a); err != nil {
		return err
	}
	r.since = a.Since
	switch a.State {
	case "offline":
		return errors.New("the house signed it out: " + a.Reason)
	case "paused":
		r.stayAway(ctx)
		return r.desk.Post(ctx, "/v1/agent/ready", nil, nil)
	}
	return nil
}

// talk speaks until silence is called.
func (r *Robot) talk(ctx context.Context) {
	r.silence()
	speaking, hush := context.WithCancel(ctx)
	quiet := make(chan struct{})
	r.hush, r.quiet = hush, quiet
	go func() {
		defer close(quiet)
		r.phone.speak(speaking, r.voice)
	}()
}

// silence ends what the robot says, and returns when it is silent.
func (r *Robot) silence() {
	if r.hush == nil {
		return
	}
	r.hush()
	<-r.quiet
	r.hush = nil
}

// finish writes what came of the call, after a while, once. The while is
// counted from the end of the call as the house knows it, so that the way of
// the news does not make it longer.
func (r *Robot) finish(ctx context.Context, attempt string) error {
	if r.done[attempt] {
		return nil
	}
	planned := r.settings.Wrap.Draw(r.chance)
	if !r.rest(ctx, time.Until(r.since.Add(r.real(planned)))) {
		return nil
	}
	r.done[attempt] = true
	ended := r.since
	err := r.desk.Dispose(ctx, attempt, r.disposition(attempt))
	if err == nil && r.settings.OnWrap != nil {
		r.settings.OnWrap(planned, time.Since(ended))
	}
	return err
}

// real turns a duration of the robot's world into one of ours.
func (r *Robot) real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / r.settings.Speed)
}

// rest lets time pass; false means that the work is over.
func (r *Robot) rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
