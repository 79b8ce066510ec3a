package awsaccount

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/cenotehq/cenote/arn"
	own "github.com/cenotehq/cenote/iam"
)

// copiesPath is where managed policies of AWS's own go that Cenote does not bring along:
// they become policies of the account, which nobody but the account changes.
const copiesPath = "/aws/"

// isAWSOwn reports whether an ARN is that of a managed policy of AWS's own.
func isAWSOwn(policyARN string) bool { return strings.HasPrefix(policyARN, "arn:aws:iam::aws:policy/") }

// policyHere is the ARN that a managed policy of the account, or a copy of one of AWS's
// own, has here.
func (a *Account) policyHere(policyARN string) string {
	if isAWSOwn(policyARN) {
		return arn.Policy(a.here(), copiesPath, policyARN[strings.LastIndexByte(policyARN, '/')+1:]).String()
	}
	return a.names.text(policyARN)
}

// here is the number that the account has here.
func (a *Account) here() string {
	if a.names.pattern == nil {
		return a.ID
	}
	return a.names.to
}

// policy reads a managed policy with its default version.
func (a *Account) policy(ctx context.Context, policyARN string) (own.AdoptedPolicy, error) {
	out, err := a.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &policyARN})
	if err != nil {
		return own.AdoptedPolicy{}, err
	}
	version, err := a.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &policyARN, VersionId: out.Policy.DefaultVersionId})
	if err != nil {
		return own.AdoptedPolicy{}, err
	}
	number, err := strconv.Atoi(strings.TrimPrefix(aws.ToString(out.Policy.DefaultVersionId), "v"))
	if err != nil {
		return own.AdoptedPolicy{}, fmt.Errorf("the default version of %s is called %q", policyARN, aws.ToString(out.Policy.DefaultVersionId))
	}
	document, err := a.document(version.PolicyVersion.Document)
	if err != nil {
		return own.AdoptedPolicy{}, err
	}
	p := own.AdoptedPolicy{
		Policy: own.ManagedPolicy{
			Path:        aws.ToString(out.Policy.Path),
			Name:        aws.ToString(out.Policy.PolicyName),
			ID:          aws.ToString(out.Policy.PolicyId),
			Description: aws.ToString(out.Policy.Description),
			Tags:        tags(out.Policy.Tags),
			Created:     moment(out.Policy.CreateDate),
			Updated:     moment(out.Policy.UpdateDate),
		},
		Version:  number,
		Document: document,
		Created:  moment(version.PolicyVersion.CreateDate),
	}
	if p.Copied = isAWSOwn(policyARN); p.Copied {
		p.Policy.Path = copiesPath
	}
	return p, nil
}
