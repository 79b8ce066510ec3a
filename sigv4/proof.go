package sigv4

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A signature can be verified in two places: whoever has the request makes its hashes, and whoever has the secret
// compares them with the signature. Neither needs what the other has.

// Claim reads what a signature claims from its parts: the Credential and the Signature as they were sent, the date it
// was made at, and the session token, empty for a long-term key. It returns an *IncompleteError, or for a credential
// scope that cannot hold a *MismatchError. The result can be compared with hashes alone, not with a request.
func Claim(credential, date, signature, sessionToken string) (*Signature, error) {
	at, ok := parseDate(date)
	if !ok {
		return nil, incomplete("Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601",
			clip(date))
	}
	parts := strings.Split(credential, "/")
	if len(parts) != 5 || parts[0] == "" {
		return nil, incomplete("Credential must have exactly 5 slash-delimited elements, "+
			"e.g. keyid/date/region/service/term, got '%s'", redactCredential(credential))
	}
	if err := checkScope(parts[1], parts[2], parts[4], at); err != nil {
		return nil, err
	}
	return &Signature{
		AccessKeyID:  parts[0],
		SessionToken: sessionToken,
		Region:       parts[2],
		Service:      parts[3],
		Date:         at,
		signature:    signature,
	}, nil
}

// Parts returns what Claim reads s from, all but the session token. The date has the form of X-Amz-Date.
func (s *Signature) Parts() (credential, date, signature string) {
	return s.AccessKeyID + "/" + s.scope(), s.Date.Format(dateTime), s.signature
}

// Hashes checks all of r and body that can be checked without the secret, and returns the SHA-256 of the canonical
// requests that may have been signed, in lower-case hexadecimal: the path may have been normalised or not, and the
// host may be one of hosts as well as the one in r. Otherwise it returns a *MismatchError. The parameters are those of
// Verify.
func (s *Signature) Hashes(r *http.Request, body []byte, now time.Time, skew time.Duration, hosts ...string) ([]string, error) {
	if err := s.checkDate(now, skew); err != nil {
		return nil, err
	}
	if err := s.checkSignedHeaders(r); err != nil {
		return nil, err
	}
	hash := payloadHash(body)
	if err := checkDeclaredHash(r, hash); err != nil {
		return nil, err
	}
	path, rawQuery := target(r)
	query, ok := canonicalQuery(rawQuery, s.Presigned)
	if !ok {
		return nil, mismatch(Mismatch, mismatchText)
	}
	var hashes []string
	for _, name := range slices.Insert(slices.Clone(hosts), 0, host(r)) {
		for _, p := range canonicalPaths(path) {
			canonical, ok := appendRequest(make([]byte, 0, usualRequest), r, name, p, query, s.signedHeaders, hash)
			if !ok {
				return nil, mismatch(Mismatch, mismatchText)
			}
			hashes = append(hashes, payloadHash(canonical))
		}
	}
	return hashes, nil
}

// VerifyHashes returns nil if the holder of secret signed a canonical request with one of these hashes, at most skew
// before or after now. Otherwise it returns a *MismatchError. What Verify says about time and secrets holds here too.
func (s *Signature) VerifyHashes(hashes []string, secret string, now time.Time, skew time.Duration) error {
	if err := s.checkDate(now, skew); err != nil {
		return err
	}
	return s.compare(hashes, secret)
}

func (s *Signature) compare(hashes []string, secret string) error {
	key := s.signingKey(secret)
	equal := 0
	for _, hash := range hashes {
		equal |= subtle.ConstantTimeCompare([]byte(s.sign(key, hash)), []byte(s.signature))
	}
	if equal == 0 || secret == "" {
		return mismatch(Mismatch, mismatchText)
	}
	return nil
}
