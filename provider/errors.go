package provider

import "fmt"

// UnreachableError says that a provider gave no answer: the network, a
// time-out, HTTP 429 or 5xx. Trying again later may help.
type UnreachableError struct {
	Issuer string
	Cause  error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("provider: %s cannot be reached: %v", e.Issuer, e.Cause)
}

func (e *UnreachableError) Unwrap() error { return e.Cause }

// InvalidError says that a provider answered with something that is not to be
// used, or that its address is not to be called.
type InvalidError struct {
	Issuer string
	Cause  error
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("provider: %s is not usable: %v", e.Issuer, e.Cause)
}

func (e *InvalidError) Unwrap() error { return e.Cause }

// RejectedError says that a provider does not know an access token, or does not take
// it any more.
type RejectedError struct {
	Provider string
	Status   int  // of the provider's HTTP answer
	Expired  bool // the provider says that this is why
}

func (e *RejectedError) Error() string {
	if e.Expired {
		return fmt.Sprintf("provider: %s says that the token is expired", e.Provider)
	}
	return fmt.Sprintf("provider: %s rejects the token with HTTP %d", e.Provider, e.Status)
}

// StatusError is an answer with a status other than 200.
type StatusError struct {
	URL    string
	Status int
}

func (e *StatusError) Error() string { return fmt.Sprintf("%s answered HTTP %d", e.URL, e.Status) }

// IssuerError says that a discovery document speaks for another issuer.
type IssuerError struct {
	Got string
}

func (e *IssuerError) Error() string {
	return fmt.Sprintf("its discovery document names the issuer %q", e.Got)
}

// AddressError says that an address is not on the public internet and belongs
// to no redirect.
type AddressError struct {
	Address string // IP and port
}

func (e *AddressError) Error() string {
	return e.Address + " is not a public address and no redirect names it"
}

// URLError says that a URL is not one that we call.
type URLError struct {
	URL, Reason string
}

func (e *URLError) Error() string { return fmt.Sprintf("%s: %s", e.URL, e.Reason) }
