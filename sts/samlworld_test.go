package sts_test

import (
	"maps"
	"testing"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/sts"
	"github.com/cenotehq/cenote/testidp"
)

const (
	samlARN     = "arn:aws:iam::" + account + ":saml-provider/"
	samlIssuer  = "https://saml.example/idp"
	awsSignIn   = "https://signin.aws.amazon.com/saml"
	ownSignIn   = "https://cenote.example/saml"
	attribute   = "https://aws.amazon.com/SAML/Attributes/"
	notOffered  = "Not authorized to perform sts:AssumeRoleWithSAML"
	noRecipient = "Response does not contain the required audience"
	invalidSAML = "Your request included an invalid SAML response."
)

// attributes override those that a response has; an empty list removes one.
type attributes map[string][]string

// samlWorld is a world with a SAML provider of the account, whose ARN ends with idp.
type samlWorld struct {
	*world
	idp *testidp.SAMLProvider
}

func newSAMLWorld(t testing.TB) *samlWorld {
	t.Helper()
	w := &samlWorld{world: newWorld(t)}
	w.idp = ok(testidp.NewSAML(testidp.SAMLConfig{EntityID: samlIssuer, Now: w.clock.Now}))(t)
	ok(w.IAM.CreateSAMLProvider(t.Context(), root(), &iam.CreateSAMLProviderInput{Name: "idp", SAMLMetadataDocument: w.idp.Metadata()}))(t)
	return w
}

// samlTrust lets in whoever the SAML provider vouches for, for AWS.
func samlTrust(condition string, more ...string) string {
	return trust(`{"Federated":"`+samlARN+`idp"}`, condition, append(more, "sts:AssumeRoleWithSAML")...)
}

// response is one of the provider for alice, who may have the role r.
func (w *samlWorld) response(change attributes, options ...func(*testidp.SAMLOptions)) string {
	w.t.Helper()
	return w.responseTo(awsSignIn, change, options...)
}

func (w *samlWorld) responseTo(recipient string, change attributes, options ...func(*testidp.SAMLOptions)) string {
	w.t.Helper()
	all := map[string][]string{
		attribute + "Role":            {roleARN("r") + "," + samlARN + "idp"},
		attribute + "RoleSessionName": {"alice@example.com"},
	}
	maps.Copy(all, change)
	var o testidp.SAMLOptions
	for _, option := range options {
		option(&o)
	}
	return ok(w.idp.Response("alice", recipient, all, o))(w.t)
}

// saml asks for a session of a role with a response.
func (w *samlWorld) saml(role, response string, change ...func(*sts.AssumeRoleWithSAMLInput)) (*sts.AssumeRoleWithSAMLOutput, error) {
	in := sts.AssumeRoleWithSAMLInput{RoleARN: roleARN(role), PrincipalARN: samlARN + "idp", SAMLAssertion: response}
	for _, c := range change {
		c(&in)
	}
	return w.AssumeRoleWithSAML(w.t.Context(), &in)
}
