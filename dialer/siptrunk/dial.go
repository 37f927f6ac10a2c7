package siptrunk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/dialer"
)

// maxRoutes is how many trunks one attempt may use: the first, and one more
// when nobody was reached through it.
const maxRoutes = 2

var errFull = errors.New("trunk full")

// Dial places one call and blocks until the person answered or it is known
// that they will not; the error is then a *dialer.CallError. Ending ctx
// withdraws the call, and Dial returns when that is certain.
//
// A second trunk is tried at most once, and only when the first failed before
// anything beyond 100 came: a person whose phone rang is not rung again.
func (t *Trunks) Dial(ctx context.Context, req dialer.Request) (dialer.Leg, error) {
	req, err := t.complete(req)
	if err != nil {
		return nil, refused(campaigns.Refused, err)
	}
	ways, err := t.ways(req)
	if err != nil {
		return nil, err
	}
	var last *dialer.CallError
	for try := 1; try <= maxRoutes; try++ {
		r, rest, refusal := admit(ctx, ways, t.settings.MaxWait)
		switch {
		case refusal == nil:
		case last != nil && refusal.Outcome == campaigns.RouteFailed:
			return nil, last // nobody else had room: the first failure counts
		default:
			return nil, carryOver(last, refusal)
		}
		if last != nil {
			report(req, dialer.Progress{Step: dialer.StepFailOver, At: time.Now(), Trunk: r.trunk.Name, Code: last.Code, Detail: last.Reason})
		}
		p := newPlacing(r, req, LegCallID(req.CallID, try))
		leg, failed, again := p.run(ctx)
		if leg != nil {
			return leg, nil
		}
		if last = carryOver(last, failed); !again {
			break
		}
		ways = rest
	}
	return nil, last
}

// LegCallID returns the Call-ID of an attempt's nth INVITE: its own for the
// first, "-2" in the local part for the fail-over. Both carriers' logs thereby
// name the one row of the ledger.
func LegCallID(callID string, n int) string {
	if n == 1 {
		return callID
	}
	local, host, found := strings.Cut(callID, "@")
	id := fmt.Sprintf("%s-%d", local, n)
	if found {
		id += "@" + host
	}
	return id
}

// complete fills in what the request left to us and checks the number a last time.
func (t *Trunks) complete(req dialer.Request) (dialer.Request, error) {
	if err := rules.Dialable(req.Number); err != nil {
		return req, fmt.Errorf("called number: %w", err)
	}
	if req.CallerID != "" {
		if err := rules.Dialable(req.CallerID); err != nil {
			return req, fmt.Errorf("caller ID: %w", err)
		}
	}
	if req.CallID == "" {
		req.CallID = uuid.NewString()
	}
	if req.RingTime <= 0 {
		req.RingTime = t.settings.RingTime
	}
	return req, nil
}

// ways returns the trunks that may call this number, best first.
func (t *Trunks) ways(req dialer.Request) ([]*route, error) {
	order, err := preference(t.routes, req.Trunks, chance)
	if err != nil {
		return nil, refused(campaigns.RouteFailed, err)
	}
	var ways []*route
	for _, r := range order {
		if _, err = r.trunk.Dial.User(req.Number); err == nil {
			ways = append(ways, r)
		}
	}
	if len(ways) == 0 {
		return nil, refused(campaigns.Refused, err)
	}
	return ways, nil
}

// admit takes a line on the first trunk that has room at once, else on the
// first that has room within the limit, and returns when the INVITE may leave.
// rest are the trunks that were not chosen.
func admit(ctx context.Context, ways []*route, limit time.Duration) (chosen *route, rest []*route, refusal *dialer.CallError) {
	var reasons []string
	now := time.Now()
	for _, deadline := range []time.Time{now, now.Add(limit)} {
		reasons = reasons[:0]
		for i, r := range ways {
			refusal, why := r.enter(ctx, deadline)
			if why != "" {
				reasons = append(reasons, r.trunk.Name+": "+why)
				continue
			}
			rest = append(append(rest, ways[:i]...), ways[i+1:]...)
			return r, rest, refusal
		}
	}
	if len(reasons) == 0 {
		reasons = append(reasons, "no other trunk")
	}
	return nil, nil, refused(campaigns.RouteFailed, fmt.Errorf("%w: %s", errFull, strings.Join(reasons, "; ")))
}

// refused is the error of a call of which nothing was sent.
func refused(o campaigns.Outcome, err error) *dialer.CallError {
	return &dialer.CallError{Outcome: o, Reason: err.Error(), Err: err}
}

// carryOver keeps the instant of the first INVITE when a second trunk failed too.
func carryOver(first, second *dialer.CallError) *dialer.CallError {
	if first != nil && !first.SentAt.IsZero() {
		second.SentAt = first.SentAt
	}
	return second
}

func report(req dialer.Request, p dialer.Progress) {
	if req.OnProgress != nil {
		req.OnProgress(p)
	}
}
