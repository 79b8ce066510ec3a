package policy_test

import (
	"fmt"
	"testing"

	"github.com/cenotehq/cenote/policy"
)

const (
	account = "123456789012"
	other   = "210987654321"
)

// parse reads a document of the current version with these statements.
func parse(t testing.TB, statements string) *policy.Document {
	t.Helper()
	return parseText(t, fmt.Sprintf(`{"Version":"2012-10-17","Statement":[%s]}`, statements))
}

func parseText(t testing.TB, text string) *policy.Document {
	t.Helper()
	d, err := policy.Parse(text)
	if err != nil {
		t.Fatalf("Parse(%s): %v", text, err)
	}
	return d
}

// source is a policy named after its kind.
func source(t testing.TB, kind policy.Kind, statements string) policy.Source {
	t.Helper()
	return policy.Source{Name: kind.String(), Kind: kind, Document: parse(t, statements)}
}

// identity are the policies of a caller with one identity policy.
func identity(t testing.TB, statements string) policy.Policies {
	t.Helper()
	return policy.Policies{Identity: []policy.Source{source(t, policy.Identity, statements)}}
}

func user() policy.Principal {
	return policy.Principal{Account: account, ARN: "arn:aws:iam::" + account + ":user/path/ann", UserID: "AIDAQNZGKIQY56JQ7WML2"}
}

func session() policy.Principal {
	return policy.Principal{
		Account: account,
		ARN:     "arn:aws:sts::" + account + ":assumed-role/Reader/s1",
		RoleARN: "arn:aws:iam::" + account + ":role/team/Reader",
		UserID:  "AROAQNZGKIQY56JQ7WML2:s1",
	}
}

func guest() policy.Principal { return policy.Principal{Federated: "cognito-identity.amazonaws.com"} }

// get asks to read an object.
func get(who policy.Principal) policy.Request {
	return policy.Request{Principal: who, Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/key", Context: policy.NewContext()}
}

const (
	allowAll = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	allowGet = `{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`
	allowPut = `{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}`
	denyGet  = `{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}`
)
