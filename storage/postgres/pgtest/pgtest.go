// Package pgtest starts a private Postgres for tests: own data folder, own
// socket, no port; it ends with the tests.
package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// ErrMissing marks a machine without Postgres.
var ErrMissing = errors.New("postgres is not installed")

// Skip skips a test for want of a server, or fails it where peers are required
// (FORECALL_PEERS=required).
func Skip(tb testing.TB, err error) {
	tb.Helper()
	if !errors.Is(err, ErrMissing) || os.Getenv("FORECALL_PEERS") == "required" {
		tb.Fatal(err)
	}
	tb.Skip(err)
}

// Server is a private Postgres.
type Server struct {
	folder string
	cmd    *exec.Cmd
	as     *syscall.Credential
	bin    string
	args   []string
	log    *bytes.Buffer
	names  atomic.Int64
}

// Start starts a server. Settings are lines of postgresql.conf. ErrMissing when
// there is none on this machine.
func Start(settings ...string) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "forecall-pg")
	if err != nil {
		return nil, err
	}
	s := &Server{folder: folder, log: new(bytes.Buffer)}
	if err := s.start(bin, settings); err != nil {
		return nil, errors.Join(fmt.Errorf("start postgres: %w\n%s", err, s.log), os.RemoveAll(folder))
	}
	return s, nil
}

// binaries is the folder of the newest Postgres there is.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "", ErrMissing
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1]), nil
}

func (s *Server) start(bin string, settings []string) error {
	as, err := owner()
	if err != nil {
		return err
	}
	if as != nil {
		if err := os.Chown(s.folder, int(as.Uid), int(as.Gid)); err != nil {
			return err
		}
	}
	data := filepath.Join(s.folder, "data")
	setup := s.command(as, filepath.Join(bin, "initdb"), "-D", data, "-U", "forecall", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	setup.Stdout, setup.Stderr = s.log, s.log
	if err := setup.Run(); err != nil {
		return err
	}
	args := []string{"-D", data, "-k", s.folder, "-c", "listen_addresses="}
	for _, line := range settings {
		args = append(args, "-c", line)
	}
	s.as, s.bin, s.args = as, bin, args
	return s.Again()
}

// Again starts the server once more, as after Crash.
func (s *Server) Again() error {
	s.cmd = s.command(s.as, filepath.Join(s.bin, "postgres"), s.args...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	return s.await()
}

// Crash ends the server at once: what is not on disk is lost.
func (s *Server) Crash() error {
	err := s.cmd.Process.Signal(syscall.SIGQUIT)
	_ = s.cmd.Wait() // it ends by our signal
	return err
}

// owner is whom the server runs as: never root, which Postgres refuses.
func owner() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
	}
	return nil, errors.New("no user to run postgres as")
}

func (s *Server) command(as *syscall.Credential, name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Dir = s.folder
	// A test that is killed takes its server with it.
	c.SysProcAttr = &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGQUIT}
	return c
}

func (s *Server) await() error {
	return s.over(context.Background(), func(*pgx.Conn) error { return nil })
}

// Address is how a database of the server is reached.
func (s *Server) Address(database string) string {
	return fmt.Sprintf("host=%s user=forecall dbname=%s sslmode=disable", s.folder, database)
}

// Database makes a database, a copy of another when one is named.
func (s *Server) Database(ctx context.Context, like string) (name string, err error) {
	if like == "" {
		return s.Bare(ctx, "")
	}
	return s.Bare(ctx, "TEMPLATE "+like)
}

// Bare makes a database with options of CREATE DATABASE.
func (s *Server) Bare(ctx context.Context, options string) (name string, err error) {
	name = fmt.Sprintf("test%d", s.names.Add(1))
	return name, s.Exec(ctx, "postgres", `CREATE DATABASE `+name+` `+options)
}

// Drop deletes a database, whoever uses it.
func (s *Server) Drop(ctx context.Context, name string) error {
	return s.Exec(ctx, "postgres", `DROP DATABASE `+name+` WITH (FORCE)`)
}

// Stop ends the server and deletes its folder.
func (s *Server) Stop() error {
	err := s.cmd.Process.Signal(syscall.SIGINT)
	_ = s.cmd.Wait() // it ends by our signal
	return errors.Join(err, os.RemoveAll(s.folder))
}

// Exec runs statements in a database.
func (s *Server) Exec(ctx context.Context, database, statements string) error {
	c, err := pgx.Connect(ctx, s.Address(database))
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, statements)
	return err
}

// Tool runs a program of Postgres' against the server, as pgbench or pg_dump, and
// returns what it says.
func (s *Server) Tool(name string, args ...string) ([]byte, error) {
	return exec.Command(filepath.Join(s.bin, name), append([]string{"-h", s.folder, "-U", "forecall"}, args...)...).CombinedOutput()
}
