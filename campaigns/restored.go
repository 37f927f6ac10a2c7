package campaigns

import (
	"context"
	"fmt"
	"time"
)

// RestoredBy is who stops a house whose records went back in time.
const RestoredBy = "restore guard"

// HoldRestored stops the whole house because its records are those of an earlier
// time than somebody has seen: do-not-call requests and calls since then are not in
// them. A person enters what is known and lifts the stop. It is thrown once: not
// while such a stop holds, nor when one was thrown after seen, the instant at which
// the later records were seen last; then thrown is false.
func HoldRestored(ctx context.Context, store StopStore, seen time.Time, why string) (stop Stop, thrown bool, err error) {
	all, err := store.Stops(ctx, false, 0)
	if err != nil {
		return Stop{}, false, fmt.Errorf("read the stops: %w", err)
	}
	if s, held := HeldSince(all, seen); held {
		return s, false, nil
	}
	stop, err = store.ThrowStop(ctx, RestoredStop(why))
	if err != nil {
		return Stop{}, false, fmt.Errorf("stop a house that was restored: %w", err)
	}
	return stop, true, nil
}

// RestoredStop is the stop of a house whose records went back, which why tells.
func RestoredStop(why string) Stop {
	return Stop{Scope: StopHouse, By: RestoredBy, Reason: why +
		" Do-not-call requests and calls since the backup are not in it: enter the requests that are known (forecall dnc import), look at the carrier's records for calls, then lift this stop."}
}

// HeldSince finds among stops the one of RestoredBy that holds, or that was thrown
// after the instant at which the later records were seen last.
func HeldSince(all []Stop, seen time.Time) (Stop, bool) {
	for _, s := range all {
		if s.By == RestoredBy && (s.LiftedAt.IsZero() || s.At.After(seen)) {
			return s, true
		}
	}
	return Stop{}, false
}
