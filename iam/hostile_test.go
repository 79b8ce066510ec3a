package iam_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/wire"
)

// longest is how many characters a document may have on the wire.
const longest = 131072

// TestHostilePolicies saves documents that are as long as the wire lets pass: those
// that say something exceed a quota, and nothing of them is kept.
func TestHostilePolicies(t *testing.T) {
	t.Parallel()
	statements := func(statement string) string {
		return `{"Version":"2012-10-17","Statement":[` + strings.TrimSuffix(strings.Repeat(statement+",", (longest-50)/(len(statement)+1)), ",") + `]}`
	}
	own := map[string]struct{ document, malformed string }{
		"thousands of statements": {statements(`{"Effect":"Deny","Action":"s3:*","Resource":"*"}`), ""},
		"question marks":          {allows("s3:"+strings.Repeat("?", longest-200), 0), ""},
		"lists in lists":          {strings.Repeat("[", longest), "Syntax errors in policy."},
		"objects in objects":      {strings.Repeat(`{"Statement":`, longest/13), "Syntax errors in policy."},
		"variables in variables":  {strings.Replace(allows("s3:*", 0), `"Resource":"*"`, `"Resource":"arn:aws:s3:::`+strings.Repeat("${", longest/2-100)+`"`, 1), "The policy failed legacy parsing"},
	}
	for kind, api := range inlineAPIs(t) {
		for name, tt := range own {
			if tt.malformed != "" {
				refused(t, api.put("p", tt.document), 400, "MalformedPolicyDocument", tt.malformed)
				continue
			}
			refused(t, api.put("p", tt.document), 409, "LimitExceeded", fmt.Sprintf("Maximum policy size of %d bytes exceeded for %s Entity", api.quota, kind))
			if names, _, _, err := api.list("", 0); err != nil || len(names) > 0 {
				t.Errorf("%s of a %s: kept %q, %v", name, kind, names, err)
			}
		}
	}
}

// TestHostilePoliciesBeforeAnyLookUp saves documents while the store does not answer:
// those that are too long or malformed are refused all the same, a trust policy with
// thousands of principals among them.
func TestHostilePoliciesBeforeAnyLookUp(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	create := func(document string) error {
		_, err := s.CreatePolicy(ctx, root(), &iam.CreatePolicyInput{PolicyName: "p", PolicyDocument: document})
		return err
	}
	trust := func(document string) error {
		_, err := s.CreateRole(ctx, root(), &iam.CreateRoleInput{RoleName: "R", AssumeRolePolicyDocument: document})
		return err
	}
	const one = `"arn:aws:iam::` + account + `:user/nobody"`
	principals := trusts(`{"AWS":[` + strings.Repeat(one+",", 3000) + one + `]}`)
	refused(t, create(allows("s3:*", 6145)), 409, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144")
	refused(t, create(allows("s3:*", longest)), 409, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144")
	refused(t, create(strings.Repeat("[", longest)), 400, "MalformedPolicyDocument", "Syntax errors in policy.")
	refused(t, trust(principals), 409, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048")
	refused(t, trust(strings.Repeat("[", longest)), 400, "MalformedPolicyDocument", "Syntax errors in policy.")
	refused(t, create(allows("s3:*", 6144)), 500, "ServiceFailure", "The request processing has failed because of an unknown error, exception or failure.")
}

// TestTooLongPolicies is about documents that the wire does not let pass.
func TestTooLongPolicies(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	for _, tt := range []struct {
		in    any
		field string
		name  string
	}{
		{&iam.CreateRoleInput{}, "AssumeRolePolicyDocument", "RoleName"},
		{&iam.UpdateAssumeRolePolicyInput{}, "PolicyDocument", "RoleName"},
		{&iam.CreatePolicyInput{}, "PolicyDocument", "PolicyName"},
	} {
		form := url.Values{tt.name: {"N"}, tt.field: {allows("s3:*", longest+1)}}
		err := codec.DecodeQuery(form, tt.in)
		if want := "Member must have length less than or equal to 131072"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%T of %d characters: %v", tt.in, longest+1, err)
		}
		form.Set(tt.field, allows("s3:*", longest))
		if err := codec.DecodeQuery(form, tt.in); err != nil {
			t.Errorf("%T of %d characters: %v", tt.in, longest, err)
		}
	}
}
