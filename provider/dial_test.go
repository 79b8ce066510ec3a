package provider

import (
	"context"
	"net"
)

// Dial dials as the client does, with names from a resolver of the test.
func Dial(ctx context.Context, names *net.Resolver, address string, rs ...Redirect) (net.Conn, error) {
	dialer := redirects(rs).dialer()
	dialer.Resolver = names
	return dialer.DialContext(ctx, "tcp", address)
}
