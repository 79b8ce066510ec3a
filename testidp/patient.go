package testidp

import (
	"net/http"
	"strings"
	"sync/atomic"
)

// Illness is a way in which a provider does not work.
type Illness int32

// What a Patient may have.
const (
	Healthy  Illness = iota
	Failing          // answers HTTP 500
	Limiting         // answers HTTP 429
	Hanging          // never answers
	Raving           // answers HTTP 200 and a page of HTML
	Bloated          // answers HTTP 200 and 50 MB of JSON
	Straying         // redirects to the metadata service of clouds, at a private address
	Dropping         // closes the connection
)

// Patient is a provider that can be made ill, to see what others then do. It is safe
// for concurrent use.
type Patient struct {
	Handler http.Handler // answers while it is healthy
	illness atomic.Int32
	asked   atomic.Int64
}

// Ail makes the provider ill, or Healthy again. A request that hangs goes on hanging.
func (p *Patient) Ail(i Illness) { p.illness.Store(int32(i)) }

// Asked is how many requests came so far.
func (p *Patient) Asked() int64 { return p.asked.Load() }

// ServeHTTP answers as the illness will have it.
func (p *Patient) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.asked.Add(1)
	switch Illness(p.illness.Load()) {
	case Healthy:
		p.Handler.ServeHTTP(w, r)
	case Failing:
		http.Error(w, "internal error", http.StatusInternalServerError)
	case Limiting:
		http.Error(w, "slow down", http.StatusTooManyRequests)
	case Hanging:
		<-r.Context().Done()
	case Raving:
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html><body>Down for maintenance</body></html>"))
	case Bloated:
		bloat(w)
	case Straying:
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
	case Dropping:
		panic(http.ErrAbortHandler)
	}
}

func bloat(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	chunk := []byte(strings.Repeat(" ", 1<<20))
	for range 50 {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
	_, _ = w.Write([]byte("{}"))
}
