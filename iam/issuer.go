package iam

import (
	"net/url"
	"strings"
)

// issuerHost checks the URL of an issuer and returns it without its scheme,
// otherwise unchanged: it has to equal the iss claim of tokens to the letter, a
// slash at the end included. It begins with https://, or http:// on hosts that plain
// reports, and has no user, query or fragment. See AWS CreateOpenIDConnectProvider,
// which takes no port either: issuers of one's own often have one.
func issuerHost(issuer string, plain func(host string) bool) (string, error) {
	scheme, rest, ok := strings.Cut(issuer, "://")
	if !ok {
		return "", validation("Invalid Open ID Connect Provider URL")
	}
	u, err := url.Parse(issuer)
	if err != nil || u.Hostname() == "" || strings.HasSuffix(u.Host, ":") || strings.Contains(u.Path, "/../") ||
		strings.ContainsFunc(u.Hostname(), notInHost) || strings.ContainsFunc(issuer, notPrintable) {
		return "", validation("Invalid Open ID Connect Provider URL")
	}
	mayBePlain := scheme == "http" && plain != nil && plain(u.Host)
	switch {
	case scheme != "https" && !mayBePlain:
		return "", invalidInput("Invalid Open ID Connect Provider URL. The URL must begin with https://.")
	case u.User != nil || strings.ContainsAny(issuer, "?#"):
		return "", invalidInput("Invalid Open ID Connect Provider URL.")
	}
	return rest, nil
}

// notPrintable reports what no URL contains as it is: RFC 3986 knows only ASCII
// without white space.
func notPrintable(r rune) bool { return r <= ' ' || r >= 0x7f }

// notInHost reports what is in no name and no address of a host, a wildcard above all.
func notInHost(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune(".-_:", r)
}
