package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

func (r *report) writeText(out io.Writer) error {
	fmt.Fprintf(out, "%s. %s, %d CPUs, %s. Medians of %d windows of %g s each [least–most].\n",
		r.Date, r.Machine, r.CPUs, r.Go, r.Rounds, r.WindowSeconds)
	for _, at := range r.Places {
		if err := at.writeText(out); err != nil {
			return err
		}
	}
	r.writeSignIns(out)
	r.writeGrowth(out)
	if err := r.writePeer(out); err != nil {
		return err
	}
	if err := r.writeDecisions(out); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nNoise: other programs took %s of the machine, other virtual machines %s.\n",
		r.OtherPrograms.text("%.2f"), r.Steal.text("%.2f"))
	return err
}

func (at place) writeText(out io.Writer) error {
	perMillion := float64(at.DiskBytes) / float64(at.Identities)
	fmt.Fprintf(out, "\n%s, %s identities: %.1f MB on the disk", at.Engine, countText(at.Identities), float64(at.DiskBytes)/1e6)
	if at.Identities >= 100_000 { // the tables themselves weigh more than a few identities
		fmt.Fprintf(out, " (%.0f MB per million)", perMillion)
	}
	fmt.Fprintf(out, "; ready %s ms after its start%s;\n%.0f MB of memory with the cache of identities off%s, %.0f MB with it\n",
		at.StartMilliseconds.text("%.0f"), below(at.StartMilliseconds.Median, maxStart),
		at.MemoryUncached, below(at.MemoryUncached, maxMemory), at.MemoryCached)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\tconn.\treq/s\tp50 ms\tp99 ms\tCPU µs\tDB µs\tgen. µs\tallocs\tbytes\tfloor’s allocs\tfloor req/s\tof the floor\t… with crypto\ttarget")
	for _, o := range at.Operations {
		o.writeText(w)
	}
	return w.Flush()
}

func below(figure, limit float64) string {
	if figure < limit {
		return fmt.Sprintf(" (below %g: met)", limit)
	}
	return fmt.Sprintf(" (below %g: missed)", limit)
}

func (o row) writeText(out io.Writer) {
	s := o.Server
	crypto, goal := "–", "–"
	if o.ShareOfCryptoFloor != nil {
		crypto = o.ShareOfCryptoFloor.text("%.2f")
	}
	if o.Target != nil {
		goal = o.Target.text()
	}
	if o.ShareOfSigning != nil {
		goal = o.ShareOfSigning.text("%.2f") + fmt.Sprintf(" of %.0f signatures/s, ", o.SigningRate.Median) + goal
	}
	fmt.Fprintf(out, "%s\t%d\t%.0f\t%.2f\t%.2f\t%.1f\t%.1f\t%.1f\t%.0f\t%.0f\t%.0f\t%.0f\t%s\t%s\t%s\n", o.Name, o.Connections,
		s.RequestsPerSecond.Median, s.P50.Median, s.P99.Median, s.CPU.Median, s.DatabaseCPU.Median, s.GeneratorCPU.Median,
		s.Allocations.Median, s.AllocatedBytes.Median, o.Floor.Allocations.Median, o.Floor.RequestsPerSecond.Median, o.ShareOfFloor.text("%.2f"), crypto, goal)
}

func (t target) text() string {
	if t.Ship == t.Want {
		return fmt.Sprintf("%.2f: %s", t.Ship, t.Reached)
	}
	return fmt.Sprintf("%.2f → %.2f: %s", t.Ship, t.Want, t.Reached)
}

func (r *report) writeSignIns(out io.Writer) {
	if len(r.SignIns) > 0 {
		fmt.Fprintln(out, "\nWhat a user with a new token takes more than a guest from the cache")
	}
	for _, s := range r.SignIns {
		fmt.Fprintf(out, "  %s, %s identities, %d connections: %.0f µs of CPU, %.0f of which the floor takes for the RSA signature: %.2f\n",
			s.Engine, countText(s.Identities), s.Connections, s.More, s.RSA, s.Share)
	}
}

func (r *report) writeGrowth(out io.Writer) {
	if len(r.Growth) > 0 {
		fmt.Fprintln(out, "\nWhat is kept where there are more identities")
	}
	for _, g := range r.Growth {
		fmt.Fprintf(out, "  %s, %s, %d connections, %s : %s: %.2f of the share of the floor, %.2f of the rate (%s)\n",
			g.Engine, g.Operation, g.Connections, countText(g.To), countText(g.From), g.Share, g.Rate, g.Target.text())
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

func (s spread) text(format string) string {
	return fmt.Sprintf(format+" ["+format+"–"+format+"]", s.Median, s.Min, s.Max)
}
