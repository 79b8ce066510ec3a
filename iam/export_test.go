package iam

// IssuerHost lets the fuzz test at issuerHost.
func IssuerHost(issuer string, plain func(host string) bool) (string, error) {
	return issuerHost(issuer, plain)
}
