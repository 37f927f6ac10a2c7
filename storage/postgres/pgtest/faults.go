package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Admit lets clients of a network in, as 10.77.0.0/24, without a password. The server
// listens there when it was started with listen_addresses.
func (s *Server) Admit(network string) error {
	rules, err := os.OpenFile(filepath.Join(s.folder, "data", "pg_hba.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(rules, "host all all %s trust\n", network)
	return errors.Join(err, rules.Close(), s.cmd.Process.Signal(syscall.SIGHUP))
}

// Kill ends every process of the server with SIGKILL, as the kernel does when
// memory runs out: what is not on disk is lost. Again starts it.
func (s *Server) Kill() error {
	pids, err := s.processes()
	if err != nil {
		return err
	}
	for _, pid := range pids { // the postmaster is the first
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	_ = s.cmd.Wait() // it ends by our signal
	return s.reaped(pids[1:])
}

// reaped waits until processes that are not our children are gone: a server does
// not start while one of the last still holds its memory.
func (s *Server) reaped(pids []int) error {
	deadline := time.Now().Add(20 * time.Second)
	for _, pid := range pids {
		for running(pid) {
			if time.Now().After(deadline) {
				return fmt.Errorf("process %d does not end", pid)
			}
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

// running tells whether a process still has its memory: one that nobody has
// waited for has none.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(after, "Z") && !strings.HasPrefix(after, "X")
}

// Restart ends the server in order, cutting its clients off, and starts it again.
func (s *Server) Restart() error {
	if err := s.cmd.Process.Signal(syscall.SIGINT); err != nil {
		return err
	}
	_ = s.cmd.Wait() // it ends by our signal
	return s.Again()
}

// Freeze stops every process of the server, as a machine that hangs: its sockets
// take what is sent and nobody answers. Thaw lets them go on.
func (s *Server) Freeze() error { return s.signal(syscall.SIGSTOP) }

// Thaw undoes Freeze.
func (s *Server) Thaw() error { return s.signal(syscall.SIGCONT) }

func (s *Server) signal(what syscall.Signal) error {
	pids, err := s.processes()
	for _, pid := range pids {
		if e := syscall.Kill(pid, what); e != nil && !errors.Is(e, syscall.ESRCH) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// processes are the postmaster and those that it has started.
func (s *Server) processes() ([]int, error) {
	own := s.cmd.Process.Pid
	out := []int{own}
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	for _, path := range all {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(after) // state, parent, ...
		if len(fields) < 2 || fields[1] != strconv.Itoa(own) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			return nil, err
		}
		out = append(out, pid)
	}
	return out, nil
}

// Hangup ends the sessions with a database from the server's side, as an operator
// or a firewall does, and tells how many there were.
func (s *Server) Hangup(ctx context.Context, database string) (ended int, err error) {
	err = s.over(ctx, func(c *pgx.Conn) error {
		return c.QueryRow(ctx, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1`, database).Scan(&ended)
	})
	return ended, err
}

// over does something over a connection of its own, and again while the server is
// beginning anew after the fault before.
func (s *Server) over(ctx context.Context, do func(*pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		c, err := pgx.Connect(ctx, s.Address("postgres"))
		if err == nil {
			err = do(c)
			_ = c.Close(ctx)
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Refuse lets no process of the server write further into a file than limit
// bytes, as a disk that is full; 0 = as far as it likes. Processes that start
// later have no limit.
func (s *Server) Refuse(limit int64) error {
	pids, err := s.processes()
	if err != nil {
		return err
	}
	soft := "unlimited"
	if limit > 0 {
		soft = strconv.FormatInt(limit, 10)
	}
	for _, pid := range pids[1:] {
		out, err := s.command(s.as, "prlimit", "--pid", strconv.Itoa(pid), "--fsize="+soft+":").CombinedOutput()
		if err != nil && running(pid) {
			return fmt.Errorf("limit the files of process %d: %w: %s", pid, err, out)
		}
	}
	return nil
}

// KillBackend kills the process that serves a session with a database, as the
// kernel does: the server then ends all others, recovers and goes on.
func (s *Server) KillBackend(ctx context.Context, database string) error {
	var pid int // 0 = nobody is connected
	err := s.over(ctx, func(c *pgx.Conn) error {
		err := c.QueryRow(ctx, `SELECT pid FROM pg_stat_activity WHERE datname = $1 ORDER BY random() LIMIT 1`, database).Scan(&pid)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil || pid == 0 {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}
