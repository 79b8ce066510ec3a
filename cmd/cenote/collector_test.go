package main

import (
	"runtime/debug"
	"testing"
)

// TestSpareCollector leaves the last word to GOGC.
func TestSpareCollector(t *testing.T) {
	const before = 77
	for _, test := range []struct {
		gogc string
		want int
	}{{"", 400}, {"50", before}, {"off", before}} {
		t.Setenv("GOGC", test.gogc)
		outer := debug.SetGCPercent(before)
		spareCollector()
		if got := debug.SetGCPercent(outer); got != test.want {
			t.Errorf("GOGC=%s: %d percent, want %d", test.gogc, got, test.want)
		}
	}
}
