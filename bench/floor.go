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

// countArgument lets the floor tell what it allocates, on its files 3 and 4.
const countArgument = "count"

// answer is a response to record and to repeat.
type answer struct {
	Header http.Header
	Body   []byte
	Crypto cryptography // to be done first
}

// startFloor starts this program once more, as the floor: bare, or with the
// cryptography of each operation.
func startFloor(ctx context.Context, operations []operation, crypto bool) (*process, error) {
	answers := map[string]answer{}
	for _, o := range operations {
		known := o.answer
		if crypto {
			known.Crypto = o.crypto
		}
		answers[userAgent(o.name)] = known
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
	return start(ctx, launch{address: address, ready: isReady, counts: true, command: func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, self, floorCommand, address, countArgument)
		cmd.Stdin = bytes.NewReader(input)
		return cmd
	}})
}

// serveFloor is the least that a server in Go does: it reads the request, and gives
// the answer that it was told on standard input for that User-Agent, after the
// cryptography that goes with it.
func serveFloor(ctx context.Context, args []string, stdin io.Reader) error {
	if len(args) < 1 || len(args) > 2 || len(args) == 2 && args[1] != countArgument {
		return errors.New("the floor takes an address and whether to count")
	}
	if len(args) == 2 {
		go func() { _ = serveCounts(os.NewFile(3, "ask"), os.NewFile(4, "tell")) }() // ends with whom it is for
	}
	var answers map[string]answer
	if err := json.NewDecoder(stdin).Decode(&answers); err != nil {
		return fmt.Errorf("reading the answers: %w", err)
	}
	crypto, err := work()
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		known, ok := answers[r.UserAgent()]
		if _, err := io.ReadAll(r.Body); err != nil || !ok {
			http.Error(w, "no such answer", http.StatusBadRequest)
			return
		}
		if err := crypto[known.Crypto](); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
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
