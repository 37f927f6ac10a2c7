package records

import (
	"bytes"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/json"
	"slices"

	"github.com/forecall/forecall/campaigns"
)

// What erasures count that has no commitment.
const (
	decisionsDeleted  = "decisions deleted"
	recordingsDeleted = "recordings deleted"
)

// decided checks why calls were placed: the record of every decision is the one
// whose digest stands in the chained row of its attempt, and none is missing but
// those whose time was over.
func (c *checker) decided(q driver.QueryerContext) error {
	err := each(q, `SELECT d.attempt, a.id, a.decision, b.hash, m.hash, d.record FROM decisions d LEFT JOIN attempts a ON a.seq = d.attempt
		LEFT JOIN books b ON b.id = d.book LEFT JOIN terms m ON m.id = d.terms ORDER BY d.attempt`, nil, func(row *cells) error {
		seq, id, chained := row.integer(), row.text(), row.blob()
		book, terms := row.blob(), row.blob()
		if !bytes.Equal(chained, campaigns.DigestDecision(book, terms, row.blob())) {
			c.broken(campaigns.LawChain, id, 0, "the decision of attempt %d is not the one that it was recorded with", seq)
		}
		if seq%1000 == 0 {
			return c.ctx.Err()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return each(q, `SELECT COUNT(*) FROM attempts a WHERE decision IS NOT NULL AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.attempt = a.seq)`, nil, func(row *cells) error {
		if n, told := row.integer(), c.told[decisionsDeleted]; n > told {
			c.broken(campaigns.LawChain, "", 0, "the decisions of %d attempts are gone, the erasures of the chain tell of %d", n, told)
		}
		return nil
	})
}

// ruled checks what decisions were taken by: documents of rules, of holidays and
// terms of campaigns are kept under their own hashes.
func (c *checker) ruled(q driver.QueryerContext) error {
	for what, query := range map[string]string{
		"rule set": `SELECT sha256, source FROM rule_sets`, "file of holidays": `SELECT sha256, source FROM holiday_files`, "terms": `SELECT hash, CAST(body AS BLOB) FROM terms`,
	} {
		err := each(q, query, nil, func(row *cells) error {
			sum := row.blob()
			if got := sha256.Sum256(row.blob()); !bytes.Equal(sum, got[:]) {
				c.broken(campaigns.LawChain, "", 0, "the %s %x is not the one of that hash", what, sum)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// adopted compares what was put in force with the entries of the audit that
// chain it: who did it, who approved and why.
func (c *checker) adopted(q driver.QueryerContext) error {
	chained := make(map[int64]campaigns.Adoption)
	err := each(q, `SELECT seq, detail FROM audit WHERE kind IN (?, ?)`, []any{auditAdopt, auditDrop}, func(row *cells) error {
		seq := row.integer()
		var a campaigns.Adoption
		if err := json.Unmarshal([]byte(row.text()), &a); err != nil {
			c.broken(campaigns.LawChain, "", 0, "audit %d: an adoption of rules cannot be read: %v", seq, err)
			return nil
		}
		chained[a.Seq] = a
		return nil
	})
	if err != nil {
		return err
	}
	err = each(q, `SELECT `+adoptionColumns+` FROM adoptions`, nil, func(row *cells) error {
		a := campaigns.Adoption{Seq: row.integer(), Set: row.text(), Version: row.small(), SHA256: row.hash(), Dropped: row.truth()}
		a.At, a.By, a.ApprovedBy, a.Reason = row.instant(), row.text(), row.text(), row.text()
		was, ok := chained[a.Seq]
		if delete(chained, a.Seq); !ok || !sameAdoption(a, was) {
			c.broken(campaigns.LawChain, "", 0, "adoption %d of rules %s is not what was recorded", a.Seq, a.Set)
		}
		return nil
	})
	for seq, a := range chained {
		c.broken(campaigns.LawChain, "", 0, "adoption %d of rules %s is gone", seq, a.Set)
	}
	return err
}

func sameAdoption(a, b campaigns.Adoption) bool {
	return a.Set == b.Set && a.Version == b.Version && slices.Equal(a.SHA256, b.SHA256) && a.Dropped == b.Dropped &&
		micros(a.At) == micros(b.At) && a.By == b.By && a.ApprovedBy == b.ApprovedBy && a.Reason == b.Reason
}

// silenced finds sound that was deleted and of which no erasure tells. It is
// fewer than they tell of when a recording was found again after a crash.
func (c *checker) silenced(q driver.QueryerContext) error {
	return each(q, `SELECT COUNT(*) FROM recordings WHERE path = '' OR deleted_at > 0`, nil, func(row *cells) error {
		if n, told := row.integer(), c.told[recordingsDeleted]; n > told {
			c.broken(campaigns.LawChain, "", 0, "%d recordings were deleted, the erasures of the chain tell of %d", n, told)
		}
		return nil
	})
}
