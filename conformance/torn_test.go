package conformance_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/cenotehq/cenote/conformance"
)

// Lengths in SQLite's write-ahead file (https://sqlite.org/fileformat2.html#the_write_ahead_log).
const (
	walHeader   = 32
	frameHeader = 24
)

// TestFaultTornLog kills a server under load, and then does to the end of its write-ahead file what a power cut may: every
// answer is there, and nothing else.
func TestFaultTornLog(t *testing.T) {
	t.Parallel()
	const clients = 24
	c := newCluster(t, 1, conformance.Options{Folder: true})
	crowd := c.crowd(t, 3000)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan conformance.Ledger, 1)
	go func() { done <- crowd.Run(ctx, clients) }()
	crowd.Await(t, 2000)
	c.Kill()
	stop()
	ledger := <-done
	log := ok(os.ReadFile(filepath.Join(c.Data, "cenote.db-wal")))(t)
	frames, end := committed(t, log)
	frame := frameHeader + int(binary.BigEndian.Uint32(log[8:]))
	random := rand.NewChaCha8([32]byte{1})
	garbage := make([]byte, 3*frame)
	_, _ = random.Read(garbage)                          // never fails
	halfGarbled := slices.Clone(log[walHeader:][:frame]) // begins as a frame of this log
	copy(halfGarbled[frameHeader+100:], garbage)
	for name, tail := range map[string][]byte{
		"nothing":                           nil,
		"half a frame":                      log[walHeader:][:frame/2],
		"the header of a frame alone":       log[end-frame:][:frameHeader],
		"garbage":                           garbage,
		"a frame with garbage in its page":  halfGarbled,
		"the last transactions once more":   frames[max(0, len(frames)-20*frame):],
		"zeros, as of a file system's hole": make([]byte, 5*frame),
	} {
		data := t.TempDir()
		if err := os.CopyFS(data, os.DirFS(c.Data)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(data, "cenote.db-wal"), slices.Concat(log[:end], tail), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(data, "cenote.db-shm")); err != nil {
			t.Fatal(err)
		}
		w := startWorld(t, conformance.Options{Data: data})
		w.pool = c.pool
		kept := w.kept(t)
		lost, doubled := ledger.Check(t, kept)
		distinct := len(ledger.Guests)
		for _, answers := range ledger.Users {
			distinct += len(answers)
		}
		for id := range kept {
			if !regexp.MustCompile(`^us-east-1:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(id) {
				t.Errorf("%s: an identity is %q", name, id)
			}
		}
		if more := len(kept) - distinct; more > clients {
			t.Errorf("%s: %d identities that nobody asked for", name, more)
		}
		t.Logf("tried: kill -9, and %s behind the last of %d frames of the write-ahead file; %d answered; lost: %d; with two owners: %d",
			name, len(frames)/frame, ledger.Answered, lost, doubled)
		w.Kill()
	}
}

// committed are the frames of a write-ahead file up to the last commit, and the offset at which they end.
func committed(t *testing.T, log []byte) (frames []byte, end int) {
	t.Helper()
	if len(log) < walHeader {
		t.Fatalf("the write-ahead file has %d bytes", len(log))
	}
	frame := frameHeader + int(binary.BigEndian.Uint32(log[8:]))
	salt := log[16:24]
	for at := walHeader; at+frame <= len(log) && bytes.Equal(log[at+8:at+16], salt); at += frame {
		if binary.BigEndian.Uint32(log[at+4:]) != 0 { // the size of the database after a commit
			end = at + frame
		}
	}
	if end == 0 {
		t.Fatal("the write-ahead file has no commit")
	}
	return log[walHeader:end], end
}
