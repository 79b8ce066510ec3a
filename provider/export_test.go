package provider

import (
	"context"
	"net"
	"net/netip"
)

// IsPublic lets the table of addresses be tested without dialling them.
func IsPublic(ip netip.Addr) bool { return isPublic(ip) }

// Allows lets the addresses of redirects be tested without dialling them.
func Allows(ctx context.Context, r Redirect, address netip.AddrPort) bool {
	return redirects{r}.allows(ctx, address)
}

// Dial dials as the client does, with names from a resolver of the test.
func Dial(ctx context.Context, names *net.Resolver, address string, rs ...Redirect) (net.Conn, error) {
	dialer := redirects(rs).dialer()
	dialer.Resolver = names
	return dialer.DialContext(ctx, "tcp", address)
}
