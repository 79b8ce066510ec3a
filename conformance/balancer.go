package conformance

import (
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Balancer is a load balancer before several servers: it gives each connection to the next of those that are ready, and
// asks them about that, as other balancers do, now and then. It never tries a request twice, nor looks into one.
type Balancer struct {
	address  string
	backends []*backend
	turn     atomic.Uint64
}

type backend struct {
	address string
	ready   atomic.Bool
}

// askEvery is how often a Balancer asks for readiness.
const askEvery = 50 * time.Millisecond

// Balance starts a Balancer, which ends with the test.
func Balance(t testing.TB, servers ...*Server) *Balancer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &Balancer{address: listener.Addr().String()}
	over := make(chan struct{})
	var work sync.WaitGroup
	for _, s := range servers {
		n := &backend{address: s.Address()}
		n.ask()
		b.backends = append(b.backends, n)
		work.Go(func() { n.watch(over) })
	}
	work.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go b.carry(client) // until either end closes
		}
	})
	t.Cleanup(func() {
		close(over)
		_ = listener.Close()
		work.Wait()
	})
	return b
}

// Address is where clients connect.
func (b *Balancer) Address() string { return b.address }

func (n *backend) watch(over <-chan struct{}) {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-tick.C:
			n.ask()
		}
	}
}

func (n *backend) ask() {
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get("http://" + n.address + "/readyz")
	if err == nil {
		_ = response.Body.Close()
	}
	n.ready.Store(err == nil && response.StatusCode == http.StatusOK)
}

// carry takes a connection to the next server.
func (b *Balancer) carry(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", b.next().address)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.Close()
	}()
	_, _ = io.Copy(client, server)
}

// next is a server that is ready, or else any: who knows better than to ask it?
func (b *Balancer) next() *backend {
	var n *backend
	for range b.backends {
		n = b.backends[b.turn.Add(1)%uint64(len(b.backends))]
		if n.ready.Load() {
			break
		}
	}
	return n
}

// AwaitReady returns when all servers are known to be ready.
func (b *Balancer) AwaitReady(t testing.TB) {
	t.Helper()
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	deadline := time.After(startTimeout)
	for _, n := range b.backends {
		for !n.ready.Load() {
			select {
			case <-tick.C:
			case <-deadline:
				t.Fatalf("%s is not ready within %s", n.address, startTimeout)
			}
		}
	}
}
