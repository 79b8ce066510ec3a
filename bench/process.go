package main

import (
	"context"
	"crypto/rand"
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
	startTimeout = 30 * time.Second
	stopTimeout  = 15 * time.Second
)

// process is a server of ours.
type process struct {
	pid     int
	address string
	cancel  context.CancelFunc
	exited  chan struct{}
}

// startServer builds the real binary and starts it on a new data folder. redirect is
// where it finds user pools.
func startServer(ctx context.Context, folder, redirect string) (*process, sigv4.Credentials, error) {
	binary := filepath.Join(folder, "cenote")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/cenotehq/cenote/cmd/cenote")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return nil, sigv4.Credentials{}, fmt.Errorf("building the server: %w", err)
	}
	root := sigv4.Credentials{AccessKeyID: "AKIA" + rand.Text()[:16], SecretAccessKey: rand.Text() + rand.Text()[:14]}
	address, err := freeAddress()
	if err != nil {
		return nil, root, err
	}
	p, err := start(ctx, address, func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, binary, "serve", "--listen", address, "--data", filepath.Join(folder, "data"), "--redirect", redirect)
		cmd.Env = append(os.Environ(),
			"CENOTE_ROOT_ACCESS_KEY_ID="+root.AccessKeyID, "CENOTE_ROOT_SECRET_ACCESS_KEY="+root.SecretAccessKey)
		return cmd
	})
	return p, root, err
}

// start starts a server and waits until it is ready. Its output goes nowhere: the
// line of log that it writes per call is made and written, but stored by nobody.
func start(ctx context.Context, address string, command func(context.Context) *exec.Cmd) (*process, error) {
	ctx, cancel := context.WithCancel(ctx)
	cmd := command(ctx)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTimeout
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	p := &process{pid: cmd.Process.Pid, address: address, cancel: cancel, exited: make(chan struct{})}
	go func() {
		defer close(p.exited)
		_ = cmd.Wait() // it ends by our signal, or waitReady and the load notice
	}()
	if err := p.waitReady(ctx); err != nil {
		p.stop()
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(cmd.Path), err)
	}
	return p, nil
}

func (p *process) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if isReady(ctx, p.address) {
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

// stop asks the process to end and waits for that.
func (p *process) stop() {
	p.cancel()
	<-p.exited
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
