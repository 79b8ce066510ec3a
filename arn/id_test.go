package arn_test

import (
	"errors"
	"fmt"
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"github.com/cenotehq/cenote/arn"
)

func TestAccount(t *testing.T) {
	t.Parallel()
	got, err := arn.Account("ASIAQNZGKIQY56JQ7WML")
	if err != nil || got != "029608264753" {
		t.Errorf("Account = %q, %v", got, err)
	}
}

func TestAccountRefuses(t *testing.T) {
	t.Parallel()
	for _, id := range []string{
		"", "AKIA", "ASIAQNZGKIQY56JQ7WM", "ASIAQNZGKIQY56JQ7WM1", "asiaqnzgkiqy56jq7wml",
		"AKIAIOSFODNN7EXAMPLE", // from before ids held accounts
		"AKIA7777777777777777", // a number beyond 12 digits
		"ASIAQNZGKIQY56JQ7WMLAAAA",
	} {
		if got, err := arn.Account(id); !errors.Is(err, arn.ErrInvalid) {
			t.Errorf("Account(%q) = %q, %v; want ErrInvalid", id, got, err)
		}
	}
}

func TestNewIDsHoldTheirAccount(t *testing.T) {
	t.Parallel()
	keyID := regexp.MustCompile(`^ASIA[A-Z2-7]{16}$`)
	entityID := regexp.MustCompile(`^AROA[A-Z2-7]{17}$`)
	rapid.Check(t, func(t *rapid.T) {
		account := fmt.Sprintf("%012d", rapid.Int64Range(0, 999_999_999_999).Draw(t, "account"))
		key, entity := arn.NewKeyID("ASIA", account), arn.NewEntityID("AROA", account)
		if !keyID.MatchString(key) || !entityID.MatchString(entity) {
			t.Fatalf("malformed: %s %s", key, entity)
		}
		for _, id := range []string{key, entity} {
			if got, err := arn.Account(id); err != nil || got != account {
				t.Fatalf("Account(%s) = %q, %v; want %s", id, got, err, account)
			}
		}
	})
}

func TestNewIDsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		id := arn.NewKeyID("AKIA", "000000000000")
		if seen[id] {
			t.Fatalf("%s came twice", id)
		}
		seen[id] = true
	}
}

func TestNewKeyIDPanics(t *testing.T) {
	t.Parallel()
	for _, args := range [][2]string{{"AKIA", "123"}, {"AKIA", "+12345678901"}, {"AKIA", "12345678901x"}, {"AK", "123456789012"}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("NewKeyID(%q, %q) did not panic", args[0], args[1])
				}
			}()
			arn.NewKeyID(args[0], args[1])
		}()
	}
}

func TestIsAccount(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"123456789012": true, "000000000000": true, "": false, "12345678901": false,
		"1234567890123": false, "+23456789012": false, "-23456789012": false, "aws": false, "1_3456789012": false,
	} {
		if got := arn.IsAccount(s); got != want {
			t.Errorf("IsAccount(%q) = %v", s, got)
		}
	}
}
