package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings are what the command line says.
type settings struct {
	engines     []string
	identities  []population
	connections []int
	window      time.Duration
	peer        bool
	cache       string
	out         string
	log         string
	asJSON      bool
}

// Limits of a window: below, nothing happens in it, and above, signatures grow too old
// while others are measured.
const (
	minWindow = 10 * time.Millisecond
	maxWindow = 5 * time.Second
)

// full are the flags that -full stands for.
func full() map[string]string {
	return map[string]string{
		"engines": "sqlite,postgres", "identities": "1k,1M,10M", "connections": "64,256",
		"window": "2s", "peer": "moto",
	}
}

func readSettings(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	engines := flags.String("engines", "sqlite", "databases, of sqlite and postgres, with commas between")
	identities := flags.String("identities", "1k", "how many identities there are, as 1k,1M,10M; what is filled is kept for the next run")
	connections := flags.String("connections", "64", "connections that send one request after the other, as 64,256")
	flags.DurationVar(&s.window, "window", 400*time.Millisecond, "time of one window; each comes three times")
	peer := flags.String("peer", "", "another server to measure: moto, from PyPI, which is installed at the first time")
	flags.StringVar(&s.cache, "cache", "", "`FOLDER` on a disk for what is kept from run to run")
	flags.StringVar(&s.out, "out", "", "`FOLDER` that also gets the report as performance.txt, .json and .svg")
	flags.StringVar(&s.log, "log", "", "`FILE` for the log of the servers, to look into a failure; it costs time")
	flags.BoolVar(&s.asJSON, "json", false, "print JSON")
	isFull := flags.Bool("full", false, "all of it, in about an hour: "+fullText())
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("%q is one word too many", flags.Arg(0))
	}
	if *isFull {
		if err := setUngiven(flags, full()); err != nil {
			return s, err
		}
	}
	if *peer != "" && *peer != "moto" {
		return s, fmt.Errorf("%q is no peer that is known here; moto is", *peer)
	}
	s.peer = *peer != ""
	s.engines = strings.Split(*engines, ",")
	return s, errors.Join(s.readNumbers(*identities, *connections), s.check())
}

func fullText() string {
	var words []string
	for name, value := range full() {
		words = append(words, "-"+name+" "+value)
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// setUngiven sets the flags that the command line leaves out.
func setUngiven(flags *flag.FlagSet, values map[string]string) error {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range values {
		if !given[name] {
			if err := flags.Set(name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *settings) readNumbers(identities, connections string) error {
	for text := range strings.SplitSeq(identities, ",") {
		n, err := parseCount(text)
		if err != nil || n < 2 {
			return fmt.Errorf("%q is no number of identities; 1k, 1M and 10M are", text)
		}
		s.identities = append(s.identities, population(n))
	}
	for text := range strings.SplitSeq(connections, ",") {
		n, err := parseCount(text)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is no number of connections", text)
		}
		s.connections = append(s.connections, n)
	}
	return nil
}

func (s *settings) check() error {
	for _, name := range s.engines {
		if name != "sqlite" && name != "postgres" {
			return fmt.Errorf("%q is no engine; there are sqlite and postgres", name)
		}
	}
	if s.window < minWindow || s.window > maxWindow {
		return fmt.Errorf("a window takes between %s and %s", minWindow, maxWindow)
	}
	return nil
}

// parseCount reads a number, which may end in k or M.
func parseCount(text string) (int, error) {
	digits, factor := text, 1
	for suffix, value := range map[string]int{"k": 1000, "M": 1_000_000} {
		if before, ok := strings.CutSuffix(text, suffix); ok {
			digits, factor = before, value
		}
	}
	n, err := strconv.ParseUint(digits, 10, 24)
	return int(n) * factor, err
}

// countText is what parseCount reads.
func countText(n int) string {
	switch {
	case n >= 1_000_000 && n%1_000_000 == 0:
		return strconv.Itoa(n/1_000_000) + "M"
	case n >= 1000 && n%1000 == 0:
		return strconv.Itoa(n/1000) + "k"
	}
	return strconv.Itoa(n)
}
