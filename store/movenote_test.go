package store_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/cenotehq/cenote/seal"
	"github.com/cenotehq/cenote/store"
)

// wrapper is a Custody that finds its key by the note that it made alone, as a KMS does.
type wrapper struct{ key *seal.Key }

func (w wrapper) Make(context.Context) (*seal.Key, string, error) { return w.key, "wrapped", nil }

func (w wrapper) Find(_ context.Context, note string) (*seal.Key, error) {
	if note != "wrapped" {
		return nil, errors.New("no such note: " + note)
	}
	return w.key, nil
}

// TestMoveWithNote moves a place whose master key is found by a note: the note comes along.
func TestMoveWithNote(t *testing.T) {
	t.Parallel()
	custody := wrapper{masterKey(t)}
	config := func() store.Config {
		c := at(place(t), nil)
		c.Custody = custody
		return c
	}
	from, err := store.Open(t.Context(), config())
	if err != nil {
		t.Fatal(err)
	}
	if err := from.Users().Create(t.Context(), user("alice", "AIDA1", "AKIA1")); err != nil {
		t.Fatal(err)
	}
	var export bytes.Buffer
	if _, err := from.Export(t.Context(), &export, "", nil); err != nil {
		t.Fatal(err)
	}
	mustClose(t, from)
	to := config()
	if _, err := store.Import(t.Context(), to, &export, ""); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	closeLater(t, s)
	same(t, user("alice", "AIDA1", "AKIA1"))(s.Users().Get(t.Context(), "alice"))
}
