package provider

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// oauth signs requests with the keys of an app and of its user by OAuth 1.0a with
// HMAC-SHA1, the one method that Twitter takes (RFC 5849).
type oauth struct {
	consumer, consumerSecret string
	token, tokenSecret       string
}

// header is the Authorization header of a request without parameters of its own.
func (o oauth) header(method, address string, now time.Time) string {
	fields := url.Values{
		"oauth_consumer_key":     {o.consumer},
		"oauth_nonce":            {rand.Text()},
		"oauth_signature_method": {"HMAC-SHA1"},
		"oauth_timestamp":        {strconv.FormatInt(now.Unix(), 10)},
		"oauth_token":            {o.token},
		"oauth_version":          {"1.0"},
	}
	fields.Set("oauth_signature", o.signature(method, address, fields))
	var parts []string
	for name := range fields {
		parts = append(parts, name+`="`+escape(fields.Get(name))+`"`)
	}
	slices.Sort(parts)
	return "OAuth " + strings.Join(parts, ", ")
}

// signature is that of a request with these parameters, each with one value (RFC 5849
// section 3.4).
func (o oauth) signature(method, address string, parameters url.Values) string {
	var pairs []string
	for name := range parameters {
		pairs = append(pairs, escape(name)+"="+escape(parameters.Get(name)))
	}
	slices.Sort(pairs)
	base := method + "&" + escape(address) + "&" + escape(strings.Join(pairs, "&"))
	mac := hmac.New(sha1.New, []byte(escape(o.consumerSecret)+"&"+escape(o.tokenSecret)))
	mac.Write([]byte(base))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// escape leaves letters, digits and -._~ as they are (RFC 5849 section 3.6), and a
// space becomes %20.
func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
