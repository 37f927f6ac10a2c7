package records

import (
	"bytes"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/json"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// same compares a row with what was chained of it.
func (c *checker) same(kind string, ref int64, row []any, d [sha256.Size]byte) {
	if digest(row) != d {
		c.broken(campaigns.LawChain, "", c.last.seq, "%s %d is not what was recorded", kind, ref)
	}
}

// values copies a driver's row.
func values(row []driver.Value) []any {
	out := make([]any, len(row))
	for i, v := range row {
		out[i] = v
	}
	return out
}

// take reads the row with key ref from a stream in the order of keys. Rows
// before it stand in no link; when it is missing it was taken out.
func (c *checker) take(s *stream, kind string, ref int64) (row []driver.Value, err error) {
	for {
		row, ok, err := s.next()
		if err != nil {
			return nil, err
		}
		seq := int64(0)
		if ok {
			seq, _ = row[0].(int64)
		}
		switch {
		case !ok || seq > ref:
			c.broken(campaigns.LawChain, "", c.last.seq, "%s %d is gone", kind, ref)
			if ok {
				s.hold()
			}
			return nil, nil
		case seq == ref:
			return row, nil
		}
		c.broken(campaigns.LawChain, "", c.last.seq, "%s %d stands in no link of the chain", kind, seq)
	}
}

// finishStream counts what is left of a stream when the chain is over.
func (c *checker) finishStream(s *stream, kind string) error {
	for {
		row, ok, err := s.next()
		if err != nil || !ok {
			return err
		}
		c.broken(campaigns.LawChain, "", c.last.seq, "%s %v stands in no link of the chain", kind, row[0])
	}
}

// attempt checks an intent against the world as it was then.
func (c *checker) attempt(ref int64, d [sha256.Size]byte) error {
	row, err := c.take(c.attempts, kindAttempt, ref)
	if err != nil || row == nil {
		return err
	}
	own := len(row) - 2
	c.sameAttempt(ref, row, d)
	a, err := scanAttempt(driverRow(row))
	if err != nil {
		return err
	}
	if !c.linked(row[own:]) {
		c.broken(campaigns.LawChain, a.ID, c.last.seq, "the attempt's own hashes are not those of its link")
	}
	if c.found.Attempts++; ref != c.found.Attempts {
		c.broken(campaigns.LawOneCall, a.ID, c.last.seq, "attempt %d is number %d of the ledger", ref, c.found.Attempts)
		c.found.Attempts = ref
	}
	c.hear(a.IntentAt)
	num := e164(a.Number)
	if num == 0 && a.Mode != campaigns.Inbound {
		num = -ref // erased: nobody's number any more
	}
	if want := c.version[a.Campaign]; a.Settings != want {
		c.broken(campaigns.LawChain, a.ID, c.last.seq, "the attempt names version %d of the settings, in force was %d", a.Settings, want)
	}
	if a.Mode == campaigns.Inbound {
		c.received(ref, num)
		return nil
	}
	if c.calling[num] > 0 {
		c.broken(campaigns.LawLive, a.ID, c.last.seq, "the number was in a call to us")
	}
	if c.barred(num, c.sellers[a.Campaign]) {
		c.broken(campaigns.LawDoNotCall, a.ID, c.last.seq, "the number was on the do-not-call list")
	}
	if other, open := c.live[num]; open {
		c.broken(campaigns.LawLive, a.ID, c.last.seq, "the number was in attempt %d", other)
	}
	c.live[num], c.open[ref] = ref, num
	if w, known := c.weeks[a.Campaign]; !known || !rules.OpenAt(w, a.Zones, a.IntentAt, 0) {
		c.broken(campaigns.LawWindow, a.ID, c.last.seq, "%s is outside the calling window in %v", a.IntentAt.Format(time.RFC3339), a.Zones)
	}
	return nil
}

// received replays a call that a person made to us: whom we may call, and when,
// binds nobody who calls us, but we do not call them meanwhile.
func (c *checker) received(ref, num int64) {
	c.open[ref], c.inbound[ref] = num, true
	if num != 0 {
		c.calling[num]++
	}
}

// linked tells whether a row's own hashes, before and at its link, are right.
func (c *checker) linked(own []driver.Value) bool {
	prev, _ := own[0].([]byte)
	hash, _ := own[1].([]byte)
	return bytes.Equal(prev, c.prev[:]) && bytes.Equal(hash, c.last.hash[:])
}

// outcomeLimit is how long after the end of a call its outcome may come.
const outcomeLimit = 90 * time.Second

// outcome checks how an attempt ended, and frees its number.
func (c *checker) outcome(q driver.QueryerContext, ref int64, d [sha256.Size]byte) error {
	c.found.Outcomes++
	num, open := c.open[ref]
	if !open {
		c.broken(campaigns.LawOutcome, "", c.last.seq, "attempt %d has an outcome before its intent, or two", ref)
	}
	delete(c.open, ref)
	if c.inbound[ref] {
		delete(c.inbound, ref)
		c.calling[num]--
	}
	if c.live[num] == ref {
		delete(c.live, num)
	}
	found := false
	err := each(q, `SELECT `+outcomeColumns+`, `+outcomeMore+`, format, prev, hash FROM outcomes WHERE seq = ?`, []any{ref}, func(row *cells) error {
		found = true
		own := len(row.row) - 2
		c.sameOutcome(ref, row.row, d)
		if !c.linked(row.row[own:]) {
			c.broken(campaigns.LawChain, "", c.last.seq, "the own hashes of outcome %d are not those of its link", ref)
		}
		c.late(ref, row)
		return nil
	})
	if err == nil && !found {
		c.broken(campaigns.LawChain, "", c.last.seq, "outcome %d is gone", ref)
	}
	return err
}

// late checks that the outcome came in time.
func (c *checker) late(ref int64, row *cells) {
	row.skip(17)
	ended := row.instant()
	row.skip(15)
	recorded := row.instant()
	c.hear(recorded)
	if after := recorded.Sub(ended); !ended.IsZero() && after > outcomeLimit {
		c.broken(campaigns.LawOutcome, "", c.last.seq, "the outcome of attempt %d came %s after its end", ref, after.Round(time.Second))
	}
}

// auditEntry checks an entry and replays what it says of calling windows.
func (c *checker) auditEntry(ref int64, d [sha256.Size]byte) error {
	row, err := c.take(c.audit, kindAudit, ref)
	if err != nil || row == nil {
		return err
	}
	c.same(kindAudit, ref, values(row), d)
	at, _ := row[1].(int64)
	c.hear(moment(at))
	kind, _ := row[2].(string)
	detail, _ := row[5].(string)
	if kind != auditCreate && kind != auditUpdate {
		return nil
	}
	var settings campaigns.Campaign
	if err := json.NewDecoder(strings.NewReader(detail)).Decode(&settings); err != nil {
		c.broken(campaigns.LawChain, "", c.last.seq, "audit %d: settings cannot be read: %v", ref, err)
		return nil
	}
	c.weeks[settings.ID], c.version[settings.ID] = settings.Windows, ref
	c.sellers[settings.ID] = settings.SellerKeys()
	return nil
}
