// Package awsaccount takes over what identity pools stand on out of an account of AWS:
// it reads with the AWS SDK, and hands to the domain what it has read.
package awsaccount

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
)

// How often a call is made that fails or that AWS throttles, with pauses that grow: the
// first one, which shows whether anything works at all, and the others.
const (
	firstAttempts = 3
	attempts      = 10
)

// Config says which account to read, and how.
type Config struct {
	// Profile is one of the AWS configuration files; empty means the default one.
	Profile string

	// Regions are those whose pools are read; none means the one of the profile or
	// of the environment.
	Regions []string

	// Endpoint stands in for AWS's own addresses, for all services; may be empty.
	Endpoint string

	// As is the number that the account has here, where its own stands in ARNs; empty
	// means its own.
	As string
}

// Account is an account of AWS, to be read. It is safe for concurrent use.
type Account struct {
	ID     string // 12 digits
	Caller string // the ARN of who reads

	regions []region
	iam     *iam.Client
	names   renaming
}

// region is where pools are.
type region struct {
	name    string
	cognito *cognitoidentity.Client
}

// Open finds credentials as all tools of AWS do, in the environment, in its
// configuration files or on the machine, and asks whose they are. The error says what to
// do.
func Open(ctx context.Context, c Config) (*Account, error) {
	options := []func(*config.LoadOptions) error{config.WithRetryMaxAttempts(attempts), config.WithLogger(logging.Nop{})}
	if c.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(c.Profile))
	}
	if len(c.Regions) > 0 {
		options = append(options, config.WithRegion(c.Regions[0]))
	}
	if c.Endpoint != "" {
		options = append(options, config.WithBaseEndpoint(c.Endpoint))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration of AWS: %w; --profile says which profile, AWS_CONFIG_FILE where", err)
	}
	if loaded.Region == "" {
		return nil, errors.New("no region is set: give --region, such as --region us-east-1")
	}
	who, err := sts.NewFromConfig(loaded).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}, func(o *sts.Options) { o.RetryMaxAttempts = firstAttempts })
	if err != nil {
		return nil, fmt.Errorf("asking AWS whose credentials these are: %w; --profile or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY say which to use", err)
	}
	a := &Account{ID: aws.ToString(who.Account), Caller: aws.ToString(who.Arn), iam: iam.NewFromConfig(loaded)}
	if c.As != "" && c.As != a.ID {
		a.names = newRenaming(a.ID, c.As)
	}
	names := c.Regions
	if len(names) == 0 {
		names = []string{loaded.Region}
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		here := loaded.Copy()
		here.Region = name
		a.regions = append(a.regions, region{name, cognitoidentity.NewFromConfig(here)})
	}
	return a, nil
}
