package main

import (
	"bufio"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// configParser reads a config file: a setting a line, its name and its value with a
// space between, # before what is to be ignored. Settings of others, which may be nil,
// are passed over.
func configParser(flags, others *flag.FlagSet) func(io.Reader, func(name, value string) error) error {
	return func(r io.Reader, set func(name, value string) error) error {
		file := flags.Lookup("config").Value
		lines := bufio.NewScanner(r)
		for n := 1; lines.Scan(); n++ {
			line := strings.TrimSpace(lines.Text())
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			name, value, _ := strings.Cut(line, " ")
			value = strings.TrimSpace(value)
			switch {
			case others != nil && flags.Lookup(name) == nil && others.Lookup(name) != nil:
				continue
			case flags.Lookup(name) == nil || name == "config":
				return fmt.Errorf("%s line %d: %q is no setting", file, n, name)
			case value == "" && isSwitch(flags.Lookup(name)):
				value = "true"
			case value == "":
				return fmt.Errorf("%s line %d: %s has no value", file, n, name)
			}
			if err := set(name, value); err != nil {
				return fmt.Errorf("%s line %d: %s %q: %w", file, n, name, value, cmp.Or(errors.Unwrap(err), err))
			}
		}
		return lines.Err()
	}
}

// isSwitch reports whether a flag may stand alone, to mean true.
func isSwitch(f *flag.Flag) bool {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}
