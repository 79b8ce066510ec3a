package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"text/tabwriter"
)

// motoVersion is of the package at PyPI.
const motoVersion = "5.2.5"

// peerNote is what a reader has to know to compare.
const peerNote = `moto is for tests and checks less: it gives the same constant credentials to any identity, verifies no token
and no trust policy (any text and any role will do), keeps identities in memory alone, and ends each connection.`

// comparison is an operation of a peer beside the same of the server, on SQLite with
// the least identities that were measured, in windows that follow each other.
type comparison struct {
	Name        string  `json:"name"`
	Connections int     `json:"connections"`
	Peer        figures `json:"peer"`
	Server      figures `json:"server"`
	Times       spread  `json:"times"` // how many times as many requests the server answers
}

// measurePeer measures moto beside a server on SQLite.
func (b *bench) measurePeer(ctx context.Context) ([]comparison, error) {
	moto, err := b.startMoto(ctx)
	if err != nil {
		return nil, err
	}
	defer moto.stop()
	e, err := startEngine(ctx, "sqlite", b.folder)
	if err != nil {
		return nil, err
	}
	defer e.stop()
	server, operations, err := b.startForPeer(ctx, e, b.identities[0])
	if err != nil {
		return nil, err
	}
	defer server.stop()
	theirs, err := b.prepareMoto(ctx, moto, operations)
	if err != nil {
		return nil, err
	}
	var list []comparison
	for i, o := range operations {
		progress("moto: %s", o.name)
		c, err := b.compare(ctx, pairOf{moto, theirs[i]}, pairOf{server, o})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.name, err)
		}
		list = append(list, c)
	}
	return list, e.remove(ctx, working)
}

// pairOf is an operation as a server wants to be asked for it.
type pairOf struct {
	server *process
	operation
}

func (b *bench) compare(ctx context.Context, peer, own pairOf) (comparison, error) {
	connections := b.connections[0]
	var theirs, ours []window
	for range rounds {
		low, err := load(ctx, peer.server, peer.operation, connections, b.window)
		if err != nil {
			return comparison{}, err
		}
		high, err := load(ctx, own.server, own.operation, connections, b.window)
		if err != nil {
			return comparison{}, err
		}
		theirs, ours = append(theirs, low), append(ours, high)
	}
	return comparison{
		Name: own.name, Connections: connections,
		Peer: figuresOf(theirs), Server: figuresOf(ours), Times: shares(ours, rates(theirs)),
	}, nil
}

// startForPeer starts a server with a population and returns the operations that moto
// has as well.
func (b *bench) startForPeer(ctx context.Context, e engine, p population) (*process, []operation, error) {
	data, err := b.filled(ctx, e, p)
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(e.remove(ctx, working), e.copy(ctx, data, working)); err != nil {
		return nil, nil, err
	}
	server, err := b.startServer(ctx, e, working, defaultCache)
	if err != nil {
		return nil, nil, err
	}
	all, err := b.prepareCached(ctx, server, p)
	if err != nil {
		server.stop()
		return nil, nil, err
	}
	var shared []operation
	for _, o := range all {
		if o.name == getIDName || o.name == cachedName || o.name == webName {
			shared = append(shared, o)
		}
	}
	return server, shared, nil
}

// prepareMoto has moto make a pool, and returns the same operations for it: only the
// pool's id is its own.
func (b *bench) prepareMoto(ctx context.Context, moto *process, operations []operation) ([]operation, error) {
	var pool struct {
		ID string `json:"IdentityPoolId"`
	}
	err := b.admin(moto).callJSON(ctx, "CreateIdentityPool",
		map[string]any{"IdentityPoolName": "bench", "AllowUnauthenticatedIdentities": true}, &pool)
	if err != nil {
		return nil, err
	}
	var theirs []operation
	for _, o := range operations {
		if o.name == getIDName {
			o.requests = [][]byte{jsonRequest("GetId", getIDName, map[string]any{"IdentityPoolId": pool.ID})}
		}
		theirs = append(theirs, o)
	}
	return finished(ctx, moto, theirs)
}

// startMoto starts moto's server, which PyPI gives at the first time.
func (b *bench) startMoto(ctx context.Context) (*process, error) {
	folder := filepath.Join(b.folder, "moto-"+motoVersion)
	program := filepath.Join(folder, "bin", "moto_server")
	if _, err := os.Stat(program); errors.Is(err, fs.ErrNotExist) {
		progress("installing moto %s", motoVersion)
		for _, cmd := range []*exec.Cmd{
			exec.CommandContext(ctx, "python3", "-m", "venv", folder),
			exec.CommandContext(ctx, filepath.Join(folder, "bin", "pip"), "install", "--quiet", "moto[server]=="+motoVersion),
		} {
			if err := finish(cmd); err != nil {
				return nil, fmt.Errorf("installing it: %w", err)
			}
		}
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return start(ctx, launch{address: address, ready: isOpen, command: func(ctx context.Context) *exec.Cmd {
		return exec.CommandContext(ctx, program, "-H", host, "-p", port)
	}})
}

// isOpen reports whether anybody listens.
func isOpen(ctx context.Context, address string) bool {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	return err == nil && conn.Close() == nil
}

func (r *report) writePeer(out io.Writer) error {
	if len(r.Peer) == 0 {
		return nil
	}
	fmt.Fprintf(out, "\nBeside moto %s\n%s\n", motoVersion, peerNote)
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "\tconn.\tmoto req/s\tp50 ms\tCPU µs\tcenote req/s\tp50 ms\tCPU µs\ttimes")
	for _, c := range r.Peer {
		fmt.Fprintf(w, "  %s\t%d\t%.0f\t%.1f\t%.0f\t%.0f\t%.2f\t%.1f\t%s\n", c.Name, c.Connections,
			c.Peer.RequestsPerSecond.Median, c.Peer.P50.Median, c.Peer.CPU.Median,
			c.Server.RequestsPerSecond.Median, c.Server.P50.Median, c.Server.CPU.Median, c.Times.text("%.0f"))
	}
	return w.Flush()
}
