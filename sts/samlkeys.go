package sts

import (
	"crypto/sha1"
	"encoding/base64"
	"strings"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/policy"
	"github.com/cenotehq/cenote/token"
)

// unspecified is the format of a NameID that does not say (SAML V2.0 Core, section
// 2.2.2).
const unspecified = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"

// samlSubjectType is the format of the subject, by its last word where it is one of SAML
// 2.0.
func samlSubjectType(a token.Assertion) string {
	if a.Format == "" {
		return unspecified
	}
	return strings.TrimPrefix(a.Format, "urn:oasis:names:tc:SAML:2.0:nameid-format:")
}

// samlNameQualifier tells subjects of one name apart that are of different providers (AWS
// AssumeRoleWithSAML, NameQualifier). Nothing rests on the hash being a good one.
func samlNameQualifier(a token.Assertion, provider iam.SAMLProvider) string {
	sum := sha1.Sum([]byte(a.Issuer + samlDoc(provider)))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func samlDoc(provider iam.SAMLProvider) string { return provider.Account + "/" + provider.Name }

// samlKeys are the condition keys that the session keeps.
func samlKeys(a token.Assertion, provider iam.SAMLProvider) map[string]string {
	return map[string]string{
		"saml:sub":              a.Subject,
		"saml:sub_type":         samlSubjectType(a),
		"saml:namequalifier":    samlNameQualifier(a, provider),
		"aws:FederatedProvider": provider.ARN().String(),
	}
}

// samlTrustKeys are the condition keys that only the trust policy sees.
func samlTrustKeys(a token.Assertion, provider iam.SAMLProvider) policy.Context {
	keys := policy.NewContext()
	keys.Set("saml:aud", a.Recipient)
	keys.Set("saml:iss", a.Issuer)
	keys.Set("saml:doc", samlDoc(provider))
	for _, mapped := range samlAttributeKeys() {
		values := a.Attributes[mapped.attribute]
		if _, _, taken := keys.Get("saml:" + mapped.key); taken || len(values) == 0 {
			continue
		}
		if mapped.list {
			keys.SetList("saml:"+mapped.key, values)
			continue
		}
		keys.Set("saml:"+mapped.key, values[0])
	}
	return keys
}

// samlAttributeKey is an attribute that trust policies can test.
type samlAttributeKey struct {
	attribute string // Name of the attribute
	key       string // without saml:
	list      bool   // whether it may have several values
}

// samlAttributeKeys are the attributes of eduPerson, eduOrg, Active Directory and X.500
// that AWS maps to condition keys, the first where two go to one key (IAM User Guide,
// "Mapping SAML attributes to AWS trust policy context keys"). Two of AWS's numbers of
// X.500 attributes are misprints; here are the right ones as well.
func samlAttributeKeys() []samlAttributeKey {
	const (
		person    = "urn:oid:1.3.6.1.4.1.5923.1.1.1."
		org       = "urn:oid:1.3.6.1.4.1.5923.1.2.1."
		claim     = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
		directory = "http://schemas.microsoft.com/ws/2008/06/identity/claims/"
	)
	return []samlAttributeKey{
		{person + "1", "edupersonaffiliation", true},
		{person + "2", "edupersonnickname", true},
		{person + "3", "edupersonorgdn", false},
		{person + "4", "edupersonorgunitdn", true},
		{person + "5", "edupersonprimaryaffiliation", false},
		{person + "6", "edupersonprincipalname", false},
		{person + "7", "edupersonentitlement", true},
		{person + "8", "edupersonprimaryorgunitdn", false},
		{person + "9", "edupersonscopedaffiliation", true},
		{person + "10", "edupersontargetedid", true},
		{person + "11", "edupersonassurance", true},
		{org + "2", "eduorghomepageuri", true},
		{org + "3", "eduorgidentityauthnpolicyuri", true},
		{org + "4", "eduorglegalname", true},
		{org + "5", "eduorgsuperioruri", true},
		{org + "6", "eduorgwhitepagesuri", true},
		{"urn:oid:2.5.4.3", "cn", true},
		{claim + "name", "name", false},
		{"http://schemas.xmlsoap.org/claims/CommonName", "commonName", false},
		{claim + "givenname", "givenName", false},
		{claim + "surname", "surname", false},
		{claim + "emailaddress", "mail", false},
		{directory + "primarygroupsid", "primaryGroupSID", false},
		{directory + "primarygroupsid", "uid", false},
		{"2.5.4.3", "commonName", false},
		{"2.5.4.4", "surname", false},
		{"2.5.4.42", "givenName", false},
		{"2.4.5.42", "givenName", false},
		{"2.5.4.45", "x500UniqueIdentifier", false},
		{"0.9.2342.19200300.100.1.1", "uid", false},
		{"0.9.2342.19200300100.1.1", "uid", false},
		{"0.9.2342.19200300.100.1.3", "mail", false},
		{"0.9.2342.19200300100.1.3", "mail", false},
		{"0.9.2342.19200300.100.1.45", "organizationStatus", false},
	}
}
