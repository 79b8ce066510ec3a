// Command with runs a command beside a PostgreSQL server of its own, which pgtest.Database
// finds: go run ./pgtest/with go test ./store.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/cenotehq/cenote/pgtest"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "with: name a command, such as: go run ./pgtest/with go test ./store")
		os.Exit(2)
	}
	code, err := run(context.Background(), os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "with:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// run returns the exit code of the command. An interrupt reaches the command from the
// terminal, and ends us when it has ended.
func run(ctx context.Context, command []string) (code int, err error) {
	// Nothing of it outlives the tests, so the disk need not keep up.
	s, err := pgtest.Start(ctx, "", "fsync=off", "max_connections=400")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, s.Remove()) }()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), pgtest.Variable+"="+s.URL("postgres"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	if _, failed := errors.AsType[*exec.ExitError](err); failed {
		return cmd.ProcessState.ExitCode(), nil
	}
	return 0, err
}
