package wire_test

import (
	"strings"
	"testing"

	"github.com/cenotehq/cenote/wire"
)

// patterns are some of AWS's, and whether they are runs that end where the next begins.
func patterns() map[string]bool {
	return map[string]bool{
		`[\w-]+:[0-9a-f-]+`: true, `\d+`: true, `[\w+=,.@-]+`: true, `[\w+=/,.@-]*`: true, `arn:aws:iam::\d+:role/x`: true,
		`[\p{L}\p{Z}\p{N}_.:/=+\-@]*`: true, `[\u0020-\u00FF]+`: true, `[A-Z]?[0-9]*x`: true, `a`: true, `a|b`: true, `(\d)(x)?`: true, `[\S]*`: true, `[a-z]+[0-9]*[A-Z]*!`: true,
		`[\w]+[0-9]`: false, `a|bc`: false, `[a-z]?[0-9]*x`: false, `(ab)+`: false, `[a-z]{2,4}`: false, `.*`: false, `[a-z]*[0-9]*[a-f]`: false, `(?i)abc`: false, `\d?\d`: false, ``: false,
	}
}

func TestPatternsInRuns(t *testing.T) {
	t.Parallel()
	for text, want := range patterns() {
		_, _, inRuns, err := wire.Pattern(text)
		if err != nil || inRuns != want {
			t.Errorf("%s: %v, want %v: %v", text, inRuns, want, err)
		}
	}
	if _, _, _, err := wire.Pattern(`[`); err == nil {
		t.Error("a pattern that is none was taken")
	}
}

// FuzzPattern has the runs of a pattern agree with the regular expression.
func FuzzPattern(f *testing.F) {
	for _, text := range []string{"", "a", "us-east-1:0a", "us-east-1", ":", "a:", "x0", "5x", "é", "\xff", "\uFFFD", "a\n", "zz9A!", "9", " ", "arn:aws:iam::12:role/x", "A!", "a9!"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for p := range patterns() {
			quick, slow, _, err := wire.Pattern(p)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := quick(text), slow(text); got != want {
				t.Errorf("%s: %q: %v, the regular expression says %v", p, text, got, want)
			}
		}
	})
}

func BenchmarkPattern(b *testing.B) {
	quick, slow, _, err := wire.Pattern(`[\w-]+:[0-9a-f-]+`)
	if err != nil {
		b.Fatal(err)
	}
	id := "us-east-1:" + strings.Repeat("0a1b-", 7)
	for name, matches := range map[string]func(string) bool{"runs": quick, "regexp": slow} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				matches(id)
			}
		})
	}
}
