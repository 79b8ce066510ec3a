package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cenotehq/cenote/store"
)

// openBeside opens a place beside whoever holds it.
func openBeside(t testing.TB, place string) (*store.Store, error) {
	t.Helper()
	config := at(place, masterKey(t))
	config.Shared = true
	s, err := store.Open(t.Context(), config)
	if err == nil {
		closeLater(t, s)
	}
	return s, err
}

// TestOpenBeside opens a place again and again while another writes without a pause.
func TestOpenBeside(t *testing.T) {
	t.Parallel()
	path := place(t)
	server := openAt(t, path)
	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	for i := range 8 {
		load.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if err := server.CreateIdentity(t.Context(), guest(fmt.Sprintf("r:%d-%d", i, n), "p")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 5 {
		beside, err := openBeside(t, path)
		if err != nil {
			t.Fatal(err)
		}
		create(t, beside, guest(fmt.Sprint("r:beside-", i), "p"))
		mustClose(t, beside)
	}
	stop()
	load.Wait()
	for i := range 5 {
		same(t, guest(fmt.Sprint("r:beside-", i), "p"))(server.Identity(t.Context(), fmt.Sprint("r:beside-", i)))
	}
}

func TestOpenBesideRefuses(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing")
	if _, err := openBeside(t, missing); err == nil || !strings.Contains(err.Error(), "has been started once") {
		t.Errorf("a folder that is not there: %v", err)
	}
	if left, _ := filepath.Glob(missing + "*"); left != nil {
		t.Errorf("it left %v", left)
	}
	plain := closedFolder(t)
	inFile(t, plain, `INSERT INTO entities (kind, name, doc) VALUES ('pool', 'p', '{}')`)
	if _, err := openBeside(t, plain); err == nil || !strings.Contains(err.Error(), "start the server with this program once") {
		t.Errorf("pools in the clear: %v", err)
	}
	for name, tt := range map[string]struct {
		sql     string
		matches func(error) bool
		says    string
	}{
		"an older schema":    {`DELETE FROM goose_db_version WHERE version_id > 1`, is[*store.OlderError], "schema version 1"},
		"a newer schema":     {`INSERT INTO goose_db_version (id, version_id, is_applied) VALUES (9000, 9000, TRUE)`, is[*store.NewerError], "schema version 9000"},
		"no master key, yet": {`DELETE FROM secret_keys`, anyError, "no server has been started"},
	} {
		path := place(t)
		mustClose(t, openAt(t, path))
		inFile(t, path, tt.sql)
		if _, err := openBeside(t, path); !tt.matches(err) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
