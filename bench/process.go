package main

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/cenotehq/cenote/sigv4"
)

// Limits of starting and ending a server.
const (
	startTimeout = 60 * time.Second
	stopTimeout  = 60 * time.Second
)

// process is a server of ours.
type process struct {
	pid      int
	database int // process of the database beside it, or 0
	address  string
	started  time.Duration // from its start until it was ready
	cancel   context.CancelFunc
	exited   chan struct{}

	// What the process allocates is asked and told here; nil where it does not count.
	ask, tell *os.File
}

// launch is how to start a process.
type launch struct {
	address string
	command func(context.Context) *exec.Cmd
	ready   func(ctx context.Context, address string) bool
	counts  bool // whether it runs serveCounts on its files 3 and 4
}

// startServer starts the server on data of an engine, with so many identities in
// memory.
func (b *bench) startServer(ctx context.Context, e engine, data string, cached int) (*process, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	args := append([]string{"serve", "--listen", address, cachedFlag(cached), "--redirect", userPoolHost + "=" + b.pools.url}, e.serve(data)...)
	log, err := openLog(b.log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the server has its own
	p, err := start(ctx, launch{address: address, ready: isReady, counts: true, command: func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, b.binary, args...)
		cmd.Stderr = log
		cmd.Env = append(os.Environ(), "CENOTE_MASTER_KEY="+masterKey,
			"CENOTE_ROOT_ACCESS_KEY_ID="+b.root.AccessKeyID, "CENOTE_ROOT_SECRET_ACCESS_KEY="+b.root.SecretAccessKey)
		return cmd
	}})
	if err != nil {
		return nil, err
	}
	p.database = e.pid()
	return p, nil
}

// openLog opens the file of that name, or one that keeps nothing.
func openLog(name string) (*os.File, error) {
	if name == "" {
		name = os.DevNull
	}
	return os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
}

// masterKey seals the secrets of the server, all of which are for this alone.
const masterKey = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"

func newRootKey() sigv4.Credentials {
	return sigv4.Credentials{AccessKeyID: "AKIA" + rand.Text()[:16], SecretAccessKey: rand.Text() + rand.Text()[:14]}
}

// start starts a server and waits until it is ready. Usually its output goes nowhere: the
// line of log that it writes per call is made and written, but stored by nobody.
func start(ctx context.Context, l launch) (*process, error) {
	ctx, cancel := context.WithCancel(ctx)
	cmd := l.command(ctx)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTimeout
	p := &process{address: l.address, cancel: cancel, exited: make(chan struct{})}
	begin, err := p.run(cmd, l.counts)
	if err != nil {
		cancel()
		return nil, err
	}
	if err := p.waitReady(ctx, l.ready); err != nil {
		p.stop()
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(cmd.Path), err)
	}
	p.started = time.Since(begin)
	return p, nil
}

func (p *process) run(cmd *exec.Cmd, counts bool) (begin time.Time, err error) {
	if counts {
		theirAsk, ask, err := os.Pipe()
		if err != nil {
			return begin, err
		}
		tell, theirTell, err := os.Pipe()
		if err != nil {
			return begin, err
		}
		p.ask, p.tell = ask, tell
		cmd.ExtraFiles = []*os.File{theirAsk, theirTell}
		defer func() { err = errors.Join(err, theirAsk.Close(), theirTell.Close()) }()
	}
	begin = time.Now()
	if err := cmd.Start(); err != nil {
		return begin, err
	}
	p.pid = cmd.Process.Pid
	go func() {
		defer close(p.exited)
		_ = cmd.Wait() // it ends by our signal, or waitReady and the load notice
	}()
	return begin, nil
}

func (p *process) waitReady(ctx context.Context, ready func(context.Context, string) bool) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if ready(ctx, p.address) {
			return nil
		}
		select {
		case <-p.exited:
			return errors.New("it ended by itself")
		case <-ctx.Done():
			return fmt.Errorf("it is not ready: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

func isReady(ctx context.Context, address string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", http.NoBody)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

// allocations returns what the process has allocated since its start, or nothing where
// it does not count.
func (p *process) allocations() (objects, bytes uint64, err error) {
	if p.ask == nil {
		return 0, 0, nil
	}
	if _, err := p.ask.Write([]byte{'?'}); err != nil {
		return 0, 0, err
	}
	var counts [2]uint64
	err = binary.Read(p.tell, binary.LittleEndian, &counts)
	return counts[0], counts[1], err
}

// stop asks the process to end and waits for that.
func (p *process) stop() {
	p.cancel()
	<-p.exited
	if p.ask != nil {
		_, _ = p.ask.Close(), p.tell.Close()
	}
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
