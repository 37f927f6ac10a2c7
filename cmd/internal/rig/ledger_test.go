package rig

import (
	"context"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/carrier"
)

// closeTheBook stops the campaign, drains all nodes, and holds the ledger against
// the carrier's log, with the program's own verify and by rules of our own.
func (h *house) closeTheBook(wounds []*wound) {
	h.Helper()
	h.order("stop")
	h.eventually("the last call is over", 90*time.Second, func() bool { s := h.eye.look(); return s.ok && len(s.open) == 0 })
	for _, r := range h.nodes {
		if err := r.drain(90 * time.Second); err != nil {
			h.Error(err)
		}
	}
	f := h.verify()
	h.Logf("%d attempts, %d outcomes, %d open, %d links in the chain, %d breaches", f.Attempts, f.Outcomes, f.Open, f.Records, f.Count)
	if f.Open != 0 || f.Attempts != f.Outcomes {
		h.Errorf("%d attempts, %d outcomes, %d open", f.Attempts, f.Outcomes, f.Open)
	}
	for _, b := range f.Broken {
		if !h.neverArrived(b, wounds) {
			h.Errorf("law %s, attempt %s: %s", b.Law, b.Attempt, b.Detail)
		}
	}
	h.came()
	h.beforeTheWire()
	h.limits()
}

// came says what the calls came to: those that never left are the price of a fault.
func (h *house) came() {
	h.Helper()
	h.must(h.eye.each(context.Background(), `SELECT outcome, COALESCE(error, reason, ''), COALESCE(sent_at, 0) > 0, COUNT(*) FROM forecall.outcomes GROUP BY 1, 2, 3 ORDER BY 4 DESC`,
		func(r interface{ Scan(...any) error }) error {
			var outcome, why string
			var sent bool
			var n int64
			err := r.Scan(&outcome, &why, &sent, &n)
			h.Logf("%5d %s, sent: %t %s", n, outcome, sent, why)
			return err
		}))
}

// verify runs forecall verify.
func (h *house) verify() (f campaigns.Findings) {
	h.Helper()
	c := exec.Command(h.program, "verify", "--config", h.nodes[0].config(), "--carrier-log", h.far.log, "--json")
	var complaints strings.Builder
	c.Stderr = &complaints
	out, err := c.Output()
	if json.Unmarshal(out, &f) != nil || f.Attempts == 0 {
		h.Fatalf("forecall verify: %v\n%s\n%s", err, out, &complaints)
	}
	return f
}

// neverArrived tells whether a finding is that the carrier saw nothing of an INVITE
// which was sent into a network that was cut: both sides are right.
func (h *house) neverArrived(b campaigns.Finding, wounds []*wound) bool {
	if b.Law != campaigns.LawOneCall || !strings.Contains(b.Detail, "saw no INVITE") {
		return false
	}
	_, sent, err := h.eye.attempt(b.Attempt)
	h.must(err)
	return slices.ContainsFunc(wounds, func(w *wound) bool {
		return w.wire && sent.After(w.at.Add(-time.Second)) && sent.Before(w.healed)
	})
}

// attempt reads when an attempt was begun and sent.
func (e *eye) attempt(id string) (begun, sent time.Time, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var at, out int64
	err = e.conn.QueryRow(ctx, `SELECT a.intent_at, COALESCE(o.sent_at, 0) FROM forecall.attempts a LEFT JOIN forecall.outcomes o ON o.seq = a.seq WHERE a.id = $1`, id).Scan(&at, &out)
	return time.UnixMicro(at), time.UnixMicro(out), err
}

// beforeTheWire: no INVITE reached the carrier before its attempt stood in the ledger.
func (h *house) beforeTheWire() {
	h.Helper()
	begun := map[string]time.Time{}
	h.must(h.eye.each(context.Background(), `SELECT id, intent_at FROM forecall.attempts`, func(r interface{ Scan(...any) error }) error {
		var id string
		var at int64
		err := r.Scan(&id, &at)
		a := campaigns.Attempt{ID: id}
		begun[a.CallID()] = time.UnixMicro(at)
		return err
	}))
	for _, r := range h.far.records(h) {
		if at, known := begun[r.CallID]; r.Event == carrier.Invited && known && r.At.Before(at) {
			h.Errorf("call %s reached the carrier %s before its attempt began", r.CallID, at.Sub(r.At))
		}
	}
}

// limits: calls a second and lines of the trunk, of all nodes together, as the
// carrier counts them.
func (h *house) limits() {
	var invites []time.Time
	type change struct {
		at time.Time
		by int
	}
	var lines []change
	open := map[string]bool{}
	for _, r := range h.far.records(h) {
		switch r.Event {
		case carrier.Invited:
			invites, lines = append(invites, r.At), append(lines, change{r.At, 1})
			open[r.CallID] = true
		case carrier.Refused, carrier.Bye, carrier.HungUp, carrier.Vanished, carrier.Unacked:
			if open[r.CallID] {
				delete(open, r.CallID)
				lines = append(lines, change{r.At, -1})
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b change) int { return a.at.Compare(b.at) })
	used, most := 0, 0
	for _, l := range lines {
		used += l.by
		most = max(most, used)
	}
	fastest := busiest(invites)
	sent := h.sent()
	h.Logf("the carrier saw %d INVITEs, at most %d within a second (limit %d; by the clocks of those who sent them %d) and %d lines in use (limit %d)",
		len(invites), fastest, cpsOfTrunk, sent, most, linesOfTrunk)
	// A carrier that is starved of time reads in one moment what came in several: it is
	// believed within a fifth, and those who sent to the letter.
	if sent > cpsOfTrunk+1 || fastest > cpsOfTrunk+cpsOfTrunk/5 {
		h.Errorf("%d INVITEs were sent within a second, %d came, and %d are allowed", sent, fastest, cpsOfTrunk)
	}
	if most > linesOfTrunk {
		h.Errorf("%d lines in use, and %d are allowed", most, linesOfTrunk)
	}
}

// busiest is the most of these instants within a second.
func busiest(all []time.Time) (most int) {
	slices.SortFunc(all, time.Time.Compare)
	for first, last := 0, 0; last < len(all); last++ {
		for all[last].Sub(all[first]) >= time.Second {
			first++
		}
		most = max(most, last-first+1)
	}
	return most
}

// sent is the most INVITEs that were sent within a second, as the ledger has them.
func (h *house) sent() int {
	h.Helper()
	var all []time.Time
	h.must(h.eye.each(context.Background(), `SELECT sent_at FROM forecall.outcomes WHERE sent_at > 0`, func(r interface{ Scan(...any) error }) error {
		var at int64
		err := r.Scan(&at)
		all = append(all, time.UnixMicro(at))
		return err
	}))
	return busiest(all)
}
