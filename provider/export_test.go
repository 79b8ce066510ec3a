package provider

import (
	"context"
	"net/netip"
)

// IsPublic lets the table of addresses be tested without dialling them.
func IsPublic(ip netip.Addr) bool { return isPublic(ip) }

// Allows lets the addresses of redirects be tested without dialling them.
func Allows(ctx context.Context, r Redirect, address netip.AddrPort) bool {
	return redirects{r}.allows(ctx, address)
}
