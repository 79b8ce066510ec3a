package main

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/store"
)

// Send sends a request as the load generator does.
func Send(ctx context.Context, address string, request []byte) error {
	c, err := dial(ctx, address, time.Now().Add(patience))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return c.do(ctx, request)
}

// Percentile is percentile.
func Percentile(sorted []time.Duration, p int) float64 { return percentile(sorted, p) }

// SpreadOf is spreadOf, as median, least and most.
func SpreadOf(values []float64) [3]float64 {
	s := spreadOf(values, func(x float64) float64 { return x })
	return [3]float64{s.Median, s.Min, s.Max}
}

// ParseTimes is parseTimes.
func ParseTimes(stat []byte, count int) (time.Duration, error) { return parseTimes(stat, count) }

// ParseMachine is parseMachine, as busy, stolen and total time.
func ParseMachine(stat []byte) ([3]time.Duration, error) {
	u, err := parseMachine(stat)
	return [3]time.Duration{u.busy, u.stolen, u.total}, err
}

// Engine is an engine, for tests.
type Engine struct{ engine }

// StartEngine is startEngine.
func StartEngine(ctx context.Context, name, folder string) (Engine, error) {
	e, err := startEngine(ctx, name, folder)
	return Engine{e}, err
}

// Stop is stop.
func (e Engine) Stop() { e.stop() }

// Config is where the store finds data, in the words of the server's flags.
func (e Engine) Config(data string) store.Config {
	if flags := e.serve(data); flags[0] == "--database" {
		return store.Config{URL: flags[1]}
	}
	return store.Config{Path: e.serve(data)[1]}
}

// Create is create.
func (e Engine) Create(ctx context.Context, data string) error { return e.create(ctx, data) }

// List is list.
func (e Engine) List(ctx context.Context) ([]string, error) { return e.list(ctx) }

// Rename is rename.
func (e Engine) Rename(ctx context.Context, from, to string) error { return e.rename(ctx, from, to) }

// Copy is copy.
func (e Engine) Copy(ctx context.Context, from, to string) error { return e.copy(ctx, from, to) }

// Remove is remove.
func (e Engine) Remove(ctx context.Context, data string) error { return e.remove(ctx, data) }

// Size is size.
func (e Engine) Size(ctx context.Context, data string) (int64, error) { return e.size(ctx, data) }

// Fill is fill.
func (e Engine) Fill(ctx context.Context, data, pool string, p int) error {
	return fill(ctx, e.engine, data, pool, population(p))
}

// Guest returns the id of a guest.
func Guest(i int) string { return population(0).guest(i) }

// User returns the id of a user, and the login.
func User(i int) (id string, login cognito.Login) {
	id, subject := population(0).user(i)
	return id, cognito.Login{Provider: userPool, Subject: subject}
}

// SpreadOver is spreadOver.
func SpreadOver(n, count int) []int { return spreadOver(n, count) }

// ReadSettings returns the engines, identities, connections and window of a command line.
func ReadSettings(args ...string) (engines []string, identities, connections []int, window time.Duration, err error) {
	s, err := readSettings(args)
	for _, p := range s.identities {
		identities = append(identities, int(p))
	}
	return s.engines, identities, s.connections, s.window, err
}

// Reached says what a figure reaches of a target.
func Reached(ship, want, figure float64) string { return newTarget(ship, want, figure).Reached }

// ServeCounts is serveCounts.
func ServeCounts(ask io.Reader, tell io.Writer) error { return serveCounts(ask, tell) }

// Plot draws a report that is given as JSON.
func Plot(text []byte, out io.Writer) error {
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	return r.writeSVG(out)
}
