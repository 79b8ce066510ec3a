package sts

import (
	"context"
	"errors"

	"github.com/cenotehq/cenote/fault"
)

// Providers whose access tokens AssumeRoleWithWebIdentity takes, by their ProviderId.
const (
	facebook = "graph.facebook.com"
	amazon   = "www.amazon.com"
)

// AccessToken is a token that says nothing by itself: its provider has to be asked.
type AccessToken struct {
	Provider string // graph.facebook.com, www.amazon.com or api.twitter.com
	App      string // at Twitter consumerKey;consumerSecret; the others do not need it
	Value    string // at Twitter token;secret
}

// Holder is whom a provider gave an access token to.
type Holder struct {
	User string // the user's id at the provider

	// Apps are the names of the app that the token was made for, at least one: the
	// client id first.
	Apps []string
}

// RejectedError means that a provider does not know an access token, or does not take
// it any more.
type RejectedError struct {
	Answer  string // the first line of the provider's HTTP answer
	Expired bool   // the provider says that this is why
	Cause   error
}

func (e *RejectedError) Error() string { return e.Cause.Error() }

func (e *RejectedError) Unwrap() error { return e.Cause }

// verifyAccessToken has a provider prove a token and returns its bearer.
func (s *Service) verifyAccessToken(ctx context.Context, provider, raw string) (WebIdentity, error) {
	holder, err := s.Issuers.Holder(ctx, AccessToken{Provider: provider, Value: raw})
	if err != nil {
		return WebIdentity{}, holderFault(provider, err)
	}
	return WebIdentity{
		Federated:  provider,
		Issuer:     provider,
		Subject:    holder.User,
		SubjectKey: subjectKey(provider),
		Audience:   holder.Apps[0],
		TrustKeys:  map[string]string{provider + ":app_id": holder.Apps[0]},
	}, nil
}

// subjectKey is the condition key of a provider that holds the user's id ("IAM and AWS
// STS condition context keys").
func subjectKey(provider string) string {
	if provider == facebook {
		return "id"
	}
	return "user_id"
}

// holderFault tells a token that its provider rejects from a provider that does not
// tell.
func holderFault(provider string, cause error) *fault.Error {
	if rejected, ok := errors.AsType[*RejectedError](cause); ok {
		return idpRejected(provider + ": " + provider + " responded with " + rejected.Answer).With(cause)
	}
	return idpCommunication().With(cause)
}
