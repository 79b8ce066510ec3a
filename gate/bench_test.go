package gate_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cenotehq/cenote/sigv4"
)

// BenchmarkAuthorize is one question over the loopback interface, to a Cenote in the
// same process.
func BenchmarkAuthorize(b *testing.B) {
	w := makeWorld()
	defer w.close()
	alice, key := w.identity("alice")
	r := httptest.NewRequest(http.MethodGet, "http://notes.example.test/"+alice+"/1", nil)
	sigv4.Sign(r, nil, key, region, "notes", w.now())
	c := w.client()
	for b.Loop() {
		if answer, err := c.Authorize(b.Context(), r, nil, reading(r)); err != nil || !answer.Allowed {
			b.Fatal(answer, err)
		}
	}
}
