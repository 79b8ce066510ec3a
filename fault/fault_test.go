package fault_test

import (
	"errors"
	"io"
	"testing"

	"github.com/cenotehq/cenote/fault"
)

func TestErrorHidesItsCause(t *testing.T) {
	t.Parallel()
	plain := fault.New("NoSuchEntity", 404, "The role with name x cannot be found.")
	wrapped := plain.With(io.ErrUnexpectedEOF)

	if got, want := wrapped.Error(), "NoSuchEntity: The role with name x cannot be found."; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if !errors.Is(wrapped, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
	if plain.Cause != nil || errors.Unwrap(plain) != nil {
		t.Error("With changed its receiver")
	}
}

func TestSender(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{400: true, 404: true, 499: true, 500: false, 503: false} {
		if got := fault.New("X", status, "").Sender(); got != want {
			t.Errorf("Sender() with status %d = %v", status, got)
		}
	}
}
