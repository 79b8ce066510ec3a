package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/cenotehq/cenote/store"
)

// export is the command of that name.
func export(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := newFlags("export")
	output := flags.String("output", "", "`FILE` to make, with what is exported (default: the standard output)")
	asJSON := flags.Bool("json", false, "print how much was exported as one line of JSON; needs --output")
	settings, err := readSettings(flags, args, "cenote-data")
	if err != nil {
		return err
	}
	if *asJSON && *output == "" {
		return &usageError{"the standard output is for what is exported: set --output to have --json there"}
	}
	st, err := openBeside(ctx, settings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	accounts, err := st.Keys(ctx, purposeAccount)
	if err != nil {
		return fmt.Errorf("reading the account of the data: %w", err)
	}
	if len(accounts) == 0 {
		return fmt.Errorf("no server has been started on %s, so there is nothing to export: name another place with --data or --database", settings.place())
	}
	var counts store.Counts
	write := func(w io.Writer) error {
		shown := newProgress(stderr, onTerminal(stderr), "exporting", countIdentities)
		defer shown.end()
		counts, err = st.Export(ctx, w, accounts[0].ID, shown.report)
		return err
	}
	if *output == "" {
		return interrupted(ctx, write(stdout), "what was written is not a whole export")
	}
	if err := writeNew(*output, write); err != nil {
		return interrupted(ctx, err, "nothing is written")
	}
	if *asJSON {
		return json.NewEncoder(stdout).Encode(counts)
	}
	_, err = fmt.Fprintf(stdout, "Exported %s from %s to %s.\n", thingsOf(counts), settings.place(), *output)
	return err
}

func thingsOf(c store.Counts) string {
	return fmt.Sprintf("%d pools, roles, users and other documents, %d identities with %d logins, and %d keys", c.Entities, c.Identities, c.Logins, c.Keys)
}

// openBeside opens what is there, perhaps beside servers that run on it.
func openBeside(ctx context.Context, s Settings) (*store.Store, error) {
	return openKept(ctx, s, store.Config{Shared: true})
}

// interrupted is err, told in words where it is that the user stopped the command.
func interrupted(ctx context.Context, err error, state string) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return fmt.Errorf("interrupted: %s", state)
	}
	return err
}
