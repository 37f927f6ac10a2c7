package sqlite

import (
	"os"
	"time"
)

// The log is moved into the file beside the writer when it has grown to
// checkpointAt, and by the writer itself, which may then start it anew, when
// the first way did not keep it below restartAt. Bytes.
const (
	checkpointEach = 500 * time.Millisecond
	checkpointAt   = 8 << 20
	restartAt      = 64 << 20
)

// checkpoints keeps the write-ahead log small until the store is closed.
func (db *DB) checkpoints(path string) {
	pool, err := openPool(path, 1, []string{"busy_timeout(0)", "synchronous(FULL)", "wal_autocheckpoint(0)"})
	if err != nil {
		db.log.Error("open checkpointer", "err", err)
		return
	}
	defer pool.Close()
	tick := time.NewTicker(checkpointEach)
	defer tick.Stop()
	last := int64(0)
	for {
		select {
		case <-db.stop:
			return
		case <-tick.C:
		}
		size := fileSize(path + "-wal")
		if size < checkpointAt {
			continue
		}
		var busy, frames, moved int64
		err := pool.QueryRow("PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &frames, &moved)
		if err != nil && !isBusy(err) {
			db.log.Warn("checkpoint", "err", err)
			continue
		}
		if frames*4096 > restartAt && frames != last {
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
