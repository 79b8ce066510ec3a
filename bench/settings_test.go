package main_test

import (
	"slices"
	"testing"
	"time"

	bench "github.com/cenotehq/cenote/bench"
)

func TestReadSettings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args                    []string
		engines                 []string
		identities, connections []int
		window                  time.Duration
	}{
		{nil, []string{"sqlite"}, []int{1000}, []int{64}, 400 * time.Millisecond},
		{[]string{"-full"}, []string{"sqlite", "postgres"}, []int{1000, 1_000_000, 10_000_000}, []int{64, 256}, 2 * time.Second},
		{[]string{"-full", "-engines", "postgres", "-identities", "7,2k"}, []string{"postgres"}, []int{7, 2000}, []int{64, 256}, 2 * time.Second},
		{[]string{"-connections", "1,2", "-window", "1s"}, []string{"sqlite"}, []int{1000}, []int{1, 2}, time.Second},
	} {
		engines, identities, connections, window, err := bench.ReadSettings(test.args...)
		if err != nil || !slices.Equal(engines, test.engines) || !slices.Equal(identities, test.identities) ||
			!slices.Equal(connections, test.connections) || window != test.window {
			t.Errorf("%q: %v %v %v %v %v", test.args, engines, identities, connections, window, err)
		}
	}
	for _, args := range [][]string{
		{"-identities", "1"},
		{"-identities", "many"},
		{"-identities", "1G"},
		{"-identities", "-5"},
		{"-connections", "0"},
		{"-engines", "mysql"},
		{"-peer", "localstack"},
		{"-window", "1ms"},
		{"-window", "1m"},
		{"now"},
		{"-nope"},
	} {
		if _, identities, connections, _, err := bench.ReadSettings(args...); err == nil {
			t.Errorf("%q gave %v and %v", args, identities, connections)
		}
	}
}
