package records

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// SessionStore keeps web sessions in the shape that scs asks for (Store,
// CtxStore). Tokens are kept as their SHA-256: who reads the file cannot log
// in with what stands there.
type SessionStore struct {
	db     *DB
	userOf func(data []byte) int64
}

// Sessions returns the store of web sessions. UserOf finds the user in a
// session's data, 0 for nobody, so that a user's sessions can be ended at once.
func (db *DB) Sessions(userOf func(data []byte) int64) *SessionStore {
	return &SessionStore{db: db, userOf: userOf}
}

// FindCtx returns the data of a token that has not expired.
func (s *SessionStore) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	var expires int64
	err = s.db.read.QueryRowContext(ctx, `SELECT data, expires FROM sessions WHERE token = ?`, hashToken(token)).Scan(&data, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("find session: %w", err)
	}
	if !time.Now().Before(moment(expires)) {
		return nil, false, nil
	}
	return data, true, nil
}

// CommitCtx stores the data of a token, new or not, and forgets what has expired.
func (s *SessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	user := s.userOf(data)
	err := s.db.do(ctx, func(t *tx) error {
		t.touchesNothing()
		if _, err := t.exec(`DELETE FROM sessions WHERE expires <= ?`, micros(t.now)); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO sessions (token, user, data, expires) VALUES (?, ?, ?, ?)
			ON CONFLICT (token) DO UPDATE SET user = excluded.user, data = excluded.data, expires = excluded.expires`,
			hashToken(token), user, notNil(data), micros(expiry))
		return err
	})
	if err != nil {
		return fmt.Errorf("store session: %w", err)
	}
	return nil
}

// DeleteCtx ends a session; one that does not exist is no error.
func (s *SessionStore) DeleteCtx(ctx context.Context, token string) error {
	err := s.db.do(ctx, func(t *tx) error {
		t.touchesNothing()
		_, err := t.exec(`DELETE FROM sessions WHERE token = ?`, hashToken(token))
		return err
	})
	if err != nil {
		return fmt.Errorf("delete session: %w", err)
	}
	return nil
}

// DeleteUser ends every session of a user, as when a supervisor logs an agent out.
func (s *SessionStore) DeleteUser(ctx context.Context, user int64) error {
	err := s.db.do(ctx, func(t *tx) error {
		t.touchesNothing()
		_, err := t.exec(`DELETE FROM sessions WHERE user = ?`, user)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete sessions of user %d: %w", user, err)
	}
	return nil
}

// Find is FindCtx without a context, as scs.Store has it.
func (s *SessionStore) Find(token string) ([]byte, bool, error) { return s.FindCtx(background, token) }

// Commit is CommitCtx without a context, as scs.Store has it.
func (s *SessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(background, token, data, expiry)
}

// Delete is DeleteCtx without a context, as scs.Store has it.
func (s *SessionStore) Delete(token string) error { return s.DeleteCtx(background, token) }

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
