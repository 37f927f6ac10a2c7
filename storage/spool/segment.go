package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	segmentEnd  = ".spool"
	reserveName = "reserve"
)

// segment is a file of records: made in full length, filled once.
type segment struct {
	path  string
	file  *os.File
	size  int64 // made
	off   int64 // filled
	open  int   // records that the store does not have yet
	spent bool  // nothing is appended any more
}

// segmentPath names a segment by the first sequence that may stand in it.
func segmentPath(folder string, first uint64) string {
	return filepath.Join(folder, fmt.Sprintf("%016x%s", first, segmentEnd))
}

// firstOf reads that name.
func firstOf(name string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, segmentEnd)
	if !ok || len(digits) != 16 {
		return 0, false
	}
	first, err := strconv.ParseUint(digits, 16, 64)
	return first, err == nil
}

// makeFile makes a file whose octets are there before they are written.
func makeFile(path string, size int64) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	err = allocate(f, size)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	return f, nil
}

// fill writes zeros where the system cannot be asked for room.
func fill(f *os.File, size int64) error {
	zeros := make([]byte, 64<<10)
	for at := int64(0); at < size; at += int64(len(zeros)) {
		if _, err := f.WriteAt(zeros[:min(int64(len(zeros)), size-at)], at); err != nil {
			return err
		}
	}
	return nil
}

// syncFolder makes names durable.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// scrub overwrites what the store has by now: persons stand in it.
func (s *segment) scrub() error {
	if err := fill(s.file, s.off); err != nil {
		return err
	}
	if err := s.file.Sync(); err != nil {
		return err
	}
	s.off = 0
	return nil
}

// remove scrubs and deletes it.
func (s *segment) remove() error {
	return errors.Join(s.scrub(), s.file.Close(), os.Remove(s.path))
}
