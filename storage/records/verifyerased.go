package records

import (
	"crypto/sha256"
	"database/sql/driver"
	"encoding/json"
	"maps"
	"slices"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
)

// erasure checks a tombstone, and hears how many rows of which kind were
// emptied.
func (c *checker) erasure(q driver.QueryerContext, ref int64, d [sha256.Size]byte) error {
	found := false
	err := each(q, `SELECT seq, at, by, basis, kind, counts FROM erasures WHERE seq = ?`, []any{ref}, func(row *cells) error {
		found = true
		c.same2(kindErasure, ref, values(row.row), nil, d)
		var counts map[string]int64
		text, _ := row.row[5].(string)
		if err := json.Unmarshal([]byte(text), &counts); err != nil {
			c.broken(campaigns.LawChain, "", c.last.seq, "erasure %d: its counts cannot be read", ref)
		}
		for what, n := range counts {
			c.told[what] += n
		}
		return nil
	})
	if err == nil && !found {
		c.broken(campaigns.LawChain, "", c.last.seq, "erasure %d is gone", ref)
	}
	return err
}

// committed are the kinds whose rows hold commitments.
var committed = []string{kindAttempt, kindDisposition, kindDoNotCall, evidence.KindConsent, kindEvents}

// old counts a row of format 1 that was erased: it is checked where it was
// chained anew.
func (c *checker) old(kind string, ref int64) {
	c.erased[kind]++
	c.awaited[rebasedRow{kind, ref}] = true
}

// rebasedRow is a row, or a batch, of format 1.
type rebasedRow struct {
	kind string
	ref  int64
}

// rebase checks what remains of rows of format 1. A batch of which something
// was erased again stands in a later link, where it is checked: here what it was
// then is taken from beside.
func (c *checker) rebase(q driver.QueryerContext, ref int64, d [sha256.Size]byte) error {
	var rows []rebasedRow
	var digests []evidence.Digest
	err := each(q, `SELECT kind, ref, digest FROM rebased WHERE erasure = ? ORDER BY n`, []any{ref}, func(row *cells) error {
		rows = append(rows, rebasedRow{row.text(), row.integer()})
		var was evidence.Digest
		if copy(was[:], row.blob()) > 0 {
			rows[len(rows)-1] = rebasedRow{}
		}
		digests = append(digests, was)
		return nil
	})
	if err != nil {
		return err
	}
	for i, r := range rows {
		if r == (rebasedRow{}) {
			continue
		}
		if digests[i], err = remains(q, r); err != nil {
			return err
		}
		delete(c.awaited, r)
	}
	if evidence.DigestBatch(digests) != d {
		c.rebases[ref] = true
	}
	return nil
}

// remains is the digest of what is left of a row of format 1.
func remains(q driver.QueryerContext, r rebasedRow) (d evidence.Digest, err error) {
	switch r.kind {
	case kindAttempt:
		err = each(q, `SELECT `+attemptColumns+` FROM attempts WHERE seq = ?`, []any{r.ref}, func(row *cells) error {
			public, _ := attemptParts(values(row.row))
			d = digest2(public, nil)
			return nil
		})
	case kindDisposition:
		var row dispositionRow
		row, err = readDispositionRow(q, r.ref)
		d = digest2(row.public, nil)
	case kindDoNotCall:
		var digests []evidence.Digest
		err = each(q, `SELECT `+changeColumns+`, erased FROM do_not_call_changes WHERE batch = ? ORDER BY seq`, []any{r.ref}, func(row *cells) error {
			digests = append(digests, remainsOfChange(values(row.row[:changeWidth]), row.row[changeWidth] != int64(0)))
			return nil
		})
		d = evidence.DigestBatch(digests)
	}
	return d, err
}

// accounted compares the rows that were emptied with what the erasures of the
// chain say, and finds rows of format 1 that were emptied and chained nowhere.
func (c *checker) accounted() {
	for _, kind := range committed {
		if n, told := c.erased[kind], c.told[kind]; n != told {
			c.broken(campaigns.LawChain, "", 0, "%d rows of kind %s were emptied, the erasures of the chain tell of %d", n, kind, told)
		}
	}
	for r := range c.awaited {
		c.broken(campaigns.LawChain, "", 0, "%s %d of format 1 was emptied, and what remains of it is not in the chain", r.kind, r.ref)
	}
	for _, ref := range slices.Sorted(maps.Keys(c.rebases)) {
		c.broken(campaigns.LawChain, "", 0, "what remains of the rows of format 1 of erasure %d is not what was recorded", ref)
	}
}

// recording checks a recording. One that was completed after a crash stands in
// the chain twice: the last link counts.
func (c *checker) recording(q driver.QueryerContext, ref int64, d [sha256.Size]byte) error {
	var row []any
	err := each(q, `SELECT `+recordingColumns+` FROM recordings WHERE attempt = ?`, []any{ref}, func(r *cells) error {
		row = values(r.row)
		return nil
	})
	if err != nil {
		return err
	}
	if row != nil && digest2(row, nil) == d {
		delete(c.unsound, ref)
	} else {
		c.unsound[ref] = c.last.seq
	}
	return nil
}

// sound names recordings that are not what was chained of them last.
func (c *checker) sound() {
	for _, ref := range slices.Sorted(maps.Keys(c.unsound)) {
		c.broken(campaigns.LawChain, "", c.unsound[ref], "recording %d is not what was recorded", ref)
	}
}

// unbatched finds events that were put in as if they were older than the chain
// of events.
func (c *checker) unbatched(q driver.QueryerContext) error {
	return each(q, `SELECT COUNT(*) FROM call_events WHERE batch = 0 AND id > (SELECT MIN(id) FROM call_events WHERE batch > 0)`, nil, func(row *cells) error {
		if n := row.integer(); n > 0 {
			c.broken(campaigns.LawChain, "", 0, "%d events of calls stand in no link of the chain", n)
		}
		return nil
	})
}

// happened checks a batch of events of calls.
func (c *checker) happened(ref int64, d [sha256.Size]byte) error {
	var digests []evidence.Digest
	for {
		row, ok, err := c.events.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if batch, _ := row[eventWidth-2].(int64); batch > ref {
			c.events.hold()
			break
		}
		id, _ := row[0].(int64)
		all, s := values(row[:eventWidth]), sealedOf(row[eventWidth:])
		digests = append(digests, digest2(all[:eventWidth-1], s.commitment))
		c.opened(kindEvents, id, s, all[eventWidth-1:])
	}
	if len(digests) == 0 || evidence.DigestBatch(digests) != d {
		c.broken(campaigns.LawChain, "", c.last.seq, "%s %d are not what was recorded", kindEvents, ref)
	}
	return nil
}
