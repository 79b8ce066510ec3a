package conformance_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// stranger is an account that owns what is asked for in simulations.
const stranger = "210987654321"

// teamOnly allows an action to those with a tag.
func teamOnly(action string) string {
	return document(map[string]any{
		"Effect": "Allow", "Action": action, "Resource": "*", "Condition": map[string]any{"StringEquals": map[string]string{"aws:PrincipalTag/team": "x"}},
	})
}

func openToAll() string {
	return document(map[string]any{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"})
}

// matched is the only statement of a policy as simulations name it.
func matched(policy string, of iamtypes.PolicySourceType, text string) iamtypes.Statement {
	start, end := strings.Index(text, "[{")+2, strings.LastIndex(text, "}]")+2 // counted from 1
	return iamtypes.Statement{
		SourcePolicyId: &policy, SourcePolicyType: of,
		StartPosition: &iamtypes.Position{Line: 1, Column: int32(start)}, EndPosition: &iamtypes.Position{Line: 1, Column: int32(end)},
	}
}

// outcome is the result for an action with a resource of the other account.
func outcome(action, resource string, decision iamtypes.PolicyEvaluationDecisionType, bounded bool, missing []string, details map[string]iamtypes.PolicyEvaluationDecisionType, statements ...iamtypes.Statement) iamtypes.EvaluationResult {
	boundary := &iamtypes.PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: bounded}
	statements = append([]iamtypes.Statement{}, statements...) // an empty list rather than none, as the SDK reads it
	return iamtypes.EvaluationResult{
		EvalActionName: &action, EvalResourceName: aws.String("*"), EvalDecision: decision, MatchedStatements: statements,
		MissingContextValues: missing, PermissionsBoundaryDecisionDetail: boundary, EvalDecisionDetails: details,
		ResourceSpecificResults: []iamtypes.ResourceSpecificResult{{
			EvalResourceName: &resource, EvalResourceDecision: decision, MatchedStatements: statements,
			MissingContextValues: missing, PermissionsBoundaryDecisionDetail: boundary, EvalDecisionDetails: details,
		}},
	}
}

func (tr *tour) simulateCustom(t *testing.T) {
	conditional, open := teamOnly("s3:*"), allow("s3:*", "*")
	in := &iam.SimulateCustomPolicyInput{
		PolicyInputList: []string{conditional, open}, ActionNames: []string{"s3:GetObject", "s3:PutObject"}, ResourceArns: []string{"arn:aws:s3:::b/k"},
		CallerArn: aws.String(accountARN + ":user/ann"), ResourceOwner: aws.String("arn:aws:iam::" + stranger + ":root"), ResourcePolicy: aws.String(openToAll()),
		PermissionsBoundaryPolicyInputList: []string{allow("*", "*")},
		ContextEntries:                     []iamtypes.ContextEntry{{ContextKeyName: aws.String("aws:SourceIp"), ContextKeyValues: []string{"203.0.113.9"}, ContextKeyType: iamtypes.ContextKeyTypeEnumIp}},
		MaxItems:                           aws.Int32(1),
	}
	var got []iamtypes.EvaluationResult
	for pages := iam.NewSimulateCustomPolicyPaginator(tr.iam, in); pages.HasMorePages(); {
		page := ok(pages.NextPage(t.Context()))(t).EvaluationResults
		if len(page) != 1 {
			t.Errorf("a page has %d results", len(page))
		}
		got = append(got, page...)
	}
	var want []iamtypes.EvaluationResult
	for _, action := range in.ActionNames {
		want = append(want, outcome(action, "arn:aws:s3:::b/k", "allowed", true, []string{"aws:PrincipalTag/team"},
			map[string]iamtypes.PolicyEvaluationDecisionType{"IAM Policy": "allowed", "Resource Policy": "allowed"},
			matched("PolicyInputList.2", iamtypes.PolicySourceTypeNone, open),
			matched("PermissionsBoundaryPolicyInputList.1", iamtypes.PolicySourceTypeNone, allow("*", "*")),
			matched("ResourcePolicy", iamtypes.PolicySourceTypeResource, openToAll())))
	}
	same(t, "results", want, got)
	refused(tr.iam.SimulateCustomPolicy(t.Context(), &iam.SimulateCustomPolicyInput{PolicyInputList: []string{open}, ActionNames: []string{"s3:*"}}))(t,
		"InvalidInput", "The action s3:* is not the full name of one action, such as iam:CreateUser.")
	keys := ok(tr.iam.GetContextKeysForCustomPolicy(t.Context(), &iam.GetContextKeysForCustomPolicyInput{PolicyInputList: []string{conditional, open}}))(t)
	same(t, "context keys", []string{"aws:PrincipalTag/team"}, keys.ContextKeyNames)
}

// simulatePrincipal asks about a user whose inline, group and managed policies each say something, and whose boundary
// leaves out what one of them allows.
func (tr *tour) simulatePrincipal(t *testing.T) {
	ctx := t.Context()
	name := aws.String("ann")
	reads, writes := allow("s3:GetObject", "*"), teamOnly("s3:PutObject")
	most := document(map[string]any{"Effect": "Allow", "NotAction": "s3:DeleteObject", "Resource": "*"})
	boundary := tr.newPolicy(t, "no-deletes", most)
	user := ok(tr.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: name, PermissionsBoundary: boundary}))(t).User
	ok(tr.iam.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("writers")}))(t)
	ok(tr.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: name, PolicyName: aws.String("reads"), PolicyDocument: &reads}))(t)
	ok(tr.iam.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: aws.String("writers"), PolicyName: aws.String("writes"), PolicyDocument: &writes}))(t)
	ok(tr.iam.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: aws.String("writers"), UserName: name}))(t)
	ok(tr.iam.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: name, PolicyArn: tr.newPolicy(t, "deletes", allow("s3:DeleteObject", "*"))}))(t)

	in := &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: user.Arn, ActionNames: []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}, ResourceArns: []string{"arn:aws:s3:::b/k"},
		ResourceOwner: aws.String("arn:aws:iam::" + stranger + ":root"), ResourcePolicy: aws.String(openToAll()), MaxItems: aws.Int32(1),
	}
	var got []iamtypes.EvaluationResult
	for pages := iam.NewSimulatePrincipalPolicyPaginator(tr.iam, in); pages.HasMorePages(); {
		got = append(got, ok(pages.NextPage(ctx))(t).EvaluationResults...)
	}
	details := func(identity iamtypes.PolicyEvaluationDecisionType) map[string]iamtypes.PolicyEvaluationDecisionType {
		return map[string]iamtypes.PolicyEvaluationDecisionType{"IAM Policy": identity, "Resource Policy": "allowed"}
	}
	missing := []string{"aws:PrincipalTag/team"}
	same(t, "results", []iamtypes.EvaluationResult{
		outcome("s3:GetObject", "arn:aws:s3:::b/k", "allowed", true, missing, details("allowed"),
			matched("user_ann_reads", iamtypes.PolicySourceTypeUser, reads),
			matched("no-deletes", iamtypes.PolicySourceTypeUserManaged, most),
			matched("ResourcePolicy", iamtypes.PolicySourceTypeResource, openToAll())),
		outcome("s3:PutObject", "arn:aws:s3:::b/k", "implicitDeny", true, missing, details("implicitDeny")),
		outcome("s3:DeleteObject", "arn:aws:s3:::b/k", "implicitDeny", false, missing, details("allowed")),
	}, got)
	keys := ok(tr.iam.GetContextKeysForPrincipalPolicy(ctx, &iam.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: user.Arn}))(t)
	same(t, "context keys", missing, keys.ContextKeyNames)
	absent := accountARN + ":user/nobody"
	refused(tr.iam.SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{PolicySourceArn: &absent, ActionNames: []string{"s3:GetObject"}}))(t,
		"NoSuchEntity", "The user with name nobody cannot be found.")
}
