package sqlite

import (
	"context"
	"database/sql"
	"os"
	"time"
)

// LogLimits say when the write-ahead log is moved into the file: beside the
// writer when it has grown to MoveAt, and by the writer itself, which may then
// start it anew, when the first way did not keep it below RestartAt. Bytes.
type LogLimits struct {
	Every             time.Duration // how often its size is looked at
	MoveAt, RestartAt int64
}

var usualLimits = LogLimits{Every: 500 * time.Millisecond, MoveAt: 8 << 20, RestartAt: 64 << 20}

// checkpoints keeps the write-ahead log small until the engine is closed.
func (e *Engine) checkpoints() {
	pool, err := openPool(e.path, 1, []string{"busy_timeout(0)", "synchronous(FULL)", "wal_autocheckpoint(0)"})
	if err != nil {
		e.log.Error("open checkpointer", "err", err)
		return
	}
	defer pool.Close()
	tick := time.NewTicker(e.Log.Every)
	defer tick.Stop()
	last := int64(0)
	for {
		select {
		case <-e.stop:
			return
		case <-tick.C:
		}
		size := fileSize(e.path + "-wal")
		if size < e.Log.MoveAt {
			continue
		}
		var busy, frames, moved int64
		err := pool.QueryRow("PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &frames, &moved)
		if err != nil && !isBusy(err) {
			e.log.Warn("checkpoint", "err", err)
			continue
		}
		if frames*pageSize > e.Log.RestartAt && frames != last {
			last = frames
			select {
			case e.restart <- struct{}{}:
			default:
			}
		}
	}
}

// Due tells when the log is to be started anew: see Restart.
func (e *Engine) Due() <-chan struct{} { return e.restart }

// Restart moves the whole log into the file and starts it anew, on the writer's
// connection and between two of its transactions. It does not wait for readers:
// the next time will do.
func (e *Engine) Restart(ctx context.Context, c *sql.Conn) {
	if _, err := c.ExecContext(ctx, "PRAGMA busy_timeout = 0"); err != nil {
		e.log.Warn("checkpoint", "err", err)
		return
	}
	var busy, frames, moved int
	if err := c.QueryRowContext(ctx, "PRAGMA wal_checkpoint(RESTART)").Scan(&busy, &frames, &moved); err != nil && !isBusy(err) {
		e.log.Warn("checkpoint", "err", err)
	}
	if _, err := c.ExecContext(ctx, "PRAGMA busy_timeout = 5000"); err != nil {
		e.log.Warn("checkpoint", "err", err)
	}
}

// Empty is Restart that cuts the log to nothing: pages still stand in it as they
// were before something was deleted. False when a reader is in the way.
func (e *Engine) Empty(ctx context.Context, c *sql.Conn) bool {
	var busy, frames, moved int
	err := c.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
	return err == nil && busy == 0
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// pageSize is SQLite's default, which our files have.
const pageSize = 4096
