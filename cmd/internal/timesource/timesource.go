package timesource

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/beevik/ntp"

	"github.com/forecall/forecall/campaigns/rules"
)

const (
	// Alarm is the offset from which somebody is told.
	Alarm = 500 * time.Millisecond
	// Every is how often the servers are asked.
	Every = 5 * time.Minute

	patience = 5 * time.Second // with one server
)

// Settings are what a source works with.
type Settings struct {
	Servers []string                                   // host or host:port; three or more outvote one that is wrong
	Tell    func(by time.Duration, source string)      // told each time it was measured
	Log     *slog.Logger                               // of alarms, and of servers that do not answer
	ask     func(server string) (time.Duration, error) // for tests: nil asks over the network
}

// Source knows how far the clock of this machine is ahead of its servers. Its
// methods may be called by any number of goroutines.
type Source struct {
	Settings

	mu    sync.Mutex // guards what follows
	last  measured
	known bool
}

// measured is an offset with the server that says so.
type measured struct {
	by     time.Duration // ours less theirs
	server string
}

// New returns a source; Run makes it work.
func New(s Settings) *Source {
	if s.ask == nil {
		s.ask = query
	}
	return &Source{Settings: s}
}

// query asks one server. Its answer is refused when it is not synchronized itself.
func query(server string) (time.Duration, error) {
	r, err := ntp.QueryWithOptions(server, ntp.QueryOptions{Timeout: patience})
	if err == nil {
		err = r.Validate()
	}
	if err != nil {
		return 0, fmt.Errorf("time server %s: %w", server, err)
	}
	return -r.ClockOffset, nil // they count from us to them
}

// Offset is how far our clock is ahead of the servers (negative: behind), which
// of them says so, and whether any has been heard yet.
func (s *Source) Offset() (by time.Duration, server string, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last.by, s.last.server, s.known
}

// Run asks at once and every Every until ctx is done. Without servers it returns
// at once.
func (s *Source) Run(ctx context.Context) {
	if len(s.Servers) == 0 {
		return
	}
	tick := time.NewTicker(Every)
	defer tick.Stop()
	for {
		s.measure()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// measure asks all servers at once and takes the median. Of an even number of
// answers it takes the worse of the middle two: of two servers that differ nobody
// knows which is right.
func (s *Source) measure() {
	answers := make([]measured, len(s.Servers))
	faults := make([]error, len(s.Servers))
	var asking sync.WaitGroup
	for i, server := range s.Servers {
		asking.Go(func() {
			by, err := s.ask(server)
			answers[i], faults[i] = measured{by, server}, err
		})
	}
	asking.Wait()
	var heard []measured
	for i, a := range answers {
		if faults[i] == nil {
			heard = append(heard, a)
		}
	}
	if err := errors.Join(faults...); err != nil {
		s.Log.Warn("a time server does not say how late it is", "error", err, "answered", len(heard))
	}
	if len(heard) > 0 {
		s.take(median(heard))
	}
}

func median(heard []measured) measured {
	slices.SortFunc(heard, func(a, b measured) int { return cmp.Compare(a.by, b.by) })
	mid := heard[len(heard)/2]
	if below := heard[(len(heard)-1)/2]; below.by.Abs() > mid.by.Abs() {
		return below
	}
	return mid
}

// take keeps and tells what was measured.
func (s *Source) take(m measured) {
	s.mu.Lock()
	before := s.last
	s.last, s.known = m, true
	s.mu.Unlock()
	switch {
	case m.by.Abs() > rules.MaxClockOffset:
		s.Log.Error("the clock of this machine is wrong: nobody is called", "ahead", m.by.String(), "by", m.server, "allowed", rules.MaxClockOffset.String())
	case m.by.Abs() > Alarm:
		s.Log.Warn("the clock of this machine is off", "ahead", m.by.String(), "by", m.server)
	case before.by.Abs() > Alarm:
		s.Log.Info("the clock of this machine is right again", "ahead", m.by.String(), "by", m.server)
	}
	s.Tell(m.by, m.server)
}
