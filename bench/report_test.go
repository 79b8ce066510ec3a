package main_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"

	bench "github.com/cenotehq/cenote/bench"
)

// TestPopulation asks for whoever there is, once each, in ids as a server draws them.
func TestPopulation(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^us-east-1:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen, beginnings := map[string]bool{}, map[string]bool{}
	for i := range 60_000 {
		user, login := bench.User(i)
		for _, id := range []string{bench.Guest(i), user} {
			if !form.MatchString(id) || seen[id] {
				t.Fatalf("%s is no id, or comes twice", id)
			}
			seen[id], beginnings[id[:18]] = true, true
		}
		if seen[login.Subject] {
			t.Fatalf("%s comes twice", login.Subject)
		}
		seen[login.Subject] = true
	}
	if len(beginnings) != 4 {
		t.Errorf("120,000 ids have %d beginnings", len(beginnings))
	}
}

func TestSpreadOver(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ n, count, want int }{{10, 1000, 10}, {500, 1000, 500}, {5_000_000, 1000, 1000}, {5_000_000, 100_000, 100_000}, {1, 1, 1}} {
		seen := map[int]bool{}
		for _, i := range bench.SpreadOver(test.n, test.count) {
			if i < 0 || i >= test.n || seen[i] {
				t.Fatalf("of %d, %d is too much or comes twice", test.n, i)
			}
			seen[i] = true
		}
		if len(seen) != test.want {
			t.Errorf("of %d there are %d, want %d", test.n, len(seen), test.want)
		}
	}
}

func TestTarget(t *testing.T) {
	t.Parallel()
	for figure, want := range map[float64]string{0.3: "missed", 0.35: "met", 0.44: "met", 0.45: "wanted", 0.6: "wanted", math.NaN(): "missed"} {
		if got := bench.Reached(0.35, 0.45, figure); got != want {
			t.Errorf("%v is %s, want %s", figure, got, want)
		}
	}
}

// TestServeCounts allocates between two questions.
func TestServeCounts(t *testing.T) {
	t.Parallel()
	ask, question := io.Pipe()
	answer, tell := io.Pipe()
	go func() { _ = bench.ServeCounts(ask, tell) }()
	count := func() (counts [2]uint64) {
		if _, err := question.Write([]byte{'?'}); err != nil {
			t.Fatal(err)
		}
		if err := binary.Read(answer, binary.LittleEndian, &counts); err != nil {
			t.Fatal(err)
		}
		return counts
	}
	before := count()
	kept := make([][]byte, 1000)
	for i := range kept {
		kept[i] = bytes.Repeat([]byte{'x'}, 1000)
	}
	after := count()
	if objects, size := after[0]-before[0], after[1]-before[1]; objects < 1000 || size < 1_000_000 {
		t.Errorf("a thousand kilobytes are %d objects of %d bytes", objects, size)
	}
	if err := question.Close(); err != nil {
		t.Error(err)
	}
}

// TestPlot draws a report twice, and finds its figures in the picture.
func TestPlot(t *testing.T) {
	t.Parallel()
	report, err := os.ReadFile("testdata/report.json")
	if err != nil {
		t.Fatal(err)
	}
	var first, second strings.Builder
	for _, out := range []*strings.Builder{&first, &second} {
		if err := bench.Plot(report, out); err != nil {
			t.Fatal(err)
		}
	}
	if first.String() != second.String() || !isXML(first.String()) {
		t.Errorf("the plot is not always the same, or no XML:\n%s", first.String())
	}
	for _, text := range []string{
		"SQLite 1k: 0.35", "PostgreSQL 1M: 0.44", "A &amp; B &lt;c&gt; · 64", "prefers-color-scheme:dark",
		`<line class="goal" x1="528.0" y1="77" x2="528.0" y2="88"/>`, `<line class="grid" x1="360" y1="70" x2="360"`,
	} {
		if !strings.Contains(first.String(), text) {
			t.Errorf("the plot has no %q", text)
		}
	}
}
