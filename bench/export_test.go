package main

import (
	"context"
	"time"
)

// Send sends a request as the load generator does.
func Send(ctx context.Context, address string, request []byte) error {
	c, err := dial(ctx, address, time.Now().Add(patience))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return c.do(request)
}

// Percentile is percentile.
func Percentile(sorted []time.Duration, p int) float64 { return percentile(sorted, p) }

// SpreadOf is spreadOf, as median, least and most.
func SpreadOf(values []float64) [3]float64 {
	s := spreadOf(values, func(x float64) float64 { return x })
	return [3]float64{s.Median, s.Min, s.Max}
}

// ParseProcess is parseProcess.
func ParseProcess(stat []byte) (time.Duration, error) { return parseProcess(stat) }

// ParseMachine is parseMachine, as busy, stolen and total time.
func ParseMachine(stat []byte) ([3]time.Duration, error) {
	u, err := parseMachine(stat)
	return [3]time.Duration{u.busy, u.stolen, u.total}, err
}
