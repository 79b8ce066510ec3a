package iam_test

import (
	"fmt"
	"sync"
	"testing"
)

// fill calls create with n names, many at a time, since the store gathers writes.
func fill(t *testing.T, n int, create func(name string) error) {
	t.Helper()
	names := make(chan string)
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			for name := range names {
				if err := create(name); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range n {
		names <- fmt.Sprintf("n%d", i)
	}
	close(names)
	group.Wait()
}
