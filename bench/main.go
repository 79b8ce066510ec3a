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
)

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
	s, err := readSettings(args)
	if err != nil {
		return err
	}
	r, err := run(ctx, s)
	if err != nil {
		return err
	}
	if s.out != "" {
		if err := r.writeFolder(s.out); err != nil {
			return err
		}
	}
	if s.asJSON {
		return r.writeJSON(os.Stdout)
	}
	return r.writeText(os.Stdout)
}

// progress tells a person who waits what happens; a file or a pipe is not told.
func progress(format string, args ...any) {
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprintf(os.Stderr, format+"\n", args...)
	}
}
