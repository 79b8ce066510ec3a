// Package sigv4 tells who signed an HTTP request with AWS Signature Version 4, and signs requests the same way.
package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	dateTime   = "20060102T150405Z"
	dateOnly   = "20060102"
)

// Signature is what a request claims about its signer. Nothing in it is proven until Verify returns nil.
// It is never changed after Parse, so any number of goroutines may read it.
type Signature struct {
	AccessKeyID  string
	SessionToken string // empty for a long-term key; not covered by the signature when a client adds it after signing
	Region       string // lower-case letters, digits and hyphens, at most 18
	Service      string
	Date         time.Time // UTC, in whole seconds
	Presigned    bool      // the signature came in the query string

	signedHeaders []string
	signature     string
}

// CheckScope returns nil if the signature is scoped to one of services, else a *MismatchError.
// See AWS "Troubleshoot Signature Version 4 signing for AWS API requests".
func (s *Signature) CheckScope(services ...string) error {
	if slices.Contains(services, s.Service) {
		return nil
	}
	return mismatch(Scope, "Credential should be scoped to correct service: '%s'.", strings.Join(services, "' or '"))
}

// Verify returns nil if the holder of secret signed r and body, at most skew before or after now.
// Otherwise it returns a *MismatchError. r is the request as net/http's server hands it out, or one made by Sign or
// Presign; body is all of its body. The X-Amz-Expires of a presigned request is ignored, as AWS STS does.
//
// Verify takes as long for a wrong secret as for the right one. So that time does not tell which keys exist, call it
// for an unknown key too, with any secret, and refuse whatever it returns. An empty secret never verifies.
//
// hosts are further names of the server, as clients send them in Host: a proxy may have put another in its place.
// See AWS "Create a signed AWS API request".
func (s *Signature) Verify(r *http.Request, body []byte, secret string, now time.Time, skew time.Duration, hosts ...string) error {
	hashes, err := s.Hashes(r, body, now, skew, hosts...)
	if err != nil {
		return err
	}
	return s.compare(hashes, secret)
}

func (s *Signature) checkDate(now time.Time, skew time.Duration) error {
	now = now.UTC().Truncate(time.Second)
	minutes := int(skew / time.Minute)
	if earliest := now.Add(-skew); s.Date.Before(earliest) {
		return mismatch(Expired, "Signature expired: %s is now earlier than %s (%s - %d min.)",
			s.Date.Format(dateTime), earliest.Format(dateTime), now.Format(dateTime), minutes)
	}
	if latest := now.Add(skew); s.Date.After(latest) {
		return mismatch(NotYet, "Signature not yet current: %s is still later than %s (%s + %d min.)",
			s.Date.Format(dateTime), latest.Format(dateTime), now.Format(dateTime), minutes)
	}
	return nil
}

// checkSignedHeaders refuses headers that change a request's meaning and are not signed. The session token is exempt:
// some clients add it after signing, and the caller binds it to the access key id.
func (s *Signature) checkSignedHeaders(r *http.Request) error {
	if !slices.Contains(s.signedHeaders, "host") {
		return mismatch(Unsigned, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	var unsigned []string
	for name := range r.Header {
		const prefix = "x-amz-"
		if len(name) < len(prefix) || !strings.EqualFold(name[:len(prefix)], prefix) {
			continue
		}
		name = strings.ToLower(name)
		if name != "x-amz-security-token" && !slices.Contains(s.signedHeaders, name) {
			unsigned = append(unsigned, name)
		}
	}
	if len(unsigned) == 0 {
		return nil
	}
	return mismatch(Unsigned, "'%s' must be a 'SignedHeader' in the AWS Authorization.", clip(slices.Min(unsigned)))
}

// checkDeclaredHash refuses a request that declares another hash than its body's. That includes UNSIGNED-PAYLOAD and
// the STREAMING- values, which only Amazon S3 accepts.
func checkDeclaredHash(r *http.Request, hash string) error {
	_, rawQuery := target(r)
	declared := queryValues(rawQuery, "X-Amz-Content-Sha256")
	if values := r.Header.Values("X-Amz-Content-Sha256"); len(values) > 0 {
		declared = append(declared, canonicalValue(values))
	}
	for _, d := range declared {
		if d != hash {
			return mismatch(Payload, mismatchText)
		}
	}
	return nil
}

func (s *Signature) scope() string {
	return strings.Join([]string{s.Date.Format(dateOnly), s.Region, s.Service, terminator}, "/")
}

func (s *Signature) signingKey(secret string) []byte {
	key := hmacSHA256([]byte("AWS4"+secret), s.Date.Format(dateOnly))
	key = hmacSHA256(key, s.Region)
	key = hmacSHA256(key, s.Service)
	return hmacSHA256(key, terminator)
}

// sign returns the signature of a canonical request with this hash: lower-case hexadecimal.
func (s *Signature) sign(key []byte, hash string) string {
	text := strings.Join([]string{algorithm, s.Date.Format(dateTime), s.scope(), hash}, "\n")
	return hex.EncodeToString(hmacSHA256(key, text))
}

func hmacSHA256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func payloadHash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
