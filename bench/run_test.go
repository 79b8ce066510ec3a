package main_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type spread struct{ Median, Min, Max float64 }

func (s spread) isOdd() bool { return s.Min <= 0 || s.Median < s.Min || s.Max < s.Median }

type figures struct {
	RequestsPerSecond, P50Milliseconds, P99Milliseconds, Allocations, AllocatedBytes spread
}

// result is what the program reports, as far as it is looked at here.
type result struct {
	Rounds int
	Places []struct {
		Engine                           string
		Identities                       int
		DiskBytes                        int64
		StartMilliseconds                spread
		MemoryUncachedMB, MemoryCachedMB float64
		Operations                       []struct {
			Name                                            string
			Connections                                     int
			Server, Floor                                   figures
			CryptoFloor                                     *figures
			ShareOfFloor                                    spread
			SigningRate, ShareOfSigning, ShareOfCryptoFloor *spread
			Target                                          *struct{ Ship, Want float64 }
		}
	}
	SignIns []struct{ Identities, Connections int }
	Growth  []struct {
		From, To    int
		Rate, Share float64
	}
	Decisions []struct {
		Name                                       string
		PerSecond, Nanoseconds, Allocations, Bytes spread
		FloorNanoseconds, ShareOfFloor             *spread
	}
}

// TestRun runs the whole program with little of everything. What it has filled once
// serves it a second time: to fill it again would fail.
func TestRun(t *testing.T) {
	t.Parallel()
	binary, cache, out := build(t), t.TempDir(), t.TempDir()
	if err := os.MkdirAll(filepath.Join(cache, "sqlite", "filled_old_20"), 0o700); err != nil { // of another schema: it goes
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-window", "40ms", "-connections", "4", "-identities", "20,60,20", "-cache", cache, "-out", out, "-json")
	text, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		t.Fatalf("bench: %v\n%s", err, failed.Stderr)
	}
	if err != nil {
		t.Fatal(err)
	}
	var got result
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("bench: %v\n%s", err, text)
	}
	checkPlaces(t, got)
	checkDecisions(t, got)
	checkFolder(t, out, string(text))
	filled, err := filepath.Glob(filepath.Join(cache, "sqlite", "filled_*"))
	if err != nil || len(filled) != 2 {
		t.Errorf("the cache has %q, %v", filled, err)
	}
	if _, err := os.Stat(filepath.Join(cache, "sqlite", "working")); err == nil {
		t.Error("the working copy is left")
	}
}

func checkPlaces(t *testing.T, got result) {
	t.Helper()
	if got.Rounds != 3 || len(got.Places) != 3 {
		t.Fatalf("report is %+v", got)
	}
	for i, at := range got.Places {
		if at.Engine != "SQLite" || at.Identities != []int{20, 60, 20}[i] || at.DiskBytes == 0 || at.StartMilliseconds.isOdd() ||
			at.MemoryUncachedMB < 5 || at.MemoryCachedMB < 5 || len(at.Operations) != 8 {
			t.Errorf("place is %+v", at)
		}
		for _, o := range at.Operations {
			list := []spread{o.ShareOfFloor, o.Server.Allocations, o.Server.AllocatedBytes, o.Floor.Allocations}
			for _, f := range []figures{o.Server, o.Floor} {
				list = append(list, f.RequestsPerSecond, f.P50Milliseconds, f.P99Milliseconds)
			}
			if slices.ContainsFunc(list, spread.isOdd) || o.Connections != 4 {
				t.Errorf("%s has %+v", o.Name, o)
			}
			if isGetID := strings.HasPrefix(o.Name, "GetId "); isGetID != (o.CryptoFloor == nil) || isGetID != (o.ShareOfCryptoFloor == nil) {
				t.Errorf("%s has the floor %+v", o.Name, o.CryptoFloor)
			}
			if signs := strings.HasPrefix(o.Name, "GetOpenIdToken"); signs != (o.SigningRate != nil) || signs != (o.ShareOfSigning != nil) {
				t.Errorf("%s has the signing rate %v", o.Name, o.SigningRate)
			}
		}
	}
	if len(got.SignIns) != 3 || got.SignIns[1].Identities != 60 || got.SignIns[1].Connections != 4 {
		t.Errorf("users beside guests are %+v", got.SignIns)
	}
	if len(got.Growth) != 2 || got.Growth[0].From != 20 || got.Growth[0].To != 60 || got.Growth[0].Share <= 0 {
		t.Errorf("growth is %+v", got.Growth)
	}
}

func checkDecisions(t *testing.T, got result) {
	t.Helper()
	if len(got.Decisions) != 5 {
		t.Fatalf("decisions are %+v", got.Decisions)
	}
	for i, d := range got.Decisions {
		list := []spread{d.PerSecond, d.Nanoseconds, d.Allocations, d.Bytes}
		if i < 2 {
			if d.FloorNanoseconds == nil || d.ShareOfFloor == nil {
				t.Fatalf("%s has no floor", d.Name)
			}
			list = append(list, *d.FloorNanoseconds, *d.ShareOfFloor)
		}
		if slices.ContainsFunc(list, spread.isOdd) {
			t.Errorf("%s has %+v", d.Name, list)
		}
	}
}

// checkFolder looks for the report in each of its forms.
func checkFolder(t *testing.T, folder, printed string) {
	t.Helper()
	if got := read(t, folder, "performance.json"); got != printed {
		t.Errorf("the file has %s, the output %s", got, printed)
	}
	if got := read(t, folder, "performance.txt"); !strings.Contains(got, "SQLite, 60 identities") || !strings.Contains(got, "0.70 → 0.80") {
		t.Errorf("the text is %s", got)
	}
	if !isXML(read(t, folder, "performance.svg")) {
		t.Error("the plot is no XML")
	}
}

func read(t *testing.T, folder, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func isXML(text string) bool {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return text != ""
		}
		if err != nil {
			return false
		}
	}
}
