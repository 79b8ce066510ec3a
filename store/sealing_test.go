package store_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/cognito"
	"github.com/cenotehq/cenote/seal"
)

// twitterPool has a consumer key and its secret.
func twitterPool(id string) cognito.Pool {
	return cognito.Pool{ID: id, PoolSettings: cognito.PoolSettings{
		Name: "p", SupportedLoginProviders: map[string]string{"api.twitter.com": "key;very-secret-consumer"},
	}}
}

// TestPoolsAreSealedLater has a folder of a build that kept pools in the clear.
func TestPoolsAreSealedLater(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	mustClose(t, openAt(t, path))
	var pools []cognito.Pool
	var sql strings.Builder
	for i := range 200 {
		pool := twitterPool(fmt.Sprintf("r:%03d", i))
		doc, err := json.Marshal(pool)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&sql, `INSERT INTO entities (kind, name, doc) VALUES ('pool', '%s', '%s');`, pool.ID, doc)
		pools = append(pools, pool)
	}
	inFile(t, path, sql.String())
	for range 2 { // the second time, nothing is left to do
		s := openAt(t, path)
		same(t, pools)(s.Pools().List(t.Context(), "", len(pools)))
		mustClose(t, s)
		file, err := os.ReadFile(filepath.Join(path, "cenote.db"))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(file), "very-secret"); n > 0 {
			t.Errorf("the secret stands %d times in the file", n)
		}
	}
	inFile(t, path, `UPDATE entities SET doc = (SELECT doc FROM entities WHERE name = 'r:001') WHERE name = 'r:000'`)
	s := openAt(t, path)
	wantError[cognito.Pool](t, seal.ErrOpen)(s.Pools().Get(t.Context(), "r:000"))
}
