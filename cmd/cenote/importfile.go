package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/cenotehq/cenote/store"
)

// importFile is the command import, of what the command export wrote.
func importFile(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	file := ""
	if len(args) > 0 && (args[0] == "-" || !strings.HasPrefix(args[0], "-")) {
		file, args = args[0], args[1:]
	}
	flags := newFlags("import")
	asJSON := flags.Bool("json", false, "print how much was imported as one line of JSON")
	settings, err := readSettings(flags, args, "cenote-data")
	if err != nil {
		return err
	}
	if file == "" {
		return &usageError{"name what to import first: `cenote import FILE --data FOLDER`, with - for the standard input, or `cenote import aws`"}
	}
	from, size, err := openExport(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	custody, err := importCustody(settings, "copy master.key of the place that was exported to there")
	if err != nil {
		return err
	}
	account := ""
	if isSet(flags, "account") {
		account = settings.Account
	}
	shown := newProgress(stderr, onTerminal(stderr), "importing", countBytes)
	begin := time.Now()
	result, err := store.Import(ctx, store.Config{Path: settings.Data, URL: settings.Database, Custody: custody},
		&watched{from: from, size: size, report: shown.report}, account)
	shown.end()
	if err != nil {
		return interrupted(ctx, err, fmt.Sprintf("only some of it is in %s: import again, which begins anew, or choose another place", settings.place()))
	}
	if *asJSON {
		return json.NewEncoder(stdout).Encode(result)
	}
	_, err = fmt.Fprintf(stdout, "Imported %s of account %s into %s, in %s.\n",
		thingsOf(result.Counts), result.Account, settings.place(), time.Since(begin).Round(time.Millisecond))
	return err
}

// openExport opens a file or, for -, the standard input; size is -1 if nobody knows it.
func openExport(ctx context.Context, file string) (from io.ReadCloser, size int64, err error) {
	if file == "-" {
		// Nothing ends a read of the standard input, so somebody else waits for it.
		out, in := io.Pipe()
		go func() {
			_, err := io.Copy(in, os.Stdin)
			in.CloseWithError(err)
		}()
		context.AfterFunc(ctx, func() { in.CloseWithError(ctx.Err()) })
		return out, -1, nil
	}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, fmt.Errorf("there is no file %s to import; `cenote export --output FILE` makes one", file)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("opening what is to be imported: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("opening what is to be imported: %w", err), f.Close())
	}
	if info.Mode().IsRegular() {
		return f, info.Size(), nil
	}
	return f, -1, nil
}

// watched is a reader that tells how much was read.
type watched struct {
	from       io.Reader
	done, size int64
	report     func(done, all int64)
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.from.Read(p)
	w.done += int64(n)
	if w.report != nil {
		w.report(w.done, w.size)
	}
	return n, err
}
