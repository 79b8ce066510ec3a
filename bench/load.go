package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	// warmUp comes before each window: connections are opened, caches filled.
	warmUp = 200 * time.Millisecond

	// patience is how long an answer may take.
	patience = 10 * time.Second
)

// window is what was seen between two moments.
type window struct {
	length    time.Duration
	latencies []time.Duration // of each request that began in it, sorted
	used      usage
	memory    float64 // of the server at its end, in megabytes
}

// load sends the requests of an operation over connections, on each one after the
// other, and returns what it saw during length; or longer, on a machine so busy that
// there was nothing to see.
func load(ctx context.Context, server *process, o operation, connections int, length time.Duration) (window, error) {
	for ; ; length *= 2 {
		w, err := loadOnce(ctx, server, o, connections, length)
		if err != nil || len(w.latencies) > 0 {
			return w, err
		}
		if length > maxWindow {
			return w, errors.New("no request was answered")
		}
	}
}

func loadOnce(ctx context.Context, server *process, o operation, connections int, length time.Duration) (window, error) {
	begin := time.Now().Add(min(warmUp, length/2))
	end := begin.Add(length)
	type result struct {
		latencies []time.Duration
		err       error
	}
	results := make(chan result, connections)
	for range connections {
		go func() {
			latencies, err := sendUntil(ctx, server.address, o.next, begin, end)
			results <- result{latencies, err}
		}()
	}
	used, err := usageBetween(ctx, server, begin, end)
	w := window{length: length, used: used}
	for range connections {
		r := <-results
		err = errors.Join(err, r.err)
		w.latencies = append(w.latencies, r.latencies...)
	}
	slices.Sort(w.latencies)
	if err == nil {
		w.memory, err = ownMemory(server.pid)
	}
	return w, err
}

// sendUntil sends on one connection what next returns, until end.
func sendUntil(ctx context.Context, address string, next func() []byte, begin, end time.Time) ([]time.Duration, error) {
	c, err := dial(ctx, address, end.Add(patience))
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	var latencies []time.Duration
	for ctx.Err() == nil {
		sent := time.Now()
		if sent.After(end) {
			return latencies, nil
		}
		if err := c.do(ctx, next()); err != nil {
			return nil, err
		}
		if sent.After(begin) {
			latencies = append(latencies, time.Since(sent))
		}
	}
	return nil, ctx.Err()
}

// connection is an HTTP/1.1 client with so little in it that the servers, and not
// it, are what takes the time.
type connection struct {
	net.Conn
	reader   *bufio.Reader
	deadline time.Time
	over     bool // the server said so
}

func dial(ctx context.Context, address string, deadline time.Time) (*connection, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &connection{Conn: conn, reader: bufio.NewReader(conn), deadline: deadline}, conn.SetDeadline(deadline)
}

// again connects once more, as clients do after a server that ends each connection.
func (c *connection) again(ctx context.Context) error {
	next, err := dial(ctx, c.RemoteAddr().String(), c.deadline)
	if err != nil {
		return err
	}
	_ = c.Close()
	*c = *next
	return nil
}

// do sends a request and reads its answer, which must be 200.
func (c *connection) do(ctx context.Context, request []byte) error {
	if c.over {
		if err := c.again(ctx); err != nil {
			return err
		}
	}
	if _, err := c.Write(request); err != nil {
		return err
	}
	status, err := c.reader.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")) {
		return fmt.Errorf("the answer was %s", bytes.TrimSpace(status))
	}
	length := -1
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		name, value, isField := bytes.Cut(line, []byte(":"))
		if !isField {
			break
		}
		if bytes.EqualFold(name, []byte("Connection")) {
			c.over = bytes.EqualFold(bytes.TrimSpace(value), []byte("close"))
		}
		if bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return errors.New("an answer has no Content-Length")
	}
	_, err = c.reader.Discard(length)
	return err
}

// exchange sends one request and returns the whole answer, save its date, which
// every server sets itself.
func exchange(ctx context.Context, address string, request []byte) (answer, error) {
	c, err := dial(ctx, address, time.Now().Add(patience))
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Write(request); err != nil {
		return answer{}, err
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, body)
	}
	response.Header.Del("Date")
	return answer{Header: response.Header, Body: body}, err
}
