package campaigns

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns/evidence"
)

// ZoneEra is a stretch of the ledger that was signed with one version of the
// time zones, by one version of the program: every checkpoint names both.
type ZoneEra struct {
	From, To time.Time // of the first and the last checkpoint
	Zones    string
	Program  string
}

// ZoneHistory tells with which time zones the ledger was written, oldest first.
type ZoneHistory interface {
	ZoneEras(ctx context.Context) ([]ZoneEra, error)
}

// zoneEras reads them from checkpoints in their order.
func zoneEras(points []evidence.Checkpoint) (out []ZoneEra) {
	for _, p := range points {
		if n := len(out); n > 0 && out[n-1].Zones == p.Zones && out[n-1].Program == p.Program {
			out[n-1].To = p.At
			continue
		}
		out = append(out, ZoneEra{From: p.At, To: p.At, Zones: p.Zones, Program: p.Program})
	}
	return out
}

// madeWith tells with which time zones and program something was done: those of
// the checkpoint after it. Between two eras it may have been either; what no
// checkpoint covers yet is of the last one.
func madeWith(eras []ZoneEra, at time.Time) (zones, program string) {
	for i, e := range eras {
		if at.After(e.To) && i+1 < len(eras) {
			continue
		}
		zones, program = e.Zones, e.Program
		if i > 0 && at.Before(e.From) {
			zones, program = either(eras[i-1].Zones, zones), either(eras[i-1].Program, program)
		}
		break
	}
	return zones, program
}

func either(a, b string) string {
	if a == b {
		return a
	}
	return a + " or " + b
}
