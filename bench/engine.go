package main

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
)

// engine is a kind of database. The data of a server has a name there.
type engine interface {
	// name is what the report calls it.
	name() string

	// serve returns the flags of a server that is to work on data.
	serve(data string) []string

	// create makes place for the data of a server that was not started yet.
	create(ctx context.Context, data string) error

	// list returns the names of all data.
	list(ctx context.Context) ([]string, error)

	rename(ctx context.Context, from, to string) error
	copy(ctx context.Context, from, to string) error

	// remove removes data, if there are any.
	remove(ctx context.Context, data string) error

	// insert adds rows, of texts and numbers, to a table.
	insert(ctx context.Context, data, table string, columns []string, rows iter.Seq[[]any]) error

	// size is how many bytes the data have on the disk.
	size(ctx context.Context, data string) (int64, error)

	// pid is the process of the engine, whose children are its own too; 0 where it is
	// within the server.
	pid() int

	stop()
}

// startEngine starts the engine called name, whose data are below folder.
func startEngine(ctx context.Context, name, folder string) (engine, error) {
	switch name {
	case "sqlite":
		return sqlite{folder: filepath.Join(folder, name)}, nil
	case "postgres":
		return startPostgres(ctx, filepath.Join(folder, name))
	}
	return nil, fmt.Errorf("%q is no engine; there are sqlite and postgres", name)
}

// cacheFolder returns the folder on a disk where data are kept from run to run. In the
// temporary folder, which may be in memory, a commit would cost nothing. PostgreSQL does
// not run as root, so that root's folder has to be one that others may enter.
func cacheFolder(given string) (string, error) {
	if given != "" {
		return filepath.Abs(given)
	}
	if os.Getuid() == 0 {
		return "/var/cache/cenote-bench", nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding a folder on a disk: %w", err)
	}
	return filepath.Join(cache, "cenote-bench"), nil
}
