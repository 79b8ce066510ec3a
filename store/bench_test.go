package store_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cenotehq/cenote/store"
)

// benchID has the shape of an identity id: 36 characters whose beginning stays
// the same for a while.
func benchID(n int64) string {
	text := rand.Text()
	return fmt.Sprintf("us-east-1:%08x-%s-%s-%s", n/5000*2654435761&0xffffffff, text[:4], text[4:8], text[8:24])
}

func BenchmarkCreateIdentity(b *testing.B) {
	s := open(b)
	at := time.Now()
	var n atomic.Int64
	b.SetParallelism(32) // times GOMAXPROCS: 64 on two cores
	before := s.Stats()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := guest(benchID(n.Add(1)), "us-east-1:pool")
			i.Created, i.Modified = at, at
			if err := s.CreateIdentity(context.Background(), i); err != nil {
				b.Error(err)
				return
			}
		}
	})
	after := s.Stats()
	b.ReportMetric(float64(after.Writes-before.Writes)/float64(after.Commits-before.Commits), "writes/commit")
}

func BenchmarkIdentity(b *testing.B) {
	for name, cached := range map[string]int{"cached": 0, "uncached": -1} {
		b.Run(name, func(b *testing.B) {
			s, err := store.Open(b.Context(), store.Config{Path: b.TempDir(), MasterKey: masterKey(b), CachedIdentities: cached})
			if err != nil {
				b.Fatal(err)
			}
			defer mustClose(b, s)
			ids := make([]string, 10_000)
			for i := range ids {
				ids[i] = benchID(int64(i))
			}
			createAll(b, s, ids)
			b.ResetTimer()
			for i := range b.N {
				if _, err := s.Identity(b.Context(), ids[i%len(ids)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCreateDuringSweep shows what it costs a new guest of one pool that 100,000
// identities of another are swept meanwhile, in batches of several sizes.
func BenchmarkCreateDuringSweep(b *testing.B) {
	for _, batch := range []int{0, 100, 500, 2000} {
		b.Run(fmt.Sprint("batch=", batch), func(b *testing.B) {
			s := open(b)
			doomed := make([]string, 100_000)
			for i := range doomed {
				doomed[i] = benchID(int64(i))
			}
			for part := range slices.Chunk(doomed, 10_000) {
				createAll(b, s, part)
			}
			var took []time.Duration
			var swept sync.WaitGroup
			over := make(chan struct{})
			if batch > 0 {
				swept.Go(func() { defer close(over); sweepAll(b, s, "us-east-1:pool", batch) })
			}
			b.ResetTimer()
			for n := int64(0); ; n++ {
				begin := time.Now()
				if err := s.CreateIdentity(b.Context(), guest(benchID(1<<30+n), "us-east-1:other")); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(begin))
				if isOver(over) || batch == 0 && len(took) == 2000 {
					break
				}
			}
			b.StopTimer()
			swept.Wait()
			slices.Sort(took)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(milliseconds(took[len(took)/2]), "p50-ms")
			b.ReportMetric(milliseconds(took[len(took)*99/100]), "p99-ms")
			b.ReportMetric(milliseconds(took[len(took)-1]), "max-ms")
			b.ReportMetric(b.Elapsed().Seconds(), "s/sweep")
			b.ReportMetric(float64(len(took)), "creates")
		})
	}
}

func sweepAll(b *testing.B, s *store.Store, pool string, batch int) {
	for n := batch; n == batch; {
		var err error
		if n, err = s.DeleteIdentitiesOf(context.Background(), pool, batch); err != nil {
			b.Error(err)
			return
		}
	}
}

func isOver(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func createAll(b *testing.B, s *store.Store, ids []string) {
	b.Helper()
	errs := make(chan error, len(ids))
	for _, id := range ids {
		go func() { errs <- s.CreateIdentity(context.Background(), guest(id, "us-east-1:pool")) }()
	}
	for range ids {
		if err := <-errs; err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMove exports identities with a login each, and imports them again.
func BenchmarkMove(b *testing.B) {
	const n = 200_000
	from := b.TempDir()
	mustClose(b, openAt(b, from))
	inFile(b, from, fmt.Sprintf(`
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO identities (id, pool, authenticated, disabled, created, modified) SELECT 'us-east-1:' || lower(hex(randomblob(18))), 'us-east-1:pool', 1, 0, 1760000000000 + i, 1760000000000 + i FROM n;
		INSERT INTO logins SELECT pool, 'login.example.com', lower(hex(randomblob(16))), id FROM identities`, n))
	s := openAt(b, from)
	var text bytes.Buffer
	b.Run("export", func(b *testing.B) {
		for b.Loop() {
			text.Reset()
			if _, err := s.Export(b.Context(), &text, "000000000000", nil); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "identities/s")
		b.ReportMetric(float64(text.Len())/n, "B/identity")
	})
	b.Run("import", func(b *testing.B) {
		for b.Loop() {
			if _, err := store.Import(b.Context(), at(place(b), masterKey(b)), bytes.NewReader(text.Bytes()), ""); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "identities/s")
	})
}
