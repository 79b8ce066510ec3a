package sigv4

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Credentials sign requests. SessionToken is empty for long-term keys.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
}

// Sign signs an outgoing request and its body at the time now, in the Authorization header. It signs all headers
// that r has by then but those which proxies and clients change on the way. A query with a malformed percent sign
// cannot be signed: Verify refuses it.
func Sign(r *http.Request, body []byte, creds Credentials, region, service string, now time.Time) {
	s := newSignature(creds, region, service, now)
	r.Header.Del("Authorization")
	r.Header.Set("X-Amz-Date", s.Date.Format(dateTime))
	if creds.SessionToken != "" {
		r.Header.Set("X-Amz-Security-Token", creds.SessionToken)
	}
	s.signedHeaders = signable(r)
	signature := s.compute(r, body, creds.SecretAccessKey)
	r.Header.Set("Authorization", algorithm+" Credential="+s.AccessKeyID+"/"+s.scope()+
		", SignedHeaders="+strings.Join(s.signedHeaders, ";")+", Signature="+signature)
}

// Presign signs an outgoing request and its body at the time now, in its query: whoever has the URL, and sends the
// headers that r has by then, can make the call.
func Presign(r *http.Request, body []byte, creds Credentials, region, service string, now time.Time) {
	s := newSignature(creds, region, service, now)
	s.Presigned = true
	s.signedHeaders = signable(r)
	parameters := []string{
		"X-Amz-Algorithm=" + algorithm,
		"X-Amz-Credential=" + encode(s.AccessKeyID+"/"+s.scope(), 0),
		"X-Amz-Date=" + s.Date.Format(dateTime),
		"X-Amz-SignedHeaders=" + encode(strings.Join(s.signedHeaders, ";"), 0),
	}
	if creds.SessionToken != "" {
		parameters = append(parameters, "X-Amz-Security-Token="+encode(creds.SessionToken, 0))
	}
	if r.URL.RawQuery != "" {
		parameters = slices.Insert(parameters, 0, r.URL.RawQuery)
	}
	r.URL.RawQuery = strings.Join(parameters, "&")
	r.URL.RawQuery += "&X-Amz-Signature=" + s.compute(r, body, creds.SecretAccessKey)
}

func newSignature(creds Credentials, region, service string, now time.Time) *Signature {
	return &Signature{
		AccessKeyID: creds.AccessKeyID,
		Region:      region,
		Service:     service,
		Date:        now.UTC().Truncate(time.Second),
	}
}

// signable returns the names of the headers to sign, sorted.
func signable(r *http.Request) []string {
	names := []string{"host"}
	for name := range r.Header {
		lower := strings.ToLower(name)
		if len(r.Header.Values(name)) > 0 && lower != "host" && !isUnsignable(lower) {
			names = append(names, lower)
		}
	}
	slices.Sort(names)
	return names
}

// isUnsignable tells the headers of one hop, and those that a client or a proxy may set after signing.
func isUnsignable(name string) bool {
	switch name {
	case "authorization", "connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding",
		"upgrade", "user-agent", "x-amzn-trace-id":
		return true
	default:
		return strings.HasPrefix(name, "proxy-")
	}
}

func (s *Signature) compute(r *http.Request, body []byte, secret string) string {
	path, rawQuery := target(r)
	query, _ := canonicalQuery(rawQuery, s.Presigned)
	canonical, _ := appendRequest(nil, r, host(r), canonicalPaths(path)[0], query, s.signedHeaders, payloadHash(body))
	return s.sign(s.signingKey(secret), payloadHash(canonical))
}
