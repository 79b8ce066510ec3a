package main_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bench "github.com/cenotehq/cenote/bench"
)

func TestPercentile(t *testing.T) {
	t.Parallel()
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(i+1)*time.Millisecond)
	}
	for _, test := range []struct {
		sorted []time.Duration
		p      int
		want   float64
	}{
		{hundred, 50, 50},
		{hundred, 99, 99},
		{hundred[:10], 99, 10},
		{hundred[:3], 50, 2},
		{hundred[:1], 50, 1},
	} {
		if got := bench.Percentile(test.sorted, test.p); got != test.want {
			t.Errorf("percentile %d of %d is %v, want %v", test.p, len(test.sorted), got, test.want)
		}
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	if got, want := bench.SpreadOf([]float64{3, 1, 2}), [3]float64{2, 1, 3}; got != want {
		t.Errorf("spread is %v, want %v", got, want)
	}
}

func TestParseTimes(t *testing.T) {
	t.Parallel()
	stat := "42 (a (b) c) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 7 9 20 0 8 0 12345 1 2\n"
	for count, want := range map[int]time.Duration{2: 3 * time.Second, 4: 3160 * time.Millisecond} {
		if got, err := bench.ParseTimes([]byte(stat), count); err != nil || got != want {
			t.Errorf("%d times are %v, %v; want %v", count, got, err, want)
		}
	}
	for _, bad := range []string{"", "42 (x) S 1", strings.Replace(stat, "250", "many", 1)} {
		if got, err := bench.ParseTimes([]byte(bad), 2); err == nil {
			t.Errorf("%q gave %v", bad, got)
		}
	}
}

func TestParseMachine(t *testing.T) {
	t.Parallel()
	stat := "cpu  100 200 300 400 500 600 700 800 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"
	want := [3]time.Duration{6 * time.Second, 8 * time.Second, 36 * time.Second}
	if got, err := bench.ParseMachine([]byte(stat)); err != nil || got != want {
		t.Errorf("machine is %v, %v; want %v", got, err, want)
	}
	for _, bad := range []string{"", "cpu 1 2 3\n", strings.Replace(stat, "300", "x", 1)} {
		if got, err := bench.ParseMachine([]byte(bad)); err == nil {
			t.Errorf("%q gave %v", bad, got)
		}
	}
}

// TestSend answers a request of the load generator, which must take nothing but a
// whole 200 for success.
func TestSend(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, answer string
		ok           bool
	}{
		{"whole", "HTTP/1.1 200 OK\r\nDate: x\r\ncontent-length: 5\r\n\r\nhello", true},
		{"empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true},
		{"refusal", "HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nhello", false},
		{"cut off", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", false},
		{"cut off in the header", "HTTP/1.1 200 OK\r\nContent-Le", false},
		{"no length", "HTTP/1.1 200 OK\r\n\r\nhello", false},
		{"strange length", "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello", false},
		{"nothing", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			request := "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
			received := make(chan string, 1)
			go func() {
				defer close(received)
				conn, err := l.Accept()
				if err != nil {
					return
				}
				got := make([]byte, len(request))
				n, _ := io.ReadFull(conn, got)
				received <- string(got[:n])
				_, _ = io.WriteString(conn, test.answer)
				_ = conn.Close()
			}()
			err = bench.Send(t.Context(), l.Addr().String(), []byte(request))
			if (err == nil) != test.ok {
				t.Errorf("%q gave %v", test.answer, err)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			if got := <-received; got != request {
				t.Errorf("the server received %q, want %q", got, request)
			}
		})
	}
}

// TestFloor asks the floor for what it was told to say.
func TestFloor(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), build(t), "floor", address)
	cmd.Stdin = strings.NewReader(`{"X.Hello": {"Header": {"Content-Type": ["text/x-hello"], "X-Two": ["a", "b"]}, "Body": "aGVsbG8="}}`)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	status, header, body := eventually(t, address, "X.Hello")
	if status != http.StatusOK || body != "hello" || header.Get("Content-Type") != "text/x-hello" || len(header.Values("X-Two")) != 2 {
		t.Errorf("the floor said %d %v %q", status, header, body)
	}
	if status, _, body := eventually(t, address, "X.Unknown"); status != http.StatusBadRequest {
		t.Errorf("the floor answered an unknown agent: %d %q", status, body)
	}
}

// eventually posts once the server listens.
func eventually(t *testing.T, address, agent string) (status int, header http.Header, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address, bytes.NewReader([]byte("{}")))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("User-Agent", agent)
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			raw, err := io.ReadAll(response.Body)
			if err := response.Body.Close(); err != nil {
				t.Fatal(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			return response.StatusCode, response.Header, string(raw)
		}
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-tick.C:
		}
	}
}

func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "bench")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}
