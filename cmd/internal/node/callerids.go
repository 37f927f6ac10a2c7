package node

import (
	"context"
	"time"

	"github.com/robfig/cron/v3"
)

const (
	// learnCallersEvery is how soon a number that was entered, or whose right has
	// ended, is chosen or is not; the gate knows at once.
	learnCallersEvery = 15 * time.Second
	// checkCallers is when our numbers are called to see whether they answer: at
	// nine in the morning of the first of each month, UTC.
	checkCallers = "0 9 1 * *"
)

// keepCallers tells the book of caller IDs what the store knows, until ctx is
// done.
func (n *Node) keepCallers(ctx context.Context) {
	tick := time.NewTicker(learnCallersEvery)
	defer tick.Stop()
	for {
		if err := n.learnCallers(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("read the caller IDs", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// LearnCallers makes what was just entered about our numbers be chosen by at
// once, and not with the next look.
func (n *Node) LearnCallers(ctx context.Context) error { return n.learnCallers(ctx) }

func (n *Node) learnCallers(ctx context.Context) error {
	now := time.Now()
	ids, err := n.db.CallerIDs(ctx)
	if err != nil {
		return err
	}
	rights, err := n.db.CallerRights(ctx, "")
	if err != nil {
		return err
	}
	shown, err := n.db.CallsByCallerID(ctx, now.UTC().Truncate(24*time.Hour))
	if err != nil {
		return err
	}
	n.callers.Learn(ids, rights, shown, now)
	return nil
}

// tryCallers calls our numbers once a month, until ctx is done.
func (n *lead) tryCallers(ctx context.Context) {
	schedule, err := cron.ParseStandard(checkCallers)
	if err != nil {
		panic(err) // a constant
	}
	for {
		wait := time.NewTimer(time.Until(schedule.Next(time.Now().UTC())))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return
		}
		if err := n.rights.CheckAll(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("try the caller IDs", "error", err)
		}
	}
}
