package main

import (
	"os"
	"runtime/debug"
)

// spareCollector lets the heap grow to five times what is in use, not twice, before
// the garbage collector runs, unless GOGC says when. What is in use is little here, and
// each call leaves a few kilobytes.
func spareCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
}
