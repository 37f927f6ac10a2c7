package records

import (
	"crypto/sha256"
	"database/sql"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

// asOld writes the last batch of the do-not-call list as a version did that knew
// format 1 alone.
func asOld(t *testing.T, db *DB, batch int64) {
	t.Helper()
	must(t, db.do(t.Context(), func(tx *tx) error {
		for _, q := range []string{
			`DROP TRIGGER chain_delete`, `DROP TRIGGER do_not_call_changes_update`,
			`UPDATE do_not_call_changes SET format = 1, commitment = NULL`,
		} {
			if _, err := tx.exec(q); err != nil {
				return err
			}
		}
		var old []any
		err := tx.rows(`SELECT `+changeColumns+` FROM do_not_call_changes WHERE batch = ? ORDER BY seq`, []any{batch}, func(r *sql.Rows) error {
			_, row, err := scanAny(r)
			old = append(old, row...)
			return err
		})
		if err != nil {
			return err
		}
		return tx.chainAgain(kindDoNotCall, batch, digest(old))
	}))
}

// chainAgain replaces the last link by one of another digest.
func (t *tx) chainAgain(kind string, ref int64, d [sha256.Size]byte) error {
	var hash []byte
	if _, err := t.exec(`DELETE FROM chain WHERE seq = ?`, t.link.seq); err != nil {
		return err
	}
	if err := t.row(`SELECT hash FROM chain WHERE seq = ?`, []any{t.link.seq - 1}, &hash); err != nil {
		return err
	}
	t.link = link{seq: t.link.seq - 1}
	copy(t.link.hash[:], hash)
	_, err := t.chain(kind, ref, d)
	return err
}

func TestTwoPersonsOfOneOldBatchAreErasedOneAfterTheOther(t *testing.T) {
	db := openTest(t)
	must(t, db.AddAudit(t.Context(), campaigns.AuditEntry{Kind: "test"}))
	_, err := db.ImportDoNotCall(t.Context(), []campaigns.DoNotCall{
		{Number: "+34600000001", Name: "A", Reason: "r"}, {Number: "+34600000002", Name: "B", Reason: "s"}, {Number: "+34600000003", Name: "C"},
	})
	must(t, err)
	asOld(t, db, 1)
	clean(t, db)
	s, _ := signs(t, db)
	for _, n := range []string{"+34600000002", "+34600000001", "+34600000003"} {
		forget(t, db, n)
		clean(t, db)
		exported(t, db, s, wholeLedger)
	}
	tamper(t, db, `UPDATE do_not_call_changes SET channel = 'x' WHERE seq = 1`)
	unclean(t, db, "what remains of a batch that was erased twice may be changed")
}

func TestWhatRemainsOfAnOldBatchCannotBeSaidToBeOfEarlier(t *testing.T) {
	db := openTest(t)
	must(t, db.AddAudit(t.Context(), campaigns.AuditEntry{Kind: "test"}))
	must(t, db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+34600000001", Name: "A"}))
	asOld(t, db, 1)
	forget(t, db, "+34600000001")
	clean(t, db)
	tamper(t, db, `UPDATE rebased SET digest = zeroblob(32)`)
	unclean(t, db, "a batch that was erased stands in no link, and nobody sees it")
}
