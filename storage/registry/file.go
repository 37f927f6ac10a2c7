package registry

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// private is how files of numbers are kept.
const private = 0o600

// save writes the set into a new file, durable on return. The file has its name
// only when it is whole.
func (b *Builder) save(path string, h *Header) (err error) {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_RDWR, private)
	if err != nil {
		return fmt.Errorf("write a register: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write a register: %w", err), os.Remove(f.Name()))
		}
	}()
	err = b.fill(f, h)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// fill writes the body and then, at the beginning, the header.
func (b *Builder) fill(f *os.File, h *Header) error {
	if _, err := f.Seek(headerSize, io.SeekStart); err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err := b.write(w, h); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if h.Part == partSet {
		h.Version.SHA256, h.Version.Count = h.SHA256, h.Count
	}
	page, err := h.encode()
	if err == nil {
		_, err = f.WriteAt(page, 0)
	}
	return err
}

// syncFolder makes a rename durable.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// openSet maps a file. With whole, every byte of it is compared with its
// SHA-256; without, the header alone is. The mapping is given back by the
// garbage collector, when no goroutine can read it any more.
func openSet(path string, whole bool) (*Set, error) {
	data, unmap, err := mapFile(path)
	if err != nil {
		return nil, fmt.Errorf("open a register: %w", err)
	}
	s, err := checkedSet(data, whole)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", filepath.Base(path), err), unmap(data))
	}
	runtime.AddCleanup(s, func(data []byte) { _ = unmap(data) }, data) // of memory nobody reads: nothing can follow from an error
	return s, nil
}

func checkedSet(data []byte, whole bool) (*Set, error) {
	h, err := decodeHeader(data)
	if err != nil {
		return nil, err
	}
	s, err := newSet(h, data)
	if err != nil || !whole {
		return s, err
	}
	sum := sha256.Sum256(data[headerSize:])
	if got := hex.EncodeToString(sum[:]); got != h.SHA256 {
		return nil, fmt.Errorf("%w: its numbers have the SHA-256 %.12s, its header says %.12s (their beginnings)", ErrDamaged, got, h.SHA256)
	}
	return s, nil
}
