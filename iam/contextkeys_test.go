package iam_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
)

func TestContextKeysForCustomPolicy(t *testing.T) {
	t.Parallel()
	s := newService(t)
	tests := []struct {
		name     string
		policies []string
		want     []string
	}{
		{"none", []string{statements(allowAll)}, nil},
		{
			"conditions and variables, each once",
			[]string{
				statements(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}/${s3:prefix, 'x'}","Condition":{"StringLike":{"aws:TagKeys":"${AWS:UserName}"}}}`),
				statements(`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Null":{"AWS:tagkeys":"true","aws:SourceIp":"false"}}}`),
			},
			[]string{"aws:SourceIp", "aws:TagKeys", "AWS:UserName", "s3:prefix"},
		},
		{
			"in the old version a variable is text",
			[]string{`{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}"}}`},
			nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out := must[iam.GetContextKeysForCustomPolicyOutput](t)(s.GetContextKeysForCustomPolicy(t.Context(), root(), &iam.GetContextKeysForCustomPolicyInput{PolicyInputList: tt.policies}))
			if diff := cmp.Diff(tt.want, out.ContextKeyNames, emptyIsNil()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	_, err := s.GetContextKeysForCustomPolicy(t.Context(), root(), &iam.GetContextKeysForCustomPolicyInput{PolicyInputList: []string{"x"}})
	refused(t, err, 400, "InvalidInput", "PolicyInputList.1: Syntax errors in policy.")
	_, err = s.GetContextKeysForCustomPolicy(t.Context(), root(), &iam.GetContextKeysForCustomPolicyInput{})
	refused(t, err, 400, "InvalidInput", "PolicyInputList must hold at least one policy.")
}

func TestContextKeysForPrincipalPolicy(t *testing.T) {
	t.Parallel()
	s := newTeam(t)
	more := statements(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}`)
	for source, want := range map[string][]string{
		own + "user/team/ann": {"aws:PrincipalTag/team", "aws:SecureTransport", "aws:username"},
		own + "group/devs":    {"aws:SecureTransport"},
		own + "role/R":        {"aws:SecureTransport", "aws:userid"},
	} {
		out := must[iam.GetContextKeysForPrincipalPolicyOutput](t)(s.GetContextKeysForPrincipalPolicy(t.Context(), root(), &iam.GetContextKeysForPrincipalPolicyInput{
			PolicySourceARN: source, PolicyInputList: []string{more},
		}))
		if diff := cmp.Diff(want, out.ContextKeyNames); diff != "" {
			t.Errorf("%s (-want +got):\n%s", source, diff)
		}
	}
}
