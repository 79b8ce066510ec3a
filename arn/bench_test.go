package arn_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/arn"
)

// BenchmarkMatch matches what most policies hold.
func BenchmarkMatch(b *testing.B) {
	const object = "bucket/us-east-1:1f1e3a52-9bd1-4a4b-b2a4-3d2b1c0f9e8d/photos/2026/07/beach.jpg"
	for _, usual := range []struct{ name, pattern, s string }{
		{"exact", object, object},
		{"other", "elsewhere/key", object},
		{"any", "*", object},
		{"prefix", "bucket/us-east-1:*", object},
		{"suffix", "*.jpg", object},
		{"middle", "bucket/*/photos/*.jpg", object},
		{"action", "get*", "getobject"},
		{"question", "bucket/us-east-?:*/photos/20??/*", object},
		{"inside", "*photos/20??/*", object},
	} {
		b.Run(usual.name, func(b *testing.B) {
			p := arn.Wild(usual.pattern)
			want := usual.name != "other"
			b.ReportAllocs()
			for b.Loop() {
				if p.Match(usual.s) != want {
					b.Fatal("wrong")
				}
			}
		})
	}
}

// BenchmarkHostile matches the patterns over which backtracking despairs, with texts of
// doubling length: the time per byte stays what it is, and does not grow with the pattern
// but for its 64 characters in one step.
func BenchmarkHostile(b *testing.B) {
	for name, pattern := range hostile(1000) {
		for _, length := range []int{8 << 10, 16 << 10, 32 << 10, 64 << 10} {
			b.Run(fmt.Sprintf("%s/bytes=%d", name, length), func(b *testing.B) {
				p, s := arn.Wild(pattern), strings.Repeat("a", length)
				b.SetBytes(int64(length))
				b.ReportAllocs()
				for b.Loop() {
					if p.Match(s) {
						b.Fatal("matched")
					}
				}
			})
		}
	}
}

// hostile are patterns of about twice n characters that nearly match a text of nothing
// but a everywhere.
func hostile(n int) map[string]string {
	return map[string]string{
		"stars":     strings.Repeat("*a", n) + "*b*",
		"literal":   "*" + strings.Repeat("a", 2*n) + "b*",
		"questions": "*" + strings.Repeat("a?", n) + "b*",
		"mixed":     strings.Repeat("*aaaaaaa?aaaaaaa", n/8) + "*b?b*",
	}
}
