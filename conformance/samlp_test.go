package conformance_test

import (
	"testing"

	"github.com/cenotehq/cenote/conformance"
)

const samlpIssuer = "https://saml.example.test/corp"

func startSAMLP(t *testing.T, options map[string]any) *conformance.SAML {
	t.Helper()
	return conformance.StartSAML(t, conformance.SAMLOptions{Issuer: samlpIssuer, Options: options, Users: map[string]conformance.SAMLAttributes{
		"alice": {
			conformance.SAMLPrefix + "Role": offered("engineer"), conformance.SAMLPrefix + "RoleSessionName": {"alice"},
			teamTag: {"core"}, departments: {"Sales"},
		},
		"bob": {conformance.SAMLPrefix + "RoleSessionName": {"bob"}},
	}})
}

// TestSAMLP signs in with samlp, in each way that it signs.
func TestSAMLP(t *testing.T) {
	t.Parallel()
	t.Run("signed assertion", func(t *testing.T) {
		t.Parallel()
		testCorporate(t, newCorporate(t, startSAMLP(t, nil)), samlpIssuer, "alice", conformance.SDKs(t)...)
	})
	for name, options := range map[string]map[string]any{
		"signed response": {"signAssertion": false, "signResponse": true},
		"both signed":     {"signResponse": true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testCorporate(t, newCorporate(t, startSAMLP(t, options)), samlpIssuer, "alice", conformance.GoSDK{})
		})
	}
	t.Run("encrypted assertion", func(t *testing.T) {
		t.Parallel()
		key, certificate := conformance.NewKey(t)
		idp := startSAMLP(t, map[string]any{"encryptionCert": certificate, "encryptionPublicKey": certificate})
		newCorporate(t, idp, encrypting(key)).wantSession(t, conformance.GoSDK{}, "alice")
		_, err := newCorporate(t, idp).assume(t, conformance.GoSDK{}, "engineer", idp.SAMLResponse(t, "alice"))
		wantFault(t, conformance.GoSDK{}, err, "InvalidIdentityToken", "Your request included an invalid SAML response.", "InvalidIdentityTokenException")
	})
	t.Run("SHA-1", func(t *testing.T) {
		t.Parallel()
		idp := startSAMLP(t, map[string]any{"signatureAlgorithm": "rsa-sha1", "digestAlgorithm": "sha1"})
		_, err := newCorporate(t, idp).assume(t, conformance.GoSDK{}, "engineer", idp.SAMLResponse(t, "alice"))
		wantFault(t, conformance.GoSDK{}, err, "InvalidIdentityToken", "Response signature invalid", "InvalidIdentityTokenException")
	})
}
