// Command bench measures what a call costs the server, beside a floor and in one run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// rounds is how often each kind of window is measured.
const rounds = 3

// settings are what the command line says.
type settings struct {
	connections int
	duration    time.Duration // of all windows together
	asJSON      bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == floorCommand {
		return serveFloor(ctx, args[1:], os.Stdin)
	}
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&s.connections, "connections", 64, "connections that send one request after the other")
	flags.DurationVar(&s.duration, "duration", 54*time.Second, "time of all windows together; building and setting up come on top")
	flags.BoolVar(&s.asJSON, "json", false, "print JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if s.connections < 1 || s.duration < time.Second || flags.NArg() > 0 {
		return errors.New("give at least one connection, at least a second, and nothing else")
	}
	r, err := bench(ctx, s)
	if err != nil {
		return err
	}
	if s.asJSON {
		return r.writeJSON(os.Stdout)
	}
	return r.writeText(os.Stdout)
}

// bench starts both servers, measures them, and ends them.
func bench(ctx context.Context, s settings) (*report, error) {
	// Not in the temporary folder, which may be in memory, where a commit costs nothing.
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("finding a folder on a disk: %w", err)
	}
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(cache, "cenote-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()

	progress("building and starting the server")
	pools, err := startUserPools()
	if err != nil {
		return nil, err
	}
	defer pools.stop()
	server, root, err := startServer(ctx, folder, userPoolHost+"="+pools.url)
	if err != nil {
		return nil, err
	}
	defer server.stop()
	tokens, err := pools.sign()
	if err != nil {
		return nil, err
	}
	operations, err := prepare(ctx, server.address, root, tokens)
	if err != nil {
		return nil, err
	}
	floor, err := startFloor(ctx, operations)
	if err != nil {
		return nil, err
	}
	defer floor.stop()
	choices, err := decisions(pools, tokens)
	if err != nil {
		return nil, err
	}
	return measureAll(ctx, s, server, floor, operations, choices)
}

// progress tells a person who waits what happens; a file or a pipe is not told.
func progress(format string, args ...any) {
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprintf(os.Stderr, format+"\n", args...)
	}
}
