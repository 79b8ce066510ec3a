// Command cenote serves Amazon Cognito identity pools, with the STS and the part
// of IAM beneath them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

const usage = `Cenote serves Amazon Cognito identity pools that you host yourself.

  cenote dev      everything in one command: a demo pool, a test provider with
                  three users, and what to paste next
  cenote serve    the server, on a data folder of yours
  cenote keys     new keys for sessions and tokens, or a new master key
  cenote export   writes everything down as lines of JSON, to be imported elsewhere
  cenote import   takes what was exported into an empty data folder or database
  cenote backup   copies a data folder while the server runs
  cenote import aws
                  takes over the pools and roles of an account of AWS
  cenote version  which version this is

Each command tells its flags with -h.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal does not wait
	spareCollector()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit status: 0 for success, 2 for words that it does not
// understand, 1 for everything else.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	err := command(ctx, args, stdout, stderr)
	if err == nil {
		return 0
	}
	if help, ok := errors.AsType[*helpError](err); ok {
		help.tell(stdout)
		return 0
	}
	fmt.Fprintln(stderr, "cenote:", strings.TrimSpace(err.Error()))
	if _, misuse := errors.AsType[*usageError](err); misuse {
		return 2
	}
	return 1
}

func command(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return &usageError{"no command given; begin with `cenote dev`"}
	}
	switch args[0] {
	case "dev":
		if len(args) > 1 && args[1] == "token" {
			return devToken(ctx, args[2:], stdout, stderr)
		}
		return dev(ctx, args[1:], stdout, stderr)
	case "serve":
		return serve(ctx, args[1:], stdout, stderr)
	case "keys":
		return keys(ctx, args[1:], stdout)
	case "export":
		return export(ctx, args[1:], stdout, stderr)
	case "import":
		if len(args) > 1 && args[1] == "aws" {
			return importAWS(ctx, args[2:], stdout, stderr)
		}
		return importFile(ctx, args[1:], stdout, stderr)
	case "backup":
		return backup(ctx, args[1:], stdout, stderr)
	case "version", "--version", "-version":
		fmt.Fprintln(stdout, "cenote", version())
		return nil
	case "help", "-h", "--help", "-help":
		fmt.Fprint(stdout, usage)
		return nil
	}
	return &usageError{fmt.Sprintf("%q is no command; there are dev, serve, keys, export, import, import aws, backup and version", args[0])}
}

// usageError is a command line or setting that makes no sense.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// helpError is a command line that asks for the flags of a command.
type helpError struct{ flags *flag.FlagSet }

func (e *helpError) Error() string { return "flags of cenote " + e.flags.Name() }

func (e *helpError) tell(out io.Writer) {
	fmt.Fprintf(out, "Flags of cenote %s", e.flags.Name())
	if e.flags.Lookup("config") != nil {
		fmt.Fprintf(out, " (each is also a variable: --data is %s_DATA)", envPrefix)
	}
	fmt.Fprintln(out, ":")
	e.flags.SetOutput(out)
	e.flags.PrintDefaults()
}
