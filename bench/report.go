package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// report is what a run found. All shares are of 1.
type report struct {
	Go            string       `json:"go"`
	CPUs          int          `json:"cpus"`
	Connections   int          `json:"connections"`
	Rounds        int          `json:"rounds"`
	WindowSeconds float64      `json:"windowSeconds"`
	OtherPrograms spread       `json:"otherPrograms"` // share of the machine that others took
	Steal         spread       `json:"steal"`         // share of it that other virtual machines took
	Operations    []comparison `json:"operations"`
	Decisions     []cost       `json:"decisions"` // on one core, without network and disk
}

// comparison is an operation beside its floor.
type comparison struct {
	Name         string  `json:"name"`
	Floor        figures `json:"floor"`
	Server       figures `json:"server"`
	ShareOfFloor spread  `json:"shareOfFloor"` // requests per second, window by window
}

// figures are those of one server and one operation.
type figures struct {
	RequestsPerSecond spread `json:"requestsPerSecond"`
	P50               spread `json:"p50Milliseconds"`
	P99               spread `json:"p99Milliseconds"`
	CPU               spread `json:"cpuMicroseconds"`          // of the server, per request
	GeneratorCPU      spread `json:"generatorCPUMicroseconds"` // of the load generator, per request
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

// compare compares the windows of both servers pair by pair.
func compare(name string, floor, server []window) comparison {
	var shares []float64
	for i := range server {
		shares = append(shares, perSecond(server[i])/perSecond(floor[i]))
	}
	return comparison{
		Name: name, Floor: figuresOf(floor), Server: figuresOf(server),
		ShareOfFloor: spreadOf(shares, func(x float64) float64 { return x }),
	}
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
	return figures{
		RequestsPerSecond: spreadOf(windows, perSecond),
		P50:               spreadOf(windows, func(w window) float64 { return percentile(w.latencies, 50) }),
		P99:               spreadOf(windows, func(w window) float64 { return percentile(w.latencies, 99) }),
		CPU:               spreadOf(windows, func(w window) float64 { return perRequest(w, w.cpu.server) }),
		GeneratorCPU:      spreadOf(windows, func(w window) float64 { return perRequest(w, w.cpu.self) }),
	}
}

func perSecond(w window) float64 { return float64(len(w.latencies)) / w.length.Seconds() }

// perRequest is in microseconds.
func perRequest(w window, d time.Duration) float64 {
	return float64(d) / float64(time.Microsecond) / float64(len(w.latencies))
}

// percentile is in milliseconds; p percent of the sorted latencies are no longer.
func percentile(sorted []time.Duration, p int) float64 {
	return float64(sorted[(len(sorted)*p+99)/100-1]) / float64(time.Millisecond)
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

func (r *report) writeText(out io.Writer) error {
	fmt.Fprintf(out, "%s, %d CPUs, %d connections, %d windows of %.1f s each: median [least–most]\n",
		r.Go, r.CPUs, r.Connections, r.Rounds, r.WindowSeconds)
	for _, o := range r.Operations {
		fmt.Fprintf(out, "\n%s: %s of the floor\n", o.Name, o.ShareOfFloor.text("%.2f"))
		w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
		fmt.Fprintln(w, "\treq/s\tp50 ms\tp99 ms\tCPU µs/req\tgenerator µs/req")
		o.Server.row(w, "  cenote")
		o.Floor.row(w, "  floor")
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if err := r.writeDecisions(out); err != nil {
		return err
	}
	r.writeLogins(out)
	_, err := fmt.Fprintf(out, "\nNoise: other programs took %s of the machine, other virtual machines %s.\n",
		r.OtherPrograms.text("%.2f"), r.Steal.text("%.2f"))
	return err
}

// writeLogins says what a user costs more than a guest.
func (r *report) writeLogins(out io.Writer) {
	cpu := map[string]float64{}
	for _, o := range r.Operations {
		cpu[o.Name] = o.Server.CPU.Median
	}
	for _, d := range r.Decisions {
		if d.Name == freshToken {
			fmt.Fprintf(out, "\nA user costs %.0f µs of CPU more than a guest, and %.0f µs with a token seen before; RSA alone takes %.0f µs.\n",
				cpu[freshName]-cpu[guestName], cpu[seenName]-cpu[guestName], d.Floor.Median/1000)
		}
	}
}

func (r *report) writeDecisions(out io.Writer) error {
	fmt.Fprintln(out, "\nDecisions, on one core")
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "\tper second\tns\tallocations\tbytes\tfloor ns\tof the floor")
	for _, c := range r.Decisions {
		floor, share := "–", "–"
		if c.Floor != nil {
			floor, share = c.Floor.text("%.0f"), c.ShareOfFloor.text("%.2f")
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%.0f\t%.0f\t%s\t%s\n", c.Name, c.PerSecond.text("%.0f"), c.Nanoseconds.text("%.0f"),
			c.Allocations.Median, c.Bytes.Median, floor, share)
	}
	return w.Flush()
}

func (f figures) row(out io.Writer, name string) {
	fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\n", name, f.RequestsPerSecond.text("%.0f"),
		f.P50.text("%.2f"), f.P99.text("%.2f"), f.CPU.text("%.1f"), f.GeneratorCPU.text("%.1f"))
}

func (s spread) text(format string) string {
	return fmt.Sprintf(format+" ["+format+"–"+format+"]", s.Median, s.Min, s.Max)
}
