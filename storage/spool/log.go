package spool

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// entry is a record that the store does not have yet.
type entry struct {
	place
	in *segment
}

// waiter is a record on its way to the disk.
type waiter struct {
	payload []byte
	err     error
	done    chan struct{}
}

// journal is the files. Whoever appends first writes for all that come meanwhile.
type journal struct {
	folder  string
	length  int64 // of a segment
	limit   int64 // of all segments
	lock    *os.File
	mark    *os.File // how far the store has them
	current *segment // of the one that writes
	last    uint64   // sequence; of the one that writes

	mu      sync.Mutex // guards what follows
	batch   []*waiter
	writing bool
	queue   []entry
	old     []*segment // damaged, and nothing else in them is owed
	bytes   int64      // of the segments
	closed  bool
}

// found is what was in the folder that is not in order.
type found struct {
	segment string
	at      int
	octets  []byte
}

// openJournal reads what is there and makes a segment for what comes.
func openJournal(folder string, length, limit int64) (*journal, []found, error) {
	j := &journal{folder: folder, length: length, limit: limit}
	broken, err := j.open()
	if err != nil {
		return nil, nil, errors.Join(err, j.close())
	}
	return j, broken, nil
}

func (j *journal) open() (broken []found, err error) {
	if err = os.MkdirAll(j.folder, 0o700); err != nil {
		return nil, err
	}
	if j.lock, err = lock(j.folder); err != nil {
		return nil, err
	}
	if j.mark, err = os.OpenFile(filepath.Join(j.folder, "done"), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	done := j.marked()
	if broken, err = j.readAll(done); err != nil {
		return nil, err
	}
	j.last = max(j.last, done)
	if err = j.rotate(j.length); err != nil {
		return nil, err
	}
	return broken, j.reserve()
}

// marked is the last sequence that the store has; 0 when nobody knows, then all
// is offered again.
func (j *journal) marked() uint64 {
	var m [12]byte
	if n, _ := j.mark.ReadAt(m[:], 0); n < len(m) || crc32.Checksum(m[:8], table) != binary.LittleEndian.Uint32(m[8:]) {
		return 0
	}
	return binary.LittleEndian.Uint64(m[:])
}

func (j *journal) readAll(done uint64) (broken []found, err error) {
	entries, err := os.ReadDir(j.folder) // by name, which is by sequence
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		first, ok := firstOf(e.Name())
		if !ok {
			continue
		}
		some, err := j.read(filepath.Join(j.folder, e.Name()), first, done)
		if err != nil {
			return broken, err
		}
		broken = append(broken, some...)
	}
	return broken, nil
}

// read takes one segment over: it is spent, whatever room it has.
func (j *journal) read(path string, first, done uint64) (broken []found, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	s := &segment{path: path, file: f, size: int64(len(data)), off: int64(len(data)), spent: true}
	records, bad := scan(data, max(first, 1)-1)
	for _, r := range records {
		j.last = max(j.last, r.seq)
		if r.seq > done {
			j.queue = append(j.queue, entry{r, s})
			s.open++
		}
	}
	for _, b := range bad {
		broken = append(broken, found{filepath.Base(path), b.from, slices.Clone(data[b.from:b.to])})
	}
	if s.open == 0 && len(bad) == 0 {
		return nil, s.remove()
	}
	j.bytes += s.size
	j.last = max(j.last, first) // so that no other takes its name
	if s.open == 0 {
		j.old = append(j.old, s)
	}
	return broken, nil
}

// forget deletes segments of which what was damaged has been put elsewhere.
func (j *journal) forget() error {
	var errs []error
	for _, s := range j.old {
		errs = append(errs, j.remove(s))
	}
	j.old = nil
	return errors.Join(errs...)
}

// remove deletes a segment of which nothing is owed any more.
func (j *journal) remove(s *segment) error {
	j.mu.Lock()
	j.bytes -= s.size
	j.mu.Unlock()
	return s.remove()
}

// append returns when the record is on disk.
func (j *journal) append(payload []byte) error {
	if len(payload) > maxRecord {
		return fmt.Errorf("a record of %d octets: %w", len(payload), errTooLarge)
	}
	w := &waiter{payload: payload, done: make(chan struct{})}
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return fs.ErrClosed
	}
	j.batch = append(j.batch, w)
	if j.writing {
		j.mu.Unlock()
		<-w.done
		return w.err
	}
	j.writing = true
	j.mu.Unlock()
	j.lead()
	return w.err
}

// lead writes what waits, and what comes meanwhile.
func (j *journal) lead() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.batch) > 0 {
		batch := j.batch
		j.batch = nil
		j.mu.Unlock()
		j.commit(batch)
		j.mu.Lock()
	}
	j.writing = false
}

// commit writes a batch with one fsync. Where that fails, another segment may
// still take it: the one that was made for a full disk.
func (j *journal) commit(batch []*waiter) {
	err := j.write(batch)
	if err != nil && !errors.Is(err, ErrFull) {
		if again := j.rotate(j.length); again != nil {
			err = errors.Join(err, again)
		} else {
			err = j.write(batch)
		}
	}
	for _, w := range batch {
		w.err = err
		close(w.done)
	}
}

func (j *journal) write(batch []*waiter) error {
	size := int64(0)
	for _, w := range batch {
		size += headSize + int64(len(w.payload))
	}
	if j.current.off+size > j.current.size {
		if err := j.rotate(max(j.length, size)); err != nil {
			return err
		}
	}
	data := make([]byte, 0, size)
	places := make([]place, len(batch))
	for i, w := range batch {
		places[i] = place{seq: j.last + 1 + uint64(i), at: int64(len(data)), size: len(w.payload)}
		data = frame(data, places[i].seq, w.payload)
	}
	s := j.current
	if _, err := s.file.WriteAt(data, s.off); err != nil {
		return err
	}
	if err := s.file.Sync(); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, p := range places {
		p.at += s.off
		j.queue = append(j.queue, entry{p, s})
	}
	s.open += len(places)
	s.off += int64(len(data))
	j.last += uint64(len(batch))
	return nil
}

// rotate begins a new segment; the reserve takes its place on a full disk.
func (j *journal) rotate(size int64) error {
	j.mu.Lock()
	full := j.limit > 0 && j.bytes+size > j.limit
	j.mu.Unlock()
	if full {
		return ErrFull
	}
	// A segment in which a write failed may hold that sequence already.
	first := j.last + 1
	if j.current != nil {
		first = max(first, j.skip())
	}
	path := segmentPath(j.folder, first)
	f, err := makeFile(path, size)
	if err != nil {
		reserve := filepath.Join(j.folder, reserveName)
		if info, bad := os.Stat(reserve); bad != nil || info.Size() < size {
			return err
		}
		if bad := os.Rename(reserve, path); bad != nil {
			return errors.Join(err, bad)
		}
		if f, err = os.OpenFile(path, os.O_RDWR, 0o600); err != nil {
			return err
		}
	}
	if err := syncFolder(j.folder); err != nil {
		return errors.Join(err, f.Close())
	}
	j.mu.Lock()
	old := j.current
	j.current = &segment{path: path, file: f, size: size}
	j.last = first - 1
	j.bytes += size
	over := old != nil && old.open == 0
	if old != nil {
		old.spent = true
	}
	j.mu.Unlock()
	if over {
		return j.remove(old)
	}
	return nil
}

// skip is a sequence that the current segment cannot hold, not even in a write
// that failed half way.
func (j *journal) skip() uint64 { return j.last + 1 + mostBatch }

// mostBatch is far more than ever wait for one write.
const mostBatch = 1 << 16

// reserve makes the file that is used when there is no room for another.
func (j *journal) reserve() error {
	path := filepath.Join(j.folder, reserveName)
	if info, err := os.Stat(path); err == nil && info.Size() == j.length {
		return nil
	}
	_ = os.Remove(path) // of another length, or not there
	f, err := makeFile(path, j.length)
	if err != nil {
		return fmt.Errorf("make room for a full disk: %w", err)
	}
	return f.Close()
}

// first is the oldest record that waits.
func (j *journal) first() (entry, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.queue) == 0 {
		return entry{}, false
	}
	return j.queue[0], true
}

// load reads a record back.
func (j *journal) load(e entry) (record, error) {
	data := make([]byte, headSize+e.size)
	if _, err := e.in.file.ReadAt(data, e.at); err != nil {
		return record{}, err
	}
	if binary.LittleEndian.Uint64(data[8:]) != e.seq || sum(data[:headSize], data[headSize:]) != binary.LittleEndian.Uint32(data[4:]) {
		return record{}, errDamaged
	}
	var r record
	if err := json.Unmarshal(data[headSize:], &r); err != nil {
		return record{}, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return r, nil
}

// finish marks the oldest record as done, for good before its segment is deleted.
func (j *journal) finish(e entry) error {
	var m [12]byte
	binary.LittleEndian.PutUint64(m[:], e.seq)
	binary.LittleEndian.PutUint32(m[8:], crc32.Checksum(m[:8], table))
	_, err := j.mark.WriteAt(m[:], 0)
	j.mu.Lock()
	j.queue = j.queue[1:]
	e.in.open--
	over := e.in.open == 0 && e.in.spent
	j.mu.Unlock()
	if over && err == nil {
		if err = j.mark.Sync(); err == nil {
			err = j.remove(e.in)
		}
	}
	if err != nil {
		return fmt.Errorf("mark what the store has: %w", err)
	}
	return nil
}

// waits is how many records the store is owed, and the octets of the files.
func (j *journal) waits() (records int, octets int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.queue), j.bytes
}

// tidy puts a fresh segment in the place of one that the store has wholly, and
// makes the reserve again, when nothing waits and nobody writes.
func (j *journal) tidy() error {
	j.mu.Lock()
	if j.writing || len(j.queue) > 0 || j.closed {
		j.mu.Unlock()
		return nil
	}
	j.writing = true // so that nobody else writes
	j.mu.Unlock()
	defer j.lead()
	if j.current.off > 0 {
		if err := j.mark.Sync(); err != nil {
			return err
		}
		if err := j.rotate(j.length); err != nil {
			return err
		}
	}
	return j.reserve()
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	open := map[*segment]bool{}
	for _, e := range j.queue {
		open[e.in] = true
	}
	for _, s := range j.old {
		open[s] = true
	}
	if j.current != nil {
		open[j.current] = true
	}
	var errs []error
	for s := range open {
		errs = append(errs, s.file.Close())
	}
	for _, f := range []*os.File{j.mark, j.lock} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}
