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
		{"a**b", "ab", true},
		{"a*a", "a", false},
		{"*a?c", "abcaxc", true},
		{"a?c*a?c", "abc", false},
		{"*a?c*", "aac", true},
		{"*a?c*", "a-aac", true},
		{"*a?a?c*", "aaaaac", true},
		{"*a?a?c*", "aaaa", false},
		{"*?a?*", "aaa", true},
		{"*?a?*", "aa", false},
		{"*??*", "é", false},
		{"*a?b*a?b", "aéb-aéb", true},
		{"*a??", "aé", false},
		{"*a??", "aéé", true},
		{"?", "\xff", true},
		{"?", "\xe2\x82", false},
		{"??", "\xe2\x82", true},
		{"*??", "a\xe2\x82", true},
		{"a", "\xff", false},
		{"\uFFFD", "\xff", false},
		{"\uFFFD", "\uFFFD", true},
		{"*a?\uFFFD*", "aa\xffaé\uFFFD", true},
		{"*a?\uFFFD*", "aa\xff", false},
		{"*a?b*", "a\xe2\x82b", false},
		{"*é?é*", "é--é-é", true},
		{"*ab*b*", "ab", false},
		{"*ab*b", "ab", false},
		{"*a?c*c*", "--abc", false},
		{"*a?c*c*", "aaac", false},
		{"*a?c*c*", "-aaac", false},
		{"*a?c*c*", "aaacc", true},
		{"*a??b*", "-a\xe2\x82b", true},
		{"*" + strings.Repeat("a?", 70) + "b*", strings.Repeat("a", 150) + "b", true},
		{"*" + strings.Repeat("a?", 70) + "b*", strings.Repeat("a", 139) + "b", false},
	}
	for _, tt := range tests {
		if got := arn.Wild(tt.pattern).Match(tt.s); got != tt.want {
			t.Errorf("Wild(%q).Match(%q) = %v", tt.pattern, tt.s, got)
		}
	}
}

// naive is the definition of a glob: it keeps which beginnings of the pattern match the
// text so far.
func naive(pattern, s []rune) bool {
	matches := make([]bool, len(pattern)+1)
	matches[0] = true
	empty := func() {
		for i, c := range pattern {
			matches[i+1] = matches[i+1] || c == '*' && matches[i]
		}
	}
	empty()
	for _, r := range s {
		for i := len(pattern); i > 0; i-- {
			switch pattern[i-1] {
			case '*':
			case '?', r:
				matches[i] = matches[i-1]
			default:
				matches[i] = false
			}
		}
		matches[0] = false
		empty()
	}
	return matches[len(pattern)]
}

// characters takes s apart; bytes that are not UTF-8 are characters that no pattern has.
func characters(s string) []rune {
	all := []rune(s)
	at := 0
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			all[at] = -1
		}
		at++
	}
	return all
}

func equalsNaive(t interface{ Fatalf(string, ...any) }, pattern, s string) {
	want := naive([]rune(strings.ToValidUTF8(pattern, "\uFFFD")), characters(s))
	if got := arn.Wild(pattern).Match(s); got != want {
		t.Fatalf("Wild(%q).Match(%q) = %v, want %v", pattern, s, got, want)
	}
}

func TestMatchEqualsNaive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.RuneFrom([]rune("ab:é*?")), 0, 12, -1).Draw(t, "pattern")
		s := rapid.StringOfN(rapid.RuneFrom([]rune("ab:é")), 0, 16, -1).Draw(t, "s")
		equalsNaive(t, pattern, s)
	})
}

// TestMatchEqualsNaiveWhereItNearlyFits makes the pattern from the text, so that long
// segments are found, at the second or third place that looks right.
func TestMatchEqualsNaiveWhereItNearlyFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.SampledFrom([]string{"a", "a", "a", "aé", "b", "\xff", "\xe2\x82", "€", "\uFFFD", strings.Repeat("a", 70), strings.Repeat("aé", 40)})
		parts := rapid.SliceOfN(part, 0, 12).Draw(t, "parts")
		s := strings.Join(parts, "")
		var pattern strings.Builder
		for _, r := range characters(s) {
			switch rapid.IntRange(0, 40).Draw(t, "replaced") {
			case 0:
				pattern.WriteString("*")
			case 1, 2, 3:
				pattern.WriteString("?")
			case 4:
				pattern.WriteString("??*")
			case 5:
				pattern.WriteString("b")
			case 6:
			default:
				pattern.WriteRune(max(r, '?'))
			}
		}
		around := rapid.SampledFrom([]string{"", "*", "?", "*?", "a"})
		equalsNaive(t, around.Draw(t, "before")+pattern.String()+around.Draw(t, "behind"), part.Draw(t, "first")+s+part.Draw(t, "last"))
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

// TestMatchIsLinear fails where the time grows with the product of the lengths: every
// hostile pattern must take much less than the matcher whose time is that.
func TestMatchIsLinear(t *testing.T) {
	for name, pattern := range hostile(250) {
		s := strings.Repeat("a", 16<<10)
		p := arn.Wild(pattern)
		product := quickest(1, func() bool { return naive([]rune(pattern), []rune(s)) })
		if took := quickest(5, func() bool { return p.Match(s) }); took > product/8 {
			t.Errorf("%s took %v, the product of the lengths %v", name, took, product)
		}
	}
}

// quickest is the shortest time of several runs, which the machine's other work
// disturbs least.
func quickest(runs int, match func() bool) time.Duration {
	best := time.Hour
	for range runs {
		start := time.Now()
		if match() {
			return time.Hour
		}
		best = min(best, time.Since(start))
	}
	return best
}

func FuzzMatch(f *testing.F) {
	f.Add("a*b?c", "aXbYc")
	f.Add("*", "")
	f.Add("?*?", "é")
	f.Add("*a?c*", "aaa\xff\xffc")
	f.Add("*"+strings.Repeat("a?", 40)+"b*", strings.Repeat("a", 90)+"b")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern)*len(s) > 1<<14 {
			return
		}
		equalsNaive(t, pattern, s)
	})
}
