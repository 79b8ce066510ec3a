package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/cenotehq/cenote/awsaccount"
)

// importReport is what import aws prints with --json.
type importReport struct {
	Account string                    `json:"account"` // of AWS
	As      string                    `json:"as"`      // the account here
	Caller  string                    `json:"caller"`
	DryRun  bool                      `json:"dryRun"`
	Counts  map[awsaccount.Result]int `json:"counts"`
	Items   []awsaccount.Item         `json:"items"`
}

func (r *importReport) add(item awsaccount.Item) {
	r.Items = append(r.Items, item)
	if r.Counts == nil {
		r.Counts = map[awsaccount.Result]int{}
	}
	r.Counts[item.Result]++
}

// incomplete is the error of an import that left something out.
func (r *importReport) incomplete() error {
	skipped := r.Counts[awsaccount.Skipped]
	if skipped == 0 {
		return nil
	}
	var lacking []string
	for _, item := range r.Items {
		if item.Permission != "" {
			lacking = append(lacking, item.Permission)
		}
	}
	slices.Sort(lacking)
	if lacking = slices.Compact(lacking); len(lacking) == 0 {
		return fmt.Errorf("%d skipped, for the reasons above: see to them and run this again", skipped)
	}
	return fmt.Errorf("%d skipped, for the reasons above: %s lacks %s; allow that and run this again", skipped, r.Caller, strings.Join(lacking, ", "))
}

// importPrinter tells a person what happens, or a program in the end. What is being read
// it shows only on a terminal.
type importPrinter struct {
	out      io.Writer
	terminal io.Writer // nil where there is none
	asJSON   bool
}

func newImportPrinter(stdout, stderr io.Writer, asJSON bool) *importPrinter {
	p := &importPrinter{out: stdout, asJSON: asJSON}
	if isTerminal(stderr) {
		p.terminal = stderr
	}
	return p
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// progressWidth is how much of a line is used to show what is being read.
const progressWidth = 78

func (p *importPrinter) progress(what string) {
	if p.terminal != nil {
		fmt.Fprintf(p.terminal, "\r\x1b[K%.*s", progressWidth, "reading "+what)
	}
}

func (p *importPrinter) clear() {
	if p.terminal != nil {
		fmt.Fprint(p.terminal, "\r\x1b[K")
	}
}

// item prints a line for what is not as it was. What it says of identities is news in any
// case.
func (p *importPrinter) item(item awsaccount.Item) {
	if p.asJSON || item.Result == awsaccount.Unchanged && item.Kind != awsaccount.KindIdentities {
		return
	}
	p.clear()
	line := fmt.Sprintf("%-9s  %-13s  %s", item.Result, item.Kind, item.Name)
	if len(item.Changed) > 0 {
		line += "  " + strings.Join(item.Changed, ", ")
	}
	if text := item.Reason + item.Note; text != "" { // there is one of them
		line += "  (" + text + ")"
	}
	fmt.Fprintln(p.out, line)
}

// end prints the result.
func (p *importPrinter) end(r importReport) error {
	p.clear()
	if p.asJSON {
		return printing(json.NewEncoder(p.out).Encode(r))
	}
	var counts []string
	for _, result := range []awsaccount.Result{awsaccount.Created, awsaccount.Updated, awsaccount.Unchanged, awsaccount.Absent, awsaccount.Skipped} {
		if n := r.Counts[result]; n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, result))
		}
	}
	if len(counts) == 0 {
		counts = []string{"nothing found"}
	}
	line := strings.Join(counts, ", ") + "."
	if r.DryRun {
		line += " This was a dry run: nothing has changed."
	}
	_, err := fmt.Fprintln(p.out, line)
	return printing(err)
}

func printing(err error) error {
	if err != nil {
		return fmt.Errorf("printing the result: %w", err)
	}
	return nil
}
