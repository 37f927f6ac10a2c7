package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Vault is what survives the loss of a server: a copy of all of it, and the log that
// it archived since. It is what docs/several-nodes.md tells an operator to keep.
type Vault struct {
	folder string
	as     *syscall.Credential
}

// NewVault makes an empty vault; Close deletes it.
func NewVault() (*Vault, error) {
	folder, err := os.MkdirTemp("", "forecall-vault")
	if err != nil {
		return nil, err
	}
	v := &Vault{folder: folder}
	if v.as, err = owner(); err == nil {
		err = os.Mkdir(v.log(), 0o700)
	}
	if err == nil && v.as != nil {
		err = errors.Join(os.Chown(folder, int(v.as.Uid), int(v.as.Gid)), os.Chown(v.log(), int(v.as.Uid), int(v.as.Gid)))
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return v, nil
}

func (v *Vault) log() string  { return filepath.Join(v.folder, "wal") }
func (v *Vault) base() string { return filepath.Join(v.folder, "base") }

// Settings are those of a server that archives its log here.
func (v *Vault) Settings() []string {
	return []string{"archive_mode=on", "archive_command=test ! -f " + v.log() + "/%f && cp %p " + v.log() + "/%f"}
}

// Close deletes it.
func (v *Vault) Close() error { return os.RemoveAll(v.folder) }

// Copy copies a whole server that goes on working, with pg_basebackup.
func (v *Vault) Copy(s *Server) error {
	out, err := s.command(s.as, filepath.Join(s.bin, "pg_basebackup"), "-h", s.folder, "-U", "forecall", "-D", v.base(), "--checkpoint=fast", "--no-sync").CombinedOutput()
	if err != nil {
		return fmt.Errorf("pg_basebackup: %w: %s", err, out)
	}
	return nil
}

// Archived waits until all that the server has committed is in its archive.
func (s *Server) Archived(ctx context.Context) error {
	c, err := pgx.Connect(ctx, s.Address("postgres"))
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	var last string
	if err := c.QueryRow(ctx, `SELECT pg_walfile_name(pg_switch_wal())`).Scan(&last); err != nil {
		return err
	}
	for {
		var there bool
		if err := c.QueryRow(ctx, `SELECT COALESCE(last_archived_wal >= $1, FALSE) FROM pg_stat_archiver`, last).Scan(&there); err != nil || there {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is not archived: %w", last, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Lose kills the server and deletes its data folder, as a machine that burns down.
func (s *Server) Lose() error {
	return errors.Join(s.Kill(), os.RemoveAll(filepath.Join(s.folder, "data")))
}

// Restore starts a server that was lost, at the same address and in a new data folder:
// that of the vault, as it was at an instant.
func (s *Server) Restore(ctx context.Context, v *Vault, until time.Time) error {
	data := filepath.Join(s.folder, "restored")
	if out, err := s.command(s.as, "cp", "-a", v.base(), data).CombinedOutput(); err != nil {
		return fmt.Errorf("copy the backup: %w: %s", err, out)
	}
	conf, err := os.OpenFile(filepath.Join(data, "postgresql.auto.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(conf, "restore_command = 'cp %s/%%f %%p'\nrecovery_target_time = '%s'\nrecovery_target_action = promote\n",
		v.log(), until.UTC().Format("2006-01-02 15:04:05.000000+00"))
	if err := errors.Join(err, conf.Close(), os.WriteFile(filepath.Join(data, "recovery.signal"), nil, 0o644)); err != nil {
		return err
	}
	for i, arg := range s.args {
		if arg == "-D" {
			s.args[i+1] = data
		}
	}
	if err := s.Again(); err != nil {
		return fmt.Errorf("start from the backup: %w\n%s", err, s.log)
	}
	return s.promoted(ctx)
}

// promoted waits until the server takes writes.
func (s *Server) promoted(ctx context.Context) error {
	for {
		c, err := pgx.Connect(ctx, s.Address("postgres"))
		if err == nil {
			var reading bool
			err = errors.Join(c.QueryRow(ctx, `SELECT pg_is_in_recovery()`).Scan(&reading), c.Close(ctx))
			if err == nil && !reading {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server takes no writes: %w\n%s", errors.Join(err, ctx.Err()), s.log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Now is the server's clock.
func (s *Server) Now(ctx context.Context) (at time.Time, err error) {
	c, err := pgx.Connect(ctx, s.Address("postgres"))
	if err != nil {
		return at, err
	}
	defer c.Close(ctx)
	err = c.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&at)
	return at, err
}
