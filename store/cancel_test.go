package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/cenotehq/cenote/iam"
)

// A request that is given up must not learn that what it asks for does not exist:
// it would be told to its client as a refusal.
func TestCancelledReads(t *testing.T) {
	t.Parallel()
	s := openAt(t, place(t))
	if err := s.Roles().Create(t.Context(), iam.Role{Name: "r", ID: "AROA1"}); err != nil {
		t.Fatal(err)
	}
	for range 64 { // so that every reader has the statement prepared
		if _, err := s.Roles().Get(t.Context(), "other"); err == nil {
			t.Fatal("found what is not there")
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		if _, err := s.Roles().Get(cancelled, "r"); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("Get: %v", err)
		}
		if list, err := s.Roles().List(cancelled, "", 10); err == nil && len(list) == 0 {
			t.Fatal("List: nothing, and no error")
		}
	}
}
