package main

import (
	"context"
	"fmt"
	"slices"
)

// pair is an operation over so many connections, and what was seen of it.
type pair struct {
	operation
	connections int

	floor, crypto, server []window
	signatures            []float64 // a second, of all cores; where the operation signs
}

// measure measures each operation at the floor, at the floor with its cryptography and
// at the server, in turn, so that what else happens on the machine meets all.
func (b *bench) measure(ctx context.Context, server *process, operations []operation, where string) (serverResult, error) {
	bare, err := startFloor(ctx, operations, false)
	if err != nil {
		return serverResult{}, err
	}
	defer bare.stop()
	crypto, err := startFloor(ctx, operations, true)
	if err != nil {
		return serverResult{}, err
	}
	defer crypto.stop()
	var pairs []*pair
	for _, connections := range b.connections {
		for _, o := range operations {
			pairs = append(pairs, &pair{operation: o, connections: connections})
		}
	}
	for round := range rounds {
		for _, p := range pairs {
			progress("%s, round %d of %d: %s, %d connections", where, round+1, rounds, p.name, p.connections)
			if err := b.measurePair(ctx, p, bare, crypto, server); err != nil {
				return serverResult{}, fmt.Errorf("%s: %w", p.name, err)
			}
		}
	}
	var result serverResult
	for _, p := range pairs {
		result.rows = append(result.rows, p.row())
		for _, w := range p.server {
			result.memory = max(result.memory, w.memory)
		}
	}
	return result, nil
}

func (b *bench) measurePair(ctx context.Context, p *pair, bare, crypto, server *process) error {
	w, err := load(ctx, bare, p.operation, p.connections, b.window)
	if err != nil {
		return fmt.Errorf("at the floor: %w", err)
	}
	p.floor = append(p.floor, w)
	if p.operation.crypto != none {
		if w, err = load(ctx, crypto, p.operation, p.connections, b.window); err != nil {
			return fmt.Errorf("at the floor: %w", err)
		}
		p.crypto = append(p.crypto, w)
	}
	if p.operation.crypto == signing {
		rate, err := signingRate(b.window)
		if err != nil {
			return err
		}
		p.signatures = append(p.signatures, rate)
	}
	if w, err = load(ctx, server, p.operation, p.connections, b.window); err != nil {
		return err
	}
	p.server = append(p.server, w)
	return nil
}

func (p *pair) row() row {
	r := row{
		Name: p.name, Connections: p.connections,
		Server: figuresOf(p.server), Floor: figuresOf(p.floor),
		ShareOfFloor:  shares(p.server, rates(p.floor)),
		OtherPrograms: spreadOf(slices.Concat(p.floor, p.server), func(w window) float64 { return w.used.others() }),
		Steal:         spreadOf(slices.Concat(p.floor, p.server), func(w window) float64 { return w.used.steal() }),
	}
	if len(p.crypto) > 0 {
		figures, share := figuresOf(p.crypto), shares(p.server, rates(p.crypto))
		r.CryptoFloor, r.ShareOfCryptoFloor = &figures, &share
	}
	if len(p.signatures) > 0 {
		rate, share := spreadOf(p.signatures, itself), shares(p.server, p.signatures)
		r.SigningRate, r.ShareOfSigning = &rate, &share
	}
	return r
}

func rates(windows []window) []float64 {
	var list []float64
	for _, w := range windows {
		list = append(list, perSecond(w))
	}
	return list
}

// shares compares window by window.
func shares(server []window, of []float64) spread {
	var list []float64
	for i, w := range server {
		list = append(list, perSecond(w)/of[i])
	}
	return spreadOf(list, itself)
}

func itself(x float64) float64 { return x }
