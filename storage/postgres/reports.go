package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Reports are read from a standby of the server where one is named: long reads then
// cost those who dial nothing. What is decided of calls is never read there.

// ErrNoStandby marks a database named for reports that is a primary: another one
// than ours, or a standby that was promoted and follows nobody any more. What it
// shows gets old without a limit.
var ErrNoStandby = errors.New("it follows no other server: postgres.reports names a standby of the server in postgres.url")

// Times of a standby: how old an answer about it may be, how long an answer may
// take, and how long one that is away is left alone.
const (
	standbyFresh    = time.Second
	standbyPatience = 2 * time.Second
	standbyRest     = 5 * time.Second
)

// standby is a copy of the database that follows it.
type standby struct {
	config *pgx.ConnConfig
	pool   *sql.DB

	mu     sync.Mutex
	asked  time.Time
	behind time.Duration
	err    error
}

// ReadReports names a standby of the server, by its address, where reports are read.
// It is called before Open.
func (e *Engine) ReadReports(address string) error {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return fmt.Errorf("address of the standby for reports: %w", err)
	}
	patient(config)
	e.standby = &standby{config: config}
	return nil
}

// Reports is a pool that reads the standby, and how far it is behind at most: the
// age of the last commit that it shows. No pool and no error where none is named;
// an error while it cannot be used.
func (e *Engine) Reports(ctx context.Context) (*sql.DB, time.Duration, error) {
	if e.standby == nil {
		return nil, 0, nil
	}
	behind, err := e.standby.ask(ctx)
	if err != nil {
		return nil, 0, err
	}
	return e.standby.pool, behind, nil
}

// Spare leaves the standby alone for a while: a read of it has failed.
func (e *Engine) Spare(err error) {
	if s := e.standby; s != nil {
		s.know(0, err)
	}
}

// ask asks the standby how far it is, or remembers.
func (s *standby) ask(ctx context.Context) (time.Duration, error) {
	s.mu.Lock()
	behind, err, age := s.behind, s.err, time.Since(s.asked)
	fresh := !s.asked.IsZero() && (age < standbyFresh || err != nil && age < standbyRest)
	s.mu.Unlock()
	if fresh {
		return behind, err
	}
	limited, cancel := context.WithTimeout(ctx, standbyPatience)
	defer cancel()
	behind, err = s.state(limited)
	if err != nil && ctx.Err() != nil {
		return 0, err // the asker has gone: that says nothing of the standby
	}
	s.know(behind, err)
	return behind, err
}

func (s *standby) know(behind time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked, s.behind, s.err = time.Now(), behind, err
}

// state reads how old the last commit is that the standby shows. Nodes write each
// second, so that a standby that keeps up shows one of the last second.
func (s *standby) state(ctx context.Context) (time.Duration, error) {
	var follows bool
	var micros int64
	err := s.pool.QueryRowContext(ctx, `SELECT pg_is_in_recovery(),
		COALESCE(CAST(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000000 AS BIGINT), 0)`).Scan(&follows, &micros)
	switch {
	case err != nil:
		return 0, err
	case !follows:
		return 0, ErrNoStandby
	}
	return max(0, time.Duration(micros)*time.Microsecond), nil
}
