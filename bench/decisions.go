package main

import (
	"flag"
	"fmt"
	"runtime"
	"testing"
	"time"
)

// freshToken is the decision about an ID token that is verified for the first time.
const freshToken = "ID token not seen before"

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

// decisions are those to measure.
func decisions(pools *userPools, tokens []string) ([]decision, error) {
	verification, err := newVerification(time.Now())
	if err != nil {
		return nil, fmt.Errorf("preparing a signed call: %w", err)
	}
	rsaOnly, err := pools.verifyOnly(tokens[0])
	if err != nil {
		return nil, fmt.Errorf("preparing a login: %w", err)
	}
	list := []decision{
		{name: "signed call with a session token", decide: verification.verify, floor: verification.floor},
		{name: freshToken, decide: pools.login(tokens), floor: rsaOnly},
		{name: "ID token seen before", decide: pools.login(tokens[:1])},
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

// windows is how many windows a decision takes in a round.
func (d decision) windows() int {
	if d.floor == nil {
		return 1
	}
	return 2
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
