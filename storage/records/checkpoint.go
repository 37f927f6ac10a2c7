package records

import (
	"os"
	"time"
)

// logLimits say when the write-ahead log is moved into the file: beside the
// writer when it has grown to moveAt, and by the writer itself, which may then
// start it anew, when the first way did not keep it below restartAt. Bytes.
type logLimits struct {
	every             time.Duration
	moveAt, restartAt int64
}

var defaultLimits = logLimits{every: 500 * time.Millisecond, moveAt: 8 << 20, restartAt: 64 << 20}

// checkpoints keeps the write-ahead log small until the store is closed.
func (db *DB) checkpoints(path string, limits logLimits) {
	pool, err := openPool(path, 1, []string{"busy_timeout(0)", "synchronous(FULL)", "wal_autocheckpoint(0)"})
	if err != nil {
		db.log.Error("open checkpointer", "err", err)
		return
	}
	defer pool.Close()
	tick := time.NewTicker(limits.every)
	defer tick.Stop()
	last := int64(0)
	for {
		select {
		case <-db.stop:
			return
		case <-tick.C:
		}
		size := fileSize(path + "-wal")
		if size < limits.moveAt {
			continue
		}
		var busy, frames, moved int64
		err := pool.QueryRow("PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &frames, &moved)
		if err != nil && !isBusy(err) {
			db.log.Warn("checkpoint", "err", err)
			continue
		}
		if frames*pageSize > limits.restartAt && frames != last {
			last = frames
			select {
			case db.w.restart <- struct{}{}:
			default:
			}
		}
	}
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
