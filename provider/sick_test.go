package provider_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/testidp"
	"github.com/cenotehq/cenote/token"
)

// A server that takes connections and then says nothing, not even of TLS, costs the
// client's own time limit and no more.
func TestSilence(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	for _, scheme := range []string{"http", "https"} {
		for _, thumbprints := range [][]string{nil, {strings.Repeat("a", 40)}} {
			client := provider.New(provider.Config{
				Redirects: []provider.Redirect{redirect(t, "idp.example.com="+scheme+"://"+l.Addr().String())},
				Timeout:   50 * time.Millisecond,
			})
			if _, err := client.Keys(t.Context(), issuer, "", thumbprints...); !isUnreachable(err) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: got %v", scheme, err)
			}
		}
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.Close()
	if err := w.verify(w.token()); !isUnreachable(err) {
		t.Errorf("got %v", err)
	}
}

// Key sets as big as can be, and with garbage in them.
func TestStrangeKeySets(t *testing.T) {
	t.Parallel()
	const document = `{"issuer":"https://idp.example.com","jwks_uri":"https://idp.example.com/k"}`
	w := newWorld(t)
	good := strings.TrimSuffix(strings.TrimPrefix(keySet(t, w), `{"keys":[`), `]}`)
	list := func(n int, key string) string { return strings.TrimSuffix(strings.Repeat(key+",", n), ",") }
	for name, test := range map[string]struct {
		keys  string
		check func(error) bool
	}{
		"beside garbage":       {`{"keys":[null,7,"x",[],{},{"kty":"RSA"},{"kty":7},{"kty":"EC","crv":"P-256","x":"!"},` + good + `]}`, isNil},
		"among 99 others":      {`{"keys":[` + list(99, `{"kty":"oct","k":"AA"}`) + `,` + good + `]}`, isNil},
		"10,000 keys":          {`{"keys":[` + good + `,` + list(9_999, `{"kty":"EC","kid":"x"}`) + `]}`, isInvalid},
		"10,000 times the key": {`{"keys":[` + list(10_000, good) + `]}`, isURL}, // more than a megabyte
		"a list of lists":      {`{"keys":` + strings.Repeat("[", 200_000), isInvalid},
		"padded to the limit":  {`{"keys":[` + good + `]}` + strings.Repeat(" ", 900_000), isNil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{t: t, idp: w.idp}
			w.answer(discovery(document, test.keys))
			w.serve()
			if err := w.verify(w.token()); !test.check(err) {
				t.Errorf("got %.300v", err)
			}
		})
	}
}

// TestThunderingHerd brings 200 at the same moment to a provider that is new, that has
// rotated its keys, and that has come back: each time one question is asked.
func TestThunderingHerd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	herd := func(tok *token.Token) {
		t.Helper()
		start := make(chan struct{})
		var group sync.WaitGroup
		for range 200 {
			group.Go(func() {
				<-start
				if err := w.verify(tok); err != nil {
					t.Error(err)
				}
			})
		}
		close(start)
		group.Wait()
	}
	herd(w.token())
	w.wantFetches(1)
	w.rotate()
	herd(w.token())
	w.wantFetches(2)
	w.answer(status(http.StatusBadGateway))
	w.pass(25 * time.Hour)
	if err := w.verify(w.token()); !isUnreachable(err) {
		t.Errorf("got %v", err)
	}
	w.answer(w.idp.ServeHTTP)
	w.pass(time.Second)
	herd(w.token())
	w.wantFetches(3)
}

// TestSickNeighbour keeps one provider hanging while another is asked for keys anew
// again and again.
func TestSickNeighbour(t *testing.T) {
	t.Parallel()
	sick, healthy := newWorld(t), newWorld(t)
	idp, err := testidp.New(testidp.Config{Issuer: "https://sick.example", ClientID: "c", Algorithm: "ES256"})
	if err != nil {
		t.Fatal(err)
	}
	sick.idp = idp
	waiting, proceed := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(proceed) })
	t.Cleanup(release)
	var once sync.Once
	sick.answer(func(rw http.ResponseWriter, r *http.Request) {
		once.Do(func() { close(waiting) })
		<-proceed
		sick.idp.ServeHTTP(rw, r)
	})
	healthy.client = provider.New(provider.Config{
		Redirects: []provider.Redirect{redirect(t, "idp.example.com="+healthy.server.URL), redirect(t, "sick.example="+sick.server.URL)},
		Now:       healthy.clock,
		Timeout:   time.Minute, // so that it hangs as long as this test
	})
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			if _, err := healthy.client.Keys(t.Context(), "https://sick.example", ""); err != nil {
				t.Error(err)
			}
		})
	}
	<-waiting
	var took []time.Duration
	for range 200 {
		healthy.pass(24 * time.Hour)
		tok, begin := healthy.token(), time.Now()
		healthy.mustVerify(tok)
		took = append(took, time.Since(begin))
	}
	release()
	group.Wait()
	healthy.wantFetches(200)
	slices.Sort(took)
	t.Logf("beside a hanging provider, discovery and keys take %v, p99 %v", took[99], took[197])
}

// names is a DNS server that answers the addresses in turn, the last one for ever, and
// says nothing when it has none.
func names(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	var asked atomic.Int64
	go func() {
		query := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(query)
			if err != nil {
				return // closed
			}
			if len(addresses) == 0 {
				continue
			}
			address := netip.MustParseAddr(addresses[min(int(asked.Load()), len(addresses)-1)])
			answer, answered := dnsAnswer(query[:n], address)
			if answered {
				asked.Add(1)
			}
			_, _ = conn.WriteTo(answer, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// dnsAnswer answers a question for A records with one (RFC 1035 section 4), and any
// other with none.
func dnsAnswer(query []byte, address netip.Addr) (answer []byte, answered bool) {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	isA := binary.BigEndian.Uint16(query[end+1:]) == 1
	answer = append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:end+5]...)
	if !isA {
		return answer, false
	}
	answer[7] = 1
	answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4) // lives no second
	return append(answer, address.AsSlice()...), true
}

// A name that led to the public internet a moment ago, when somebody looked, leads to
// this machine when it is dialled.
func TestRebinding(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, private := range []string{"127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0"} {
		resolver := names(t, "8.8.8.8", private)
		seen, err := resolver.LookupNetIP(t.Context(), "ip4", "rebind.example")
		if err != nil || !provider.IsPublic(seen[0]) {
			t.Fatalf("got %v, %v", seen, err)
		}
		conn, err := provider.Dial(t.Context(), resolver, "rebind.example:"+port)
		refused, ok := errors.AsType[*provider.AddressError](err)
		if !ok || refused.Address != private+":"+port {
			t.Errorf("%s: got %v, %v", private, conn, err)
		}
	}
}

// The redirect of one host opens its address for the port of its base alone, also to a
// name that turns there.
func TestRebindingToARedirect(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	other := redirect(t, "idp.example.com=http://127.0.0.1:1")
	if conn, err := provider.Dial(t.Context(), names(t, "127.0.0.1"), "rebind.example:"+port, other); !isAddressError(err) {
		t.Errorf("got %v, %v", conn, err)
	}
}

func isAddressError(err error) bool {
	_, ok := errors.AsType[*provider.AddressError](err)
	return ok
}

// A DNS server that says nothing is no worse than any other silence.
func TestSilentNames(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if conn, err := provider.Dial(ctx, names(t), "silent.example:443"); err == nil {
		t.Errorf("got %v", conn)
	}
	if ctx.Err() == nil {
		t.Error("ended before its time")
	}
}
