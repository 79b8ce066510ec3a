package main

import (
	"encoding/binary"
	"io"
	"runtime"
)

// serveCounts answers each byte of ask with what this process has allocated until then:
// how many objects, and how many bytes. It returns when nobody asks any more.
func serveCounts(ask io.Reader, tell io.Writer) error {
	for question := make([]byte, 1); ; {
		if _, err := io.ReadFull(ask, question); err != nil {
			return err
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if err := binary.Write(tell, binary.LittleEndian, []uint64{m.Mallocs, m.TotalAlloc}); err != nil {
			return err
		}
	}
}
