package token

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxDate is the last second of the year 9999, beyond which time.Time no
// longer prints as RFC 3339.
const maxDate = 253402300799

// Parse reads a token in the compact form of RFC 7515 and proves nothing. It
// is stricter than the RFCs where readers are known to disagree. It returns
// *MalformedError, or *AlgorithmError for an algorithm that is not accepted.
func Parse(raw string) (*Token, error) {
	if len(raw) > MaxSize {
		return nil, &MalformedError{Reason: ReasonSize}
	}
	parts := strings.SplitN(raw, ".", 4)
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" {
		return nil, &MalformedError{Reason: ReasonParts}
	}
	header, bad := decodePart("header", parts[0])
	if bad != nil {
		return nil, bad
	}
	t := &Token{signed: raw[:len(parts[0])+1+len(parts[1])]}
	if err := t.readHeader(header); err != nil {
		return nil, err
	}
	if t.Claims, bad = decodePart("payload", parts[1]); bad != nil {
		return nil, bad
	}
	if bad = t.readClaims(); bad != nil {
		return nil, bad
	}
	if parts[2] == "" {
		return nil, &MalformedError{Reason: ReasonParts, Name: "signature"}
	}
	if t.signature, bad = decodeBase64("signature", parts[2]); bad != nil {
		return nil, bad
	}
	return t, nil
}

func decodePart(name, part string) (map[string]any, *MalformedError) {
	data, bad := decodeBase64(name, part)
	if bad != nil {
		return nil, bad
	}
	object, bad := decodeObject(data)
	if bad != nil && bad.Name == "" {
		bad.Name = name
	}
	return object, bad
}

func decodeBase64(name, part string) ([]byte, *MalformedError) {
	// The decoder of the standard library skips line breaks, even a strict one.
	if strings.IndexByte(part, '\r') >= 0 || strings.IndexByte(part, '\n') >= 0 {
		return nil, &MalformedError{Reason: ReasonEncoding, Name: name}
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return nil, &MalformedError{Reason: ReasonEncoding, Name: name}
	}
	return data, nil
}

func (t *Token) readHeader(header map[string]any) error {
	for _, name := range []string{"alg", "kid", "typ", "cty"} {
		value, present := header[name]
		if _, ok := value.(string); present && !ok {
			return &MalformedError{Reason: ReasonHeaderType, Name: name}
		}
	}
	for _, name := range []string{"jku", "x5u", "jwk", "x5c"} {
		if _, present := header[name]; present {
			return &MalformedError{Reason: ReasonKeySource, Name: name}
		}
	}
	for _, name := range []string{"crit", "b64"} {
		if _, present := header[name]; present {
			return &MalformedError{Reason: ReasonCritical, Name: name}
		}
	}
	t.Algorithm, _ = header["alg"].(string)
	t.KeyID, _ = header["kid"].(string)
	_, err := algorithmOf(t.Algorithm)
	return err
}

// readClaims takes a claim that is null for one that is not there, as libraries write
// what they have no value for.
func (t *Token) readClaims() *MalformedError {
	if bad := t.readText("iss", &t.Issuer); bad != nil {
		return bad
	}
	if bad := t.readText("sub", &t.Subject); bad != nil {
		return bad
	}
	if bad := t.readText("azp", &t.AuthorizedParty); bad != nil {
		return bad
	}
	// An empty azp must not open the way to aud: present, it alone counts.
	if t.Claims["azp"] == "" {
		return &MalformedError{Reason: ReasonClaimType, Name: "azp"}
	}
	if bad := t.readDate("exp", &t.Expires); bad != nil {
		return bad
	}
	if bad := t.readDate("iat", &t.IssuedAt); bad != nil {
		return bad
	}
	if bad := t.readDate("nbf", &t.NotBefore); bad != nil {
		return bad
	}
	return t.readAudience()
}

func (t *Token) readText(name string, to *string) *MalformedError {
	value := t.Claims[name]
	if value == nil {
		return nil
	}
	text, ok := value.(string)
	if !ok || !isPlain(text) {
		return &MalformedError{Reason: ReasonClaimType, Name: name}
	}
	*to = text
	return nil
}

func (t *Token) readDate(name string, to *time.Time) *MalformedError {
	value := t.Claims[name]
	if value == nil {
		return nil
	}
	seconds, ok := parseDate(value)
	if !ok {
		return &MalformedError{Reason: ReasonDate, Name: name}
	}
	*to = time.Unix(seconds, 0)
	return nil
}

func (t *Token) readAudience() *MalformedError {
	value := t.Claims["aud"]
	if value == nil {
		return nil
	}
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	for _, element := range list {
		text, ok := element.(string)
		if !ok || !isPlain(text) {
			return &MalformedError{Reason: ReasonClaimType, Name: "aud"}
		}
		t.Audience = append(t.Audience, text)
	}
	return nil
}

// parseDate reads a NumericDate. RFC 7519 allows fractions; AWS STS does not.
func parseDate(value any) (seconds int64, ok bool) {
	number, ok := value.(json.Number)
	if !ok || strings.HasPrefix(number.String(), "-") {
		return 0, false
	}
	seconds, err := strconv.ParseInt(number.String(), 10, 64)
	return seconds, err == nil && seconds <= maxDate
}

// isPlain refuses control characters, which databases and logs disagree about,
// and U+FFFD, which every unpaired surrogate becomes: two subjects could
// otherwise fall into one.
func isPlain(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || r == utf8.RuneError
	})
}
