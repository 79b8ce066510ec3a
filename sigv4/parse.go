package sigv4

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// What a request may carry at most, in bytes and in number. The official SDKs stay far below: a dozen signed headers,
// an Authorization header of half a kilobyte. The query has room for a policy document in a presigned call.
const (
	maxAuthorization = 8 << 10
	maxQuery         = 128 << 10
	maxSignedHeaders = 64
)

// claims is what a request says in its header or its query, unread.
type claims struct {
	algorithm, credential, signedHeaders, signature string
	date, token                                     string
	presigned                                       bool
}

// Parse reads who claims to have signed r, from the Authorization header or from the query. It returns ErrMissing,
// an *IncompleteError, or for a credential scope that cannot hold a *MismatchError. The length of the header and of
// the query and the number of signed headers are bounded.
// See AWS "Authentication methods" and "Troubleshoot Signature Version 4 signing for AWS API requests".
func Parse(r *http.Request) (*Signature, error) {
	_, rawQuery := target(r)
	if len(rawQuery) > maxQuery {
		return nil, incomplete("The query string is longer than %d bytes.", maxQuery)
	}
	header := strings.Join(r.Header.Values("Authorization"), ", ")
	inHeader, inQuery := strings.TrimSpace(header) != "", isPresigned(rawQuery)
	var c claims
	var err error
	switch {
	case inHeader && inQuery:
		return nil, mismatch(Twice,
			"Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
	case inHeader:
		c, err = headerClaims(r, header)
	case inQuery:
		c, err = queryClaims(r, rawQuery)
	default:
		return nil, ErrMissing
	}
	if err != nil {
		return nil, err
	}
	return c.read()
}

func isPresigned(rawQuery string) bool {
	return slices.ContainsFunc([]string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"}, func(name string) bool {
		return len(queryValues(rawQuery, name)) > 0
	})
}

func headerClaims(r *http.Request, header string) (claims, error) {
	if len(header) > maxAuthorization {
		return claims{}, incomplete("Authorization header is longer than %d bytes.", maxAuthorization)
	}
	c := claims{date: headerDate(r), token: canonicalValue(r.Header.Values("X-Amz-Security-Token"))}
	scheme, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	c.algorithm = scheme
	for part := range strings.SplitSeq(rest, ",") {
		name, value, found := strings.Cut(strings.TrimSpace(part), "=")
		if !found && rest != "" {
			return claims{}, incomplete("'%s' not a valid key=value pair (missing equal-sign) in Authorization header: '%s'.",
				redactParameter(part), redactHeader(header))
		}
		field := c.parameter(name)
		if field == nil {
			continue
		}
		if *field != "" {
			return claims{}, incomplete("Authorization header has more than one '%s' parameter. Authorization=%s",
				name, redactHeader(header))
		}
		*field = value
	}
	return c, c.checkHeader(header)
}

// parameter returns where the value of an Authorization header's parameter belongs, or nil for an unknown one.
func (c *claims) parameter(name string) *string {
	switch name {
	case "Credential":
		return &c.credential
	case "SignedHeaders":
		return &c.signedHeaders
	case "Signature":
		return &c.signature
	default:
		return nil
	}
}

func (c *claims) checkHeader(header string) error {
	var missing []string
	require := func(value, sentence string) {
		if value == "" {
			missing = append(missing, sentence)
		}
	}
	require(c.credential, "Authorization header requires 'Credential' parameter.")
	require(c.signature, "Authorization header requires 'Signature' parameter.")
	require(c.signedHeaders, "Authorization header requires 'SignedHeaders' parameter.")
	require(c.date, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	if len(missing) == 0 {
		return nil
	}
	return incomplete("%s Authorization=%s", strings.Join(missing, " "), redactHeader(header))
}

// headerDate returns the date that a request says it was signed at: X-Amz-Date wins over Date.
func headerDate(r *http.Request) string {
	if date := canonicalValue(r.Header.Values("X-Amz-Date")); date != "" {
		return date
	}
	return canonicalValue(r.Header.Values("Date"))
}

func queryClaims(r *http.Request, rawQuery string) (claims, error) {
	c := claims{presigned: true}
	parameters := []struct {
		name     string
		field    *string
		required bool
	}{
		{"X-Amz-Algorithm", &c.algorithm, true},
		{"X-Amz-Credential", &c.credential, true},
		{"X-Amz-Signature", &c.signature, true},
		{"X-Amz-SignedHeaders", &c.signedHeaders, true},
		{"X-Amz-Date", &c.date, true},
		{"X-Amz-Security-Token", &c.token, false},
	}
	var missing []string
	for _, p := range parameters {
		values := queryValues(rawQuery, p.name)
		if len(values) > 1 {
			return claims{}, incomplete("AWS query-string parameters include '%s' more than once.", p.name)
		}
		*p.field = strings.Join(values, "")
		if p.required && *p.field == "" {
			missing = append(missing, "AWS query-string parameters must include '"+p.name+"'. ")
		}
	}
	if len(missing) > 0 {
		return claims{}, incomplete("%sRe-examine the query-string parameters.", strings.Join(missing, ""))
	}
	if c.token == "" {
		c.token = canonicalValue(r.Header.Values("X-Amz-Security-Token"))
	}
	return c, nil
}

func (c *claims) read() (*Signature, error) {
	if c.algorithm != algorithm {
		return nil, incomplete("Unsupported AWS 'algorithm': '%s' (only %s for now).", clip(c.algorithm), algorithm)
	}
	s, err := Claim(c.credential, c.date, c.signature, c.token)
	if err != nil {
		return nil, err
	}
	names := strings.Split(c.signedHeaders, ";")
	if len(names) > maxSignedHeaders {
		return nil, incomplete("More than %d signed headers.", maxSignedHeaders)
	}
	if !areHeaderNames(names) {
		return nil, incomplete("SignedHeaders must be lower-case header names, each once, separated by semicolons.")
	}
	s.Presigned, s.signedHeaders = c.presigned, names
	return s, nil
}

// parseDate reads the formats that clients send, into UTC and whole seconds.
func parseDate(text string) (time.Time, bool) {
	// time.Parse would tolerate a fraction of a second, which the string to sign has no place for.
	if date, err := time.Parse(dateTime, text); err == nil {
		return date, len(text) == len(dateTime)
	}
	for _, layout := range []string{"Mon, 2 Jan 2006 15:04:05 GMT", "Mon, 2 Jan 2006 15:04:05 -0700"} {
		if date, err := time.Parse(layout, text); err == nil {
			return date.UTC().Truncate(time.Second), true
		}
	}
	return time.Time{}, false
}

func checkScope(day, region, term string, date time.Time) error {
	var wrong []string
	if !isRegion(region) {
		wrong = append(wrong, "Credential should be scoped to a valid Region, not '"+clip(region)+"'.")
	}
	if term != terminator {
		wrong = append(wrong, "Credential should be scoped with a valid terminator: '"+terminator+"', not '"+clip(term)+"'.")
	}
	if want := date.Format(dateOnly); day != want {
		wrong = append(wrong, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '"+
			clip(day)+"' != '"+want+"', from '"+date.Format(dateTime)+"'.")
	}
	if len(wrong) == 0 {
		return nil
	}
	return mismatch(Scope, "%s", strings.Join(wrong, " "))
}

// isRegion bounds what may become part of an identity id, which has at most 55
// characters with a UUID of 36 and a colon, or of an ARN.
func isRegion(text string) bool {
	return text != "" && len(text) <= 18 &&
		strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func areHeaderNames(names []string) bool {
	for i, name := range names {
		valid := name != "" && name == strings.ToLower(name) && !strings.ContainsAny(name, " \t\r\n:,")
		if !valid || slices.Contains(names[:i], name) {
			return false
		}
	}
	return true
}
