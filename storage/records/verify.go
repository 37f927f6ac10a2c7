package records

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// maxFindings is how many breaches of each law are named; all are counted.
const maxFindings = 100

// Verify reads the whole ledger in one snapshot, recomputes the chain from
// the rows and replays it: what was on the do-not-call list, which numbers
// were live and which windows were open is known at every link. It checks the
// laws I1 to I5, I7 and I10, and that counters and lists agree with the rows.
// Memory grows with the do-not-call list and the calls in the air, not with
// the ledger.
//
// What is judged of I5 (one outcome within 90 s): of an attempt that has one,
// the time from its end to its outcome. Of an open attempt of this process
// nothing, for a conversation may be long. Of an open attempt of a process
// that is gone, the time from the last that is heard of that process, its
// last record in the ledger, to now: nobody but Recover can end it. What
// Recover closes ends at that moment; how long nobody was there stands in its
// entry of the audit.
func (db *DB) Verify(ctx context.Context, now time.Time) (campaigns.Findings, error) {
	return db.VerifyWith(ctx, now, campaigns.Trust{})
}

// VerifyWith is Verify that holds the chain against checkpoints of elsewhere
// too, and against a key that is known to be ours.
func (db *DB) VerifyWith(ctx context.Context, now time.Time, trust campaigns.Trust) (campaigns.Findings, error) {
	ctx = db.complete(ctx)
	c := &checker{
		trust: trust,
		ctx:   ctx, at: now, before: db.found, shared: db.aside != nil, named: make(map[campaigns.Law]int), blocked: make(map[entry]bool), entries: make(map[int64]int), sellers: make(map[int64][]string), live: make(map[int64]int64),
		open: make(map[int64]int64), weeks: make(map[int64]rules.Week), version: make(map[int64]int64), inbound: make(map[int64]bool), calling: make(map[int64]int),
		erased: make(map[string]int64), told: make(map[string]int64),
		awaited: make(map[rebasedRow]bool), rebases: make(map[int64]bool), unsound: make(map[int64]int64),
	}
	c.found.At = now.UTC()
	err := db.withDriver(ctx, func(q driver.QueryerContext) error {
		return inSnapshot(q, func() error { return remember(q, c.check) })
	})
	if db.failed(ctx, err) != nil {
		return campaigns.Findings{}, fmt.Errorf("verify: %w", err)
	}
	return c.found, nil
}

// inSnapshot runs f in one reading transaction.
func inSnapshot(q driver.QueryerContext, f func() error) error {
	if err := each(q, "BEGIN", nil, nil); err != nil {
		return err
	}
	err := f()
	if end := each(q, "COMMIT", nil, nil); err == nil {
		err = end
	}
	return err
}

// checker replays the chain.
type checker struct {
	ctx   context.Context
	at    time.Time
	found campaigns.Findings
	named map[campaigns.Law]int

	before int64     // last attempt that an earlier process began
	shared bool      // several nodes may have open attempts, and say that they live
	heard  time.Time // time of the last record

	trust   campaigns.Trust
	witness *witness

	prev    [sha256.Size]byte // hash of the link before last
	last    link
	blocked map[entry]bool       // the do-not-call list
	entries map[int64]int        // of a number, by whomever
	sellers map[int64][]string   // by campaign, as the do-not-call list has them
	live    map[int64]int64      // number -> open attempt
	open    map[int64]int64      // open attempt -> number
	inbound map[int64]bool       // open attempts that people made to us
	calling map[int64]int        // number -> its open calls to us
	weeks   map[int64]rules.Week // calling windows by campaign
	version map[int64]int64      // of the settings in force, by campaign

	attempts, changes, audit *stream             // rows in the order of their links
	consents                 *stream             // the same of the consent ledger
	disposed                 int64               // links of dispositions
	erased                   map[string]int64    // rows that were emptied, by kind
	told                     map[string]int64    // of what the erasures of the chain tell, by what it was
	events                   *stream             // events of calls
	awaited                  map[rebasedRow]bool // emptied rows of format 1 that were not chained anew yet
	rebases                  map[int64]bool      // erasures whose rows of format 1 are not what was chained anew
	unsound                  map[int64]int64     // recordings that are not what their last link says, and that link
}

func (c *checker) broken(law campaigns.Law, attempt string, record int64, format string, args ...any) {
	c.found.Count++
	if c.named[law]++; c.named[law] <= maxFindings {
		c.found.Broken = append(c.found.Broken,
			campaigns.Finding{Law: law, Attempt: attempt, Record: record, Detail: fmt.Sprintf(format, args...)})
	}
}

func (c *checker) check(q driver.QueryerContext) (err error) {
	if c.attempts, err = openStream(q, attemptStream); err != nil {
		return err
	}
	defer c.attempts.close()
	if c.changes, err = openStream(q, changeStream); err != nil {
		return err
	}
	defer c.changes.close()
	if c.audit, err = openStream(q, `SELECT seq, at, kind, by, subject, detail FROM audit ORDER BY seq`); err != nil {
		return err
	}
	defer c.audit.close()
	if c.events, err = openStream(q, eventStream); err != nil {
		return err
	}
	defer c.events.close()
	if c.consents, err = openStream(q, consentStream); err != nil {
		return err
	}
	defer c.consents.close()
	if c.witness, err = newWitness(q, c.trust); c.witness == nil {
		return err
	}
	if err != nil {
		c.broken(campaigns.LawCheckpoint, "", 0, "%v", err)
	}
	if c.witness.own != nil {
		defer c.witness.own.close()
	}
	err = each(q, `SELECT seq, kind, ref, digest, hash FROM chain ORDER BY seq`, nil, func(row *cells) error { return c.record(q, row) })
	if err != nil {
		return err
	}
	if err := c.unreached(); err != nil {
		return err
	}
	c.found.Records, c.found.Head = c.last.seq, hex.EncodeToString(c.last.hash[:])
	return c.rest(q)
}

// record checks one link, and what the row it stands for says of the laws.
func (c *checker) record(q driver.QueryerContext, row *cells) error {
	seq, kind, ref := row.integer(), row.text(), row.integer()
	var d [sha256.Size]byte
	copy(d[:], row.blob())
	hash := row.blob()
	if seq != c.last.seq+1 {
		c.broken(campaigns.LawChain, "", seq, "the chain has a gap: link %d follows link %d", seq, c.last.seq)
		c.last.seq = seq - 1
	}
	next := c.last.next(kind, ref, d)
	if !bytes.Equal(next.hash[:], hash) {
		c.broken(campaigns.LawChain, "", seq, "link %d (%s %d) does not follow from the one before", seq, kind, ref)
		copy(next.hash[:], hash) // so that only the first bad link is named
	}
	c.prev, c.last = c.last.hash, next
	if err := c.seen(c.last); err != nil {
		return err
	}
	if seq%1000 == 0 && c.ctx.Err() != nil {
		return c.ctx.Err()
	}
	switch kind {
	case kindAttempt:
		return c.attempt(ref, d)
	case kindOutcome:
		return c.outcome(q, ref, d)
	case kindDisposition:
		return c.disposition(q, ref, d)
	case kindDoNotCall:
		return c.doNotCall(ref, d)
	case kindAudit:
		return c.auditEntry(ref, d)
	case kindErasure:
		return c.erasure(q, ref, d)
	case kindRebase:
		return c.rebase(q, ref, d)
	case kindRecording:
		return c.recording(q, ref, d)
	case kindEvents:
		return c.happened(ref, d)
	case kindConsent:
		return c.consented(ref, d)
	}
	c.broken(campaigns.LawChain, "", seq, "link %d is of an unknown kind %q", seq, kind)
	return nil
}

// hear notes when the ledger was written.
func (c *checker) hear(at time.Time) {
	if at.After(c.heard) {
		c.heard = at
	}
}
