package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // for the source of the counter
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed counter.go
var counterSource string

// counterStart lets the server under measurement count, and no other: it is added to
// the program only as it is built here.
const counterStart = `package main

import "os"

func init() { go func() { _ = serveCounts(os.NewFile(3, "ask"), os.NewFile(4, "tell")) }() }
`

const serverPackage = "github.com/cenotehq/cenote/cmd/cenote"

// build builds the server, with the counter of its allocations added.
func (b *bench) build(ctx context.Context) error {
	source, err := packageFolder(ctx, serverPackage)
	if err != nil {
		return err
	}
	b.binary = filepath.Join(b.folder, "cenote")
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for name, text := range map[string]string{"bench_counter.go": counterSource, "bench_counter_start.go": counterStart} {
		file := filepath.Join(b.folder, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
		overlay.Replace[filepath.Join(source, name)] = file
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		return err
	}
	file := filepath.Join(b.folder, "overlay.json")
	if err := os.WriteFile(file, list, 0o600); err != nil {
		return err
	}
	if err := finish(exec.CommandContext(ctx, "go", "build", "-overlay", file, "-o", b.binary, serverPackage)); err != nil {
		return err
	}
	b.schema, err = schemaVersion(ctx)
	return err
}

func packageFolder(ctx context.Context, name string) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", name).Output()
	return strings.TrimSpace(string(out)), err
}

// schemaVersion is a hash of the migrations of the store: data of other tables are of
// no use.
func schemaVersion(ctx context.Context) (string, error) {
	folder, err := packageFolder(ctx, "github.com/cenotehq/cenote/store")
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".sql" {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		_, err = io.Copy(hash, file)
		return err
	})
	return hex.EncodeToString(hash.Sum(nil))[:12], err
}

// finish says what a program complained of.
func finish(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, bytes.TrimSpace(out))
	}
	return nil
}
