package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// report is what a run found. All shares are of 1.
type report struct {
	Date          string  `json:"date"`
	Machine       string  `json:"machine"`
	Go            string  `json:"go"`
	CPUs          int     `json:"cpus"`
	Rounds        int     `json:"rounds"`
	WindowSeconds float64 `json:"windowSeconds"`
	OtherPrograms spread  `json:"otherPrograms"` // share of the machine that others took, of the operations
	Steal         spread  `json:"steal"`         // share of it that other virtual machines took

	Places    []place      `json:"places"`
	SignIns   []signIn     `json:"signIns,omitempty"`
	Growth    []growth     `json:"growth,omitempty"`
	Peer      []comparison `json:"peer,omitempty"` // of one that checks less: see writePeer
	Decisions []cost       `json:"decisions"`      // on one core, without network and disk
}

// place is a server on one engine with a number of identities.
type place struct {
	Engine            string  `json:"engine"`
	Identities        int     `json:"identities"`
	DiskBytes         int64   `json:"diskBytes"`
	StartMilliseconds spread  `json:"startMilliseconds"` // from its start until it is ready
	MemoryUncached    float64 `json:"memoryUncachedMB"`  // the server's own, after load, with the cache of identities off
	MemoryCached      float64 `json:"memoryCachedMB"`    // likewise with the cache as it is by default
	Operations        []row   `json:"operations"`
}

// row is an operation beside its floors.
type row struct {
	Name               string   `json:"name"`
	Connections        int      `json:"connections"`
	Server             figures  `json:"server"`
	Floor              figures  `json:"floor"`
	CryptoFloor        *figures `json:"cryptoFloor,omitempty"` // the floor with the cryptography that no server does without
	SigningRate        *spread  `json:"signingRate,omitempty"` // of RSA-2048 on all cores, per second
	ShareOfFloor       spread   `json:"shareOfFloor"`          // requests per second, window by window
	ShareOfCryptoFloor *spread  `json:"shareOfCryptoFloor,omitempty"`
	ShareOfSigning     *spread  `json:"shareOfSigning,omitempty"`
	Target             *target  `json:"target,omitempty"`
	OtherPrograms      spread   `json:"otherPrograms"`
	Steal              spread   `json:"steal"`
}

// figures are those of one server and one operation. What is used is per request.
type figures struct {
	RequestsPerSecond spread `json:"requestsPerSecond"`
	P50               spread `json:"p50Milliseconds"`
	P99               spread `json:"p99Milliseconds"`
	CPU               spread `json:"cpuMicroseconds"`          // of the server
	DatabaseCPU       spread `json:"databaseCPUMicroseconds"`  // of a database beside it
	GeneratorCPU      spread `json:"generatorCPUMicroseconds"` // of the load generator
	Allocations       spread `json:"allocations"`              // objects of the server; 0 where nobody counts
	AllocatedBytes    spread `json:"allocatedBytes"`
}

// cost is what a decision takes.
type cost struct {
	Name         string  `json:"name"`
	PerSecond    spread  `json:"perSecond"`
	Nanoseconds  spread  `json:"nanoseconds"` // each
	Allocations  spread  `json:"allocations"` // each
	Bytes        spread  `json:"bytes"`       // allocated each
	Floor        *spread `json:"floorNanoseconds,omitempty"`
	ShareOfFloor *spread `json:"shareOfFloor,omitempty"` // how often a second, window by window
}

// spread is the median of windows, and the least and the most.
type spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// conclude adds what follows from the figures.
func (r *report) conclude() {
	var others, steal []spread
	for i := range r.Places {
		at := &r.Places[i]
		for j := range at.Operations {
			o := &at.Operations[j]
			o.Target = targetOf(at.Engine, *o)
			others, steal = append(others, o.OtherPrograms), append(steal, o.Steal)
		}
	}
	r.OtherPrograms, r.Steal = widest(others), widest(steal)
	r.SignIns, r.Growth = signInsOf(r.Places), growthOf(r.Places)
}

// widest has the median of medians, the least and the most of all.
func widest(list []spread) spread {
	s := spreadOf(list, func(s spread) float64 { return s.Median })
	for _, one := range list {
		s.Min, s.Max = min(s.Min, one.Min), max(s.Max, one.Max)
	}
	return s
}

// costOf compares with the floor, where there is one, window by window.
func costOf(name string, samples []sample) cost {
	c := cost{
		Name:        name,
		PerSecond:   spreadOf(samples, func(s sample) float64 { return float64(time.Second) / s.nanoseconds }),
		Nanoseconds: spreadOf(samples, func(s sample) float64 { return s.nanoseconds }),
		Allocations: spreadOf(samples, func(s sample) float64 { return float64(s.allocations) }),
		Bytes:       spreadOf(samples, func(s sample) float64 { return float64(s.bytes) }),
	}
	if samples[0].floor > 0 {
		floor := spreadOf(samples, func(s sample) float64 { return s.floor })
		share := spreadOf(samples, func(s sample) float64 { return s.floor / s.nanoseconds })
		c.Floor, c.ShareOfFloor = &floor, &share
	}
	return c
}

func figuresOf(windows []window) figures {
	each := func(used func(usage) float64) spread {
		return spreadOf(windows, func(w window) float64 { return used(w.used) / float64(len(w.latencies)) })
	}
	return figures{
		RequestsPerSecond: spreadOf(windows, perSecond),
		P50:               spreadOf(windows, func(w window) float64 { return percentile(w.latencies, 50) }),
		P99:               spreadOf(windows, func(w window) float64 { return percentile(w.latencies, 99) }),
		CPU:               each(func(u usage) float64 { return microseconds(u.server) }),
		DatabaseCPU:       each(func(u usage) float64 { return microseconds(u.database) }),
		GeneratorCPU:      each(func(u usage) float64 { return microseconds(u.self) }),
		Allocations:       each(func(u usage) float64 { return float64(u.objects) }),
		AllocatedBytes:    each(func(u usage) float64 { return float64(u.bytes) }),
	}
}

func perSecond(w window) float64 { return float64(len(w.latencies)) / w.length.Seconds() }

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// percentile is in milliseconds; p percent of the sorted latencies are no longer.
func percentile(sorted []time.Duration, p int) float64 {
	return milliseconds(sorted[(len(sorted)*p+99)/100-1])
}

// spreadOf needs an item at least. Of an even number the upper median counts.
func spreadOf[T any](items []T, value func(T) float64) spread {
	var values []float64
	for _, item := range items {
		values = append(values, value(item))
	}
	slices.Sort(values)
	return spread{Median: values[len(values)/2], Min: values[0], Max: values[len(values)-1]}
}

func (r *report) writeJSON(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// writeFolder writes the report in each of its forms.
func (r *report) writeFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, write := range map[string]func(io.Writer) error{
		"performance.json": r.writeJSON, "performance.txt": r.writeText, "performance.svg": r.writeSVG,
	} {
		var text strings.Builder
		if err := write(&text); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text.String()), 0o644); err != nil {
			return err
		}
	}
	return nil
}
