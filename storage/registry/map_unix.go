//go:build unix

package registry

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// mapFile maps a file for reading. It is closed before mapFile returns: the
// mapping stands without it, and when the file is removed.
func mapFile(path string) (data []byte, unmap func([]byte) error, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if info.Size() < headerSize {
		return nil, nil, fmt.Errorf("%w: it has %d bytes", ErrDamaged, info.Size())
	}
	data, err = syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil, fmt.Errorf("map %s: %w", path, err)
	}
	return data, syscall.Munmap, nil
}
