package token_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cenotehq/cenote/token"
)

func TestParse(t *testing.T) {
	t.Parallel()
	payload := `{"iss":"https://idp.example.com","sub":"user-1","aud":["a","b"],"azp":"c","exp":1700003600,"iat":1700000000,` +
		`"nbf":1699999999,"custom:level":12345678901234567890,"nested":{"list":[1,{"deep":null}]}}`
	got := parse(t, b64([]byte(`{"kid":"k1","typ":"JWT","alg":"ES256"}`))+"."+b64([]byte(payload))+"."+b64([]byte("signature")))
	want := &token.Token{
		Issuer: "https://idp.example.com", Subject: "user-1", Audience: []string{"a", "b"}, AuthorizedParty: "c",
		Expires: time.Unix(1700003600, 0), IssuedAt: time.Unix(1700000000, 0), NotBefore: time.Unix(1699999999, 0),
		KeyID: "k1", Algorithm: "ES256",
		Claims: map[string]any{
			"iss": "https://idp.example.com", "sub": "user-1", "aud": []any{"a", "b"}, "azp": "c",
			"exp": json.Number("1700003600"), "iat": json.Number("1700000000"), "nbf": json.Number("1699999999"),
			"custom:level": json.Number("12345678901234567890"),
			"nested":       map[string]any{"list": []any{json.Number("1"), map[string]any{"deep": nil}}},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(token.Token{})); diff != "" {
		t.Error(diff)
	}
}

// Every one of these is correctly signed by a key of the set, so that nothing
// but the parser stands in its way.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	key := rsaKey(t, 2048)
	const head = `{"alg":"RS256","kid":"k"}`
	const body = `{"iss":"https://idp.example.com","sub":"user-1","aud":"client-1","exp":1700003600}`
	good := forge(t, head, body, key)
	parse(t, good)
	parts := strings.Split(good, ".")
	with := func(claims string) string { return forge(t, head, claims, key) }
	header := func(members string) string { return forge(t, members, body, key) }
	algorithm := func(name string) string { return header(`{"alg":"` + name + `","kid":"k"}`) }

	for _, test := range []struct {
		name, raw string
		reason    token.Reason // or else the algorithm is refused
		concerns  string
	}{
		{"nothing", "", token.ReasonParts, ""},
		{"opaque token", "ya29.a0AfH6SMBx", token.ReasonParts, ""},
		{"two parts", parts[0] + "." + parts[1], token.ReasonParts, ""},
		{"four parts", good + ".", token.ReasonParts, ""},
		{"five parts", good + ".a.b", token.ReasonParts, ""},
		{"only dots", "..", token.ReasonParts, ""},
		{"no header", "." + parts[1] + "." + parts[2], token.ReasonParts, ""},
		{"no payload", parts[0] + ".." + parts[2], token.ReasonParts, ""},
		{"empty signature", parts[0] + "." + parts[1] + ".", token.ReasonParts, "signature"},
		{"JSON serialization", `{"payload":"` + parts[1] + `","signatures":[]}`, token.ReasonParts, ""},
		{"too long", with(`{"x":"` + strings.Repeat("x", token.MaxSize) + `"}`), token.ReasonSize, ""},

		{"padding in the header", parts[0] + "=." + parts[1] + "." + parts[2], token.ReasonEncoding, "header"},
		{"padding in the payload", parts[0] + "." + parts[1] + "==." + parts[2], token.ReasonEncoding, "payload"},
		{"padding in the signature", good + "==", token.ReasonEncoding, "signature"},
		{"standard base64", parts[0] + "." + parts[1] + ".ab+/", token.ReasonEncoding, "signature"},
		{"leading space", " " + good, token.ReasonEncoding, "header"},
		{"trailing space", good + " ", token.ReasonEncoding, "signature"},
		{"trailing newline", good + "\n", token.ReasonEncoding, "signature"},
		{"newline inside", good[:20] + "\r\n" + good[20:], token.ReasonEncoding, "header"},
		{"trailing bits", parts[0] + "." + parts[1] + ".ab", token.ReasonEncoding, "signature"},
		{"truncated base64", parts[0] + "." + parts[1] + ".abcde", token.ReasonEncoding, "signature"},
		{"null byte", good + "\x00", token.ReasonEncoding, "signature"},
		{"Bearer prefix", "Bearer " + good, token.ReasonEncoding, "header"},

		{"header is text", header("alg=RS256"), token.ReasonJSON, "header"},
		{"header is a list", header(`["RS256"]`), token.ReasonJSON, "header"},
		{"header is null", header(`null`), token.ReasonJSON, "header"},
		{"payload is a string", with(`"user-1"`), token.ReasonJSON, "payload"},
		{"payload is a token", with(good), token.ReasonJSON, "payload"},
		{"payload ends early", with(body[:len(body)-1]), token.ReasonJSON, "payload"},
		{"payload goes on", with(body + body), token.ReasonJSON, "payload"},
		{"trailing comma", with(`{"sub":"a",}`), token.ReasonJSON, "payload"},
		{"trailing comma in a list", with(`{"aud":["a",]}`), token.ReasonJSON, "payload"},
		{"missing comma", with(`{"aud":["a" "b"]}`), token.ReasonJSON, "payload"},
		{"comment", with(`{"sub":"a"/*,"sub":"b"*/}`), token.ReasonJSON, "payload"},
		{"single quotes", with(`{'sub':'a'}`), token.ReasonJSON, "payload"},
		{"NaN", with(`{"exp":NaN}`), token.ReasonJSON, "payload"},
		{"byte order mark", with("\ufeff" + body), token.ReasonJSON, "payload"},
		{"wrong bracket", with(`{"aud":["a"}]`), token.ReasonJSON, "payload"},
		{"number as a name", with(`{1:"a"}`), token.ReasonJSON, "payload"},
		{"not UTF-8", with("{\"sub\":\"\xff\"}"), token.ReasonUnicode, "payload"},
		{"overlong UTF-8", with("{\"sub\":\"\xc0\x80\"}"), token.ReasonUnicode, "payload"},
		{"surrogate in UTF-8", with("{\"sub\":\"\xed\xa0\x80\"}"), token.ReasonUnicode, "payload"},
		{"deep lists", with(`{"x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`), token.ReasonDepth, "payload"},
		{"deep objects", with(strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)), token.ReasonDepth, "payload"},

		{"iss twice", with(`{"iss":"https://idp.example.com","iss":"https://evil.example"}`), token.ReasonDuplicate, "iss"},
		{"sub twice, once escaped", with(`{"sub":"a","\u0073ub":"b"}`), token.ReasonDuplicate, "sub"},
		{"twice in an object", with(`{"x":{"a":1,"a":1}}`), token.ReasonDuplicate, "a"},
		{"twice in a list's object", with(`{"x":[{"a":1,"a":1}]}`), token.ReasonDuplicate, "a"},
		{"sub with half a surrogate pair", with(`{"sub":"a\ud800"}`), token.ReasonUnicode, "payload"},
		{"alg twice", header(`{"alg":"RS256","alg":"none"}`), token.ReasonDuplicate, "alg"},
		{"kid twice", header(`{"alg":"RS256","kid":"a","kid":"b"}`), token.ReasonDuplicate, "kid"},

		{"alg none", algorithm("none"), "", "none"},
		{"alg None", algorithm("None"), "", "None"},
		{"alg NONE", algorithm("NONE"), "", "NONE"},
		{"alg nOnE", algorithm("nOnE"), "", "nOnE"},
		{"alg none with a space", algorithm("none "), "", "none "},
		{"alg none without a signature", b64([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".", "", "none"},
		{"alg empty", algorithm(""), "", ""},
		{"alg absent", header(`{"kid":"k"}`), "", ""},
		{"alg in lower case", algorithm("rs256"), "", "rs256"},
		{"alg HS256", algorithm("HS256"), "", "HS256"},
		{"alg HS512", algorithm("HS512"), "", "HS512"},
		{"alg PS256", algorithm("PS256"), "", "PS256"},
		{"alg RS1", algorithm("RS1"), "", "RS1"},
		{"alg ES256K", algorithm("ES256K"), "", "ES256K"},
		{"alg EdDSA", algorithm("EdDSA"), "", "EdDSA"},
		{"alg dir", algorithm("dir"), "", "dir"},
		{"alg under another name", header(`{"ALG":"RS256"}`), "", ""},
		{"alg is a list", header(`{"alg":["RS256"]}`), token.ReasonHeaderType, "alg"},
		{"alg is null", header(`{"alg":null}`), token.ReasonHeaderType, "alg"},
		{"kid is a number", header(`{"alg":"RS256","kid":1}`), token.ReasonHeaderType, "kid"},
		{"typ is an object", header(`{"alg":"RS256","typ":{}}`), token.ReasonHeaderType, "typ"},
		{"jku", header(`{"alg":"RS256","jku":"https://evil.example/jwks"}`), token.ReasonKeySource, "jku"},
		{"x5u", header(`{"alg":"RS256","x5u":"https://evil.example/cert"}`), token.ReasonKeySource, "x5u"},
		{"jwk", header(`{"alg":"RS256","jwk":{"kty":"oct","k":"AA"}}`), token.ReasonKeySource, "jwk"},
		{"x5c", header(`{"alg":"RS256","x5c":["AA"]}`), token.ReasonKeySource, "x5c"},
		{"unknown crit", header(`{"alg":"RS256","crit":["x"],"x":1}`), token.ReasonCritical, "crit"},
		{"empty crit", header(`{"alg":"RS256","crit":[]}`), token.ReasonCritical, "crit"},
		{"b64", header(`{"alg":"RS256","b64":false}`), token.ReasonCritical, "b64"},

		{"exp as text", with(`{"exp":"1700003600"}`), token.ReasonDate, "exp"},
		{"exp with a fraction", with(`{"exp":1700003600.5}`), token.ReasonDate, "exp"},
		{"exp with a zero fraction", with(`{"exp":1700003600.0}`), token.ReasonDate, "exp"},
		{"exp with an exponent", with(`{"exp":17e8}`), token.ReasonDate, "exp"},
		{"exp negative", with(`{"exp":-1}`), token.ReasonDate, "exp"},
		{"exp minus zero", with(`{"exp":-0}`), token.ReasonDate, "exp"},
		{"exp after the year 9999", with(`{"exp":253402300800}`), token.ReasonDate, "exp"},
		{"exp over 64 bits", with(`{"exp":18446744073709551617}`), token.ReasonDate, "exp"},
		{"exp true", with(`{"exp":true}`), token.ReasonDate, "exp"},
		{"exp list", with(`{"exp":[1700003600]}`), token.ReasonDate, "exp"},
		{"iat as text", with(`{"iat":"1"}`), token.ReasonDate, "iat"},
		{"nbf with a fraction", with(`{"nbf":0.5}`), token.ReasonDate, "nbf"},

		{"iss list", with(`{"iss":["https://idp.example.com"]}`), token.ReasonClaimType, "iss"},
		{"sub number", with(`{"sub":1}`), token.ReasonClaimType, "sub"},
		{"sub with a NUL", with(`{"sub":"a\u0000"}`), token.ReasonClaimType, "sub"},
		{"aud object", with(`{"aud":{"client-1":1}}`), token.ReasonClaimType, "aud"},
		{"aud number", with(`{"aud":1}`), token.ReasonClaimType, "aud"},
		{"aud list of null", with(`{"aud":["client-1",null]}`), token.ReasonClaimType, "aud"},
		{"aud list of numbers", with(`{"aud":["client-1",1]}`), token.ReasonClaimType, "aud"},
		{"aud list of lists", with(`{"aud":[["client-1"]]}`), token.ReasonClaimType, "aud"},
		{"azp list", with(`{"azp":["client-1"]}`), token.ReasonClaimType, "azp"},
		{"azp empty", with(`{"azp":"","aud":"client-1"}`), token.ReasonClaimType, "azp"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := token.Parse(test.raw)
			if test.reason == "" {
				refused, ok := errors.AsType[*token.AlgorithmError](err)
				if !ok || refused.Algorithm != test.concerns {
					t.Fatalf("got %v, want algorithm %q refused", err, test.concerns)
				}
				return
			}
			bad, ok := errors.AsType[*token.MalformedError](err)
			if !ok || bad.Reason != test.reason || bad.Name != test.concerns {
				t.Fatalf("got %v, want %q: %q", err, test.reason, test.concerns)
			}
		})
	}
}

// What looks odd and is right.
func TestParseAccepts(t *testing.T) {
	t.Parallel()
	key := rsaKey(t, 2048)
	keys := keySet(t, token.SigningKey{ID: "../../etc/passwd", Algorithm: "RS256", Signer: key})
	for name, test := range map[string]struct{ header, payload string }{
		"kid like a path":       {`{"alg":"RS256","kid":"../../etc/passwd"}`, `{}`},
		"escaped names":         {`{"\u0061lg":"RS256"}`, `{"\u0069ss":"https://idp.example.com"}`},
		"white space":           {" {\n\"alg\" : \"RS256\" }\t", " { } "},
		"unknown header member": {`{"alg":"RS256","x5t":"AA","x":{"y":[1]}}`, `{}`},
		"access token type":     {`{"alg":"RS256","typ":"at+jwt"}`, `{}`},
		"empty audience":        {`{"alg":"RS256"}`, `{"aud":[]}`},
		"exp zero":              {`{"alg":"RS256"}`, `{"exp":0}`},
		"U+FFFD in another":     {`{"alg":"RS256"}`, `{"name":"\ufffd"}`},
		"claims in other case":  {`{"alg":"RS256"}`, `{"sub":"a","SUB":"b"}`},
		"claims that are null":  {`{"alg":"RS256"}`, `{"iss":null,"sub":null,"aud":null,"azp":null,"exp":null,"iat":null,"nbf":null}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parsed := parse(t, forge(t, test.header, test.payload, key))
			if err := parsed.VerifySignature(keys); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestErrorsKeepTheTokenSecret(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("s3cret", 1000)
	key := rsaKey(t, 2048)
	for _, raw := range []string{
		long,
		forge(t, `{"alg":"RS256"}`, `{"exp":"`+long+`"}`, key),
		forge(t, `{"alg":"`+long+`"}`, `{}`, key),
		forge(t, `{"alg":"RS256"}`, `{"`+long+`":1,"`+long+`":2}`, key),
	} {
		_, err := token.Parse(raw)
		if err == nil || len(err.Error()) > 200 {
			t.Errorf("error of %d bytes: %.200v", len(err.Error()), err)
		}
	}
}

func FuzzParse(f *testing.F) {
	key := rsaKey(f, 2048)
	keys := keySet(f, token.SigningKey{ID: "k", Algorithm: "RS256", Signer: key})
	f.Add(`{"alg":"RS256","kid":"k"}`, `{"iss":"https://idp.example.com","sub":"u","aud":["a"],"exp":1700003600}`)
	f.Add(`{"alg":"none"}`, `{}`)
	f.Add(`{"alg":"RS256","crit":["x"]}`, `{"aud":{},"exp":1.5}`)
	f.Add(`{"alg":"RS256"}`, `{"\u0069ss":"a","iss":"b","x":[[[{"y":null}]]]}`)
	f.Add(`{"alg":"RS256"} `, `[1,]`)
	f.Fuzz(func(t *testing.T, header, payload string) {
		raw := b64([]byte(header)) + "." + b64([]byte(payload)) + ".AAAA"
		parsed, err := token.Parse(raw)
		if err != nil {
			_, malformed := errors.AsType[*token.MalformedError](err)
			_, algorithm := errors.AsType[*token.AlgorithmError](err)
			if !malformed && !algorithm {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		if !json.Valid([]byte(header)) || !json.Valid([]byte(payload)) {
			t.Fatal("accepted what is not JSON")
		}
		var loose map[string]any
		if err := json.Unmarshal([]byte(payload), &loose); err != nil || len(loose) != len(parsed.Claims) {
			t.Fatalf("encoding/json sees %d claims (%v), we %d", len(loose), err, len(parsed.Claims))
		}
		if err := parsed.VerifySignature(keys); err == nil {
			t.Fatal("verified a made-up signature")
		}
	})
}

func FuzzParseRaw(f *testing.F) {
	f.Add("a.b.c")
	f.Add("eyJhbGciOiJSUzI1NiJ9.e30.AAAA")
	f.Add("eyJhbGciOiJSUzI1NiJ9.e30.AAA\n")
	f.Fuzz(func(t *testing.T, raw string) {
		parsed, err := token.Parse(raw)
		if err == nil && (parsed.Algorithm == "" || strings.ContainsAny(raw, " \r\n=+/")) {
			t.Fatalf("accepted %q", raw)
		}
	})
}
