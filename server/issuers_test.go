package server_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/cenotehq/cenote/issuer"
	"github.com/cenotehq/cenote/provider"
	"github.com/cenotehq/cenote/server"
	"github.com/cenotehq/cenote/sts"
	"github.com/cenotehq/cenote/testidp"
	"github.com/cenotehq/cenote/token"
)

// TestNobodyStandsInForUs redirects our own issuer to another provider, which signs
// in our name: its keys are never asked for, and its address is not our name.
func TestNobodyStandsInForUs(t *testing.T) {
	t.Parallel()
	impostor, err := testidp.New(testidp.Config{Issuer: issuer.URL, ClientID: "c", Algorithm: "ES256"})
	if err != nil {
		t.Fatal(err)
	}
	impostorServer := httptest.NewServer(impostor)
	defer impostorServer.Close()
	base, err := url.Parse(impostorServer.URL)
	if err != nil {
		t.Fatal(err)
	}
	issuers := server.Issuers{
		Own:     newIssuer(t),
		Network: provider.New(provider.Config{Redirects: []provider.Redirect{{Host: sts.CognitoIdentity, Base: base}}}),
	}
	raw, err := impostor.Token("alice", nil)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := token.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := issuers.Keys(t.Context(), issuer.URL, forged.KeyID)
	if err != nil {
		t.Fatal(err)
	}
	if err := forged.VerifySignature(keys); !errors.Is(err, token.ErrUnknownKey) {
		t.Errorf("a forged token: %v", err)
	}
	for _, test := range []struct {
		iss, name string
		want      bool
	}{
		{issuer.URL, sts.CognitoIdentity, true},
		{issuer.URL + "/", sts.CognitoIdentity, false},
		{"http://" + sts.CognitoIdentity, sts.CognitoIdentity, false},
		{sts.CognitoIdentity, sts.CognitoIdentity, false},
		{impostorServer.URL, sts.CognitoIdentity, false},
		{issuer.URL, idpHost, false},
		{issuer.URL, "", false},
		{"https://" + idpHost, idpHost, true},
	} {
		if got := issuers.SameIssuer(test.iss, test.name); got != test.want {
			t.Errorf("%s is the issuer of %s: %t", test.iss, test.name, got)
		}
	}
}

// TestOwnTokens presents tokens of ours where they count and where they do not.
func TestOwnTokens(t *testing.T) {
	t.Parallel()
	f := newFlow(t)
	login := logins(f.login(t, nil))
	identity := f.identity(t, login)
	own := f.public(t, "GetOpenIdToken", `{"IdentityId":"`+identity+`"`+login+`}`).ok(t).value(t, "Token")
	ownLogin := `,"Logins":{"cognito-identity.amazonaws.com":"` + own + `"}`
	f.credentials(t, identity, ownLogin)
	f.public(t, "GetId", `{"IdentityPoolId":"`+f.pool+`"`+ownLogin+`}`).
		is(t, http.StatusBadRequest, "NotAuthorizedException", "Invalid login token. Can't pass in a Cognito token.")
	f.public(t, "GetId", `{"IdentityPoolId":"`+f.pool+`"`+logins(own)+`}`).
		is(t, http.StatusBadRequest, "NotAuthorizedException", "Invalid login token. Issuer doesn't match providerName")
	foreign := `,"Logins":{"cognito-identity.amazonaws.com":"` + f.login(t, nil) + `"}`
	f.public(t, "GetCredentialsForIdentity", `{"IdentityId":"`+identity+`"`+foreign+`}`).
		is(t, http.StatusBadRequest, "NotAuthorizedException", "Invalid login token. Not a Cognito token.")
}

// TestSickProvider signs in while the provider does not answer, or answers with anything
// but its keys: the token is not to blame.
func TestSickProvider(t *testing.T) {
	t.Parallel()
	f := newFlow(t)
	login := f.login(t, nil)
	for _, illness := range []testidp.Illness{testidp.Failing, testidp.Limiting, testidp.Raving, testidp.Bloated, testidp.Straying, testidp.Dropping} {
		f.sick.Ail(illness)
		f.time.Add(1) // for which it is not asked again
		f.public(t, "GetId", `{"IdentityPoolId":"`+f.pool+`"`+logins(login)+`}`).
			is(t, http.StatusBadRequest, "ExternalServiceException", "The identity provider "+idpHost+" is not responding.")
		f.do(t, f.queryRequest(t, form(stsVersion, "AssumeRoleWithWebIdentity",
			"RoleArn", "arn:aws:iam::123456789012:role/authenticated", "RoleSessionName", "me", "WebIdentityToken", login))).
			is(t, http.StatusBadRequest, "InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider,"+
				"  please reference AssumeRoleWithWebIdentity documentation for requirements")
	}
}

// TestOwnKeysChange looks for new keys of our own when a token names one that is not
// known, and for no other reason.
func TestOwnKeysChange(t *testing.T) {
	t.Parallel()
	looked := 0
	issuers := server.Issuers{Own: newIssuer(t), Network: provider.New(provider.Config{}), Refresh: func(context.Context) { looked++ }}
	for _, test := range []struct {
		kid  string
		want int
	}{{"own", 0}, {"other", 1}, {"", 0}} {
		looked = 0
		if keys, err := issuers.Keys(t.Context(), issuer.URL, test.kid); err != nil || !keys.Has("own") || looked != test.want {
			t.Errorf("%q: %d looks, %v", test.kid, looked, err)
		}
	}
}
