// Package pgtest runs PostgreSQL servers for tests and benchmarks, of the programs that are
// installed on this machine.
package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// startTimeout is generous, since a test machine may be busy.
	startTimeout = time.Minute

	// superuser may do everything in a cluster.
	superuser = "cenote"
)

// ErrMissing means that there is no PostgreSQL on this machine.
var ErrMissing = errors.New("pgtest: PostgreSQL is not installed; Debian has it in the package postgresql")

// Server is a cluster of databases, with a process that listens on loopback. It is used by
// one goroutine at a time.
type Server struct {
	folder   string // data, log
	programs string // folder of PostgreSQL's programs
	port     int
	settings []string

	cmd    *exec.Cmd
	stdin  io.Closer
	exited chan struct{}
}

// Start makes a cluster in a new folder below parent, the system's folder for temporary files
// if that is empty, and starts it with settings such as fsync=off. Whoever connects from this
// machine may do everything. The server ends with this process, however that ends; Remove
// cleans up behind it.
func Start(ctx context.Context, parent string, settings ...string) (*Server, error) {
	s, err := newServer(parent, settings)
	if err != nil {
		return nil, err
	}
	err = s.initialize(ctx, s.data())
	if err == nil {
		err = s.Restart(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	return s, nil
}

// Open starts the cluster in a folder that stays, with what it kept there, and makes it first
// if there is none. Stop ends it. Otherwise it is as that of Start.
func Open(ctx context.Context, folder string, settings ...string) (*Server, error) {
	programs, err := programs()
	if err != nil {
		return nil, err
	}
	s := &Server{folder: folder, programs: programs, settings: settings}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	if err := s.own(); err != nil {
		return nil, err
	}
	if _, err := os.Stat(s.data()); errors.Is(err, fs.ErrNotExist) {
		if err := s.initialize(ctx, s.data()+".draft"); err != nil {
			return nil, err
		}
		if err := os.Rename(s.data()+".draft", s.data()); err != nil {
			return nil, err
		}
	}
	return s, s.Restart(ctx)
}

func newServer(parent string, settings []string) (*Server, error) {
	programs, err := programs()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(parent, "cenote-postgresql-")
	if err != nil {
		return nil, err
	}
	s := &Server{folder: folder, programs: programs, settings: settings}
	if err := s.own(); err != nil {
		return nil, errors.Join(err, os.Remove(folder))
	}
	return s, nil
}

// own gives the folder to whom PostgreSQL runs as.
func (s *Server) own() error {
	owner := owner()
	if owner == nil {
		return nil
	}
	return os.Chown(s.folder, int(owner.Uid), int(owner.Gid))
}

// initialize makes the cluster, in a folder where half of one may be left.
func (s *Server) initialize(ctx context.Context, data string) error {
	if err := os.RemoveAll(data); err != nil {
		return err
	}
	return s.run(ctx, "initdb", "--pgdata", data, "--username", superuser, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync")
}

// programs is the folder with the newest PostgreSQL, where Debian has it or in the path.
func programs() (string, error) {
	folders, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	if len(folders) > 0 {
		return slices.MaxFunc(folders, func(a, b string) int { return version(a) - version(b) }), nil
	}
	program, err := exec.LookPath("postgres")
	if err != nil {
		return "", ErrMissing
	}
	return filepath.Dir(program), nil
}

func version(folder string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder))) // what is no number is none of Debian's
	return n
}

// owner is as whom PostgreSQL runs, which refuses to be root: nil for ourselves.
func owner() *syscall.Credential {
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, _ := strconv.ParseUint(u.Uid, 10, 32) // a number, on systems that have root
			gid, _ := strconv.ParseUint(u.Gid, 10, 32)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

func (s *Server) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = s.folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner()}
	return cmd
}

// run runs one of PostgreSQL's programs to its end.
func (s *Server) run(ctx context.Context, program string, args ...string) error {
	out, err := s.command(ctx, filepath.Join(s.programs, program), args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("pgtest: %s: %w\n%s", program, err, out)
	}
	return nil
}

// Restart starts the server, again after Stop or Kill, on the port that it had before.
func (s *Server) Restart(ctx context.Context) error {
	var err error
	if s.port != 0 {
		// After Kill, processes of the old server may linger for a moment.
		for until := time.Now().Add(startTimeout); time.Now().Before(until); {
			if err = s.start(ctx); err == nil || !bytes.Contains(s.logTail(), []byte("is still in use")) {
				return err
			}
		}
		return err
	}
	for range 10 { // another may have the port
		s.port = 10_000 + rand.IntN(20_000) // below those of outgoing connections
		if err = s.start(ctx); err == nil {
			return nil
		}
	}
	return err
}

// watched ends a program when our end of its standard input closes.
const watched = `exec 3<&0; (cat <&3 >/dev/null; kill -QUIT $$) & exec "$0" "$@" 3<&-`

func (s *Server) start(ctx context.Context) error {
	log, err := os.OpenFile(filepath.Join(s.folder, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the server has its own handle
	args := []string{"-c", watched, filepath.Join(s.programs, "postgres"), "-D", s.data(), "-p", strconv.Itoa(s.port), "-k", s.folder, "-h", "127.0.0.1"}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	s.cmd = s.command(context.WithoutCancel(ctx), "/bin/sh", args...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	s.exited = exited
	go func(cmd *exec.Cmd) {
		defer close(exited)
		_ = cmd.Wait() // how it ended is in its log
	}(s.cmd)
	return s.waitReady(ctx)
}

func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return c.Close(ctx)
		}
		select {
		case <-s.exited:
			return fmt.Errorf("pgtest: the server ended: %s", s.logTail())
		case <-ctx.Done():
			return errors.Join(err, s.Kill(), fmt.Errorf("pgtest: %s", s.logTail()))
		case <-tick.C:
		}
	}
}

func (s *Server) logTail() []byte {
	text, _ := os.ReadFile(filepath.Join(s.folder, "log")) // no log is as good as an empty one
	return bytes.TrimSpace(text[max(0, len(text)-2000):])
}

// URL is that of a database.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", superuser, s.Address(), database)
}

// Address is where the server listens.
func (s *Server) Address() string { return "127.0.0.1:" + strconv.Itoa(s.port) }

// PID is the process whose children are all others of the server.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Create makes an empty database and returns its URL.
func (s *Server) Create(ctx context.Context, database string) (string, error) {
	err := s.Exec(ctx, "postgres", "CREATE DATABASE "+pgx.Identifier{database}.Sanitize())
	return s.URL(database), err
}

// Exec runs SQL in a database, as its superuser.
func (s *Server) Exec(ctx context.Context, database, sql string) error {
	return Execute(ctx, s.URL(database), sql)
}

// Stop ends the server as an administrator does who does not wait for clients.
func (s *Server) Stop() error { return s.end(syscall.SIGINT) }

// Kill ends the server as a power cut would, as far as its processes go: none of them sees
// another one die. Those that wait for a standby would otherwise wait no more, and show
// others for a moment what is on one disk alone.
func (s *Server) Kill() error {
	if s.cmd == nil {
		return nil
	}
	stopped := ignoreDone(s.cmd.Process.Signal(syscall.SIGSTOP)) // it forks no more
	return errors.Join(stopped, killChildren(s.cmd.Process.Pid), s.end(syscall.SIGKILL))
}

// killChildren kills the processes that a process has started, so far as they are there.
func killChildren(parent int) error {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return err
	}
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])) // see proc(5)
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil || len(fields) < 2 || fields[1] != strconv.Itoa(parent) {
			continue
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}

func ignoreDone(err error) error {
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

func (s *Server) end(signal syscall.Signal) error {
	if s.cmd == nil {
		return nil
	}
	err := ignoreDone(s.cmd.Process.Signal(signal))
	<-s.exited
	s.cmd = nil
	return errors.Join(err, ignoreClosed(s.stdin.Close()))
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// Remove kills the server and deletes all that it had.
func (s *Server) Remove() error { return errors.Join(s.Kill(), os.RemoveAll(s.folder)) }

// Log is all that the server has said.
func (s *Server) Log() string {
	text, _ := os.ReadFile(filepath.Join(s.folder, "log")) // no log is as good as an empty one
	return strings.TrimSpace(string(text))
}
