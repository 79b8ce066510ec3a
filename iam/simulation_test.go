package iam_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cenotehq/cenote/iam"
	"github.com/cenotehq/cenote/wire"
)

func TestSimulateRefuses(t *testing.T) {
	t.Parallel()
	s := newService(t)
	const (
		notEntity = "Invalid Entity Arn: %s does not clearly define entity type and name."
		noCaller  = "Invalid caller - Caller cannot be null or empty."
	)
	resourcePolicy := statements(`{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}`)
	tests := []struct {
		name   string
		change func(in *iam.SimulateCustomPolicyInput)
		want   string
	}{
		{"no policy", func(in *iam.SimulateCustomPolicyInput) { in.PolicyInputList = nil }, "PolicyInputList must hold at least one policy."},
		{"no action", func(in *iam.SimulateCustomPolicyInput) { in.ActionNames = nil }, "ActionNames must hold at least one action."},
		{"bad policy", func(in *iam.SimulateCustomPolicyInput) { in.PolicyInputList = append(in.PolicyInputList, "{}") }, "PolicyInputList.2: Syntax errors in policy."},
		{"policy with a principal", func(in *iam.SimulateCustomPolicyInput) { in.PolicyInputList = []string{resourcePolicy} }, "PolicyInputList.1: Policy document should not specify a principal."},
		{"bad boundary", func(in *iam.SimulateCustomPolicyInput) { in.PermissionsBoundaryPolicyInputList = []string{"x"} }, "PermissionsBoundaryPolicyInputList.1: Syntax errors in policy."},
		{"two boundaries", func(in *iam.SimulateCustomPolicyInput) {
			in.PermissionsBoundaryPolicyInputList = []string{statements(allowAll), statements(allowAll)}
		}, "PermissionsBoundaryPolicyInputList must hold at most one policy."},
		{"resource policy without a principal", func(in *iam.SimulateCustomPolicyInput) {
			in.ResourcePolicy, in.CallerARN = statements(allowAll), own+"user/u"
		}, "ResourcePolicy: Missing required field Principal"},
		{"resource policy without a caller", func(in *iam.SimulateCustomPolicyInput) { in.ResourcePolicy = resourcePolicy }, noCaller},
		{"owner without a caller", func(in *iam.SimulateCustomPolicyInput) { in.ResourceOwner = elsewhere }, noCaller},
		{"owner", func(in *iam.SimulateCustomPolicyInput) { in.ResourceOwner = own + "user/u" }, "The resource owner " + own + "user/u is not an account."},
		{"session", func(in *iam.SimulateCustomPolicyInput) {
			in.CallerARN = "arn:aws:sts::" + account + ":assumed-role/R/s"
		}, strings.Replace(notEntity, "%s", "arn:aws:sts::"+account+":assumed-role/R/s", 1)},
		{"root", func(in *iam.SimulateCustomPolicyInput) { in.CallerARN = own + "root" }, strings.Replace(notEntity, "%s", own+"root", 1)},
		{"any user", func(in *iam.SimulateCustomPolicyInput) { in.CallerARN = own + "user/*" }, strings.Replace(notEntity, "%s", own+"user/*", 1)},
		{"any action", func(in *iam.SimulateCustomPolicyInput) { in.ActionNames = []string{"s3:Get*"} }, "The action s3:Get* is not the full name of one action, such as iam:CreateUser."},
		{"action without a service", func(in *iam.SimulateCustomPolicyInput) { in.ActionNames = []string{"GetObject"} }, "The action GetObject is not the full name of one action, such as iam:CreateUser."},
		{"resource", func(in *iam.SimulateCustomPolicyInput) { in.ResourceARNs = []string{"bucket"} }, "The resource bucket is not an ARN."},
		{"organization", func(in *iam.SimulateCustomPolicyInput) {
			in.OrderedOrganizationPolicyInputList = []iam.OrganizationLevel{{}}
		}, "OrderedOrganizationPolicyInputList is not supported: this server has no organizations."},
		{"handling", func(in *iam.SimulateCustomPolicyInput) { in.ResourceHandlingOption = "EC2-VPC-EBS" }, "ResourceHandlingOption is not supported."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := custom(statements(allowGet))
			tt.change(in)
			_, err := s.SimulateCustomPolicy(t.Context(), root(), in)
			refused(t, err, 400, "InvalidInput", tt.want)
		})
	}
	in := custom(statements(allowGet))
	in.Marker = "x"
	_, err := s.SimulateCustomPolicy(t.Context(), root(), in)
	refused(t, err, 400, "ValidationError", "Invalid Marker.")
}

func TestSimulatePages(t *testing.T) {
	t.Parallel()
	s := newService(t)
	in := custom(statements(allowGet))
	in.ActionNames = []string{"s3:A", "s3:GetObject", "s3:C", "s3:D", "s3:E"}
	in.MaxItems = 2
	var pages [][]string
	for {
		out := must[iam.SimulateCustomPolicyOutput](t)(s.SimulateCustomPolicy(t.Context(), root(), in))
		var page []string
		for _, r := range out.EvaluationResults {
			page = append(page, r.EvalActionName+" "+r.EvalDecision)
		}
		pages = append(pages, page)
		if out.IsTruncated != (out.Marker != "") {
			t.Errorf("IsTruncated is %v, the marker %q", out.IsTruncated, out.Marker)
		}
		if in.Marker = out.Marker; in.Marker == "" {
			break
		}
	}
	want := [][]string{
		{"s3:A implicitDeny", "s3:GetObject allowed"}, {"s3:C implicitDeny", "s3:D implicitDeny"}, {"s3:E implicitDeny"},
	}
	if diff := cmp.Diff(want, pages); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSimulateIsBounded has simulations that are too large for one page, and for
// any.
func TestSimulateIsBounded(t *testing.T) {
	t.Parallel()
	s := newService(t)
	in := custom(statements(strings.Split(strings.Repeat(allowGet+"|", 1000)+allowAll, "|")...))
	in.ActionNames = []string{"s3:GetObject", "s3:B", "s3:C"}
	for range 50 {
		in.ResourceARNs = append(in.ResourceARNs, object)
	}
	out := must[iam.SimulateCustomPolicyOutput](t)(s.SimulateCustomPolicy(t.Context(), root(), in))
	if len(out.EvaluationResults) != 1 || !out.IsTruncated {
		t.Errorf("%d results, truncated %v; want a page of one", len(out.EvaluationResults), out.IsTruncated)
	}
	in.Marker = out.Marker
	out = must[iam.SimulateCustomPolicyOutput](t)(s.SimulateCustomPolicy(t.Context(), root(), in))
	if got := out.EvaluationResults[0].EvalActionName; got != "s3:B" {
		t.Errorf("the next page begins with %s", got)
	}
	in.Marker = ""
	for range 50 {
		in.ResourceARNs = append(in.ResourceARNs, object)
	}
	_, err := s.SimulateCustomPolicy(t.Context(), root(), in)
	refused(t, err, 400, "InvalidInput", tooLarge(1001, len(in.PolicyInputList[0]), 100))

	in = custom(statements(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:UserAgent":"*` + strings.Repeat("a", 100_000) + `b"}}}`))
	in.ContextEntries = []iam.ContextEntry{entry("aws:UserAgent", "string", strings.Repeat("a", 200_000))}
	_, err = s.SimulateCustomPolicy(t.Context(), root(), in)
	refused(t, err, 400, "InvalidInput", tooLarge(1, len(in.PolicyInputList[0]), 1))
}

func tooLarge(statements, size, resources int) string {
	return fmt.Sprintf("The simulation is too large: its policies have %d statements and %d bytes, and there are %d resources. Simulate with fewer resources at a time.",
		statements, size, resources)
}

func entry(name, of string, values ...string) iam.ContextEntry {
	return iam.ContextEntry{ContextKeyName: name, ContextKeyType: of, ContextKeyValues: values}
}

// TestSimulationRequests decodes what is refused afterwards, so that it is never
// overlooked.
func TestSimulationRequests(t *testing.T) {
	t.Parallel()
	var codec wire.Codec
	principal := &iam.SimulatePrincipalPolicyInput{}
	form := url.Values{
		"PolicySourceArn": {own + "user/u"}, "ActionNames.member.1": {"s3:GetObject"},
		"PolicyExclusionList.member.1.InlinePolicyIdentifier.PolicyName": {"p"},
		"ContextEntries.member.1.ContextKeyName":                         {"aws:username"},
		"ContextEntries.member.1.ContextKeyValues.member.1":              {"u"},
		"ContextEntries.member.1.ContextKeyType":                         {"string"},
	}
	if err := codec.DecodeQuery(form, principal); err != nil {
		t.Fatal(err)
	}
	if len(principal.PolicyExclusionList) != 1 || len(principal.ActionNames) != 1 || len(principal.ContextEntries) != 1 {
		t.Errorf("decoded %+v", principal)
	}
	s := newService(t)
	_, err := s.SimulatePrincipalPolicy(t.Context(), root(), principal)
	refused(t, err, 400, "InvalidInput", "PolicyExclusionList is not supported.")
}
