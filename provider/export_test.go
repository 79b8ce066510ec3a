package provider

import (
	"context"
	"net/netip"
	"net/url"
)

// Share is how many questions one provider is asked at once on behalf of tokens.
const Share = share

// IsPublic lets the table of addresses be tested without dialling them.
func IsPublic(ip netip.Addr) bool { return isPublic(ip) }

// Allows lets the addresses of redirects be tested without dialling them.
func Allows(ctx context.Context, r Redirect, address netip.AddrPort) bool {
	return redirects{r}.allows(ctx, address)
}

// OAuthSignature lets the signatures of published examples be checked.
func OAuthSignature(consumerSecret, tokenSecret, method, address string, parameters url.Values) string {
	return oauth{consumerSecret: consumerSecret, tokenSecret: tokenSecret}.signature(method, address, parameters)
}

// HolderOf reads an answer of Facebook's or Amazon's as if it had come from there.
func HolderOf(provider, contentType string, body []byte) (Holder, error) {
	q := question{provider: provider, host: provider}
	answer, err := q.read(contentType, body)
	if err != nil {
		return Holder{}, err
	}
	if provider == Amazon {
		return amazonHolder(q, answer)
	}
	user, err := q.identifier(answer, "id")
	return Holder{User: user, Apps: []string{user}}, err
}
