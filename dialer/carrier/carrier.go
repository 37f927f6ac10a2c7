package carrier

import (
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/pacing/sim"
)

// Settings describe a carrier; they are checked once, by Start.
type Settings struct {
	Listen  []sipua.Listener // at least one socket
	Media   media.Settings   // for the callees' sound; Ports is needed
	Callees sim.Callees
	// Day, if set, replaces Callees: the people are those of a simulated shift,
	// drawn from the same distributions. Until Dawn it is the first moment of it.
	Day  *sim.Scenario
	Seed uint64
	// Speed divides every duration of the callees: 10 lets them ring, talk and
	// tire ten times as fast. 0 is 1.
	Speed float64
	// Log is the file of the carrier's own log, appended to; empty = none.
	Log string
	// MediaTimeout ends an answered call whose sender has vanished: no RTP for
	// so long. 0 means 10 s; carriers do the same.
	MediaTimeout time.Duration
	// Lines are numbers of the house itself: whoever calls them is answered at
	// once by a switchboard, which hangs up after two seconds. No person is
	// called, so these calls stand in no log of the carrier's.
	Lines []string
	// CallsBack lets people call back who missed a call. Their calls stand in no
	// log of the carrier's: it was not called.
	CallsBack CallsBack
	// Voices are what people say who answer, one of them each, over and over;
	// none = speech-like sound without words.
	Voices []media.Prompt
	// Logger takes what goes wrong on our side; nil discards.
	Logger *slog.Logger
}

// Stats counts what a carrier has seen; every field only grows.
type Stats struct {
	Invites  int64 `json:"invites"`
	Answered int64 `json:"answered"`
	Refused  int64 `json:"refused"`
	Canceled int64 `json:"canceled"`
	Live     int64 `json:"live"` // calls on the lines now
	Heard    int64 `json:"heard"`
	Back     int64 `json:"called_back"` // calls that callees made to us
}

// Carrier is a running far side. It is safe for use by many goroutines.
type Carrier struct {
	settings Settings
	ua       *sipua.UA
	journal  *journal
	closing  chan struct{}

	invites, answered, refused, canceled, live, heard, calledBack atomic.Int64

	backs sync.WaitGroup // people who call back, or will

	mu    sync.Mutex     // guards what follows
	times map[string]int // how often each number was called
	dawn  time.Time      // when the day began; zero = not yet
}

// Start opens the sockets and answers calls until Close.
func Start(s Settings) (*Carrier, error) {
	if s.Speed == 0 {
		s.Speed = 1
	}
	if s.MediaTimeout == 0 {
		s.MediaTimeout = 10 * time.Second
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("carrier: %w", err)
	}
	j, err := openJournal(s.Log)
	if err != nil {
		return nil, err
	}
	c := &Carrier{settings: s, journal: j, closing: make(chan struct{}), times: map[string]int{}}
	c.ua, err = sipua.Listen(sipua.Settings{Name: "forecall-carrier", Listen: s.Listen, Serve: sipua.HandlerFunc(c.incoming), Log: s.Logger})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("carrier: %w", err), j.close())
	}
	c.journal.append(Record{At: time.Now().UTC(), Event: Started, Run: strconv.FormatUint(s.Seed, 10)})
	return c, nil
}

func (s Settings) check() error {
	if s.Speed < 0 {
		return fmt.Errorf("speed %g must be more than 0", s.Speed)
	}
	if s.Media.Ports == nil {
		return errors.New("no RTP ports given")
	}
	if err := s.CallsBack.check(); err != nil {
		return err
	}
	if s.Day != nil {
		return s.Day.Validate()
	}
	return s.Callees.Validate()
}

// Addr is where calls are taken over a transport.
func (c *Carrier) Addr(transport string) netip.AddrPort { return c.ua.Addr(transport) }

// Stats returns the counters.
func (c *Carrier) Stats() Stats {
	return Stats{
		Invites: c.invites.Load(), Answered: c.answered.Load(), Refused: c.refused.Load(),
		Canceled: c.canceled.Load(), Live: c.live.Load(), Heard: c.heard.Load(), Back: c.calledBack.Load(),
	}
}

// Close ends every call and waits for them: the user agent waits for its
// handlers.
func (c *Carrier) Close() error {
	close(c.closing)
	err := c.ua.Close()
	c.backs.Wait()
	return errors.Join(err, c.journal.close())
}

// draw decides who is at the other end of this call: the same seed, number
// and count of calls give the same person, whatever else is going on.
func (c *Carrier) draw(number string) (sim.Callee, *rand.Rand) {
	c.mu.Lock()
	c.times[number]++
	times, dawn := c.times[number], c.dawn
	c.mu.Unlock()
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d", number, times)
	r := rand.New(rand.NewPCG(c.settings.Seed, h.Sum64()))
	if c.settings.Day != nil {
		return personOf(c.settings.Day, c.hour(dawn), r), r
	}
	return c.settings.Callees.Draw(r), r
}

// real turns a duration of the callee into one of this clock.
func (c *Carrier) real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / c.settings.Speed)
}
