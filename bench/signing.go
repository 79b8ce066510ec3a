package main

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"runtime"
	"sync"
	"time"
)

// signingRate returns how many RSA-2048 signatures all cores together make in a second:
// the most OpenID tokens that a machine can give.
func signingRate(length time.Duration) (float64, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return 0, err
	}
	counts, failed := make([]int, runtime.NumCPU()), make([]error, runtime.NumCPU())
	begin := time.Now()
	var group sync.WaitGroup
	for core := range counts {
		group.Go(func() {
			for time.Since(begin) < length && failed[core] == nil {
				failed[core] = signOnly(key)
				counts[core]++
			}
		})
	}
	group.Wait()
	seconds := time.Since(begin).Seconds()
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return float64(sum) / seconds, errors.Join(failed...)
}
