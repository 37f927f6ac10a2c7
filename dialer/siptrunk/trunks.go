package siptrunk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/forecall/forecall/dialer"
)

// Trunks places calls over several carriers. It is safe for use by many goroutines.
type Trunks struct {
	settings Settings
	routes   []*route // in the order of the settings; fixed after Open

	stop    context.CancelFunc
	running sync.WaitGroup // health loops
}

var _ dialer.Trunk = (*Trunks)(nil)

// Open checks the settings, opens a socket per trunk, and begins to register
// and to ask after the carriers' health until Close. A trunk that does not
// come up is no error: State and Room say why it is not used.
func Open(s Settings) (*Trunks, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	s = s.filled()
	ctx, stop := context.WithCancel(context.Background()) // ends with Close
	t := &Trunks{settings: s, stop: stop}
	for _, trunk := range s.Trunks {
		r, err := openRoute(s, trunk.filled())
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open trunk %s: %w", trunk.Name, err), t.Close())
		}
		t.routes = append(t.routes, r)
	}
	for _, r := range t.routes {
		t.running.Go(func() { r.attend(ctx) })
	}
	return t, nil
}

// Close un-registers, cancels and hangs up what still runs, and returns when
// every goroutine of the trunks has ended. Dial fails from then on.
func (t *Trunks) Close() error {
	t.stop()
	t.running.Wait()
	var wg sync.WaitGroup
	errs := make([]error, len(t.routes))
	for i, r := range t.routes {
		wg.Go(func() { errs[i] = r.close() })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// CallerID returns the number that is shown by the named trunks (none = all)
// when a campaign names none: the first one of the first trunk, in the order in
// which they are tried, that has any; "" when none has. It is shown whichever
// of them carries the call, so a campaign over carriers that take only their
// own numbers names its trunks accordingly.
func (t *Trunks) CallerID(trunks []string) string {
	picked, err := pick(t.routes, trunks)
	if err != nil {
		return ""
	}
	for _, r := range picked {
		if len(r.trunk.CallerIDs) > 0 {
			return r.trunk.CallerIDs[0]
		}
	}
	return ""
}

// Room returns how many calls the named trunks (none = all) would take now.
// When that is 0, why names each trunk with its reason.
func (t *Trunks) Room(trunks []string) (lines int, why string) {
	picked, err := pick(t.routes, trunks)
	if err != nil {
		return 0, err.Error()
	}
	var reasons []string
	now := time.Now()
	for _, r := range picked {
		n, why := r.room(now)
		lines += n
		if why != "" {
			reasons = append(reasons, r.trunk.Name+": "+why)
		}
	}
	if lines > 0 {
		return lines, ""
	}
	return 0, strings.Join(reasons, "; ")
}
