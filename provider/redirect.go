package provider

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// Redirect sends everything that is meant for https://Host to Base instead, and
// allows Base's address although it may be private.
type Redirect struct {
	// Host is the authority of a URL: "idp.example.com", "127.0.0.1:9000".
	Host string
	// Base is an absolute http or https URL; its path is put before the path of
	// the request. It must not be nil.
	Base *url.URL
}

// ParseRedirect reads HOST=URL, as in
// "cognito-idp.us-east-1.amazonaws.com=http://localhost:9229".
func ParseRedirect(text string) (Redirect, error) {
	host, base, found := strings.Cut(text, "=")
	if !found || host == "" || base == "" {
		return Redirect{}, fmt.Errorf("redirect %q is not of the form HOST=URL", text)
	}
	if parsed, err := url.Parse("https://" + host); err != nil || parsed.Host != host || !hasAddress(parsed) {
		return Redirect{}, fmt.Errorf("redirect %q: %q is not a host with an optional port, without scheme and path; there are no wildcards", text, host)
	}
	parsed, err := url.Parse(base)
	if err != nil || (parsed.Scheme != "http" && parsed.Scheme != "https") || !hasAddress(parsed) {
		return Redirect{}, fmt.Errorf("redirect of %q: the target is not an http or https URL", host)
	}
	if parsed.User != nil || parsed.RawQuery != "" || parsed.ForceQuery || parsed.Fragment != "" {
		return Redirect{}, fmt.Errorf("redirect of %q: the target has a user, query or fragment", host)
	}
	return Redirect{Host: host, Base: parsed}.clean(), nil
}

// hasAddress reports whether a URL has a host that may exist and, if it names a port, one
// that can be dialled: url.Parse takes stars, commas and ports of any size.
func hasAddress(u *url.URL) bool {
	if strings.HasSuffix(u.Host, ":") {
		return false
	}
	if p := u.Port(); p != "" {
		if number, err := strconv.ParseUint(p, 10, 16); err != nil || number == 0 {
			return false
		}
	}
	name := u.Hostname()
	if ip, err := netip.ParseAddr(name); err == nil {
		return !strings.ContainsFunc(ip.Zone(), notInHost)
	}
	return name != "" && !strings.ContainsFunc(name, notInHost)
}

// notInHost leaves underscores in, which names in networks of containers have, and
// letters of all languages.
func notInHost(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '-' && r != '.' && r != '_'
}

// clean takes the trailing slash off the base, so that paths can be appended.
func (r Redirect) clean() Redirect {
	base := *r.Base
	base.Path = strings.TrimSuffix(base.Path, "/")
	base.RawPath = strings.TrimSuffix(base.RawPath, "/")
	return Redirect{Host: r.Host, Base: &base}
}

// redirects is the table of them; it answers where a URL leads and which
// addresses are allowed.
type redirects []Redirect

// of finds the redirect of an authority.
func (rs redirects) of(authority string) (Redirect, bool) {
	for _, r := range rs {
		if sameAuthority(r.Host, authority) {
			return r, true
		}
	}
	return Redirect{}, false
}

// rewrite says where a request for u really goes, or why nowhere. Plain http is
// for targets of redirects, which the operator chose, and for them alone.
func (rs redirects) rewrite(u *url.URL) (*url.URL, error) {
	if u.Scheme != "https" && u.Scheme != "http" {
		return nil, &URLError{URL: u.Redacted(), Reason: "not an https URL"}
	}
	if u.User != nil {
		return nil, &URLError{URL: u.Redacted(), Reason: "has a user name"}
	}
	if r, ok := rs.of(u.Host); ok {
		target := *u
		target.Scheme, target.Host = r.Base.Scheme, r.Base.Host
		target.Path = r.Base.Path + u.Path
		target.RawPath = r.Base.EscapedPath() + u.EscapedPath()
		return &target, nil
	}
	if u.Scheme == "http" && !rs.isBase(u) {
		return nil, &URLError{URL: u.Redacted(), Reason: "plain http, and no redirect names the host"}
	}
	return u, nil
}

// isBase reports whether u has the address of a redirect's base.
func (rs redirects) isBase(u *url.URL) bool {
	for _, r := range rs {
		if sameAddress(r.Base, u) {
			return true
		}
	}
	return false
}

// allows reports whether a redirect's base resolves to the address about to be
// dialled.
func (rs redirects) allows(ctx context.Context, address netip.AddrPort) bool {
	for _, r := range rs {
		if port(r.Base) != fmt.Sprint(address.Port()) {
			continue
		}
		if isLoopback(r.Base.Hostname()) && address.Addr().Unmap().IsLoopback() {
			return true
		}
		resolved, err := net.DefaultResolver.LookupNetIP(ctx, "ip", r.Base.Hostname())
		if err != nil {
			continue
		}
		for _, ip := range resolved {
			if ip.Unmap().WithZone("") == address.Addr().Unmap().WithZone("") {
				return true
			}
		}
	}
	return false
}

// sameAddress compares host and port; the names of this machine are all one.
func sameAddress(a, b *url.URL) bool {
	if port(a) != port(b) {
		return false
	}
	return strings.EqualFold(a.Hostname(), b.Hostname()) || isLoopback(a.Hostname()) && isLoopback(b.Hostname())
}

func sameAuthority(a, b string) bool {
	return strings.EqualFold(strings.TrimSuffix(a, ":443"), strings.TrimSuffix(b, ":443"))
}

// isLoopback reports whether a host is this machine by any of its names. A
// server that listens on 0.0.0.0 likes to call itself that.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.Unmap().IsLoopback() || ip.IsUnspecified())
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "http" {
		return "80"
	}
	return "443"
}
