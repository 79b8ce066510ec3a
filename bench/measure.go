package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"
)

// measureAll measures each operation at the floor and at the server in turn, so
// that what else happens on the machine meets both, and then each decision the same
// way. All windows are as long.
func measureAll(ctx context.Context, s settings, server, floor *process, operations []operation, decisions []decision) (*report, error) {
	windows := 2 * len(operations)
	for _, d := range decisions {
		windows += d.windows()
	}
	length := s.duration / time.Duration(rounds*windows)
	samples := make([][]sample, len(decisions))
	floors := make([][]window, len(operations))
	servers := make([][]window, len(operations))
	for round := range rounds {
		for i, o := range operations {
			progress("round %d of %d: %s", round+1, rounds, o.name)
			low, err := load(ctx, floor, o, s.connections, length)
			if err != nil {
				return nil, fmt.Errorf("%s at the floor: %w", o.name, err)
			}
			high, err := load(ctx, server, o, s.connections, length)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", o.name, err)
			}
			floors[i], servers[i] = append(floors[i], low), append(servers[i], high)
		}
		for i, d := range decisions {
			progress("round %d of %d: %s", round+1, rounds, d.name)
			seen, err := d.measure(length)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", d.name, err)
			}
			samples[i] = append(samples[i], seen)
		}
	}
	all := slices.Concat(slices.Concat(floors...), slices.Concat(servers...))
	r := &report{
		Go: runtime.Version(), CPUs: runtime.NumCPU(), Connections: s.connections,
		Rounds: rounds, WindowSeconds: length.Seconds(),
		OtherPrograms: spreadOf(all, func(w window) float64 { return w.cpu.others() }),
		Steal:         spreadOf(all, func(w window) float64 { return w.cpu.steal() }),
	}
	for i, o := range operations {
		r.Operations = append(r.Operations, compare(o.name, floors[i], servers[i]))
	}
	for i, d := range decisions {
		r.Decisions = append(r.Decisions, costOf(d.name, samples[i]))
	}
	return r, nil
}
