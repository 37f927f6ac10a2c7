package records

import (
	"bytes"
	"crypto/sha256"
	"database/sql/driver"
	"slices"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
)

// Streams of rows with the salts that open them.
const (
	attemptStream = `SELECT ` + attemptColumns + `, ` + attemptMore + `, format, commitment, erased,
		(SELECT salt FROM subjects s WHERE s.e164 = CASE attempts.e164 WHEN 0 THEN -attempts.seq ELSE attempts.e164 END), prev, hash
		FROM attempts ORDER BY seq`
	changeStream = `SELECT ` + changeColumns + `, format, commitment, erased,
		(SELECT salt FROM subjects s WHERE s.e164 = do_not_call_changes.e164) FROM do_not_call_changes ORDER BY seq`
)

// sealed is what a row of format 2 has beside its columns.
type sealed struct {
	format     int64
	commitment []byte
	erased     bool
	salt       []byte
}

// sealedOf reads format, commitment, erased and salt.
func sealedOf(row []driver.Value) sealed {
	c := cells{row: row}
	return sealed{format: c.integer(), commitment: c.blob(), erased: c.truth(), salt: c.blob()}
}

// opened checks the personal columns of a row against its commitment. Of an
// erased row there must be none; the erasures of the chain must account for it.
func (c *checker) opened(kind string, ref int64, s sealed, personal []any) {
	switch {
	case s.erased:
		c.erased[kind]++
		if !nothing(personal) {
			c.broken(campaigns.LawChain, "", c.last.seq, "%s %d was erased, and something stands in it", kind, ref)
		}
	case nothing(personal) && len(s.commitment) == 0:
	case len(s.salt) == 0:
		c.broken(campaigns.LawChain, "", c.last.seq, "%s %d cannot be opened: its salt is gone, and nobody erased it", kind, ref)
	case !bytes.Equal(seal(s.salt, kind, ref, personal), s.commitment):
		c.broken(campaigns.LawChain, "", c.last.seq, "%s %d is not what was recorded: its personal columns do not fit their commitment", kind, ref)
	}
}

// same2 compares a row of format 2 with what was chained of it.
func (c *checker) same2(kind string, ref int64, public []any, commitment []byte, d [sha256.Size]byte) {
	if digest2(public, commitment) != d {
		c.broken(campaigns.LawChain, "", c.last.seq, "%s %d is not what was recorded", kind, ref)
	}
}

// sameAttempt compares an attempt of either format with its link.
func (c *checker) sameAttempt(ref int64, row []driver.Value, d [sha256.Size]byte) {
	const width = attemptWidth + attemptMoreWidth
	s := sealedOf(row[width:])
	if s.format < rowFormat {
		if s.erased {
			c.old(kindAttempt, ref)
			return
		}
		c.sameOld(kindAttempt, ref, s, values(row[:attemptWidth]), row[attemptWidth:width], d)
		return
	}
	public, personal := attemptParts(values(row[:width]))
	c.same2(kindAttempt, ref, public, s.commitment, d)
	c.opened(kindAttempt, ref, s, personal)
}

// sameOld compares a row of format 1, in which nothing of format 2 may stand.
func (c *checker) sameOld(kind string, ref int64, s sealed, row []any, more []driver.Value, d [sha256.Size]byte) {
	c.same(kind, ref, row, d)
	if len(s.commitment) > 0 || s.erased || !nothing(values(more)) {
		c.broken(campaigns.LawChain, "", c.last.seq, "%s %d is of format 1 and says more than that has", kind, ref)
	}
}

// sameOutcome compares an outcome of either format with its link.
func (c *checker) sameOutcome(ref int64, row []driver.Value, d [sha256.Size]byte) {
	const width = outcomeWidth + outcomeMoreWidth
	if format, _ := row[width].(int64); format < rowFormat {
		c.sameOld(kindOutcome, ref, sealed{}, values(row[:outcomeWidth]), row[outcomeWidth:width], d)
		return
	}
	c.same2(kindOutcome, ref, values(row[:width]), nil, d)
}

// dispositionRows are the tables of a disposition, in the order in which they
// were chained.
var dispositionRows = [...]struct {
	query    string
	personal []int // columns of format 2
	chained  int   // first column that format 2 chains
}{
	{`SELECT seq, line, product, quantity, unit_price FROM order_lines WHERE seq = ? ORDER BY line`, nil, 0},
	{`SELECT seq, at, zone, place, person, note FROM appointments WHERE seq = ?`, []int{3, 4, 5}, 0},
	{`SELECT seq, line, question, value FROM answers WHERE seq = ? ORDER BY line`, []int{3}, 0},
	{`SELECT at, agent, note FROM callbacks WHERE attempt = ?`, []int{2}, 0},
	{`SELECT seq, body FROM disposition_more WHERE seq = ?`, []int{0}, 1},
}

const dispositionQuery = `SELECT ` + dispositionColumns + `, format, commitment, erased,
	(SELECT salt FROM subjects s JOIN attempts a ON s.e164 = CASE a.e164 WHEN 0 THEN -a.seq ELSE a.e164 END WHERE a.seq = dispositions.seq)
	FROM dispositions WHERE seq = ?`

// dispositionRow is a disposition with all its rows, as both formats chain it.
type dispositionRow struct {
	sealed

	all, public, personal []any
}

// readDispositionRow reads a disposition; nothing is found of one that is gone.
func readDispositionRow(q driver.QueryerContext, ref int64) (r dispositionRow, err error) {
	err = each(q, dispositionQuery, []any{ref}, func(row *cells) error {
		r.sealed = sealedOf(copied(row.row[dispositionWidth:]))
		r.all = values(row.row[:dispositionWidth])
		r.public, r.personal = split(r.all, 4)
		return nil
	})
	for _, part := range dispositionRows {
		if err != nil {
			return r, err
		}
		err = each(q, part.query, []any{ref}, func(row *cells) error {
			own := values(row.row)
			r.all = append(r.all, own...)
			public, personal := split(own[part.chained:], part.personal...)
			r.public, r.personal = append(r.public, public...), append(r.personal, personal...)
			return nil
		})
	}
	return r, err
}

// copied is a row that outlives the next one.
func copied(row []driver.Value) []driver.Value {
	out := make([]driver.Value, len(row))
	for i, v := range row {
		if b, ok := v.([]byte); ok {
			v = bytes.Clone(b)
		}
		out[i] = v
	}
	return out
}

// disposition checks a disposition with all its rows.
func (c *checker) disposition(q driver.QueryerContext, ref int64, d [sha256.Size]byte) error {
	c.disposed++
	r, err := readDispositionRow(q, ref)
	if err != nil {
		return err
	}
	if r.format < rowFormat {
		if r.erased {
			c.old(kindDisposition, ref)
			return nil
		}
		c.sameOld(kindDisposition, ref, r.sealed, r.all, nil, d)
		return nil
	}
	c.same2(kindDisposition, ref, r.public, r.commitment, d)
	c.opened(kindDisposition, ref, r.sealed, r.personal)
	return nil
}

// doNotCall checks one batch of changes and replays it.
func (c *checker) doNotCall(ref int64, d [sha256.Size]byte) error {
	var old []any
	var digests []evidence.Digest
	format, erased := int64(1), int64(0)
	for first := true; ; first = false {
		row, ok, err := c.changes.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if batch, _ := row[changeWidth-1].(int64); batch > ref {
			c.changes.hold()
			break
		}
		own, s := values(row[:changeWidth]), sealedOf(row[changeWidth:])
		if first {
			format = s.format
		}
		seq, _ := row[0].(int64)
		if format < rowFormat {
			old = append(old, own...)
			erased += flag(s.erased)
		} else {
			public, personal := changeParts(own)
			digests = append(digests, digest2(public, s.commitment))
			c.opened(kindDoNotCall, seq, s, personal)
		}
		c.listing(row)
	}
	if format < rowFormat && erased > 0 {
		c.old(kindDoNotCall, ref)
		c.erased[kindDoNotCall] += erased - 1
	} else if format < rowFormat {
		c.same(kindDoNotCall, ref, old, d)
	} else if evidence.DigestBatch(digests) != d {
		c.broken(campaigns.LawChain, "", c.last.seq, "%s %d is not what was recorded", kindDoNotCall, ref)
	}
	return nil
}

// listing replays one change of the do-not-call list. Those of format 1 are of
// the whole house: sellers were not told apart.
func (c *checker) listing(row []driver.Value) {
	num, _ := row[1].(int64)
	seller, _ := row[8].(string)
	at := entry{num, campaigns.SellerKey(seller)}
	if format, _ := row[changeWidth].(int64); format < rowFormat {
		at.seller = ""
	}
	removed, _ := row[2].(int64)
	switch {
	case removed != 0 && c.blocked[at]:
		delete(c.blocked, at)
		if c.entries[num]--; c.entries[num] == 0 {
			delete(c.entries, num)
		}
	case removed == 0 && !c.blocked[at]:
		c.blocked[at] = true
		c.entries[num]++
	}
}

// barred tells whether an entry of the house binds a campaign that calls for
// these sellers, or one of theirs; anybody's binds one that names none.
func (c *checker) barred(num int64, sellers []string) bool {
	if len(sellers) == 0 {
		return c.entries[num] > 0
	}
	return c.blocked[entry{num, ""}] || slices.ContainsFunc(sellers, func(key string) bool { return c.blocked[entry{num, key}] })
}
