package provider

import "net/netip"

// isPublic reports whether an address belongs to the public internet, after
// the IANA special-purpose registries. A provider's documents are somebody
// else's words: they must not lead us to a neighbour, or to ourselves.
func isPublic(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	if netip.MustParsePrefix(nat64).Contains(ip) {
		bytes := ip.As16()
		return isPublic(netip.AddrFrom4([4]byte(bytes[12:])))
	}
	for _, reserved := range reservedPrefixes() {
		if netip.MustParsePrefix(reserved).Contains(ip) {
			return false
		}
	}
	return true
}

// nat64 is how machines without IPv4 reach IPv4 addresses (RFC 6052).
const nat64 = "64:ff9b::/96"

// reservedPrefixes are those that netip.Addr has no method for.
func reservedPrefixes() []string {
	return []string{
		"0.0.0.0/8",        // this network
		"100.64.0.0/10",    // carrier-grade NAT, and cloud metadata services in it
		"168.63.129.16/32", // Azure's services for its virtual machines
		"192.0.0.0/24",     // protocol assignments
		"192.0.2.0/24",     // documentation
		"198.18.0.0/15",    // benchmarking
		"198.51.100.0/24",  // documentation
		"203.0.113.0/24",   // documentation
		"240.0.0.0/4",      // reserved, and broadcast
		"::/96",            // IPv4-compatible
		"64:ff9b:1::/48",   // NAT64, local
		"100::/64",         // discard
		"2001::/23",        // protocol assignments, Teredo among them
		"2001:db8::/32",    // documentation
		"2002::/16",        // 6to4: an IPv4 address in disguise
		"3fff::/20",        // documentation
		"fec0::/10",        // site-local
	}
}
