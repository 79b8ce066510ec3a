package token_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/token"
)

func TestAttacksOnAlgorithm(t *testing.T) {
	t.Parallel()
	a := newAttackers(t)
	pkcs1 := x509.MarshalPKCS1PublicKey(&a.rs.PublicKey)
	pkix, err := x509.MarshalPKIXPublicKey(&a.rs.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	asPEM := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	a.run(map[string]jwtAttack{
		"none, no signature":               {a.unsigned("none"), refusedAlgorithm},
		"None":                             {a.unsigned("None"), refusedAlgorithm},
		"NONE":                             {a.unsigned("NONE"), refusedAlgorithm},
		"nOnE":                             {a.unsigned("nOnE"), refusedAlgorithm},
		"none with a signature":            {a.header(`{"alg":"none","kid":"rs"}`), refusedAlgorithm},
		"none, padded by a space":          {a.unsigned("none "), refusedAlgorithm},
		"none behind a NUL":                {a.unsigned(`none\u0000`), refusedAlgorithm},
		"none in escapes":                  {a.unsigned(`\u006eone`), refusedAlgorithm},
		"empty":                            {a.unsigned(""), refusedAlgorithm},
		"absent":                           {a.header(`{"kid":"rs"}`), refusedAlgorithm},
		"null":                             {a.header(`{"alg":null,"kid":"rs"}`), malformed(token.ReasonHeaderType)},
		"a number":                         {a.header(`{"alg":256,"kid":"rs"}`), malformed(token.ReasonHeaderType)},
		"a list":                           {a.header(`{"alg":["none","RS256"],"kid":"rs"}`), malformed(token.ReasonHeaderType)},
		"twice":                            {a.header(`{"alg":"RS256","alg":"none","kid":"rs"}`), malformed(token.ReasonDuplicate)},
		"twice, once in escapes":           {a.header(`{"alg":"RS256","\u0061lg":"none","kid":"rs"}`), malformed(token.ReasonDuplicate)},
		"in upper case beside":             {a.header(`{"ALG":"none","kid":"rs"}`), refusedAlgorithm},
		"HS256, secret is PKIX in PEM":     {a.symmetric("HS256", "rs", sha256.New, asPEM("PUBLIC KEY", pkix)), refusedAlgorithm},
		"HS256, secret is PEM, no newline": {a.symmetric("HS256", "rs", sha256.New, bytes.TrimSpace(asPEM("PUBLIC KEY", pkix))), refusedAlgorithm},
		"HS256, secret is PKCS 1 in PEM":   {a.symmetric("HS256", "rs", sha256.New, asPEM("RSA PUBLIC KEY", pkcs1)), refusedAlgorithm},
		"HS256, secret is the modulus":     {a.symmetric("HS256", "rs", sha256.New, a.rs.N.Bytes()), refusedAlgorithm},
		"HS256, secret is the JWK's n":     {a.symmetric("HS256", "rs", sha256.New, []byte(b64(a.rs.N.Bytes()))), refusedAlgorithm},
		"HS256, secret is empty":           {a.symmetric("HS256", "rs", sha256.New, nil), refusedAlgorithm},
		"HS384":                            {a.symmetric("HS384", "rs", sha512.New384, a.rs.N.Bytes()), refusedAlgorithm},
		"HS512":                            {a.symmetric("HS512", "rs", sha512.New, a.rs.N.Bytes()), refusedAlgorithm},
		"HMAC that calls itself RS256":     {a.symmetric("RS256", "rs", sha256.New, a.rs.N.Bytes()), badSignature},
		"HMAC that calls itself ES256":     {a.symmetric("ES256", "es", sha256.New, a.es.X.Bytes()), badSignature},
		"hs256 in lower case":              {a.symmetric("hs256", "rs", sha256.New, pkix), refusedAlgorithm},
		"PS256":                            {a.header(`{"alg":"PS256","kid":"rs"}`), refusedAlgorithm},
		"RS1":                              {a.header(`{"alg":"RS1","kid":"rs"}`), refusedAlgorithm},
		"EdDSA":                            {a.header(`{"alg":"EdDSA","kid":"rs"}`), refusedAlgorithm},
		"ES256K":                           {a.header(`{"alg":"ES256K","kid":"es"}`), refusedAlgorithm},
		"RS512 over a SHA-256 signature":   {a.header(`{"alg":"RS512","kid":"rs"}`), badSignature},
		"ES256 by an RSA key":              {a.header(`{"alg":"ES256","kid":"rs"}`), isKeyError},
		"RS256 by an EC key":               {a.header(`{"alg":"RS256","kid":"es"}`), isKeyError},
		"ES384 by a P-256 key":             {a.header(`{"alg":"ES384","kid":"es"}`), isKeyError},
		"JWE, direct":                      {b64([]byte(`{"alg":"dir","enc":"A256GCM"}`)) + "..AAAA.AAAA.AAAA", malformed(token.ReasonParts)},
		"JWE in three parts":               {a.header(`{"alg":"RSA-OAEP","enc":"A256GCM","kid":"rs"}`), refusedAlgorithm},
	})
}

func TestAttacksOnSignature(t *testing.T) {
	t.Parallel()
	a := newAttackers(t)
	n := elliptic.P256().Params().N
	r, s := a.ecSignature()
	zero, one := new(big.Int), big.NewInt(1)
	sum := sha256.Sum256([]byte(a.ecParts[0] + "." + a.ecParts[1]))
	der, err := ecdsa.SignASN1(rand.Reader, a.es, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	sum = sha256.Sum256([]byte(a.parts[0] + "." + a.parts[1]))
	pss, err := rsa.SignPSS(rand.Reader, a.rs, crypto.SHA256, sum[:], nil)
	if err != nil {
		t.Fatal(err)
	}
	head, body := a.parts[0], a.parts[1]
	bob := strings.Split(a.claims("sub", "user-2"), ".")
	detached := func(signature string) string { return head + "." + body + "." + signature }
	signature, err := base64.RawURLEncoding.DecodeString(a.parts[2])
	if err != nil {
		t.Fatal(err)
	}
	raised := new(big.Int).Exp(big.NewInt(2), big.NewInt(int64(a.rs.E)), a.rs.N) // a signature of nobody's text
	a.run(map[string]jwtAttack{
		"of another token":          {detached(bob[2]), badSignature},
		"payload of another token":  {head + "." + bob[1] + "." + a.parts[2], badSignature},
		"by the attacker's key":     {forge(t, `{"alg":"RS256","kid":"rs"}`, a.body, a.evil), badSignature},
		"absent":                    {detached(""), malformed(token.ReasonParts)},
		"absent with its dot":       {head + "." + body, malformed(token.ReasonParts)},
		"one byte":                  {detached("AA"), badSignature},
		"zeros":                     {detached(b64(make([]byte, 256))), badSignature},
		"one":                       {detached(b64(append(make([]byte, 255), 1))), badSignature},
		"modulus minus one":         {detached(b64(new(big.Int).Sub(a.rs.N, one).Bytes())), badSignature},
		"the modulus itself":        {detached(b64(a.rs.N.Bytes())), badSignature},
		"a power of two":            {detached(b64(raised.FillBytes(make([]byte, 256)))), badSignature},
		"cut short":                 {detached(b64(signature[:255])), badSignature},
		"longer at the end":         {detached(b64(append(bytes.Clone(signature), 0))), badSignature},
		"longer in front":           {detached(b64(append([]byte{0}, signature...))), badSignature},
		"PSS for PKCS 1":            {detached(b64(pss)), badSignature},
		"of ECDSA for RSA":          {detached(a.ecParts[2]), badSignature},
		"ECDSA, r and s are zero":   {a.ec(zero, zero), badSignature},
		"ECDSA, r is zero":          {a.ec(zero, s), badSignature},
		"ECDSA, s is zero":          {a.ec(r, zero), badSignature},
		"ECDSA, r is the order":     {a.ec(n, s), badSignature},
		"ECDSA, s is the order":     {a.ec(r, n), badSignature},
		"ECDSA, both are the order": {a.ec(n, n), badSignature},
		"ECDSA, r over the order":   {a.ec(new(big.Int).Add(n, one), s), badSignature},
		"ECDSA, r and s are one":    {a.ec(one, one), badSignature},
		"ECDSA, swapped":            {a.ec(s, r), badSignature},
		"ECDSA in ASN.1":            {a.ecParts[0] + "." + a.ecParts[1] + "." + b64(der), badSignature},
		"ECDSA, cut in half":        {a.ecParts[0] + "." + a.ecParts[1] + "." + b64(r.FillBytes(make([]byte, 32))), badSignature},
		// Whoever has a token can make another of it that says the same.
		"ECDSA, s negated, is no attack": {a.ec(r, new(big.Int).Sub(n, s)), admitted},
	})
}

func TestAttacksOnHeader(t *testing.T) {
	t.Parallel()
	a := newAttackers(t)
	evil := marshal(t, jwk(t, a.evil))
	byEvil := func(header string) string { return forge(t, header, a.body, a.evil) }
	payload := a.parts[1]
	a.run(map[string]jwtAttack{
		"kid is a path":              {byEvil(`{"alg":"RS256","kid":"../../dev/null"}`), unknownKey},
		"kid is SQL":                 {byEvil(`{"alg":"RS256","kid":"rs' UNION SELECT 'k"}`), unknownKey},
		"kid is a command":           {byEvil(`{"alg":"RS256","kid":"rs|id"}`), unknownKey},
		"kid is a URL":               {byEvil(`{"alg":"RS256","kid":"https://evil.example/key"}`), unknownKey},
		"kid with a NUL":             {byEvil(`{"alg":"RS256","kid":"rs\u0000"}`), unknownKey},
		"kid in upper case":          {a.header(`{"alg":"RS256","kid":"RS"}`), unknownKey},
		"kid unknown":                {a.header(`{"alg":"RS256","kid":"rs2"}`), unknownKey},
		"kid empty, another's key":   {byEvil(`{"alg":"RS256","kid":""}`), badSignature},
		"kid absent, another's key":  {byEvil(`{"alg":"RS256"}`), badSignature},
		"kid twice":                  {a.header(`{"alg":"RS256","kid":"evil","kid":"rs"}`), malformed(token.ReasonDuplicate)},
		"kid is a list":              {a.header(`{"alg":"RS256","kid":["rs"]}`), malformed(token.ReasonHeaderType)},
		"jwk":                        {byEvil(`{"alg":"RS256","kid":"rs","jwk":` + evil + `}`), malformed(token.ReasonKeySource)},
		"jwk, though rightly signed": {a.header(`{"alg":"RS256","kid":"rs","jwk":` + evil + `}`), malformed(token.ReasonKeySource)},
		"jku":                        {byEvil(`{"alg":"RS256","kid":"rs","jku":"https://evil.example/jwks"}`), malformed(token.ReasonKeySource)},
		"jku below the issuer":       {byEvil(`{"alg":"RS256","kid":"rs","jku":"https://idp.example.com@evil.example/"}`), malformed(token.ReasonKeySource)},
		"x5u":                        {byEvil(`{"alg":"RS256","kid":"rs","x5u":"https://evil.example/cert"}`), malformed(token.ReasonKeySource)},
		"x5c":                        {byEvil(`{"alg":"RS256","kid":"rs","x5c":["MIIB"]}`), malformed(token.ReasonKeySource)},
		"crit unknown":               {a.header(`{"alg":"RS256","kid":"rs","crit":["x"],"x":1}`), malformed(token.ReasonCritical)},
		"crit empty":                 {a.header(`{"alg":"RS256","kid":"rs","crit":[]}`), malformed(token.ReasonCritical)},
		"b64 false":                  {a.header(`{"alg":"RS256","kid":"rs","b64":false,"crit":["b64"]}`), malformed(token.ReasonCritical)},
		"b64 false and not crit":     {a.header(`{"alg":"RS256","kid":"rs","b64":false}`), malformed(token.ReasonCritical)},
		"nested token":               {a.forge(`{"alg":"RS256","kid":"rs","cty":"JWT"}`, a.good), malformed(token.ReasonJSON)},
		"typ is an object":           {a.header(`{"alg":"RS256","kid":"rs","typ":{}}`), malformed(token.ReasonHeaderType)},
		"white space in front":       {" " + a.good, malformed(token.ReasonEncoding)},
		"line end behind":            {a.good + "\n", malformed(token.ReasonEncoding)},
		"line end inside":            {a.good[:40] + "\r\n" + a.good[40:], malformed(token.ReasonEncoding)},
		"dot behind":                 {a.good + ".", malformed(token.ReasonParts)},
		"four parts":                 {a.good + ".AAAA", malformed(token.ReasonParts)},
		"padding":                    {a.parts[0] + "." + payload + "=." + a.parts[2], malformed(token.ReasonEncoding)},
		"standard alphabet":          {a.parts[0] + "." + payload + "." + strings.Repeat("+/", 170) + "AA", malformed(token.ReasonEncoding)},
		"detached payload":           {a.parts[0] + ".." + a.parts[2], malformed(token.ReasonParts)},
		"JSON serialization":         {`{"protected":"` + a.parts[0] + `","payload":"` + payload + `","signature":"` + a.parts[2] + `"}`, malformed(token.ReasonParts)},
		"general JSON":               {`{"payload":"` + payload + `","signatures":[{"protected":"` + a.parts[0] + `","signature":"` + a.parts[2] + `"}]}`, malformed(token.ReasonParts)},
		"byte order mark":            {a.header("\ufeff" + `{"alg":"RS256","kid":"rs"}`), malformed(token.ReasonJSON)},
		"not UTF-8":                  {a.header("{\"alg\":\"RS256\",\"kid\":\"rs\",\"x\":\"\xff\"}"), malformed(token.ReasonUnicode)},
		"a megabyte":                 {a.header(`{"alg":"RS256","kid":"rs","x":"` + strings.Repeat("x", 1<<20) + `"}`), malformed(token.ReasonSize)},
		"nested deeply":              {a.header(`{"alg":"RS256","kid":"rs","x":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`), malformed(token.ReasonDepth)},
	})
}

func TestAttacksOnClaims(t *testing.T) {
	t.Parallel()
	a := newAttackers(t)
	now := issuedAt().Unix()
	without := func(names ...string) string {
		claims := goodClaims()
		for _, name := range names {
			delete(claims, name)
		}
		return strings.TrimSuffix(marshal(t, claims), "}")
	}
	raw := func(payload string) string { return a.forge(`{"alg":"RS256","kid":"rs"}`, payload) }
	exp := func(value string) string { return raw(without("exp") + `,"exp":` + value + `}`) }
	a.run(map[string]jwtAttack{
		"exp passed":                  {a.claims("exp", now-300), expired},
		"exp one second within grace": {a.claims("exp", now-299), admitted},
		"exp absent":                  {a.claims("exp", nil), missing},
		"exp as text":                 {exp(`"9999999999"`), malformed(token.ReasonDate)},
		"exp as a fraction":           {exp(`9999999999.5`), malformed(token.ReasonDate)},
		"exp with an exponent":        {exp(`1e300`), malformed(token.ReasonDate)},
		"exp over 64 bits":            {exp(`99999999999999999999999`), malformed(token.ReasonDate)},
		"exp in milliseconds":         {exp(`1700003600000`), malformed(token.ReasonDate)},
		"exp negative":                {exp(`-1`), malformed(token.ReasonDate)},
		"exp is NaN":                  {exp(`NaN`), malformed(token.ReasonJSON)},
		"exp is Infinity":             {exp(`Infinity`), malformed(token.ReasonJSON)},
		"exp is null":                 {exp(`null`), missing},
		"exp is true":                 {exp(`true`), malformed(token.ReasonDate)},
		"exp is hexadecimal":          {exp(`0xffffffff`), malformed(token.ReasonJSON)},
		"exp in upper case":           {raw(without("exp") + `,"EXP":9999999999}`), missing},
		"exp in another case beside":  {raw(without("exp") + fmt.Sprintf(`,"exp":%d,"Exp":9999999999}`, now-3600)), expired},
		"exp with a dotless i":        {raw(without("exp") + `,"ex\u1d18":9999999999}`), missing},
		"exp twice":                   {a.claim(`"exp":9999999999`), malformed(token.ReasonDuplicate)},
		"exp twice, once in escapes":  {a.claim(`"\u0065xp":9999999999`), malformed(token.ReasonDuplicate)},
		"iat in the future":           {a.claims("iat", now+301), notYet},
		"nbf in the future":           {a.claims("nbf", now+301), notYet},
		"nbf as text":                 {a.claims("nbf", "0"), malformed(token.ReasonDate)},
		"aud another's":               {a.claims("aud", "client-2"), is(errClient)},
		"aud absent":                  {a.claims("aud", nil), missing},
		"aud empty":                   {a.claims("aud", ""), missing},
		"aud empty list":              {a.claims("aud", []string{}), missing},
		"aud list without the client": {a.claims("aud", []string{"client-2", "client"}), is(errClient)},
		"aud list with the client":    {a.claims("aud", []string{"client-2", "client-1"}), admitted},
		"aud a number":                {a.claims("aud", 1), malformed(token.ReasonClaimType)},
		"aud an object":               {a.claims("aud", map[string]any{"client-1": true}), malformed(token.ReasonClaimType)},
		"aud a list in a list":        {a.claims("aud", []any{[]string{"client-1"}}), malformed(token.ReasonClaimType)},
		"aud joined by a space":       {a.claims("aud", "client-2 client-1"), is(errClient)},
		"aud with a line end":         {a.claims("aud", "client-1\n"), malformed(token.ReasonClaimType)},
		"aud with a NUL":              {a.claims("aud", "client-1\x00"), malformed(token.ReasonClaimType)},
		"aud in upper case":           {a.claims("aud", "CLIENT-1"), is(errClient)},
		"azp another's":               {a.claims("azp", "client-2"), is(errClient)},
		"azp empty":                   {a.claims("azp", ""), malformed(token.ReasonClaimType)},
		"azp null":                    {a.claim(`"azp":null`), admitted},
		"azp null, aud another's":     {raw(without("aud") + `,"azp":null,"aud":"client-2"}`), is(errClient)},
		"aud null":                    {raw(without("aud") + `,"aud":null}`), missing},
		"sub null":                    {raw(without("sub") + `,"sub":null}`), missing},
		"iss null":                    {raw(without("iss") + `,"iss":null}`), is(errIssuer)},
		"azp a list":                  {a.claims("azp", []string{"client-1"}), malformed(token.ReasonClaimType)},
		"iss with a slash":            {a.claims("iss", "https://idp.example.com/"), is(errIssuer)},
		"iss in plain http":           {a.claims("iss", "http://idp.example.com"), is(errIssuer)},
		"iss a list":                  {a.claims("iss", []string{"https://idp.example.com"}), malformed(token.ReasonClaimType)},
		"iss twice":                   {a.claim(`"iss":"https://evil.example"`), malformed(token.ReasonDuplicate)},
		"iss absent":                  {a.claims("iss", nil), is(errIssuer)},
		"sub absent":                  {a.claims("sub", nil), missing},
		"sub empty":                   {a.claims("sub", ""), missing},
		"sub a number":                {a.claims("sub", 1), malformed(token.ReasonClaimType)},
		"sub an object":               {a.claims("sub", map[string]string{"id": "user-1"}), malformed(token.ReasonClaimType)},
		"sub twice":                   {a.claim(`"sub":"user-2"`), malformed(token.ReasonDuplicate)},
		"sub with a NUL":              {a.claims("sub", "user-1\x00"), malformed(token.ReasonClaimType)},
		"sub with half a surrogate":   {raw(without("sub") + `,"sub":"user-1\ud800"}`), malformed(token.ReasonUnicode)},
		"not UTF-8":                   {raw(without("sub") + ",\"sub\":\"user-1\xff\"}"), malformed(token.ReasonUnicode)},
		"byte order mark":             {raw("\ufeff" + a.body), malformed(token.ReasonJSON)},
		"two objects":                 {raw(a.body + a.body), malformed(token.ReasonJSON)},
		"a list of one":               {raw("[" + a.body + "]"), malformed(token.ReasonJSON)},
		"comment":                     {raw(without() + `/*,"sub":"user-2"*/}`), malformed(token.ReasonJSON)},
		"prototype":                   {a.claim(`"__proto__":{"sub":"user-2"}`), admitted},
		"nested deeply":               {a.claim(`"x":` + strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)), malformed(token.ReasonDepth)},
		"very many claims":            {a.claim(strings.TrimSuffix(strings.Repeat(`"x":1,`, 9000), ",")), malformed(token.ReasonSize)},
		"a megabyte":                  {a.claims("x", strings.Repeat("x", 1<<20)), malformed(token.ReasonSize)},
	})
}

// Keys that an issuer may publish, and that prove nothing although they signed.
func TestAttacksOnKeys(t *testing.T) {
	t.Parallel()
	a := newAttackers(t)
	short := rsaKey(t, 1024)
	shorter := new(big.Int).Mul(big.NewInt(1<<32-5), big.NewInt(1<<32-17)) // 64 bits, as 512 cannot even be made
	byShort := forge(t, `{"alg":"RS256","kid":"k"}`, a.body, short)
	signed := a.header(`{"alg":"RS256","kid":"k"}`)
	own := jwk(t, a.rs)
	// With the exponent 1 a signature is the padded hash itself, which anyone can write.
	padded := append([]byte{0, 1}, bytes.Repeat([]byte{255}, 202)...)
	sum := sha256.Sum256([]byte(strings.Join(strings.Split(signed, ".")[:2], ".")))
	padded = append(append(padded, 0), append([]byte("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"), sum[:]...)...)
	byAnyone := strings.Join(append(strings.Split(signed, ".")[:2], b64(padded)), ".")
	for name, test := range map[string]struct {
		raw  string
		key  map[string]any
		want func(error) bool
	}{
		"good":                     {signed, own, admitted},
		"exponent 3 is allowed":    {signed, with(own, "e", "Aw"), badSignature},
		"1024 bits":                {byShort, jwk(t, short), isKeyError},
		"64 bits":                  {signed, with(own, "n", b64(shorter.Bytes())), isKeyError},
		"8192 bits":                {signed, with(own, "n", b64(bytes.Repeat([]byte{255}, 1024))), isKeyError},
		"exponent 1, by anyone":    {byAnyone, with(own, "e", "AQ"), isKeyError},
		"exponent 0":               {signed, with(own, "e", "AA"), isKeyError},
		"exponent 2":               {signed, with(own, "e", "Ag"), isKeyError},
		"exponent over 31 bits":    {signed, with(own, "e", b64([]byte{1, 0, 0, 0, 1})), badSignature},
		"for encryption":           {signed, with(own, "use", "enc"), isKeyError},
		"to wrap keys":             {signed, with(own, "key_ops", []string{"wrapKey"}), isKeyError},
		"for PS256":                {signed, with(own, "alg", "PS256"), isKeyError},
		"for RSA-OAEP":             {signed, with(own, "alg", "RSA-OAEP"), isKeyError},
		"private":                  {signed, with(own, "d", b64(a.rs.D.Bytes())), isKeyError},
		"symmetric":                {a.symmetric("RS256", "k", sha256.New, []byte("k")), map[string]any{"kty": "oct", "kid": "k", "k": "aw"}, isKeyError},
		"RSA that calls itself EC": {signed, with(own, "kty", "EC"), isKeyError},
		"EC with the RSA's id":     {signed, with(jwk(t, a.es), "kid", "k"), isKeyError},
		"another's with this id":   {signed, jwk(t, a.evil), badSignature},
		"kid is a number":          {signed, with(own, "kid", 7), unknownKey},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := map[string]any{"keys": []any{test.key, with(jwk(t, a.es), "kid", "spare")}}
			if err := admit(test.raw, parseKeys(t, []byte(marshal(t, set)))); !test.want(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}
