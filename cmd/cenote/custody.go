package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cenotehq/cenote/kms"
	"github.com/cenotehq/cenote/seal"
)

// note is what a database keeps about its master key: nothing where a file or a variable
// has it.
type note struct {
	KMS     string `json:"kms"` // ARN of the key that wraps it
	Wrapped []byte `json:"wrapped"`
}

func readNote(text string) (note, error) {
	var n note
	if text == "" {
		return n, nil
	}
	if err := json.Unmarshal([]byte(text), &n); err != nil || n.KMS == "" {
		return n, errors.New("what the database keeps about its master key is damaged: restore it from a backup")
	}
	return n, nil
}

// notWrapped is nil if no KMS has wrapped the key of a note.
func notWrapped(text string) error {
	n, err := readNote(text)
	if err == nil && n.KMS != "" {
		err = fmt.Errorf("the master key of this database is wrapped by the KMS key %s: start with --master-key-kms %s, and without another master key", n.KMS, n.KMS)
	}
	return err
}

// givenKey is the custody of the variable CENOTE_MASTER_KEY.
type givenKey struct{ key *seal.Key }

func (g givenKey) Make(context.Context) (*seal.Key, string, error) { return g.key, "", nil }

func (g givenKey) Find(_ context.Context, note string) (*seal.Key, error) {
	return g.key, notWrapped(note)
}

// wrappedKey is the custody of a KMS: the database keeps the master key as the KMS alone
// can read it.
type wrappedKey struct{ kms kms.Key }

// Make draws a key at the KMS.
func (w wrappedKey) Make(ctx context.Context) (*seal.Key, string, error) {
	data, err := w.kms.GenerateDataKey(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("making the master key: %w", err)
	}
	defer clear(data.Plain)
	text, err := json.Marshal(note{KMS: data.KeyARN, Wrapped: data.Wrapped})
	if err != nil {
		return nil, "", err
	}
	key, err := seal.NewKey(data.Plain)
	return key, string(text), err
}

// Find lets the KMS unwrap the key.
func (w wrappedKey) Find(ctx context.Context, text string) (*seal.Key, error) {
	n, err := readNote(text)
	if err != nil {
		return nil, err
	}
	if n.KMS == "" {
		return nil, fmt.Errorf("the master key of this database is not wrapped by a KMS: start with the key, in %s or a file, or move it with `cenote keys rotate --master --new-master-key-kms %s`", envMasterKey, w.kms.ID)
	}
	plain, err := w.kms.Decrypt(ctx, n.Wrapped)
	if err != nil {
		return nil, fmt.Errorf("unwrapping the master key, which %s has wrapped: %w", n.KMS, err)
	}
	defer clear(plain)
	return seal.NewKey(plain)
}
