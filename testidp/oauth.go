package testidp

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// twitterURL is what clients sign for, wherever a redirect brings the request.
const twitterURL = "https://" + Twitter

// maxSkew is how far the clock of a signed request may be off.
const maxSkew = 5 * time.Minute

// oauthFields reads an Authorization header of OAuth 1.0 (RFC 5849 section 3.5.1).
func oauthFields(r *http.Request) map[string]string {
	fields := make(map[string]string)
	list, _ := strings.CutPrefix(r.Header.Get("Authorization"), "OAuth ")
	for part := range strings.SplitSeq(list, ",") {
		name, quoted, _ := strings.Cut(strings.TrimSpace(part), "=")
		value, err := url.PathUnescape(strings.Trim(quoted, `"`))
		if err == nil {
			fields[name] = value
		}
	}
	return fields
}

// signed reports whether a request is signed by HMAC-SHA1 under the secrets of the
// grant, for its app and at about this time (RFC 5849 section 3.2).
func (g grant) signed(r *http.Request, fields map[string]string, now time.Time) bool {
	seconds, err := strconv.ParseInt(fields["oauth_timestamp"], 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > maxSkew {
		return false
	}
	if fields["oauth_consumer_key"] != g.app || fields["oauth_signature_method"] != "HMAC-SHA1" || fields["oauth_nonce"] == "" {
		return false
	}
	var pairs []string
	for name, value := range fields {
		if name != "oauth_signature" && name != "realm" {
			pairs = append(pairs, escape(name)+"="+escape(value))
		}
	}
	for name, values := range r.URL.Query() {
		for _, value := range values {
			pairs = append(pairs, escape(name)+"="+escape(value))
		}
	}
	slices.Sort(pairs)
	mac := hmac.New(sha1.New, []byte(g.secrets))
	mac.Write([]byte(r.Method + "&" + escape(twitterURL+r.URL.Path) + "&" + escape(strings.Join(pairs, "&"))))
	signature, err := base64.StdEncoding.DecodeString(fields["oauth_signature"])
	return err == nil && hmac.Equal(signature, mac.Sum(nil))
}

// escape leaves letters, digits and -._~ as they are (RFC 5849 section 3.6).
func escape(text string) string {
	var out strings.Builder
	for i := range len(text) {
		c := text[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			out.WriteByte(c)
			continue
		}
		out.WriteByte('%')
		out.WriteString(strings.ToUpper(strconv.FormatInt(int64(c)+0x100, 16)[1:]))
	}
	return out.String()
}
