package main

import (
	"crypto/rand"
	"crypto/rsa"
	"flag"
	"fmt"
	"runtime"
	"testing"
	"time"
)

// decision is what the server decides for each call, without its network and its disk.
type decision struct {
	name   string
	decide func() error
	floor  func() error // what no way to decide does without; nil where nobody knows
}

// sample is what was seen of a decision in one window.
type sample struct {
	nanoseconds float64 // each
	floor       float64 // each, in nanoseconds; 0 without a floor
	allocations int64
	bytes       int64
}

// measureDecisions measures each in turn, as often as everything else.
func (b *bench) measureDecisions() ([]cost, error) {
	list, err := decisions(b.pools)
	if err != nil {
		return nil, err
	}
	samples := make([][]sample, len(list))
	for range rounds {
		for i, d := range list {
			progress("%s", d.name)
			seen, err := d.measure(b.window)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", d.name, err)
			}
			samples[i] = append(samples[i], seen)
		}
	}
	var costs []cost
	for i, d := range list {
		costs = append(costs, costOf(d.name, samples[i]))
	}
	return costs, nil
}

// decisions are those to measure.
func decisions(pools *userPools) ([]decision, error) {
	logins, err := pools.signFor(2 * hot)
	if err != nil {
		return nil, err
	}
	verification, err := newVerification(time.Now())
	if err != nil {
		return nil, fmt.Errorf("preparing a signed call: %w", err)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	rsaOnly, err := verifyOnly(key)
	if err != nil {
		return nil, fmt.Errorf("preparing a login: %w", err)
	}
	list := []decision{
		{name: "signed call with a session token", decide: verification.verify, floor: verification.floor.verify},
		{name: "ID token not seen before", decide: pools.login(logins), floor: rsaOnly},
		{name: "ID token seen before", decide: pools.login(logins[:1])},
	}
	for _, statements := range []int{10, 200} {
		evaluate, err := newEvaluation(statements)
		if err != nil {
			return nil, fmt.Errorf("preparing policies: %w", err)
		}
		list = append(list, decision{name: fmt.Sprintf("role of %d statements", statements), decide: evaluate})
	}
	return list, nil
}

// measure looks at the floor and at the decision for a window each. One core has to do
// for both and for the garbage that they leave.
func (d decision) measure(length time.Duration) (sample, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var s sample
	if d.floor != nil {
		low, err := repeat(d.floor, length)
		if err != nil {
			return sample{}, err
		}
		s.floor = each(low)
	}
	high, err := repeat(d.decide, length)
	if err != nil {
		return sample{}, err
	}
	s.nanoseconds, s.allocations, s.bytes = each(high), high.AllocsPerOp(), high.AllocedBytesPerOp()
	return s, nil
}

func each(r testing.BenchmarkResult) float64 { return float64(r.T) / float64(r.N) }

func repeat(f func() error, length time.Duration) (testing.BenchmarkResult, error) {
	testing.Init()
	if err := flag.Set("test.benchtime", length.String()); err != nil {
		return testing.BenchmarkResult{}, err
	}
	var failed error
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if failed = f(); failed != nil {
				b.FailNow()
			}
		}
	})
	return result, failed
}
