package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
)

// Standby starts a server that follows this one by streaming, in a folder of its own.
func (s *Server) Standby() (*Server, error) {
	folder, err := os.MkdirTemp("", "forecall-pg")
	if err != nil {
		return nil, err
	}
	follower := &Server{folder: folder, as: s.as, bin: s.bin, log: new(bytes.Buffer)}
	if err := follower.follow(s); err != nil {
		return nil, errors.Join(fmt.Errorf("start a standby: %w\n%s", err, follower.log), os.RemoveAll(folder))
	}
	return follower, nil
}

func (s *Server) follow(primary *Server) error {
	if s.as != nil {
		if err := os.Chown(s.folder, int(s.as.Uid), int(s.as.Gid)); err != nil {
			return err
		}
	}
	data := filepath.Join(s.folder, "data")
	fetch := s.command(s.as, filepath.Join(s.bin, "pg_basebackup"), "-h", primary.folder, "-U", "forecall", "-D", data, "-R", "-X", "stream", "-c", "fast", "--no-sync")
	fetch.Stdout, fetch.Stderr = s.log, s.log
	if err := fetch.Run(); err != nil {
		return err
	}
	s.args = append([]string{"-D", data, "-k", s.folder}, primary.args[4:]...) // the same but for the folders
	return s.Again()
}

// Pause has a standby replay nothing more of what it gets, until Resume. It returns
// when that is so.
func (s *Server) Pause(ctx context.Context) error {
	c, err := pgx.Connect(ctx, s.Address("postgres"))
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, `SELECT pg_wal_replay_pause()`); err != nil {
		return err
	}
	for state := ""; state != "paused"; {
		if err := c.QueryRow(ctx, `SELECT pg_get_wal_replay_pause_state()`).Scan(&state); err != nil {
			return err
		}
	}
	return nil
}

// Promote makes a standby a primary of its own, which follows nobody any more.
func (s *Server) Promote(ctx context.Context) error {
	return s.Exec(ctx, "postgres", `SELECT pg_promote()`)
}

// Resume undoes Pause.
func (s *Server) Resume(ctx context.Context) error {
	return s.Exec(ctx, "postgres", `SELECT pg_wal_replay_resume()`)
}
