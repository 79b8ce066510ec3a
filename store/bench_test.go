package store_test

import (
	"context"
	"crypto/rand"
	"fmt"
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
