package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// floorCommand is the argument with which this program is the floor.
const floorCommand = "floor"

// answer is a response to record and to repeat.
type answer struct {
	Header http.Header
	Body   []byte
}

// startFloor starts this program once more, as the floor.
func startFloor(ctx context.Context, operations []operation) (*process, error) {
	answers := map[string]answer{}
	for _, o := range operations {
		answers[userAgent(o.name)] = o.answer
	}
	input, err := json.Marshal(answers)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	return start(ctx, address, func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, self, floorCommand, address)
		cmd.Stdin = bytes.NewReader(input)
		return cmd
	})
}

// serveFloor is the least that a server in Go does: it reads the request, and gives
// the answer that it was told on standard input for that User-Agent.
func serveFloor(ctx context.Context, args []string, stdin io.Reader) error {
	if len(args) != 1 {
		return errors.New("the floor takes an address")
	}
	var answers map[string]answer
	if err := json.NewDecoder(stdin).Decode(&answers); err != nil {
		return fmt.Errorf("reading the answers: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		known, ok := answers[r.UserAgent()]
		if _, err := io.ReadAll(r.Body); err != nil || !ok {
			http.Error(w, "no such answer", http.StatusBadRequest)
			return
		}
		header := w.Header()
		for name, values := range known.Header {
			header[name] = values
		}
		_, _ = w.Write(known.Body) // the load generator notices what is missing
	})
	server := &http.Server{Addr: args[0], Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
