package arn_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/cenotehq/cenote/arn"
)

func TestGlob(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"**", "ab", true},
		{"?", "", false},
		{"?", "é", true},
		{"??", "é", false},
		{"a*b*c", "aXXbYYbZZc", true},
		{"a*b*c", "aXXbYYbZZcd", false},
		{"*a", "aab", false},
		{"Get*", "getObject", false},
		{"a?c*", "abc", true},
		{"*ab", "aab", true},
		{"*?b", "b", false},
		{"*é", "èé", true},
	}
	for _, tt := range tests {
		if got := arn.Glob(tt.pattern, tt.s); got != tt.want {
			t.Errorf("Glob(%q, %q) = %v", tt.pattern, tt.s, got)
		}
		if got := arn.Wild(tt.pattern).Match(tt.s); got != tt.want {
			t.Errorf("Wild(%q).Match(%q) = %v", tt.pattern, tt.s, got)
		}
	}
}

// naive is the definition of a glob, in exponential time.
func naive(pattern, s []rune) bool {
	if len(pattern) == 0 {
		return len(s) == 0
	}
	if pattern[0] == '*' {
		return naive(pattern[1:], s) || len(s) > 0 && naive(pattern, s[1:])
	}
	return len(s) > 0 && (pattern[0] == '?' || pattern[0] == s[0]) && naive(pattern[1:], s[1:])
}

func TestGlobEqualsNaive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.RuneFrom([]rune("ab:é*?")), 0, 8, -1).Draw(t, "pattern")
		s := rapid.StringOfN(rapid.RuneFrom([]rune("ab:é")), 0, 12, -1).Draw(t, "s")
		if got, want := arn.Glob(pattern, s), naive([]rune(pattern), []rune(s)); got != want {
			t.Fatalf("Glob(%q, %q) = %v, want %v", pattern, s, got, want)
		}
	})
}

func TestLiteralIsNeverWild(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.String().Draw(t, "value")
		other := rapid.String().Draw(t, "other")
		p := arn.Wild("a/") + arn.Literal(value) + arn.Wild("/*")
		if !p.Match("a/" + value + "/x") {
			t.Fatalf("Literal(%q) does not match itself", value)
		}
		if arn.Literal(value).Match(other) != (value == other) {
			t.Fatalf("Literal(%q) against %q", value, other)
		}
	})
	for _, forged := range []string{"\xff", "\xfe", "*", "?", "a\xff"} {
		if arn.Literal(forged).Match("abc") || arn.Literal(forged).Match("x") {
			t.Errorf("Literal(%q) is wild", forged)
		}
	}
}

func TestGlobIsNotExponential(t *testing.T) {
	t.Parallel()
	pattern := strings.Repeat("a*", 200) + "b"
	start := time.Now()
	if arn.Glob(pattern, strings.Repeat("a", 20_000)) {
		t.Error("matched")
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func FuzzGlob(f *testing.F) {
	f.Add("a*b?c", "aXbYc")
	f.Add("*", "")
	f.Add("?*?", "é")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 12 || len(s) > 16 || !utf8.ValidString(pattern) || !utf8.ValidString(s) {
			return
		}
		want := naive([]rune(pattern), []rune(s))
		if got := arn.Glob(pattern, s); got != want {
			t.Errorf("Glob(%q, %q) = %v, want %v", pattern, s, got, want)
		}
	})
}
