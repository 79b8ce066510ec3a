package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"
)

// measureAll measures each operation at the floor and at the server in turn, so
// that what else happens on the machine meets both.
func measureAll(ctx context.Context, s settings, server, floor *process, operations []operation) (*report, error) {
	length := s.duration / time.Duration(rounds*2*len(operations))
	floors := make([][]window, len(operations))
	servers := make([][]window, len(operations))
	for round := range rounds {
		for i, o := range operations {
			progress("round %d of %d: %s", round+1, rounds, o.name)
			low, err := load(ctx, floor, o.requests, s.connections, length)
			if err != nil {
				return nil, fmt.Errorf("%s at the floor: %w", o.name, err)
			}
			high, err := load(ctx, server, o.requests, s.connections, length)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", o.name, err)
			}
			floors[i], servers[i] = append(floors[i], low), append(servers[i], high)
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
	return r, nil
}
