package conformance

import (
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"strconv"
	"testing"
)

// RealmSAML is a client of a realm that stands for AWS: the realm as a SAML provider.
type RealmSAML struct {
	realm *Realm
	name  string // in the URL at which sign-in begins
}

// SAMLClient says how a realm sends people to AWS. Its responses are signed.
type SAMLClient struct {
	Audience    string            // as which the realm knows AWS
	Attributes  map[string]string // what assertions hold beside the user's name: an attribute of theirs to one of the user
	Signed      bool              // sign the assertion in the response as well, which Keycloak does not do by itself
	Certificate string            // in PEM, to whose key assertions are encrypted; in the clear when empty
}

// SAML makes a client for AWS.
func (r *Realm) SAML(t testing.TB, name string, c SAMLClient) *RealmSAML {
	t.Helper()
	attributes := map[string]string{
		"saml_idp_initiated_sso_url_name": name, "saml_assertion_consumer_url_post": signInURL,
		"saml_name_id_format": "persistent", "saml_force_name_id_format": "true", "saml.authnstatement": "true",
		"saml.server.signature": "true", "saml.assertion.signature": strconv.FormatBool(c.Signed), "saml.client.signature": "false",
		"saml.signature.algorithm": "RSA_SHA256",
	}
	if c.Certificate != "" {
		block, _ := pem.Decode([]byte(c.Certificate))
		attributes["saml.encrypt"], attributes["saml.encryption.certificate"] = "true", base64.StdEncoding.EncodeToString(block.Bytes)
	}
	mappers := []any{samlMapper("saml-user-property-mapper", SAMLPrefix+"RoleSessionName", "username")}
	for attribute, name := range c.Attributes {
		mappers = append(mappers, samlMapper("saml-user-attribute-mapper", attribute, name))
	}
	r.keycloak.Admin(t, http.MethodPost, r.path("/clients"), map[string]any{
		"clientId": c.Audience, "protocol": "saml", "frontchannelLogout": true, "fullScopeAllowed": false,
		"redirectUris": []string{signInURL}, "attributes": attributes, "protocolMappers": mappers,
	})
	return &RealmSAML{realm: r, name: name}
}

// samlMapper puts what a user has under a name into the attribute of an assertion.
func samlMapper(kind, attribute, name string) map[string]any {
	return map[string]any{"name": attribute, "protocol": "saml", "protocolMapper": kind, "config": map[string]string{
		"attribute.name": attribute, "attribute.nameformat": "URI Reference", "user.attribute": name,
	}}
}

// Metadata is what an IAM SAML provider is made from.
func (s *RealmSAML) Metadata(t testing.TB) string {
	t.Helper()
	response, err := newBrowser(t, s.realm.keycloak.URL).Get(s.realm.Issuer + "/protocol/saml/descriptor")
	if err != nil {
		t.Fatalf("keycloak: %v", err)
	}
	return body(t, response)
}

// SAMLResponse is the response in base64 with which Keycloak sends a user who fills its login page to AWS.
func (s *RealmSAML) SAMLResponse(t testing.TB, user string) string {
	t.Helper()
	browser := newBrowser(t, s.realm.keycloak.URL)
	return postedResponse(t, s.realm.logIn(t, browser, user, "/protocol/saml/clients/"+s.name))
}
