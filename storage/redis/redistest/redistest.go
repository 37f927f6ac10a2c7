// Package redistest starts private Redis servers for tests: a port chosen by
// chance on 127.0.0.1, an own folder, nothing kept on disk. They end with the
// tests. A server can be killed, paused, emptied and started again, be the
// replica of another and be promoted; see Cluster and Sentinels for sets of them.
package redistest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/forecall/forecall/storage/redis/internal/hush"
)

// patience bounds every wait for a server.
const patience = 60 * time.Second

// Server is a private redis-server.
type Server struct {
	Addr string // host:port

	t       testing.TB
	program string
	folder  string
	args    []string
	cmd     *exec.Cmd
	out     *output
}

// Start starts a server; args are further arguments, such as "--maxmemory", "2mb".
// Without the program the test is skipped, or fails where FORECALL_PEERS is required.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("FORECALL_PEERS") == "required" {
			t.Fatal("redis-server is missing: it comes with the Debian package redis-server")
		}
		t.Skip("redis-server is missing: it comes with the Debian package redis-server")
	}
	for range 10 { // another program may take the port between our look and the server's
		s := &Server{Addr: freePort(t), t: t, program: program, folder: t.TempDir(), args: args}
		if err = s.Again(); err == nil {
			t.Cleanup(s.Kill)
			return s
		}
		s.Kill()
	}
	t.Fatalf("redis-server does not start: %v", err)
	return nil
}

func freePort(t testing.TB) string {
	t.Helper()
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := l.Addr().String()
		_ = l.Close()                                           // only its number was wanted
		if l.Addr().(*net.TCPAddr).Port+10_000 <= 1<<16-1_000 { // a cluster's bus has the port 10,000 above
			return addr
		}
	}
}

// Again starts the server at its address once more: empty, as after Kill.
func (s *Server) Again() error {
	_, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return err
	}
	s.out = new(output)
	s.cmd = exec.Command(s.program, append([]string{
		filepath.Join(s.folder, "redis.conf"), "--port", port, "--bind", "127.0.0.1", "--dir", s.folder,
		"--save", "", "--daemonize", "no", "--repl-diskless-sync-delay", "0", "--repl-diskless-load", "swapdb",
	}, s.args...)...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.folder, s.out, s.out
	// A test that is killed takes its server with it.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := touch(s.cmd.Args[1]); err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	return s.await()
}

// touch makes the file of settings, which a sentinel writes to.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func (s *Server) await() error {
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		if strings.Contains(s.out.String(), "Address already in use") {
			return syscall.EADDRINUSE
		}
		if _, err := s.Do("PING"); err == nil {
			return nil
		}
		<-time.After(10 * time.Millisecond)
	}
	return fmt.Errorf("no answer:\n%s", s.out)
}

// URL is the address of its first database.
func (s *Server) URL() string { return "redis://" + s.Addr }

// Do runs one command over a connection of its own.
func (s *Server) Do(args ...any) (any, error) {
	hush.GoRedis()
	c := redis.NewClient(&redis.Options{
		Addr: s.Addr, Protocol: 2, PoolSize: 1, MaxRetries: -1, DialerRetries: 1, DialTimeout: time.Second, ReadTimeout: 10 * time.Second,
	})
	answer, err := c.Do(context.Background(), args...).Result()
	if closing := c.Close(); err == nil {
		err = closing
	}
	return answer, err
}

// Must runs one command that has to succeed.
func (s *Server) Must(args ...any) any {
	s.t.Helper()
	answer, err := s.Do(args...)
	if err != nil && !errors.Is(err, redis.Nil) {
		s.t.Fatalf("redis %v: %v", args, err)
	}
	return answer
}

// Kill ends the server at once; everything it knew is gone.
func (s *Server) Kill() {
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	_ = s.cmd.Process.Kill() // it may have ended
	_ = s.cmd.Wait()         // by our signal
	s.cmd = nil
}

// Pause stops the server's process: connections stand, nobody answers.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume lets it run again. It then reads what was sent to it meanwhile.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// Flush empties the server.
func (s *Server) Flush() { s.t.Helper(); s.Must("FLUSHALL") }

// Follow makes the server a replica of another and waits until it has all that
// the other had.
func (s *Server) Follow(master *Server) {
	s.t.Helper()
	host, port, err := net.SplitHostPort(master.Addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Must("REPLICAOF", host, port)
	s.Eventually("the replica is in step", func() bool { return s.Field("replication", "master_link_status") == "up" })
}

// Promote makes a replica a master of its own.
func (s *Server) Promote() { s.t.Helper(); s.Must("REPLICAOF", "NO", "ONE") }

// Field is one value of INFO; empty while the server does not answer, as in the
// moment in which it becomes a master.
func (s *Server) Field(section, name string) string {
	answer, err := s.Do("INFO", section)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(fmt.Sprint(answer)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && key == name {
			return value
		}
	}
	return ""
}

// Port is the server's port.
func (s *Server) Port() int {
	_, port, _ := net.SplitHostPort(s.Addr)
	n, _ := strconv.Atoi(port)
	return n
}

// Eventually waits until a condition of the server holds.
func (s *Server) Eventually(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !holds(); <-time.After(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: not within %s\n%s", what, patience, s.out)
		}
	}
}

// output keeps what a server says, for the test that fails.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
