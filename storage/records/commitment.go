package records

import (
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/forecall/forecall/campaigns/evidence"
)

// Rows of the ledger come in two formats.
//
//	format 1: digest = SHA-256(canonical(all columns))
//	format 2: digest = SHA-256("forecall row 2\n", canonical(public columns), c)
//	          c       = HMAC-SHA-256(opening, canonical(personal columns))
//	          opening = HMAC-SHA-256(salt of the number, kind, ref)
//
// A row of format 2 keeps c. While the salt is there, the personal columns are
// checked against it. When the person was erased, salt and personal columns are
// gone: c says nothing any more (a number has few enough digits to try them
// all, 32 random octets have not), and the chain verifies as before. Kind and
// ref are in the opening so that two calls to one person have nothing in
// common, and so that an export can open the rows it holds and no others.
const (
	rowFormat = int64(2)
	saltSize  = 32
)

// digest2 is the digest of a row of format 2; c is nil when nothing of it is
// personal.
func digest2(public []any, c []byte) [sha256.Size]byte { return evidence.DigestRow(public, c) }

// seal commits to the personal columns of a row; nil when all are empty.
func seal(salt []byte, kind string, ref int64, personal []any) []byte {
	return evidence.Commit(evidence.Opening(salt, kind, ref), personal)
}

// nothing tells whether no column says anything.
func nothing(personal []any) bool { return evidence.Empty(personal) }

// subjectOf is whose row it is: a number, or the call alone when the number was
// withheld.
func subjectOf(e164, attempt int64) int64 {
	if e164 == 0 {
		return -attempt
	}
	return e164
}

// commitment seals the personal columns of a row under the salt of the number,
// which it makes when there is none. It is nil when all of them are empty.
func (t *tx) commitment(subject int64, kind string, ref int64, personal []any) ([]byte, error) {
	if nothing(personal) {
		return nil, nil
	}
	salt, err := t.salt(subject)
	if err != nil {
		return nil, err
	}
	return seal(salt, kind, ref, personal), nil
}

// salt reads or makes the salt of a number.
func (t *tx) salt(subject int64) ([]byte, error) {
	salt, err := saltOf(t, subject)
	if err != nil || salt != nil {
		return salt, err
	}
	salt = make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return nil, fmt.Errorf("draw a salt: %w", err)
	}
	if err := t.write(`INSERT INTO subjects (e164, salt) VALUES (?, ?)`, subject, salt); err != nil {
		return nil, fmt.Errorf("keep a salt: %w", err)
	}
	return salt, nil
}

// saltOf reads the salt of a number; nil when it has none.
func saltOf(q querier, subject int64) (salt []byte, err error) {
	err = q.row(`SELECT salt FROM subjects WHERE e164 = ?`, []any{subject}, &salt)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a salt: %w", err)
	}
	return salt, nil
}

// person is how the audit calls a number: the same for the same number, and of
// no use once the salt is gone.
func (t *tx) person(e164 int64) (string, error) {
	salt, err := t.salt(e164)
	if err != nil {
		return "", err
	}
	return pseudonym(salt), nil
}

// pseudonym is what person calls the holder of a salt.
func pseudonym(salt []byte) string {
	return "person " + hex.EncodeToString(evidence.Opening(salt, "person", 0)[:8])
}
