package records

import (
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// rest checks what the chain cannot show: rows without a link, marks that do
// not agree with rows, agents with two customers.
func (c *checker) rest(q driver.QueryerContext) error {
	for kind, s := range map[string]*stream{kindAttempt: c.attempts, kindDoNotCall: c.changes, kindAudit: c.audit, kindEvents: c.events} {
		if err := c.finishStream(s, kind); err != nil {
			return err
		}
	}
	c.found.Open = int64(len(c.open))
	if err := c.consentsStand(q); err != nil {
		return err
	}
	c.accounted()
	c.sound()
	for _, check := range []func(driver.QueryerContext) error{c.orphaned, c.unlinked, c.unbatched, c.marks, c.listed, c.registered, c.adopted, c.ruled, c.decided, c.silenced, c.twoLegs, c.counted} {
		if err := check(q); err != nil {
			return err
		}
		if err := c.ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// unlinked finds outcomes and dispositions that stand in no link. Their links
// were followed one by one; so counting is enough.
func (c *checker) unlinked(q driver.QueryerContext) error {
	return each(q, `SELECT (SELECT COUNT(*) FROM outcomes), (SELECT COUNT(*) FROM dispositions)`, nil, func(row *cells) error {
		if n := row.integer(); n != c.found.Outcomes {
			c.broken(campaigns.LawChain, "", 0, "%d outcomes, %d links of outcomes", n, c.found.Outcomes)
		}
		if n := row.integer(); n != c.disposed {
			c.broken(campaigns.LawChain, "", 0, "%d dispositions, %d links of dispositions", n, c.disposed)
		}
		return nil
	})
}

// orphaned finds attempts that nobody will end, for their process is gone; and
// those that no process holds, or that one holds though they have ended.
func (c *checker) orphaned(q driver.QueryerContext) error {
	placed := make(map[int64]bool)
	err := each(q, `SELECT p.seq, p.node,
		CASE WHEN p.epoch = n.epoch AND n.state IN ('joining', 'up', 'draining') THEN 1 ELSE 0 END, n.beat_at, n.since
		FROM placed p LEFT JOIN nodes n ON n.id = p.node ORDER BY p.seq`, nil, func(row *cells) error {
		seq, node := row.integer(), row.integer()
		placed[seq] = true
		if _, open := c.open[seq]; !open {
			c.broken(campaigns.LawLive, "", 0, "attempt %d is held as open, and is not", seq)
			return nil
		}
		alive, beat, since := row.truth(), row.instant(), row.instant()
		switch {
		case node == 0 || !c.shared:
			c.abandoned(seq)
		case alive:
			c.silent(seq, node, beat)
		default:
			c.silent(seq, node, since)
		}
		return nil
	})
	for _, seq := range slices.Sorted(maps.Keys(c.open)) {
		if err == nil && !placed[seq] {
			c.broken(campaigns.LawLive, "", 0, "attempt %d is open, and no process holds it", seq)
		}
	}
	return err
}

// abandoned judges an open attempt of the one process of a store.
func (c *checker) abandoned(seq int64) {
	if silent := c.at.Sub(c.heard); silent > outcomeLimit && seq <= c.before {
		c.broken(campaigns.LawOutcome, "", 0, "attempt %d is open, and its process was last heard of %s ago: the next start will close it",
			seq, silent.Round(time.Second))
	}
}

// silent judges an open attempt of a node that was last heard of then.
func (c *checker) silent(seq, node int64, heard time.Time) {
	if silent := c.at.Sub(heard); silent > outcomeLimit {
		c.broken(campaigns.LawOutcome, "", 0, "attempt %d is open, and node %d, which has it, is gone since %s: another node, or its next start, will close it",
			seq, node, silent.Round(time.Second))
	}
}

// marks compares the live mark with the outcome: an attempt has one of them.
func (c *checker) marks(q driver.QueryerContext) error {
	return each(q, `SELECT a.seq, a.id, a.live FROM attempts a LEFT JOIN outcomes o ON o.seq = a.seq LEFT JOIN held h ON h.seq = a.seq AND h.inbound = 1
		WHERE (a.live IS NULL AND h.seq IS NULL) <> (o.seq IS NOT NULL) ORDER BY a.seq LIMIT ?`, []any{maxFindings}, func(row *cells) error {
		seq, id := row.integer(), row.text()
		if row.null() {
			c.broken(campaigns.LawOutcome, id, 0, "attempt %d is not live and has no outcome", seq)
		} else {
			c.broken(campaigns.LawLive, id, 0, "attempt %d has an outcome and is live", seq)
		}
		return nil
	})
}

// listed compares the do-not-call list with its history.
func (c *checker) listed(q driver.QueryerContext) error {
	n, strange := 0, 0
	err := each(q, `SELECT e164, seller FROM do_not_call`, nil, func(row *cells) error {
		n++
		if !c.blocked[entry{row.integer(), row.text()}] {
			strange++
		}
		return nil
	})
	if missing := len(c.blocked) - (n - strange); err == nil && (strange > 0 || missing > 0) {
		c.broken(campaigns.LawDoNotCall, "", 0, "the do-not-call list lacks %d entries of its history and has %d that never came", missing, strange)
	}
	return err
}

// twoLegs finds agents who were bridged to a customer before the last one was
// gone. A call whose agent lost the phone was the first agent's until then, and
// the second's from then on; of one that was passed on it is written who had the
// person when.
func (c *checker) twoLegs(q driver.QueryerContext) error {
	return each(q, `SELECT seq, agent, began, before FROM (SELECT seq, agent, began,
			MAX(over) OVER (PARTITION BY agent ORDER BY began, seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
			FROM (SELECT seq, agent, bridged_at AS began, COALESCE(second_at, ended_at) AS over FROM outcomes
				WHERE agent <> 0 AND bridged_at > 0 AND seq NOT IN (SELECT attempt FROM talks)
				UNION ALL SELECT seq, second_agent, second_at, ended_at FROM outcomes
				WHERE second_agent <> 0 AND second_at > 0 AND seq NOT IN (SELECT attempt FROM talks)
				UNION ALL SELECT attempt, agent, from_at, to_at FROM talks WHERE n >= 0) legs) turns
		WHERE before > began LIMIT ?`, []any{maxFindings}, func(row *cells) error {
		seq, agent, bridged, before := row.integer(), row.integer(), row.instant(), row.instant()
		c.broken(campaigns.LawOneLeg, "", 0, "agent %d was bridged in attempt %d while another call went on for %s", agent, seq, before.Sub(bridged))
		return nil
	})
}

// counted compares the counters of contacts with the contacts.
func (c *checker) counted(q driver.QueryerContext) error {
	have := make(map[string]int64)
	key := func(row *cells) string { return fmt.Sprintf("list %d: %s", row.integer(), row.text()) }
	err := each(q, `SELECT list, state, COUNT(*) FROM contacts GROUP BY list, state`, nil, func(row *cells) error {
		have[key(row)] = row.integer()
		return nil
	})
	if err != nil {
		return err
	}
	err = each(q, `SELECT list, state, n FROM depths`, nil, func(row *cells) error {
		k, n := key(row), row.integer()
		if have[k] != n {
			c.broken(campaigns.LawCounters, "", 0, "%s: the counter says %d, there are %d", k, n, have[k])
		}
		delete(have, k)
		return nil
	})
	for k, n := range have {
		if n != 0 {
			c.broken(campaigns.LawCounters, "", 0, "%s: no counter, there are %d", k, n)
		}
	}
	return err
}
