package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Backup writes a copy of a data file as it stands at one moment, also while a
// service works with it, which it does not hold up. The copy is on disk when this
// returns; a file that is there already is refused.
func Backup(ctx context.Context, path, into string) (err error) {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	if _, err := os.Stat(into); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", into, fs.ErrExist)
	}
	part := into + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := private(part); err != nil { // an empty file is written into
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part))
		}
	}()
	pool, err := openPool(path, 1, []string{"busy_timeout(5000)"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	if _, err := pool.ExecContext(ctx, `VACUUM INTO ?`, part); err != nil {
		return fmt.Errorf("copy the data: %w", err)
	}
	f, err := os.OpenFile(part, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(part, into)
}
