package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/cenotehq/cenote/store"
)

const keysUsage = "say `cenote keys list`, `cenote keys rotate` or `cenote keys rotate --master`"

// keys is the command of that name.
func keys(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) == 0 {
		return &usageError{"what about the keys? " + keysUsage}
	}
	switch args[0] {
	case "list":
		return listKeys(ctx, args[1:], stdout)
	case "rotate":
		return rotateKeys(ctx, args[1:], stdout)
	case "-h", "--help", "-help", "help":
		_, err := fmt.Fprintf(stdout, "About the keys of a server: %s.\nEach tells its flags with -h.\n", keysUsage)
		return err
	}
	return &usageError{fmt.Sprintf("%q is nothing to do with keys; %s", args[0], keysUsage)}
}

// keyFacts is what may be told about a key.
type keyFacts struct {
	Purpose string     `json:"purpose"`
	ID      string     `json:"id"`
	Created time.Time  `json:"created"`
	Until   *time.Time `json:"neededUntil,omitempty"` // of one that another has replaced
}

func facts(kind rotatingKey, keys []store.Key) []keyFacts {
	list := []keyFacts{}
	for i, k := range keys {
		f := keyFacts{Purpose: kind.purpose, ID: k.ID, Created: k.Created.UTC()}
		if until, ends := kind.neededUntil(keys, i); ends {
			f.Until = &until
		}
		list = append(list, f)
	}
	return list
}

// listKeys is the command keys list.
func listKeys(ctx context.Context, args []string, stdout io.Writer) error {
	flags := newFlags("keys list")
	asJSON := flags.Bool("json", false, "print one line of JSON")
	settings, _, err := readKept(flags, args)
	if err != nil {
		return err
	}
	return beside(ctx, settings, func(st *store.Store) error {
		list := []keyFacts{}
		for _, kind := range rotatingKeys() {
			keys, err := st.Keys(ctx, kind.purpose)
			if err != nil {
				return err
			}
			list = append(list, facts(kind, keys)...)
		}
		if *asJSON {
			return json.NewEncoder(stdout).Encode(map[string]any{"keys": list})
		}
		return printKeys(stdout, list)
	})
}

// beside opens what is kept, though a server may have it open, and closes it.
func beside(ctx context.Context, s Settings, do func(*store.Store) error) error {
	st, err := openBeside(ctx, s)
	if err != nil {
		return err
	}
	return errors.Join(do(st), st.Close())
}

func printKeys(out io.Writer, list []keyFacts) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PURPOSE\tID\tCREATED\tSTATE")
	for _, k := range list {
		state := "for new tokens"
		if k.Until != nil {
			state = "for older tokens, until " + utc(*k.Until)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", k.Purpose, k.ID, utc(k.Created), state)
	}
	return table.Flush()
}

func utc(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// rotation is what became of the keys.
type rotation struct {
	Added   []keyFacts `json:"added"`
	Removed []keyFacts `json:"removed"`
}

// rotateKeys is the command keys rotate.
func rotateKeys(ctx context.Context, args []string, stdout io.Writer) error {
	flags := newFlags("keys rotate")
	asJSON := flags.Bool("json", false, "print one line of JSON")
	master := flags.Bool("master", false, "seal all secrets under a new master key; no server may be running")
	revoke := flags.Bool("revoke", false, "end all sessions and tokens of before at once, since a key has leaked")
	next := masterFlags{prefix: "new-"}
	next.register(flags)
	settings, kept, err := readKept(flags, args)
	if err != nil {
		return err
	}
	if *master && *revoke {
		return &usageError{"--revoke is about the keys of tokens, and --master about another; do one after the other"}
	}
	if *master {
		return rotateMaster(ctx, settings, kept, next, *asJSON, stdout)
	}
	if next.file != "" || next.kms != "" {
		return &usageError{"a new master key is for `cenote keys rotate --master`"}
	}
	var done rotation
	err = beside(ctx, settings, func(st *store.Store) error {
		done, err = rotate(ctx, st, *revoke)
		return err
	})
	if err != nil {
		return err
	}
	if *asJSON {
		return json.NewEncoder(stdout).Encode(done)
	}
	return done.print(stdout)
}

// rotate adds a key of each kind that there is, and removes those that no token needs, or
// all others.
func rotate(ctx context.Context, st *store.Store, revoke bool) (rotation, error) {
	done := rotation{Added: []keyFacts{}, Removed: []keyFacts{}}
	for _, kind := range rotatingKeys() {
		has, err := st.Keys(ctx, kind.purpose)
		if err != nil || len(has) == 0 {
			if err != nil {
				return rotation{}, err
			}
			continue // no server ever signed by that algorithm
		}
		fresh, err := kind.fresh()
		if err != nil {
			return rotation{}, err
		}
		var before, after []store.Key
		err = st.ChangeKeys(ctx, kind.purpose, func(keys []store.Key) ([]store.Key, error) {
			before, after = keys, kind.rotated(keys, fresh, time.Now(), revoke)
			return after, nil
		})
		if err != nil {
			return rotation{}, fmt.Errorf("replacing the key of %s: %w", kind.purpose, err)
		}
		done.Added = append(done.Added, facts(kind, after)[0])
		done.Removed = append(done.Removed, slices.DeleteFunc(facts(kind, before), func(f keyFacts) bool {
			return slices.ContainsFunc(after, func(k store.Key) bool { return k.ID == f.ID })
		})...)
	}
	return done, nil
}

func (r rotation) print(out io.Writer) error {
	fmt.Fprintf(out, "New keys, which servers use within %s:\n\n", pollEvery+settle)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, k := range r.Added {
		fmt.Fprintf(table, "  %s\t%s\n", k.Purpose, k.ID)
	}
	if err := table.Flush(); err != nil || len(r.Removed) == 0 {
		return err
	}
	fmt.Fprint(out, "\nRemoved, and with them the tokens that were left of them:\n\n")
	for _, k := range r.Removed {
		fmt.Fprintf(table, "  %s\t%s\n", k.Purpose, k.ID)
	}
	return table.Flush()
}
