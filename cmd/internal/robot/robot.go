package robot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
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
	// Homes are other nodes of the same house. With them the robot does not give up
	// when the one that it works with is gone, but goes on at the next.
	Homes []Home
	// OnReady is called once, when the robot takes calls.
	OnReady func()
	// OnHome, if set, is told each time that the robot takes calls at another place:
	// where its phone is, and its desk. They differ when only the way of the desk to
	// the house was lost.
	OnHome func(phone sipua.Target, desk string)
	// Away is when the robot leaves its desk, counted from the moment at which
	// Begins is closed, on the clock that Speed makes faster.
	Away   []Absence
	Begins <-chan struct{}
	// OnWrap, if set, is told after each call how long the robot meant to write,
	// before Speed divides it, and how long it took until the house knew.
	OnWrap func(planned, took time.Duration)
}

// Home is a node of a house: where pages and API are, and phones.
type Home struct {
	Server    string
	Registrar sipua.Target
}

// Robot is one agent at work.
type Robot struct {
	settings Settings
	phone    *phone
	desk     *client.Client
	chance   *rand.Rand
	voice    media.Prompt

	hush  context.CancelFunc         // ends what it says at the moment
	quiet chan struct{}              // closed when it is silent
	done  map[string]bool            // attempts it has disposed of
	said  map[string]api.Disposition // what it has said of others, and nobody has heard
	since time.Time                  // of the state that the house told last
	away  chan Absence               // breaks that were asked for and have not begun

	moves  int                // to other homes
	socket sipua.Target       // where the phone is registered
	unplug context.CancelFunc // ends the registration of the phone
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
	r := &Robot{settings: s, desk: client.New(s.Server), chance: chance, voice: words(chance), done: map[string]bool{}, said: map[string]api.Disposition{}, away: make(chan Absence, len(s.Away))}
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
	defer func() { r.unplug() }()
	r.unplug = func() {}
	if err := r.connect(ctx); err != nil {
		return fmt.Errorf("robot %s: %w", r.settings.Login, err)
	}
	if r.settings.OnReady != nil {
		r.settings.OnReady()
	}
	r.settled(r.settings.Server)
	ctx, vanish := context.WithCancel(ctx)
	defer vanish()
	var walks sync.WaitGroup
	defer walks.Wait()
	defer vanish() // before the wait
	walks.Go(func() { r.walk(ctx, vanish) })
	for {
		err := r.follow(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if len(r.settings.Homes) == 0 {
			return fmt.Errorf("robot %s: %w", r.settings.Login, err)
		}
		r.settings.Log.Info("a robot goes on elsewhere", "login", r.settings.Login, "error", err)
		r.silence()
		certain := errors.Is(err, errSignedOut) || errors.Is(err, client.ErrQuiet) // the house has had time to know
		for lost := time.Now(); ; {
			err := r.move(ctx, certain || time.Since(lost) >= stayFor)
			if err == nil || !r.rest(ctx, moveEvery) {
				break
			}
			r.settings.Log.Info("a robot is not taken in", "login", r.settings.Login, "error", err)
		}
	}
}

const (
	// moveEvery is how soon the next home is tried.
	moveEvery = 500 * time.Millisecond
	// lookWithin is how long a home may take to say how things stand before the next
	// is tried: one that sleeps takes every connection and says nothing.
	lookWithin = 2 * time.Second
	// stayFor is how long a robot whose phone is up in the house believes that it is
	// signed in there, whatever it is told: the house may be changing its floor.
	stayFor = 3 * time.Second
)

// errSignedOut is the house's word that the robot works no more: there is nothing to wait
// for.
var errSignedOut = errors.New("the house signed it out")

// errNotYet is why a robot waits: its phone is up, and the house does not know it.
var errNotYet = errors.New("the house does not know the phone that is up")

// follow does what events ask for until their stream ends.
func (r *Robot) follow(ctx context.Context) error {
	for event, err := range r.desk.Events(ctx, "/v1/agent/events") {
		if err != nil || ctx.Err() != nil {
			return err
		}
		if err := r.react(ctx, event); err != nil {
			return fmt.Errorf("%s: %w", event.Name, err)
		}
	}
	return nil
}

// move goes on at the next home. Who is signed in there already, because only the
// way to the house was lost, goes on as things stand; a phone that is up is not
// unplugged before it is lost for certain.
func (r *Robot) move(ctx context.Context, lost bool) error {
	home := r.settings.Homes[r.moves%len(r.settings.Homes)]
	r.moves++
	r.desk = r.desk.At(home.Server)
	within, cancel := context.WithTimeout(ctx, registerWithin)
	defer cancel()
	now, err := r.look(within)
	switch {
	case err == nil && now.State != "offline":
		r.settled(home.Server)
		return nil
	case !lost && r.phone.session.Load() != nil:
		return errors.Join(errNotYet, err)
	case err != nil:
		return err
	}
	if err := r.plug(within, ctx, home.Registrar); err != nil {
		return err
	}
	if err := r.signIn(within); err != nil {
		return err
	}
	r.settled(home.Server)
	return nil
}

// look asks a home how things stand. The session is the house's: who logged in anew at
// each try would keep all nodes busy with passwords while they change their floor.
func (r *Robot) look(ctx context.Context) (now api.Agent, err error) {
	ctx, stop := context.WithTimeout(ctx, lookWithin)
	defer stop()
	err = r.desk.Read(ctx, "/v1/agent", &now)
	if no, ok := errors.AsType[*client.Refusal](err); !ok || no.Status != http.StatusUnauthorized {
		return now, err
	}
	if _, err = r.desk.Login(ctx, r.settings.Login, r.settings.Password); err != nil {
		return now, err
	}
	return now, r.desk.Read(ctx, "/v1/agent", &now)
}

// settled says where the robot takes calls from now on.
func (r *Robot) settled(desk string) {
	if r.settings.OnHome != nil {
		r.settings.OnHome(r.socket, desk)
	}
}

func (r *Robot) connect(ctx context.Context) error {
	if err := r.plug(ctx, ctx, r.settings.Registrar); err != nil {
		return err
	}
	if _, err := r.desk.Login(ctx, r.settings.Login, r.settings.Password); err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	return r.signIn(ctx)
}

func (r *Robot) signIn(ctx context.Context) error {
	if err := r.desk.Post(ctx, "/v1/agent/sign-in", struct{}{}, nil); err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	return r.desk.Post(ctx, "/v1/agent/ready", nil, nil)
}

// plug registers the phone until life is done, in place of where it was; ctx bounds
// the first answer.
func (r *Robot) plug(ctx, life context.Context, registrar sipua.Target) error {
	s := r.settings
	r.unplug()
	life, r.unplug = context.WithCancel(life)
	r.socket = registrar
	first := r.phone.register(life, sipua.Registration{
		Registrar: registrar, User: s.Extension, Auth: sipua.Credentials{User: s.Extension, Password: s.Secret},
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
	return nil
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
		if a.Reason == "" { // a node that begins to lead does not know everybody yet
			return errors.New("the house has it signed out")
		}
		return fmt.Errorf("%w: %s", errSignedOut, a.Reason)
	case "wrap_up":
		if a.Attempt != "" && len(r.settings.Homes) > 0 { // perhaps nobody told us that it has ended
			r.silence()
			return r.finish(ctx, a.Attempt)
		}
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
	said, again := r.said[attempt]
	if !again {
		said = r.disposition(attempt)
		r.said[attempt] = said // it is said in the same words again when the answer is lost
	}
	ended := r.since
	if err := r.desk.Dispose(ctx, attempt, said); err != nil {
		return err
	}
	delete(r.said, attempt)
	r.done[attempt] = true
	if r.settings.OnWrap != nil {
		r.settings.OnWrap(planned, time.Since(ended))
	}
	return nil
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
