package token_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cenotehq/cenote/token"
)

func TestClient(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		token token.Token
		want  []string
	}{
		"audience":         {token.Token{Audience: []string{"a", "b"}}, []string{"a", "b"}},
		"authorized party": {token.Token{Audience: []string{"a", "b"}, AuthorizedParty: "c"}, []string{"c"}},
		"neither":          {token.Token{}, nil},
	} {
		if diff := cmp.Diff(test.want, test.token.Client()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestCheckTime(t *testing.T) {
	t.Parallel()
	at := func(seconds int64) time.Time { return time.Unix(seconds, 0) }
	const grace = 5 * time.Minute
	for name, test := range map[string]struct {
		token token.Token
		want  error
	}{
		"valid":                       {token.Token{IssuedAt: at(900), Expires: at(2000)}, nil},
		"last moment of the grace":    {token.Token{Expires: at(701)}, nil},
		"grace is over":               {token.Token{Expires: at(700)}, &token.ExpiredError{Now: at(1000), Expires: at(700)}},
		"expired in 1970":             {token.Token{Expires: at(0)}, &token.ExpiredError{Now: at(1000), Expires: at(0)}},
		"nbf within the grace":        {token.Token{Expires: at(2000), NotBefore: at(1300)}, nil},
		"nbf beyond the grace":        {token.Token{Expires: at(2000), NotBefore: at(1301)}, &token.NotYetError{Claim: "nbf", Now: at(1000), From: at(1301)}},
		"iat within the grace":        {token.Token{Expires: at(2000), IssuedAt: at(1300)}, nil},
		"iat beyond the grace":        {token.Token{Expires: at(2000), IssuedAt: at(1301)}, &token.NotYetError{Claim: "iat", Now: at(1000), From: at(1301)}},
		"no exp":                      {token.Token{IssuedAt: at(900)}, &token.MissingClaimError{Claim: "exp"}},
		"exp at the end of the world": {token.Token{Expires: at(253402300799)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, test.token.CheckTime(at(1000), grace)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A token that is refused as expired stays refused, and one that is valid was
// never refused as expired before.
func TestExpiryIsFinal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.Int64Range(1, math.MaxUint32)
		tok := token.Token{Expires: time.Unix(seconds.Draw(t, "exp"), 0)}
		earlier := seconds.Draw(t, "earlier")
		later := earlier + seconds.Draw(t, "step")
		_, before := errors.AsType[*token.ExpiredError](tok.CheckTime(time.Unix(earlier, 0), time.Minute))
		_, after := errors.AsType[*token.ExpiredError](tok.CheckTime(time.Unix(later, 0), time.Minute))
		if before && !after {
			t.Fatal("rose from the dead")
		}
	})
}

func TestRequire(t *testing.T) {
	t.Parallel()
	tok := token.Token{Claims: map[string]any{
		"sub": "a", "aud": []any{"a"}, "flag": false, "null": nil, "blank": "", "list": []any{},
	}}
	if err := tok.Require("sub", "aud", "flag"); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"absent", "null", "blank", "list"} {
		missing, ok := errors.AsType[*token.MissingClaimError](tok.Require("sub", name))
		if !ok || missing.Claim != name {
			t.Errorf("%s: got %v", name, missing)
		}
	}
}
