package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/pgtest"
	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/sigv4"
	"github.com/cenotehq/cenote/store"
)

// movedGuests is how many guests there are to move: enough to be interrupted at.
const movedGuests = 9000

// folderOfGuests is the data folder of a server that was stopped, with guests; key is its
// root key.
func folderOfGuests(t *testing.T) (folder string, key sigv4.Credentials) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "data")
	p := startServer(t, nil, "serve", "--data", folder)
	key = printedKey(t, p)
	p.stop(t)
	s, err := openKept(t.Context(), Settings{Data: folder}, store.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Pools().Create(t.Context(), cognito.Pool{ID: "us-east-1:pool", Region: "us-east-1", Account: "000000000000"}); err != nil {
		t.Fatal(err) // without it the server would sweep the guests away
	}
	var group errgroup.Group
	group.SetLimit(1000)
	for i := range movedGuests {
		group.Go(func() error {
			id := fmt.Sprintf("us-east-1:%08x-%s", uint32(i)*2654435761, strings.Repeat("f", 27))
			return s.CreateIdentity(t.Context(), cognito.Identity{ID: id, Pool: "us-east-1:pool", Created: time.UnixMilli(1), Modified: time.UnixMilli(1)})
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return folder, key
}

// done runs the program to its end, which has to be good, and returns what it prints.
func done(t *testing.T, env []string, args ...string) string {
	t.Helper()
	p := begin(t, env, args...)
	if status := p.end(t); status != 0 || p.stderr.String() != "" {
		t.Fatalf("%v: exit status %d: %s", args, status, p.stderr.String())
	}
	return p.stdout.String()
}

// refused runs the program to its end, which has to be bad, and returns what it complains of.
func refused(t *testing.T, env []string, args ...string) string {
	t.Helper()
	p := begin(t, env, args...)
	if status := p.end(t); status == 0 {
		t.Fatalf("%v: exit status 0: %s", args, p.stdout.String())
	}
	return p.stderr.String()
}

func copyMasterKey(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(from, masterKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, masterKeyFile), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestMove exports from a folder while its server runs, imports into PostgreSQL, starts a
// server there, and moves back; the root key is good everywhere.
func TestMove(t *testing.T) {
	t.Parallel()
	pg, err := pgtest.Start(t.Context(), "", "fsync=off")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Remove(); err != nil {
			t.Error(err)
		}
	})
	database, err := pg.Create(t.Context(), "cenote")
	if err != nil {
		t.Fatal(err)
	}
	folder, key := folderOfGuests(t)
	files := t.TempDir()
	master, err := os.ReadFile(filepath.Join(folder, masterKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"CENOTE_DATABASE=" + database, envMasterKey + "=" + strings.TrimSpace(string(master))}

	server := startServer(t, nil, "serve", "--data", folder)
	there, back := filepath.Join(files, "there"), filepath.Join(files, "back")
	var counts store.Counts
	if err := json.Unmarshal([]byte(done(t, nil, "export", "--data", folder, "--output", there, "--json")), &counts); err != nil || counts.Identities != movedGuests {
		t.Errorf("exported %+v, %v", counts, err)
	}
	if info, err := os.Stat(there); err != nil || info.Mode() != 0o600 {
		t.Errorf("others can read the export: %v, %v", info, err)
	}
	if text := refused(t, nil, "export", "--data", folder, "--output", there); !strings.Contains(text, "is there already") {
		t.Errorf("an export over another: %s", text)
	}
	server.stop(t)

	if text := done(t, env, "import", there); !strings.Contains(text, fmt.Sprintf("%d identities", movedGuests)) {
		t.Errorf("import says %s", text)
	}
	second := startServer(t, env, "serve")
	works(t, second, key)
	if err := os.WriteFile(back, []byte(done(t, env, "export")), 0o600); err != nil {
		t.Fatal(err)
	}
	second.stop(t)

	again := filepath.Join(files, "again")
	if text := refused(t, nil, "import", back, "--data", again); !strings.Contains(text, "copy master.key of the place that was exported") {
		t.Errorf("without a master key: %s", text)
	}
	_, other := seal.GenerateKey()
	if text := refused(t, []string{envMasterKey + "=" + hex.EncodeToString(other)}, "import", back, "--data", again); !strings.Contains(text, "that of the place that was exported") {
		t.Errorf("with another master key: %s", text)
	}
	copyMasterKey(t, folder, again)
	if text := refused(t, nil, "import", back, "--data", again, "--account", "999999999999"); !strings.Contains(text, "it is of account 000000000000") {
		t.Errorf("into another account: %s", text)
	}
	var imported store.Imported
	if err := json.Unmarshal([]byte(done(t, nil, "import", back, "--data", again, "--json")), &imported); err != nil || imported.Identities != movedGuests || imported.Account != "000000000000" {
		t.Errorf("imported %+v, %v", imported, err)
	}
	third := startServer(t, nil, "serve", "--data", again)
	works(t, third, key)
	third.stop(t)
	if text := refused(t, nil, "import", back, "--data", again); !strings.Contains(text, "is not empty") {
		t.Errorf("a second import: %s", text)
	}
}

// TestKilledImport kills an import in the midst: no server starts on what it leaves, and
// another import begins anew.
func TestKilledImport(t *testing.T) {
	t.Parallel()
	folder, key := folderOfGuests(t)
	whole := done(t, nil, "export", "--data", folder)
	to := filepath.Join(t.TempDir(), "to")
	copyMasterKey(t, folder, to)
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT} {
		out, in, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		half := beginFed(t, out, nil, "import", "-", "--data", to)
		// When all of this has been taken in, the first of it has long been worked on.
		if _, err := in.WriteString(whole[:len(whole)-1000]); err != nil {
			t.Fatal(err)
		}
		if err := half.cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if status := half.end(t); status == 0 {
			t.Errorf("%s: exit status 0", signal)
		}
		if err := errors.Join(in.Close(), out.Close()); err != nil {
			t.Fatal(err)
		}
		if text := refused(t, nil, "serve", "--data", to, "--listen", "127.0.0.1:0"); !strings.Contains(text, "did not end, so only some of it is there: import again") {
			t.Errorf("%s: the server says %s", signal, text)
		}
		if text := refused(t, nil, "export", "--data", to); !strings.Contains(text, "import again") {
			t.Errorf("%s: export says %s", signal, text)
		}
	}
	file := filepath.Join(t.TempDir(), "export")
	if err := os.WriteFile(file, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	done(t, nil, "import", file, "--data", to)
	server := startServer(t, nil, "serve", "--data", to)
	works(t, server, key)
	server.stop(t)
	if n := identitiesLeft(t, to, "us-east-1:pool"); n != movedGuests {
		t.Errorf("there are %d identities", n)
	}
}

// TestStoppedAtAnyMoment kills and interrupts backups and exports while a server runs: what
// they were to make is there and whole, or it is not there.
func TestStoppedAtAnyMoment(t *testing.T) {
	t.Parallel()
	folder, key := folderOfGuests(t)
	server := startServer(t, nil, "serve", "--data", folder)
	files := t.TempDir()
	for i := range 16 {
		signal, command := syscall.SIGKILL, "backup"
		if i%2 == 1 {
			signal = syscall.SIGINT
		}
		if i%4 >= 2 {
			command = "export"
		}
		target := filepath.Join(files, fmt.Sprint(command, i))
		p := begin(t, nil, command, "--data", folder, "--output", target)
		select {
		case <-p.exited:
		case <-time.After(time.Duration(i) * 25 * time.Millisecond): // any moment will do
			if err := p.cmd.Process.Signal(signal); err != nil {
				t.Log(err) // it has just ended
			}
		}
		status := p.end(t)
		if left, _ := filepath.Glob(filepath.Join(files, "."+filepath.Base(target)+"-*")); left != nil && signal == syscall.SIGINT {
			t.Errorf("an interrupt leaves %v", left)
		}
		if _, err := os.Stat(target); err != nil {
			t.Logf("%s, stopped after %d ms, made nothing", command, i*25)
			if signal == syscall.SIGINT && status == 0 {
				t.Errorf("exit status 0 without %s", target)
			}
			if signal == syscall.SIGINT && !strings.Contains(p.stderr.String(), "interrupted") && p.stderr.String() != "" {
				t.Errorf("it says %s", p.stderr.String())
			}
			continue
		}
		to := target
		if command == "export" {
			to = target + "-imported"
			copyMasterKey(t, folder, to)
			done(t, nil, "import", target, "--data", to)
		} else {
			copyMasterKey(t, folder, to)
		}
		if n := identitiesLeft(t, to, "us-east-1:pool"); n != movedGuests {
			t.Errorf("%s, stopped after %d ms, has %d identities", command, i*25, n)
		}
	}
	works(t, server, key)
	server.stop(t)
}

// TestBackup starts a server on a backup that was made while another ran, with and without
// its master key in it.
func TestBackup(t *testing.T) {
	t.Parallel()
	folder, key := folderOfGuests(t)
	server := startServer(t, nil, "serve", "--data", folder)
	files := t.TempDir()
	without, with := filepath.Join(files, "without"), filepath.Join(files, "with")
	if text := done(t, nil, "backup", "--data", folder, "--output", without); !strings.Contains(text, "keep a copy of "+filepath.Join(folder, masterKeyFile)) {
		t.Errorf("backup says %s", text)
	}
	var made backedUp
	if err := json.Unmarshal([]byte(done(t, nil, "backup", "--data", folder, "--output", with, "--with-master-key", "--json")), &made); err != nil || !made.MasterKey || made.Bytes == 0 {
		t.Errorf("backup says %+v, %v", made, err)
	}
	if text := refused(t, nil, "backup", "--data", folder, "--output", with); !strings.Contains(text, "is there already") {
		t.Errorf("a backup over another: %s", text)
	}
	if text := refused(t, nil, "backup", "--data", folder); !strings.Contains(text, "--output NEW-FOLDER") {
		t.Errorf("a backup to nowhere: %s", text)
	}
	if text := refused(t, []string{"CENOTE_DATABASE=postgres://x@127.0.0.1/x"}, "backup", "--output", "x"); !strings.Contains(text, "pg_dump") {
		t.Errorf("a backup of PostgreSQL: %s", text)
	}
	server.stop(t)
	if text := refused(t, nil, "serve", "--data", without, "--listen", "127.0.0.1:0"); !strings.Contains(text, "restore "+filepath.Join(without, masterKeyFile)) {
		t.Errorf("without its master key: %s", text)
	}
	copyMasterKey(t, folder, without)
	for _, restored := range []string{without, with} {
		for _, name := range []string{"", masterKeyFile, "cenote.db"} {
			if info, err := os.Stat(filepath.Join(restored, name)); err != nil || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("others can reach %q: %v, %v", name, info, err)
			}
		}
		p := startServer(t, nil, "serve", "--data", restored)
		works(t, p, key)
		p.stop(t)
		if n := identitiesLeft(t, restored, "us-east-1:pool"); n != movedGuests {
			t.Errorf("there are %d identities", n)
		}
	}
}

// TestProgress is drawn on terminals alone, and taken away in the end.
func TestProgress(t *testing.T) {
	t.Parallel()
	for _, c := range []counting{countIdentities, countBytes} {
		var out strings.Builder
		p := newProgress(&out, true, "moving", c)
		for done := range int64(11) {
			p.report(done*1000, 10_000)
		}
		p.end()
		if text := out.String(); !strings.Contains(text, "moving") || !strings.Contains(text, "%") || strings.Contains(text, "\n") {
			t.Errorf("%q", text)
		}
	}
	if p := newProgress(io.Discard, onTerminal(&strings.Builder{}), "moving", countBytes); p.report != nil {
		t.Error("there is a bar without a terminal")
	}
}
